# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Build a backbone from its name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf.backbones import applications, keras_file, small, split_points
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.config import networks
from niwt_tf.data import named_files
from niwt_tf.util import user_code


def build(
    config: config_lib.BackboneConfig, custom_objects: Mapping[str, Any] | None = None
) -> backbone_lib.InitialNetwork:
    """Build the network that `config` names; new weights are drawn with the global seed.

    Args:
      config: Name and settings of the network.
      custom_objects: Layers and functions of the user's own that a Keras file needs, by name.

    Raises:
      errors.UserError: If there is no such network or layer, or its weights cannot be obtained.
    """
    config_lib.check_network(config)
    path = named_files.backbone_path(config)
    if config.backbone.startswith(networks.HUB):
        from niwt_tf.backbones import hub  # optional: tensorflow-hub

        return hub.build(config)
    if config.backbone.startswith(networks.KERAS_FILE) and path:
        return _from_file(config, path, custom_objects)
    if config.backbone == networks.SMALL:
        network = small.build(config.image_size or small.IMAGE_SIZE)
        return backbone_lib.InitialNetwork(backbone_lib.Backbone(network, config.layer or small.DEFAULT_LAYER))
    family = networks.FAMILIES[config.backbone]
    mode = family.preprocessing if config.preprocessing == "auto" else config.preprocessing
    size = config.image_size or family.image_size
    network = applications.build(config.backbone, size, mode, path or config.weights)
    layer = config.layer or family.layer or split_points.last(network)
    return backbone_lib.InitialNetwork(backbone_lib.Backbone(network, layer), is_trained=config.weights != "none")


def layers(config: config_lib.BackboneConfig) -> str:
    """List in a table the layers at which the network can be split; no weights of keras.applications are loaded.

    Raises:
      errors.UserError: If there is no such network.
    """
    if config.backbone.startswith(networks.HUB):
        from niwt_tf.backbones import hub  # optional: tensorflow-hub

        return hub.table(config)
    weights = "none" if config.backbone in networks.FAMILIES else config.weights
    backbone = build(dataclasses.replace(config, layer="", weights=weights)).backbone
    return split_points.table(backbone.network, backbone.layer)


def _from_file(
    config: config_lib.BackboneConfig, path: Path, custom_objects: Mapping[str, Any] | None
) -> backbone_lib.InitialNetwork:
    user_code.run(config.import_module)
    mode = "none" if config.preprocessing == "auto" else config.preprocessing
    loaded = keras_file.build(path, config.image_size, mode, custom_objects)
    backbone = backbone_lib.Backbone(loaded.network, config.layer or split_points.last(loaded.network))
    return backbone_lib.InitialNetwork(backbone, True, loaded.kernel, loaded.bias, loaded.why_none)
