# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Activations of a frozen network: the trunk runs once, and the activations then replace the images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.data import zero_shot
from niwt_tf.util import array_schemas, disk_arrays

_BATCH_SIZE = 64
_FILE = "activations.npy"
_SCHEMA = array_schemas.Array("float16", "NHWK", stays_on_disk=True)


def byte_size(backbone: backbone_lib.Backbone, images: int) -> int:
    """Compute the size in bytes of the activations of a number of images."""
    return images * int(np.prod(backbone.activation_shape)) * np.dtype(np.float16).itemsize


def compute(backbone: backbone_lib.Backbone, split: zero_shot.Split, folder: Path, jit_compile: bool = False) -> None:
    """Compute the activations `[N,H,W,K]` float16 of the images of `split`, and write them into `folder`.

    An interrupted call continues after the last finished batch in `folder`.

    Args:
      backbone: Network whose trunk computes the activations.
      split: `N` images.
      folder: Folder used for this array alone.
      jit_compile: True to compile the trunk with XLA.
    """
    trunk = backbone.trunk

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def one_batch(images: tf.Tensor) -> tf.Tensor:
        return tf.cast(trunk(images, training=False), tf.float16)

    def write(arrays: Mapping[str, np.memmap], rows: slice, images: tf.Tensor, labels: tf.Tensor) -> None:
        del labels
        arrays["activations"][rows] = one_batch(images)

    shapes = {"activations": ((len(split), *backbone.activation_shape), np.float16)}
    disk_arrays.fill(folder, split, shapes, _BATCH_SIZE, write, "activations")


def exist(folder: Path) -> bool:
    """Check whether `compute` has written activations into `folder`."""
    return (folder / _FILE).exists()


def load_split(folder: Path, labels: np.ndarray) -> zero_shot.Split:
    """Load activations as a split in which they, `[H,W,K]` float32, replace the images.

    Args:
      folder: Folder that `compute` filled.
      labels: Labels `[N]` of the images, in the same order.

    Raises:
      errors.DamagedError: If the file is missing or damaged, or holds other images.
    """
    activations = array_schemas.read(folder / _FILE, _SCHEMA, mapped=True)
    if len(activations) != len(labels):
        raise errors.damaged(folder / _FILE, f"has {len(activations):,} images, not {len(labels):,}")

    def row(index: np.ndarray) -> np.ndarray:
        return activations[index].astype(np.float32)

    def decode(index: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(tf.numpy_function(row, [index], tf.float32), activations.shape[1:])

    return zero_shot.Split(tf.data.Dataset.range(len(activations)), labels, decode)
