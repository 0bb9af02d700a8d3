# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The datasets by name."""

from __future__ import annotations

import functools
from collections.abc import Callable

from niwt_tf import config as config_lib
from niwt_tf.data import zero_shot
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


def load(config: config_lib.DataConfig, image_size: int) -> zero_shot.ZeroShotDataset:
    """Returns the dataset that `config` names, having prepared it where it is not there yet.

    Args:
      config: which dataset, and where it lies.
      image_size: the side of the images to give, in pixels.

    Raises:
      errors.UserError: if the dataset cannot be had as asked for.
      OSError: if a folder cannot be read or written.
    """
    return _LOADERS[config.dataset](config, image_size)
