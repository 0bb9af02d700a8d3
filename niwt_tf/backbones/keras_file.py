# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Convert a model in a Keras file to a flat float32 network from bytes to features, and its classifier."""

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

_IMAGE_SIZE = 224  # if neither the model nor `image_size` sets it


@dataclasses.dataclass(frozen=True)
class LoadedModel:
    """A model from a file, converted.

    Attributes:
      network: Model from images `[N,S,S,3]` uint8 RGB to features `[N,D]`.
      kernel: Weights `[D,C]` of the classifier over the features; None if the model has none that can be used.
      bias: Bias `[C]` of that classifier; None if there is none.
      why_none: Reason why there is none, worded to follow "which".
    """

    network: keras.Model
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None
    why_none: str = ""


def build(path: Path, image_size: int, mode: str, custom_objects: Mapping[str, Any] | None = None) -> LoadedModel:
    """Read a model from a file, and split it at its last weights into features and a classifier.

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
    samples = agreement.random_images(size)
    try:
        expected = _model_output(model, keras.Model(images, preprocessed)(samples))
        floats = float_copy.convert(model, custom_objects)
        tolerance = agreement.TOLERANCE if floats is model else agreement.LOW_PRECISION_TOLERANCE
        (output,) = keras.tree.flatten(flatten.onto(floats, preprocessed, (*preprocessing.NAMES, "features")))
        end = own_classifier.find(output)
    except float_copy.NotFloatError as error:
        raise keras_reading.error(path, f"holds {error}", "Use the model before its quantization") from None
    except own_classifier.NoFeaturesError as error:
        raise keras_reading.error(path, *error.args) from None
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        raise errors.UserError(
            f"`{errors.setting('image_size')}` must be a size that the model takes. Received: {size} pixels for "
            f"{errors.setting('backbone', f'{networks.KERAS_FILE}{path}')}, which fails: {_reason(error)}. Choose "
            f"another {errors.setting('image_size')}."
        ) from None
    except Exception as error:  # a layer may raise anything when it runs: its configuration is the file's
        raise keras_reading.error(path, f"cannot be run ({_reason(error)})", "Use a model that Keras can run") from None
    network = keras.Model(images, end.features, name="keras_file")
    for layer in network.layers:  # setting it on the network misses layers saved frozen
        layer.trainable = True  # `finetune` decides what is trained
    try:
        actual = _array(keras.Model(images, output)(samples, training=False))
        agreement.require("numbers", expected, actual, tolerance)
        _require_same_scores(network, end, samples, expected, tolerance)
    except agreement.DisagreementError as error:
        raise keras_reading.error(path, str(error), _REMEDY[floats is model]) from None
    return LoadedModel(network, end.kernel, end.bias, end.why_none)


_REMEDY = {
    True: "Use a model of finite weights whose layers compute the same each time",
    False: "Use the model before its quantization, or in float32",
}  # key: whether the model is in float32


def _model_output(model: keras.Model, preprocessed: Any) -> np.ndarray:
    """Compute the output of a model with one input and one output, whatever structure holds them."""
    structure = getattr(model, "_inputs_struct", None)
    symbol = keras.Input(preprocessed.shape[1:])
    for images in (symbol, preprocessed):  # the symbol first: Keras then reports a misfit clearly
        packed = images if structure is None else keras.tree.pack_sequence_as(structure, [images])
        (output,) = keras.tree.flatten(model(packed, training=False))
    return _array(output)


def _array(tensor: Any) -> np.ndarray:
    """Convert a tensor to `[N,...]` float32."""
    return np.asarray(tf.cast(tensor, tf.float32))


def _require_same_scores(
    network: keras.Model,
    end: own_classifier.NetworkEnd,
    images: np.ndarray,
    expected: np.ndarray,
    tolerance: float,
) -> None:
    """Check that the classifier gives the model's own scores; raise agreement.DisagreementError otherwise."""
    if end.kernel is None:
        return
    logits = _array(network(images, training=False)) @ end.kernel + end.bias
    expected, actual = expected.reshape(logits.shape), agreement.apply_scores(logits, end.scores)
    name = "logarithms of probabilities" if end.scores else "logits"
    expected, actual = (agreement.comparable(scores, end.scores) for scores in (expected, actual))
    agreement.require(name, expected, actual, tolerance)


def _size(model: keras.Model, image_size: int, path: Path) -> int:
    """Choose the side of the images: the model's own, else `image_size`, else the usual one."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise keras_reading.error(
            path, f"has {len(model.inputs)} inputs and {len(model.outputs)} outputs", "Use a model with one of each"
        )
    shape = tuple(model.inputs[0].shape)
    if len(shape) != 4 or shape[3] != 3 or shape[1] != shape[2]:
        raise keras_reading.error(path, f"takes {shape}", "Use a model of square RGB images, (None, S, S, 3)")
    if image_size and shape[1] and image_size != shape[1]:
        raise errors.UserError(
            f"`{errors.setting('image_size')}` must be the size that the model takes. Received: "
            f"{errors.setting('image_size', image_size)} with "
            f"{errors.setting('backbone', f'{networks.KERAS_FILE}{path}')}, which takes {shape[1]} pixels. "
            f"Leave {errors.setting('image_size')} out."
        )
    if not shape[1] and not image_size:
        _print_once(
            f"  {path.name} takes images of any size: {_IMAGE_SIZE} x {_IMAGE_SIZE} pixels are used; image_size sets "
            "another size"
        )
    return shape[1] or image_size or _IMAGE_SIZE


@functools.cache
def _print_once(text: str) -> None:
    progress.print_line(text)


def _reason(error: Exception) -> str:
    """Extract the first sentence that Keras prints in bold, below the place of the error."""
    bold = re.search(r"\x1b\[1m(.+?)(?:\. |\.?\x1b|\n)", str(error))
    return bold[1] if bold else errors.first_line(error)
