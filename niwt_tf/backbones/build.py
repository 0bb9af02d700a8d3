# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Construction of a backbone from its name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import sources, user_code
from niwt_tf.backbones import applications, cut, families, keras_file, small
from niwt_tf.backbones import backbone as backbone_lib


@dataclasses.dataclass(frozen=True)
class Start:
    """A network before it is trained on the seen classes.

    Attributes:
      backbone: Network cut at a layer.
      is_trained: True if the network comes with weights.
      kernel: Weights `[D,C]` of the network's own classifier; None if it has none.
      bias: Bias `[C]` of that classifier; None if it has none.
      why_none: Reason why there is no classifier: the end of a sentence about the network.
    """

    backbone: backbone_lib.Backbone
    is_trained: bool = False
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None
    why_none: str = "gives features alone"


def build(config: config_lib.BackboneConfig, custom_objects: Mapping[str, Any] | None = None) -> Start:
    """Build the network that `config` names; weights that it lacks are drawn from the global seed.

    Args:
      config: Name and settings of the network.
      custom_objects: Layers and functions of the user's own that a Keras file needs, by name.

    Raises:
      errors.UserError: If there is no such network or layer, or its weights cannot be obtained.
    """
    families.check(config)
    path = sources.backbone_path(config)
    if config.backbone.startswith(families.HUB):
        from niwt_tf.backbones import hub  # tensorflow-hub may not be installed

        return hub.build(config)
    if config.backbone.startswith(families.KERAS_FILE) and path:
        return _from_file(config, path, custom_objects)
    if config.backbone == families.SMALL:
        network = small.build(config.image_size or small.IMAGE_SIZE)
        return Start(backbone_lib.Backbone(network, config.layer or small.DEFAULT_LAYER))
    family = families.FAMILIES[config.backbone]
    mode = family.preprocessing if config.preprocessing == "auto" else config.preprocessing
    size = config.image_size or family.image_size
    network = applications.build(config.backbone, size, mode, path or config.weights)
    layer = config.layer or family.layer or cut.last(network)
    return Start(backbone_lib.Backbone(network, layer), is_trained=config.weights != "none")


def layers(config: config_lib.BackboneConfig) -> str:
    """List in a table the layers at which the network can be cut, without weights of keras.applications.

    Raises:
      errors.UserError: If there is no such network.
    """
    if config.backbone.startswith(families.HUB):
        from niwt_tf.backbones import hub

        return hub.table(config)
    weights = "none" if config.backbone in families.FAMILIES else config.weights
    backbone = build(dataclasses.replace(config, layer="", weights=weights)).backbone
    return cut.table(backbone.network, backbone.layer)


def _from_file(config: config_lib.BackboneConfig, path: Path, custom_objects: Mapping[str, Any] | None) -> Start:
    user_code.run(config.import_module)
    mode = "none" if config.preprocessing == "auto" else config.preprocessing
    loaded = keras_file.build(path, config.image_size, mode, custom_objects)
    backbone = backbone_lib.Backbone(loaded.network, config.layer or cut.last(loaded.network))
    return Start(backbone, True, loaded.kernel, loaded.bias, loaded.why_none)
