# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of text models of TensorFlow Hub, on tiny ones made here."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.domains import hub_model

_BUCKETS, _SIZE = 50, 4
_TABLE = np.random.default_rng(0).normal(size=(_BUCKETS, _SIZE)).astype(np.float32)
_TEXTS = ["red crown", "blue", "red crown", "a small bird of the north"]
_STRINGS = [tf.TensorSpec([None], tf.string)]


def _embed(texts: tf.Tensor, table: tf.Variable) -> tf.Tensor:
    buckets = tf.strings.to_hash_bucket_fast(tf.strings.split(texts), _BUCKETS)
    return tf.reduce_sum(tf.gather(table, buckets), axis=1)


def _expected(texts: list[str]) -> np.ndarray:
    buckets = [tf.strings.to_hash_bucket_fast(text.split(), _BUCKETS).numpy() for text in texts]
    return np.stack([_TABLE[of_text].sum(0) for of_text in buckets])


class _Text(tf.Module):
    """A text embedding as TensorFlow Hub's interface of them wants it."""

    def __init__(self, change: Any = lambda vectors: vectors) -> None:
        super().__init__()
        self.table, self._change = tf.Variable(_TABLE), change

    @tf.function(input_signature=_STRINGS)
    def __call__(self, texts: tf.Tensor) -> Any:
        return self._change(_embed(texts, self.table))


def _save(path: Path, change: Any = lambda vectors: vectors) -> Path:
    tf.saved_model.save(_Text(change), str(path))
    return path


def _save_signature(path: Path, name: str | None, change: Any = lambda vectors: {"default": vectors}) -> Path:
    """Write a model that cannot be called, with a signature or without."""
    model = tf.train.Checkpoint(table=tf.Variable(_TABLE))
    function = tf.function(lambda texts: change(_embed(texts, model.table)), input_signature=_STRINGS)
    model.kept = function
    tf.saved_model.save(model, str(path), signatures={name: function.get_concrete_function()} if name else {})
    return path


def test_a_model_is_called_with_texts(tmp_path: Path) -> None:
    vectors = hub_model.load("model", _save(tmp_path / "model"))(_TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, _expected(_TEXTS), rtol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        lambda vectors: {"default": vectors, "other": vectors * 2},
        lambda vectors: {"outputs": vectors},
        lambda vectors: tf.cast(vectors, tf.float64),
    ],
)
def test_what_a_model_gives_may_be_a_dictionary(tmp_path: Path, change: Any) -> None:
    vectors = hub_model.load("model", _save(tmp_path / "model", change))(_TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, _expected(_TEXTS), rtol=1e-6)


@pytest.mark.parametrize("name", ["default", "serving_default"])
def test_a_signature_does_where_a_model_cannot_be_called(tmp_path: Path, name: str) -> None:
    vectors = hub_model.load("model", _save_signature(tmp_path / "model", name))(_TEXTS)
    np.testing.assert_allclose(vectors, _expected(_TEXTS), rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        (lambda vectors: tf.reduce_sum(vectors), "which encodes 4 texts as float32 []"),
        (lambda vectors: vectors[:, :, None], "which encodes 4 texts as float32 [4, 4, 1]"),
        (lambda vectors: vectors[:2], "which encodes 4 texts as float32 [2, 4]"),
        (lambda vectors: {"b": vectors, "a": vectors}, "several outputs, a, b, and none named default"),
        (lambda vectors: tf.strings.as_string(vectors), "which encodes 4 texts as string [4, 4]"),
        (lambda vectors: tf.cast(vectors, tf.int32), "which encodes 4 texts as int32 [4, 4]"),
        (lambda vectors: tf.ensure_shape(vectors, [1, 4]), "which fails on texts with: "),
    ],
)
def test_models_of_something_else_are_errors(tmp_path: Path, change: Any, trouble: str) -> None:
    encode = hub_model.load("/the/model", _save(tmp_path / "model", change))
    with pytest.raises(errors.UserError) as caught:
        encode(_TEXTS)
    message = str(caught.value)
    assert message.startswith(
        "`text_encoder='hub:...'` must name a model that encodes N texts as vectors [N,M]. Received: "
        "text_encoder='hub:/the/model', which "
    )
    assert trouble in message and message.endswith("Choose a text embedding, such as a universal sentence encoder.")
    assert "\n" not in message


def test_a_model_without_a_way_to_call_it_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="is not callable and has no signature default or serving_default"):
        hub_model.load("model", _save_signature(tmp_path / "model", None))


def test_a_model_that_is_broken_is_an_error(tmp_path: Path) -> None:
    path = _save(tmp_path / "model")
    (path / "saved_model.pb").write_bytes(b"not a model")
    with pytest.raises(
        errors.UserError, match="must name a model that can be loaded. Received: text_encoder='hub:it', "
    ):
        hub_model.load("it", path)


def test_a_handle_without_a_network_names_both_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    handle = "https://nowhere.invalid/text/1"
    with pytest.raises(errors.UserError) as caught:
        hub_model.load(handle)
    message = str(caught.value)
    assert f"must name a model that can be fetched. Received: text_encoder='hub:{handle}', which gives: " in message
    assert f"or into $TFHUB_CACHE_DIR/{hashlib.sha1(handle.encode()).hexdigest()} (the SHA-1" in message
    assert "which you name after hub:" in message


def test_the_recipe_for_work_without_a_network_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = "https://nowhere.invalid/text/1"
    shutil.move(_save(tmp_path / "model"), tmp_path / "cache" / hashlib.sha1(handle.encode()).hexdigest())
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
    np.testing.assert_allclose(hub_model.load(handle)(_TEXTS), _expected(_TEXTS), rtol=1e-6)


def test_tensorflow_hub_must_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_hub", None)
    with pytest.raises(errors.UserError, match=r"Run pip install 'niwt_tf\[text\]'\.$"):
        hub_model.load("https://nowhere.invalid/text/1")
