# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Features of the training images, computed once and kept on disk."""

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
    """Compute the features `[N,D]` float32 of the images of `split`, and write them to `features.npy` in `folder`.

    An interrupted call continues after the last finished batch in `folder`.

    Args:
      network: Model from images `[N,S,S,3]` uint8 to features `[N,D]`; it runs in inference mode.
      split: `N` images.
      batch_size: Number of images in a batch.
      folder: Folder used for this array alone; created if it is missing.
      jit_compile: True to compile the network with XLA.
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
