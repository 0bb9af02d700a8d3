# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what is kept of a text model's vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from fakes import holding
from niwt_tf import errors
from niwt_tf.domains import hub_model, hub_text
from niwt_tf.util import locks

_HANDLE = "https://nowhere.invalid/text/1"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIWT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Replace the model by the lengths of the texts, and return the batches that it receives."""
    batches: list[list[str]] = []

    def load(handle: str, path: Path | None = None) -> Callable[[Sequence[str]], np.ndarray]:
        def encode(texts: Sequence[str]) -> np.ndarray:
            batches.append(list(texts))
            return np.array([[len(text), 1] for text in texts], np.float32)

        return encode

    monkeypatch.setattr(hub_model, "load", load)
    return batches


def test_texts_are_encoded_in_batches_and_in_order(cache: Path, batches: list[list[str]]) -> None:
    texts = ["x" * number for number in range(1, 151)]
    vectors = hub_text.HubEncoder(_HANDLE)(texts)
    np.testing.assert_array_equal(vectors, np.float32([[number, 1] for number in range(1, 151)]))
    assert [len(batch) for batch in batches] == [64, 64, 22]


def test_texts_are_encoded_once(cache: Path, batches: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    first = hub_text.HubEncoder(_HANDLE)(["red", "crown"])
    monkeypatch.setattr(hub_model, "load", None)  # a model that is not needed is not loaded either
    np.testing.assert_array_equal(hub_text.HubEncoder(_HANDLE)(["red", "crown"]), first)
    assert batches == [["red", "crown"]]
    (file,) = cache.glob("text/*/*.npz")
    assert [*cache.rglob("*.part")] == [] and len(file.stem) == 64


def test_other_texts_orders_and_handles_are_encoded_anew(cache: Path, batches: list[list[str]]) -> None:
    for handle, texts in (
        (_HANDLE, ["a", "bc"]),
        (_HANDLE, ["bc", "a"]),
        (_HANDLE, ["ab", "c"]),
        ("x://", ["a", "bc"]),
    ):
        hub_text.HubEncoder(handle)(texts)
    assert batches == [["a", "bc"], ["bc", "a"], ["ab", "c"], ["a", "bc"]]


def test_a_model_on_disk_is_known_by_what_it_holds(cache: Path, batches: list[list[str]], tmp_path: Path) -> None:
    for name, content in (("one", "old"), ("two", "old"), ("two", "new")):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "saved_model.pb").write_text(content)
        hub_text.HubEncoder(name, tmp_path / name)(["red"])
    assert len(batches) == 2, "the second is a copy of the first"


@pytest.mark.parametrize("spoil", [lambda content: b"", lambda content: content[:-30], lambda content: b"text"])
def test_what_cannot_be_read_is_made_anew(
    cache: Path, batches: list[list[str]], spoil: Callable[[bytes], bytes]
) -> None:
    first = hub_text.HubEncoder(_HANDLE)(["red"])
    (file,) = cache.glob("text/*/*.npz")
    whole = file.read_bytes()
    file.write_bytes(spoil(whole))
    np.testing.assert_array_equal(hub_text.HubEncoder(_HANDLE)(["red"]), first)
    assert len(batches) == 2 and file.read_bytes() == whole


def test_an_interrupted_write_leaves_nothing(
    cache: Path, batches: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hub_text.HubEncoder(_HANDLE)(["red"])
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_without_the_variable_the_home_folder_keeps_them(
    batches: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NIWT_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    hub_text.HubEncoder(_HANDLE)(["red"])
    assert len([*tmp_path.glob(".cache/niwt_tf/text/*/*.npz")]) == 1


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NIWT_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(errors.UserError, match="`NIWT_CACHE_DIR` must name a writable folder. Received: .*file"):
        hub_text.HubEncoder(_HANDLE)


def test_these_models_know_every_word(cache: Path) -> None:
    encoder = hub_text.HubEncoder(_HANDLE)
    assert encoder.unknown(["zorilla"], ["okapi"]) == ""
    assert (encoder.name, encoder.feature_names) == (f"the text model {_HANDLE}", None)


def test_the_second_waits_and_uses_what_the_first_encoded(
    cache: Path, batches: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = hub_text.HubEncoder(_HANDLE)(["red"])
    (file,) = cache.glob("text/*/*.npz")
    content = file.read_bytes()
    file.unlink()
    with holding.another_process(locks.beside(file)) as process:
        lines = holding.end_when_waited_for(monkeypatch, process, lambda: file.write_bytes(content))
        np.testing.assert_array_equal(hub_text.HubEncoder(_HANDLE)(["red"]), first)
    assert len(lines) == 1 and lines[0].endswith(f", which writes the vectors of the text model {_HANDLE}")
    assert len(batches) == 1 and list(file.parent.iterdir()) == [file]
