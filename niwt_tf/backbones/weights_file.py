# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load weights from a file into a network of the same layers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import h5py
import keras

from niwt_tf import errors
from niwt_tf.backbones import layer_names

_Shapes = list[tuple[int, ...]]
_Pair = tuple[str, _Shapes, _Shapes]


def load(network: keras.Model, path: Path, backbone: str) -> None:
    """Load the weights of `network` from a .weights.h5 or .h5 file.

    Args:
      network: Functional model.
      path: Path of the file.
      backbone: Name of the backbone, for messages.

    Raises:
      errors.UserError: If the file holds no weights, or those of other layers; the message names the first difference.
    """
    read = _nested if path.name.endswith(".weights.h5") else _legacy
    try:
        with h5py.File(path) as file:
            pairs: list[_Pair] = list(read(network, file))
    except (OSError, KeyError) as error:
        raise errors.UserError(
            f"`{errors.setting('weights')}` must name a file of weights that Keras wrote. Received: "
            f"{errors.setting('weights', path)}: {error}. Write one with model.save_weights('model.weights.h5')."
        ) from None
    for name, ours, theirs in pairs:
        if ours != theirs:
            raise errors.UserError(
                f"`{errors.setting('weights')}` must belong to {errors.setting('backbone', backbone)}. Received: "
                f"{errors.setting('weights', path)}, where the first layer that differs is {name}: "
                f"{_words(theirs)} there, {_words(ours)} in the network. Choose a file of this network; of Keras' own "
                "files, those without the classifier, except for vgg16 and vgg19."
            )
    network.load_weights(path)


def _legacy(network: keras.Model, file: h5py.File) -> Iterator[_Pair]:
    """Pair layers with a file's by order, as Keras' older format does: name, shapes in network, shapes in file."""
    group = file if "layer_names" in file.attrs else file["model_weights"]
    stored = [(name, _stored(group[name])) for name in map(_text, group.attrs["layer_names"])]
    own = [(layer.name, _own(layer)) for layer in network.layers if layer.weights]
    nothing: tuple[str, _Shapes] = ("", [])
    for ours, theirs in zip_longest(own, [pair for pair in stored if pair[1]], fillvalue=nothing):
        yield ours[0] or theirs[0], ours[1], theirs[1]


def _stored(group: h5py.Group) -> _Shapes:
    return [tuple(group[name].shape) for name in map(_text, group.attrs["weight_names"])]


def _nested(network: keras.Model, group: Any) -> Iterator[_Pair]:
    """Pair layers with a file's by the paths of Keras' newer format: name, shapes in network, shapes in file."""
    counts: dict[str, int] = {}
    for layer in network.layers:
        stem = layer_names.class_base(layer)
        path = f"layers/{layer_names.numbered(stem, counts.setdefault(stem, 0))}"
        counts[stem] += 1
        if isinstance(layer, keras.Model):
            yield from _nested(layer, group.get(path, {}))
        elif layer.weights:
            held = group.get(f"{path}/vars", {})
            yield layer.name, _own(layer), [tuple(held[number].shape) for number in sorted(held, key=int)]


def _own(layer: keras.layers.Layer) -> _Shapes:
    return [tuple(weight.shape) for weight in layer.trainable_weights + layer.non_trainable_weights]


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else name


def _words(shapes: _Shapes) -> str:
    return " and ".join(" x ".join(map(str, shape)) or "a number" for shape in shapes) or "nothing"
