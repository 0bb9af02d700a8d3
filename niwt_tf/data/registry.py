# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The loaders of the datasets, and the encodings of their images, by name."""

from __future__ import annotations

import functools
from collections.abc import Callable

from niwt_tf import config as config_lib
from niwt_tf.data import user_images, zero_shot
from niwt_tf.data.apy import apy_dataset_builder as apy
from niwt_tf.data.aviary import loader as aviary
from niwt_tf.data.awa2 import awa2_dataset_builder as awa2
from niwt_tf.data.benchmarks import loader
from niwt_tf.data.cub import cub_dataset_builder as cub
from niwt_tf.data.folder import loader as folder
from niwt_tf.data.sun import sun_dataset_builder as sun

_Loader = Callable[[config_lib.DataConfig, int], zero_shot.ZeroShotDataset]
_LOADERS: dict[str, _Loader] = {"aviary": aviary.load, "folder": folder.load}
_LOADERS |= {
    builder.BENCHMARK.name: functools.partial(loader.load, builder)
    for builder in (awa2.Builder, cub.Builder, sun.Builder, apy.Builder)
}
_IMAGE_ENCODINGS = {"aviary": aviary.IMAGE_ENCODING}  # all others are photographs, stored as JPEGs


def load(config: config_lib.DataConfig, image_size: int) -> zero_shot.ZeroShotDataset:
    """Load the dataset that `config` names, and prepare it first if that has not been done.

    Args:
      config: Settings with the name of the dataset and its folders.
      image_size: Side of the loaded images, in pixels.

    Raises:
      errors.UserError: If the dataset cannot be loaded with these settings.
      OSError: If a folder cannot be read or written.
    """
    return _LOADERS[config.dataset](config, image_size)


def image_encoding(dataset: str) -> str:
    """Look up how a dataset stores its images: `user_images.JPEG` or `user_images.LOSSLESS`."""
    return _IMAGE_ENCODINGS.get(dataset, user_images.JPEG)
