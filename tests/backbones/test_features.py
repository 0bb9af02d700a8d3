# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the features on disk: their values, and what a kill costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from niwt_tf.backbones import features, small
from niwt_tf.data import zero_shot
from niwt_tf.util import disk_arrays

_IMAGES = np.random.default_rng(0).integers(0, 256, (11, 16, 16, 3), np.uint8)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return small.build(16)


def _split(reads: list[int] | None = None) -> zero_shot.Split:
    """Returns the images; `reads` takes the number of each one that is read."""

    def decode(number: tf.Tensor) -> tf.Tensor:
        def read(index: int) -> np.ndarray:
            if reads is not None:
                reads.append(int(index))
            return _IMAGES[index]

        return tf.ensure_shape(tf.numpy_function(read, [number], tf.uint8), (16, 16, 3))

    return zero_shot.Split(tf.data.Dataset.range(11), np.zeros(11, np.int64), decode)


def test_features_are_those_of_the_network_out_of_training(network: keras.Model, tmp_path: Path) -> None:
    values = features.compute(network, _split(), 4, tmp_path / "new")
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, network(_IMAGES, training=False), atol=1e-6)
    np.testing.assert_array_equal(np.load(tmp_path / "new" / "features.npy", allow_pickle=False), values)


def test_compiled_features_are_the_same(network: keras.Model, tmp_path: Path) -> None:
    values = features.compute(network, _split(), 11, tmp_path, jit_compile=True)
    np.testing.assert_allclose(values, network(_IMAGES, training=False), atol=1e-5)


def test_a_killed_call_goes_on_at_the_batch_it_stopped_at(
    network: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def bar(batches: Any, *_: Any, **__: Any) -> Any:
        yield from batches.take(2)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(disk_arrays.progress, "bar", bar)
        with pytest.raises(Killed):
            features.compute(network, _split(), 4, tmp_path)
    reads: list[int] = []
    values = features.compute(network, _split(reads), 4, tmp_path)
    assert sorted(reads) == [8, 9, 10]
    np.testing.assert_allclose(values, network(_IMAGES, training=False), atol=1e-6)
    reads.clear()
    features.compute(network, _split(reads), 4, tmp_path)
    assert not reads
