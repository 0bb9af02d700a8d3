# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""An image model of TensorFlow Hub as a backbone, cut at a tensor of its graph.

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
from niwt_tf.backbones import hub_image, preprocessing, saved_model, saved_model_layers
from niwt_tf.config import networks
from niwt_tf.data import named_files
from niwt_tf.util import progress

_MOST_NAMES = 12


def build(config: config_lib.BackboneConfig) -> backbone_lib.InitialNetwork:
    """Build the model that `config` names.

    Raises:
      errors.UserError: If it cannot be loaded, does not turn images into features, or cannot be cut at the layer.
    """
    image = _load(config)
    tensor = _choose(image.graph.tensors, config)
    source = saved_model_layers.Source(_handle(config), image.image_size, tensor)
    cut = saved_model_layers.Cut(image, tensor)
    images = keras.Input((image.image_size, image.image_size, 3), dtype="uint8", name="images")
    if config.preprocessing == "auto":
        prepared = keras.layers.Rescaling(1 / 255, name="preprocessing")(images)
    else:
        prepared = preprocessing.prepare(images, config.preprocessing)
    name = _layer_name(tensor)
    trunk = saved_model_layers.SavedModelTrunk(source, cut, name=name)
    head = saved_model_layers.SavedModelHead(source, cut, name=f"{name}.head")
    features = head(trunk(prepared))
    if len(features.shape) == 4:
        features = keras.layers.GlobalAveragePooling2D(name=f"{name}.pooled")(features)
    return backbone_lib.InitialNetwork(
        backbone_lib.Backbone(keras.Model(images, features, name="hub"), name), is_trained=True
    )


def layers(config: config_lib.BackboneConfig) -> list[saved_model.Tensor]:
    """List the activations in the model's graph, in order; each says whether the model can be cut at it.

    Raises:
      errors.UserError: If the model cannot be loaded, does not turn images into features, or has no cut.
    """
    tensors = _load(config).graph.tensors
    _cuts(tensors, config)
    return tensors


def table(config: config_lib.BackboneConfig) -> str:
    """List every cut with name and shape; the default one is marked."""
    cuts = [tensor for tensor in layers(config) if tensor.is_cut]
    width = max(len(tensor.name) for tensor in cuts)
    lines = [f"  {tensor.name:<{width}}  {' x '.join(map(str, tensor.shape))}" for tensor in cuts]
    return "\n".join([f"  {'layer':<{width}}  H x W x K", *lines[:-1], f"{lines[-1]}  the default"])


def _load(config: config_lib.BackboneConfig) -> hub_image.ImageModel:
    return hub_image.load(_handle(config), config.image_size)


def _handle(config: config_lib.BackboneConfig) -> str:
    """Return TensorFlow Hub's address, or an absolute path, because a run may be resumed from another folder."""
    path = named_files.backbone_path(config)
    return str(path.resolve()) if path else config.backbone.removeprefix(networks.HUB)


def _cuts(tensors: list[saved_model.Tensor], config: config_lib.BackboneConfig) -> list[str]:
    """List the names of the tensors at which the graph can be cut; raise errors.UserError if there are none."""
    cuts = [tensor.name for tensor in tensors if tensor.is_cut]
    if cuts:
        return cuts
    trouble = (
        f"which has none that all paths from images to features pass through, of {len(tensors)}"
        if tensors
        else "a hub module without intermediate tensors of rank four"
    )
    raise errors.UserError(
        f"`{errors.setting('backbone', 'hub:...')}` must hold activations of a convolution, [N,H,W,K] float32, at "
        f"which to cut it. Received: {errors.setting('backbone', config.backbone)}, {trouble}. Name another."
    )


def _choose(tensors: list[saved_model.Tensor], config: config_lib.BackboneConfig) -> str:
    """Choose the tensor that `--layer` names, or the last cut."""
    cuts = _cuts(tensors, config)
    if not config.layer:
        return cuts[-1]
    found = _matches(config.layer, [tensor.name for tensor in tensors])
    if not found:
        raise errors.unknown_value("layer", config.layer, cuts, _in_words(cuts))
    at = [name for name in found if name in cuts]
    if not at:
        raise _no_cut(config.layer, found[0], tensors)
    if len(at) > 1:
        raise errors.UserError(
            f"`{errors.setting('layer')}` must match one layer. Received: {errors.setting('layer', config.layer)}, "
            f"which matches {errors.listed(at)}. Name one of them in full."
        )
    if at[0] != config.layer:
        _say_once(f"  layer {config.layer} is {at[0]}")
    return at[0]


def _matches(layer: str, names: list[str]) -> list[str]:
    """Find the names that equal `layer`; if none do, those that end with it; else those that match it as a pattern."""
    given = saved_model.without_calls(layer).removesuffix(":0")
    exact = [name for name in names if layer == name or given in (name, _layer_name(name))]
    ends = [name for name in names if f"/{name}".endswith(f"/{given}")]
    if exact or ends:
        return exact or ends
    try:
        return [name for name in names if re.search(layer, name)]
    except re.error:
        return []


def _no_cut(layer: str, name: str, tensors: list[saved_model.Tensor]) -> errors.UserError:
    place = [tensor.name for tensor in tensors].index(name)
    before = [f"{tensor.name} before it" for tensor in tensors[:place] if tensor.is_cut][-1:]
    after = [f"{tensor.name} after it" for tensor in tensors[place:] if tensor.is_cut][:1]
    received = errors.setting("layer", layer) + ("" if layer == name else f", that is {name}")
    return errors.UserError(
        f"`{errors.setting('layer')}` must be a convolution, or what follows one, that all paths from images to "
        f"features pass through. Received: {received}, which is not. The nearest that are: "
        f"{', '.join(before + after)}."
    )


def _in_words(cuts: list[str]) -> str:
    """List the last of the cuts, and say how to see the others."""
    more = f" and {len(cuts) - _MOST_NAMES} more that niwt --list_layers shows" if len(cuts) > _MOST_NAMES else ""
    return f"{', '.join(cuts[-_MOST_NAMES:])}{more}"


def _layer_name(tensor: str) -> str:
    """Convert a tensor's name to the name of a Keras layer, which must not contain a slash."""
    return tensor.replace("/", ".")


@functools.cache
def _say_once(line: str) -> None:
    """Print a line only once, because a run builds its backbone several times."""
    progress.say(line)
