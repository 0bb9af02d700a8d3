# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Conversion of a user's model in a Keras file to a flat float32 network from bytes to features."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.backbones import agreement, flatten, float_copy, keras_reading, own_classifier, preprocessing
from niwt_tf.config import networks
from niwt_tf.util import progress

_IMAGE_SIZE = 224  # if neither the model nor --image_size sets it


@dataclasses.dataclass(frozen=True)
class Loaded:
    """Contents of a file.

    Attributes:
      network: Model from images `[N,S,S,3]` uint8 RGB to features `[N,D]`.
      kernel: Weights `[D,C]` of the classifier over the features; None if the model has none that can be used.
      bias: Bias `[C]` of that classifier; None if there is none.
      why_none: Reason why there is none: the end of a sentence about the model.
    """

    network: keras.Model
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None
    why_none: str = ""


def build(path: Path, image_size: int, mode: str, custom_objects: Mapping[str, Any] | None = None) -> Loaded:
    """Read the model in a file, and split it at its last weights into a network for features and a classifier.

    Args:
      path: Path of a .keras or .h5 file.
      image_size: Side of the images, in pixels, if the model accepts any; 0 leaves it to the model.
      mode: Preprocessing of the images that the model expects, one of `preprocessing.MODES`.
      custom_objects: Layers and functions of the user's own that the model contains, by name.

    Raises:
      errors.UserError: If it cannot be read safely, is no model from images to a vector, or gives other numbers than
        the network that it is converted to.
    """
    model = keras_reading.read(path, custom_objects)
    size = _size(model, image_size, path)
    images, preprocessed = preprocessing.inputs(size, mode)
    probe = agreement.images(size)
    try:
        own = _own_output(model, keras.Model(images, preprocessed)(probe))
        floats = float_copy.of(model, custom_objects)
        tolerance = agreement.TOLERANCE if floats is model else agreement.OF_OTHER_PRECISION
        (output,) = keras.tree.flatten(flatten.onto(floats, preprocessed, (*preprocessing.NAMES, "features")))
        found = own_classifier.find(output)
    except float_copy.NotFloatError as error:
        raise keras_reading.error(path, f"holds {error}", "Name the model as it was before it was quantized") from None
    except own_classifier.NoFeaturesError as error:
        raise keras_reading.error(path, *error.args) from None
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        raise errors.UserError(
            f"`{errors.setting('image_size')}` must be one that the model takes. Received: {size} pixels for "
            f"{errors.setting('backbone', f'{networks.KERAS_FILE}{path}')}, which says: {_reason(error)}. Name another "
            f"{errors.setting('image_size')}."
        ) from None
    network = keras.Model(images, found.features, name="keras_file")
    for layer in network.layers:  # setting it on the network misses layers saved frozen
        layer.trainable = True  # --finetune decides what is trained
    try:
        agreement.require("numbers", own, _array(keras.Model(images, output)(probe, training=False)), tolerance)
        _require_same_scores(network, found, probe, own, tolerance)
    except agreement.DisagreementError as error:
        raise keras_reading.error(path, str(error), _REMEDY[floats is model]) from None
    return Loaded(network, found.kernel, found.bias, found.why_none)


_REMEDY = {
    True: "Name a model whose layers give the same each time, and of finite weights",
    False: "Name the model as it was before it was quantized, or in float32",
}  # key: whether the model is in float32


def _own_output(model: keras.Model, preprocessed: Any) -> np.ndarray:
    """Compute the output of a model with one input and one output, whatever structure holds them."""
    structure = getattr(model, "_inputs_struct", None)
    symbol = keras.Input(preprocessed.shape[1:])
    for given in (symbol, preprocessed):  # symbols first: Keras then reports a misfit clearly
        packed = given if structure is None else keras.tree.pack_sequence_as(structure, [given])
        (output,) = keras.tree.flatten(model(packed, training=False))
    return _array(output)


def _array(tensor: Any) -> np.ndarray:
    """Convert a tensor to `[N,...]` float32."""
    return np.asarray(tf.cast(tensor, tf.float32))


def _require_same_scores(
    network: keras.Model, found: own_classifier.Found, probe: np.ndarray, own: np.ndarray, tolerance: float
) -> None:
    """Check that the extracted classifier gives the model's own scores; raise agreement.DisagreementError otherwise."""
    if found.kernel is None:
        return
    logits = _array(network(probe, training=False)) @ found.kernel + found.bias
    if not found.scores:
        agreement.require("logits", own.reshape(logits.shape), logits, tolerance)
        return
    ours, theirs = agreement.scored(logits, found.scores), own.reshape(logits.shape)
    name = "logarithms of probabilities"
    agreement.require(
        name, agreement.comparable(theirs, found.scores), agreement.comparable(ours, found.scores), tolerance
    )


def _size(model: keras.Model, image_size: int, path: Path) -> int:
    """Choose the side of the images: the model's own, else `image_size`, else the usual one."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise keras_reading.error(
            path, f"has {len(model.inputs)} inputs and {len(model.outputs)} outputs", "Name one with one of each"
        )
    shape = tuple(model.inputs[0].shape)
    if len(shape) != 4 or shape[3] != 3 or shape[1] != shape[2]:
        raise keras_reading.error(path, f"takes {shape}", "Name one that takes square RGB images, (None, S, S, 3)")
    if image_size and shape[1] and image_size != shape[1]:
        raise errors.UserError(
            f"`{errors.setting('image_size')}` must be that of the model. Received: "
            f"{errors.setting('image_size', image_size)} with "
            f"{errors.setting('backbone', f'{networks.KERAS_FILE}{path}')}, which takes {shape[1]}. Leave "
            f"{errors.setting('image_size')} out."
        )
    if not shape[1] and not image_size:
        _say_once(
            f"  {path.name} takes images of any size: here they are {_IMAGE_SIZE} x {_IMAGE_SIZE} pixels; image_size "
            "sets another"
        )
    return shape[1] or image_size or _IMAGE_SIZE


@functools.cache
def _say_once(text: str) -> None:
    progress.say(text)


def _reason(error: Exception) -> str:
    """Extract the first sentence that Keras prints in bold, below the place of the error."""
    bold = re.search(r"\x1b\[1m(.+?)(?:\. |\.?\x1b|\n)", str(error))
    return bold[1] if bold else errors.first_line(error)
