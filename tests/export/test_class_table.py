# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the file of a model's classes: it holds all that depends on them, and tells whether it is as it was."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fakes import exported, gaussian
from niwt_tf import errors
from niwt_tf.export import class_table
from niwt_tf.models import gate
from niwt_tf.models import model as model_lib

_PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
_IMAGES = gaussian.images(np.arange(gaussian.SEEN).repeat(2), 5)


@pytest.fixture(scope="module")
def taught() -> model_lib.Model:
    return gaussian.model(True).teach("new 0", attributes=gaussian.attributes(0))


def _logits(table: class_table.ClassTable, features: np.ndarray) -> np.ndarray:
    head = (features @ table.head_kernel + table.head_bias).max(1, keepdims=True)
    means = (features @ table.means_kernel + table.means_bias).max(1, keepdims=True)
    return features @ table.kernel + (head - means) * table.gate_weights + table.bias


def test_scores_follow_from_it_with_a_gate_and_without(taught: model_lib.Model) -> None:
    features = gaussian.model(True).classifier.backbone.network(_IMAGES).numpy()
    assert gate.has(taught.classifier)
    for model in (taught, taught.forget("new 0"), gaussian.model().teach("new 1", attributes=gaussian.attributes(1))):
        expected = model.predict(_IMAGES).scores
        np.testing.assert_allclose(_logits(class_table.of(model), features), expected, rtol=1e-4, atol=1e-3)


def test_names_and_which_are_seen_are_the_models() -> None:
    table, live = class_table.of(exported.model()), exported.model()
    assert table.class_names == live.class_names
    assert table.seen.tolist() == [True] * 4 + [False] * 2


def test_what_is_read_is_what_was_written(taught: model_lib.Model, tmp_path: Path) -> None:
    table = class_table.of(taught)
    table.save(tmp_path / "classes.npz")
    again = class_table.ClassTable.load(tmp_path / "classes.npz").arrays()
    assert list(again) == list(table.arrays())
    for name, array in table.arrays().items():
        np.testing.assert_array_equal(again[name], array)


def test_the_network_is_the_same_whatever_is_taught_forgotten_or_saved(taught: model_lib.Model, tmp_path: Path) -> None:
    taught.save(tmp_path / "taught.keras")
    models = (gaussian.model(True), taught, taught.forget("new 0"), model_lib.load(tmp_path / "taught.keras"))
    assert len({class_table.fingerprint(model) for model in models}) == 1


def test_another_network_or_other_words_have_another_fingerprint() -> None:
    live, other = exported.model(), exported.model()
    weights = other.classifier.backbone.network.get_weights()
    weights[-1][0] += 1e-6
    other.classifier.backbone.network.set_weights(weights)
    knowledge = dataclasses.replace(live.knowledge, feature_names=("spots", *exported.FEATURES[1:]))
    models = (live, other, dataclasses.replace(live, knowledge=knowledge), exported.model(seed=1))
    assert len({class_table.fingerprint(model) for model in models}) == 4


def test_the_documented_check_accepts_the_file_and_nothing_else(taught: model_lib.Model, tmp_path: Path) -> None:
    found = re.search(r"^```python\n(import hashlib.*?)^```", _PAGE, re.MULTILINE | re.DOTALL)
    assert found
    check, path = found[1].split("loaded =")[0], tmp_path / "classes.npz"
    class_table.of(taught).save(path)
    exec(check.replace('"classes.npz"', repr(str(path))), scope := {})  # noqa: S102, the documents' own code
    assert scope["tables"].keys() == class_table.of(taught).arrays().keys()
    _rewrite(path, bias=lambda bias: bias + 1e-6)
    with pytest.raises(ValueError, match=r"classes.npz is damaged"):
        exec(check.replace('"classes.npz"', repr(str(path))), {})  # noqa: S102


def _rewrite(path: Path, **changes: Callable[[np.ndarray], np.ndarray]) -> None:
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | {name: change(arrays[name]) for name, change in changes.items()})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kernel": lambda kernel: kernel * 1.001}, "which has other contents than its sha256 says"),
        ({"class_names": lambda names: np.char.add(names, "x")}, "which has other contents than its sha256 says"),
        ({"sha256": lambda one: np.array("0" * 64)}, "which has other contents than its sha256 says"),
        ({"format": lambda one: one + 1}, "which has format 2, not 1. Read it with the niwt_tf that wrote it."),
        ({"bias": lambda bias: bias[:-1]}, "which has class_names of shape [11], where bias of classes.npz has 10 C"),
        ({"kernel": lambda kernel: kernel * np.nan}, "which has kernel that is not finite"),
        ({"class_names": lambda names: names.astype(object)}, "it holds objects in place of numbers or text"),
    ],
)
def test_a_damaged_file_is_refused(
    changes: dict[str, Callable[[np.ndarray], np.ndarray]], message: str, taught: model_lib.Model, tmp_path: Path
) -> None:
    class_table.of(taught).save(tmp_path / "classes.npz")
    _rewrite(tmp_path / "classes.npz", **changes)
    with pytest.raises(errors.DamagedError, match=re.escape(message)):
        class_table.ClassTable.load(tmp_path / "classes.npz")
