# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""An image model of TensorFlow Hub as a backbone, split at a tensor of its graph.

The logits of a classification model are used as its features. Fine-tuning trains the model's variables through the
graph of inference: batch norms keep their statistics.
"""

from __future__ import annotations

import functools
import re

import keras

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import hub_image, preprocessing, saved_model, saved_model_layers, split_points
from niwt_tf.config import networks
from niwt_tf.data import named_files
from niwt_tf.util import progress


def build(config: config_lib.BackboneConfig) -> backbone_lib.InitialNetwork:
    """Build the model that `config` names.

    Raises:
      errors.UserError: If it cannot be loaded, does not turn images into features, or cannot be split at the layer.
    """
    image = _load(config)
    tensor = _choose(image.graph.tensors, config)
    source = saved_model_layers.Source(_handle(config), image.image_size, tensor)
    split = saved_model_layers.SplitModel(image, tensor)
    images = keras.Input((image.image_size, image.image_size, 3), dtype="uint8", name="images")
    if config.preprocessing == "auto":
        prepared = keras.layers.Rescaling(1 / 255, name="preprocessing")(images)
    else:
        prepared = preprocessing.prepare(images, config.preprocessing)
    name = _layer_name(tensor)
    trunk = saved_model_layers.SavedModelTrunk(source, split, name=name)
    head = saved_model_layers.SavedModelHead(source, split, name=f"{name}.head")
    features = head(trunk(prepared))
    if len(features.shape) == 4:
        features = keras.layers.GlobalAveragePooling2D(name=f"{name}.pooled")(features)
    return backbone_lib.InitialNetwork(
        backbone_lib.Backbone(keras.Model(images, features, name="hub"), name), is_trained=True
    )


def layers(config: config_lib.BackboneConfig) -> list[saved_model.Tensor]:
    """List the activations in the model's graph, in order, and whether the model can be split at them.

    Raises:
      errors.UserError: If the model cannot be loaded, does not turn images into features, or has no split point.
    """
    tensors = _load(config).graph.tensors
    _split_points(tensors, config)
    return tensors


def table(config: config_lib.BackboneConfig) -> str:
    """List every split point with name and shape; the default one is marked."""
    points = [tensor for tensor in layers(config) if tensor.is_split_point]
    width = max(len(tensor.name) for tensor in points)
    lines = [f"  {tensor.name:<{width}}  {' x '.join(map(str, tensor.shape))}" for tensor in points]
    return "\n".join([f"  {'layer':<{width}}  H x W x K", *lines[:-1], f"{lines[-1]}  the default"])


def _load(config: config_lib.BackboneConfig) -> hub_image.ImageModel:
    return hub_image.load(_handle(config), config.image_size)


def _handle(config: config_lib.BackboneConfig) -> str:
    """Return TensorFlow Hub's address, or an absolute path, because a run may be resumed from another folder."""
    path = named_files.backbone_path(config)
    return str(path.resolve()) if path else config.backbone.removeprefix(networks.HUB)


def _split_points(tensors: list[saved_model.Tensor], config: config_lib.BackboneConfig) -> list[str]:
    """List the names of the tensors at which the graph can be split; raise errors.UserError if there are none."""
    names = [tensor.name for tensor in tensors if tensor.is_split_point]
    if names:
        return names
    trouble = (
        f"of whose {len(tensors)} activations none lies on all paths from images to features"
        if tensors
        else "which has no intermediate tensors of rank four"
    )
    raise errors.UserError(
        f"`{errors.setting('backbone', 'hub:...')}` must hold activations of a convolution, [N,H,W,K] float32, at "
        f"which it can be split. Received: {errors.setting('backbone', config.backbone)}, {trouble}. Choose another "
        "model."
    )


def _choose(tensors: list[saved_model.Tensor], config: config_lib.BackboneConfig) -> str:
    """Choose the tensor that `config.layer` names, or the last split point."""
    points = _split_points(tensors, config)
    if not config.layer:
        return points[-1]
    matches = _matches(config.layer, [tensor.name for tensor in tensors])
    if not matches:
        raise errors.unknown_value("layer", config.layer, points, split_points.list_last(points))
    chosen = [name for name in matches if name in points]
    if not chosen:
        raise _no_split_point(config.layer, matches[0], tensors)
    if len(chosen) > 1:
        raise errors.UserError(
            f"`{errors.setting('layer')}` must match one layer. Received: {errors.setting('layer', config.layer)}, "
            f"which matches {errors.listed(chosen)}. Give the full name of one of them."
        )
    if chosen[0] != config.layer:
        _print_once(f"  layer {config.layer} is {chosen[0]}")
    return chosen[0]


def _matches(layer: str, names: list[str]) -> list[str]:
    """Find the names that equal `layer`; if none do, those that end with it; else those that match it as a pattern."""
    plain = saved_model.remove_calls(layer).removesuffix(":0")
    exact = [name for name in names if layer == name or plain in (name, _layer_name(name))]
    ends = [name for name in names if f"/{name}".endswith(f"/{plain}")]
    if exact or ends:
        return exact or ends
    try:
        return [name for name in names if re.search(layer, name)]
    except re.error:
        return []


def _no_split_point(layer: str, name: str, tensors: list[saved_model.Tensor]) -> errors.UserError:
    place = [tensor.name for tensor in tensors].index(name)
    before = [tensor.name for tensor in tensors[:place] if tensor.is_split_point]
    after = [tensor.name for tensor in tensors[place:] if tensor.is_split_point]
    received = errors.setting("layer", layer) + ("" if layer == name else f", that is {name}")
    return split_points.error(received, before, after)


def _layer_name(tensor: str) -> str:
    """Convert a tensor's name to the name of a Keras layer, which must not contain a slash."""
    return tensor.replace("/", ".")


@functools.cache
def _print_once(line: str) -> None:
    """Print a line only the first time, because a run builds its backbone several times."""
    progress.print_line(line)
