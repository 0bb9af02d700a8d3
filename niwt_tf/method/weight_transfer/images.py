# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Provide images for step 3 of the method that are not training images: noise, or photographs of anything.

Weights are fitted on the activations of some images. The paper requires only that these images are natural. If the head
is affine, the weights are the same for all images.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.data import named_files, user_images
from niwt_tf.data.files import image_files
from niwt_tf.util import progress

FILE = "activations.npy"
_BATCH_SIZE = 32


def images(config: config_lib.TransferConfig, size: int, seed: int) -> Iterator[np.ndarray]:
    """Generate batches `[B,size,size,3]` uint8, RGB, of what `config.transfer_source` names besides training images.

    Args:
      config: Source and number of the images.
      size: Side of the images, in pixels.
      seed: Seed of the noise, or of the choice among the photographs.

    Raises:
      errors.UserError: If there is no photograph, or none that can be read.
    """
    return (
        _noise(config.transfer_images, size, seed) if config.transfer_source == "noise" else _read(config, size, seed)
    )


def activations(
    backbone: backbone_lib.Backbone, batches: Iterable[np.ndarray], most: int, jit_compile: bool = False
) -> np.ndarray:
    """Compute the activations `[n,H,W,K]` float16 of images.

    Args:
      backbone: Network with its trunk.
      batches: Batches of images `[B,S,S,3]` uint8, RGB.
      most: Upper bound on the number of images in all.
      jit_compile: True to compile the trunk with XLA.
    """
    trunk = backbone.trunk
    kept, done = np.empty((most, *backbone.activation_shape), np.float16), 0

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def one_batch(batch: tf.Tensor) -> tf.Tensor:
        return tf.cast(trunk(batch, training=False), tf.float16)

    for batch in batches:
        kept[done : done + len(batch)] = one_batch(tf.constant(batch))
        done += len(batch)
    return kept[:done]


def _noise(count: int, size: int, seed: int) -> Iterator[np.ndarray]:
    """Generate images whose pixels are independent of each other, with all values equally likely."""
    rng = np.random.default_rng([seed, 0x9015E])
    for first in range(0, count, _BATCH_SIZE):
        yield rng.integers(0, 256, (min(_BATCH_SIZE, count - first), size, size, 3), np.uint8)


def _read(config: config_lib.TransferConfig, size: int, seed: int) -> Iterator[np.ndarray]:
    unreadable: list[str] = []
    paths = named_files.transfer_images(config, seed)
    if report := image_files.find(named_files.transfer_folder(config)).report():
        progress.print_line(report)
    for _, batch in user_images.batches(paths, size, user_images.JPEG, unreadable):
        yield batch
    if len(unreadable) == len(paths):
        raise errors.UserError(
            f"`{errors.setting('transfer_source')}` must name a folder of photographs that can be read. Received: "
            f"{errors.setting('transfer_source', config.transfer_source)}, of which none can: "
            f"{errors.listed(unreadable)}. Repair these files, or name another folder."
        )
    if unreadable:
        progress.print_line(
            f"  skipped {len(unreadable)} of {len(paths)} images of the transfer: {errors.listed(unreadable)}"
        )
