# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The backbones by name."""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import small


@dataclasses.dataclass(frozen=True)
class Start:
    """A network before it is trained on the seen classes.

    Attributes:
      backbone: the network, cut at a layer.
      is_trained: whether it comes with weights.
      kernel: the weights `[D,C]` of the classifier that it came with; None where it had none.
      bias: its `[C]`.
    """

    backbone: backbone_lib.Backbone
    is_trained: bool = False
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None


def build(config: config_lib.BackboneConfig) -> Start:
    """Returns the network that `config` names; weights that it comes without follow from the global seed.

    Raises:
      errors.UserError: if there is no such network or layer, or its weights cannot be had.
    """
    if config.backbone == "small":
        network = small.build(config.image_size or small.IMAGE_SIZE)
        return Start(backbone_lib.Backbone(network, config.layer or small.DEFAULT_LAYER))
    raise errors.unknown_value("--backbone", config.backbone, ("small",))
