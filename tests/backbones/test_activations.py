# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a trunk that runs once: what it gives stands for the images."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from niwt_tf.backbones import activations, small
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.data import zero_shot
from niwt_tf.util import disk_arrays

_IMAGES = 150  # more than two batches


@pytest.fixture(scope="module")
def backbone() -> backbone_lib.Backbone:
    keras.utils.set_random_seed(0)
    return backbone_lib.Backbone(small.build(32), "conv3")


@pytest.fixture(scope="module")
def split() -> zero_shot.Split:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (_IMAGES, 32, 32, 3), dtype=np.uint8)
    return zero_shot.Split(tf.data.Dataset.from_tensor_slices(images), rng.integers(0, 4, _IMAGES))


def _images(split: zero_shot.Split) -> np.ndarray:
    return np.concatenate([images.numpy() for images, _ in split.batches(64)])


def test_they_are_what_the_trunk_gives_and_keep_their_labels(
    backbone: backbone_lib.Backbone, split: zero_shot.Split, tmp_path: Path
) -> None:
    assert not activations.exist(tmp_path)
    activations.compute(backbone, split, tmp_path)
    assert activations.exist(tmp_path)
    kept = activations.load_split(tmp_path, split.labels)
    expected = backbone.trunk(_images(split), training=False).numpy()
    size = (tmp_path / "activations.npy").stat().st_size
    assert size == pytest.approx(activations.byte_size(backbone, _IMAGES), abs=256)
    np.testing.assert_allclose(_images(kept), expected, rtol=1e-3, atol=1e-6)
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in kept.batches(64)]), split.labels)


def test_the_head_makes_of_them_what_the_network_makes_of_the_images(
    backbone: backbone_lib.Backbone, split: zero_shot.Split, tmp_path: Path
) -> None:
    activations.compute(backbone, split, tmp_path)
    of_images = backbone.network(_images(split), training=False)
    taken = _images(activations.load_split(tmp_path, split.labels))
    rest = backbone.without_trunk()
    np.testing.assert_allclose(rest.network(taken, training=False), of_images, rtol=1e-2, atol=1e-4)
    np.testing.assert_array_equal(rest.trunk(taken), taken)
    np.testing.assert_array_equal(rest.head(taken), rest.network(taken))
    assert (rest.activation_shape, rest.feature_size) == (backbone.activation_shape, backbone.feature_size)


def test_a_subset_of_them_decodes_only_what_it_holds(
    backbone: backbone_lib.Backbone, split: zero_shot.Split, tmp_path: Path
) -> None:
    activations.compute(backbone, split, tmp_path)
    kept = activations.load_split(tmp_path, split.labels)
    some = kept.subset(split.labels == 2, np.array([9, 9, 0, 9]))
    assert set(some.labels) == {0}
    np.testing.assert_array_equal(_images(some), _images(kept)[split.labels == 2])


def test_a_call_cut_short_goes_on(
    backbone: backbone_lib.Backbone, split: zero_shot.Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[int] = []

    def note(self: disk_arrays.DiskArrays, done: int) -> None:
        original(self, done)
        noted.append(done)
        if noted == [64]:
            raise KeyboardInterrupt

    original = disk_arrays.DiskArrays.note
    monkeypatch.setattr(disk_arrays.DiskArrays, "note", note)
    with pytest.raises(KeyboardInterrupt):
        activations.compute(backbone, split, tmp_path)
    activations.compute(backbone, split, tmp_path)
    assert noted == [64, 128, 150]
    whole = backbone.trunk(_images(split), training=False).numpy()
    np.testing.assert_allclose(_images(activations.load_split(tmp_path, split.labels)), whole, rtol=1e-3, atol=1e-6)
