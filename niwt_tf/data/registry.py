# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The datasets by name."""

from __future__ import annotations

from niwt_tf import config as config_lib
from niwt_tf.data import zero_shot
from niwt_tf.data.aviary import loader as aviary

_LOADERS = {"aviary": aviary.load}


def load(config: config_lib.DataConfig) -> zero_shot.ZeroShotDataset:
    """Returns the dataset that `config` names, having prepared it where it is not there yet.

    Args:
      config: which dataset, and where prepared ones lie.

    Raises:
      errors.UserError: if the dataset cannot be had as asked for.
      OSError: if the folder of prepared datasets cannot be written.
    """
    return _LOADERS[config.dataset](config)
