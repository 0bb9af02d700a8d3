# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load weights from a file into a network of the same layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from niwt_tf import errors
from niwt_tf.backbones import layer_names
from niwt_tf.util import paths

_TEXTS = "OSU"  # kinds of arrays of texts, such as the words of a lookup layer
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
        with h5py.File(paths.require_regular(path)) as file:
            _require_own_arrays(file)
            pairs: list[_Pair] = list(read(network, file))
        _require_same(pairs, path, backbone)
        network.load_weights(path)
        if weight := not_finite(network):
            raise ValueError(f"{weight} has numbers that are not finite")
    except errors.UserError:
        raise
    except Exception as error:  # damaged bytes make h5py and Keras raise anything
        raise errors.UserError(
            f"`{errors.setting('weights')}` must name a file of weights that Keras wrote. Received: "
            f"{errors.setting('weights', path)}: {errors.first_line(error)}. Write one with "
            "model.save_weights('model.weights.h5')."
        ) from None


def _require_own_arrays(file: h5py.File) -> None:
    """Check that a file holds all that it names: no links, and no arrays of other files; raise ValueError otherwise."""

    def find_trouble(name: str, link: Any) -> str | None:
        if not isinstance(link, h5py.HardLink):
            return f"{errors.clipped(name)} is a link"
        node = file[name]
        if isinstance(node, h5py.Dataset) and (node.is_virtual or node.external):
            return f"{errors.clipped(name)} is an array of another file"
        return None

    if trouble := file.visititems_links(find_trouble):  # which ends at the first that is found
        raise ValueError(trouble)


def not_finite(network: keras.Model) -> str:
    """Return the path of the first weight that has a number which is not finite; empty if there is none."""
    for weight, values in zip(network.weights, network.get_weights(), strict=True):
        if values.dtype.kind not in _TEXTS and not np.isfinite(values).all():
            return weight.path
    return ""


def _require_same(pairs: Iterable[_Pair], path: Path, backbone: str) -> None:
    """Check that layers and file agree, or raise errors.UserError for the first that differs."""
    for name, ours, theirs in pairs:
        if ours != theirs:
            raise errors.UserError(
                f"`{errors.setting('weights')}` must belong to {errors.setting('backbone', backbone)}. Received: "
                f"{errors.setting('weights', path)}, where the first layer that differs is {name}: "
                f"{_words(theirs)} there, {_words(ours)} in the network. Choose a file of this network; of Keras' own "
                "files, those without the classifier, except for vgg16 and vgg19."
            )


def _legacy(network: keras.Model, file: h5py.File) -> Iterator[_Pair]:
    """Pair layers with a file's by order, as Keras' older format does: name, shapes in network, shapes in file."""
    group = file if "layer_names" in file.attrs else file["model_weights"]
    stored = [(name, _stored(group[name])) for name in _names(group, "layer_names")]
    own = [(layer.name, _own(layer)) for layer in network.layers if layer.weights]
    nothing: tuple[str, _Shapes] = ("", [])
    for ours, theirs in zip_longest(own, [pair for pair in stored if pair[1]], fillvalue=nothing):
        yield ours[0] or theirs[0], ours[1], theirs[1]


def _stored(group: h5py.Group) -> _Shapes:
    return [_shape(group[name]) for name in _names(group, "weight_names")]


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
            yield layer.name, _own(layer), [_shape(held[number]) for number in sorted(held, key=int)]


def _own(layer: keras.layers.Layer) -> _Shapes:
    return [tuple(weight.shape) for weight in layer.trainable_weights + layer.non_trainable_weights]


def _shape(node: Any) -> tuple[int, ...]:
    if not isinstance(node, h5py.Dataset) or node.dtype.kind not in "fiu" or node.shape is None:
        raise ValueError(f"{errors.clipped(node.name)} is no array of numbers")
    return tuple(node.shape)


def _names(group: h5py.Group, attribute: str) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name) for name in group.attrs[attribute]]


def _words(shapes: _Shapes) -> str:
    return " and ".join(" x ".join(map(str, shape)) or "a number" for shape in shapes) or "nothing"
