# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The features of all training images, computed once and kept on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from niwt_tf.data import zero_shot
from niwt_tf.util import disk_arrays


def compute(
    network: keras.Model, split: zero_shot.Split, batch_size: int, folder: Path, jit_compile: bool = False
) -> np.ndarray:
    """Returns the features `[N,D]` float32 of the images of `split`, mapped from `features.npy` in `folder`.

    A call that was cut short goes on after the last finished batch in `folder`.

    Args:
      network: images `[N,S,S,3]` uint8 -> features `[N,D]`; it does not run in training mode.
      split: the images.
      batch_size: images in a batch.
      folder: for this array alone; made where it is not there.
      jit_compile: compiles the network with XLA.
    """
    folder.mkdir(exist_ok=True)

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def one_batch(images: tf.Tensor) -> tf.Tensor:
        return network(images, training=False)

    def write(arrays: Mapping[str, np.memmap], rows: slice, images: tf.Tensor, labels: tf.Tensor) -> None:
        del labels
        arrays["features"][rows] = one_batch(images)

    shapes = {"features": ((len(split), network.output_shape[-1]), np.float32)}
    return disk_arrays.fill(folder, split, shapes, batch_size, write, "features")["features"]
