# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A model of the user's, in a file of Keras, as a flat network from bytes to features."""

from __future__ import annotations

import dataclasses
import re
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from niwt_tf import errors
from niwt_tf.backbones import families, flatten, preprocessing

_IMAGE_SIZE = 224  # where neither the model nor --image_size says
_SCORES = ("softmax", "sigmoid")


@dataclasses.dataclass(frozen=True)
class Loaded:
    """What a file gives.

    Attributes:
      network: images `[N,S,S,3]` uint8 RGB -> features `[N,D]`.
      kernel: the weights `[D,C]` of the classifier over them; None where the model gives features.
      bias: its `[C]`.
    """

    network: keras.Model
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None


def build(path: Path, image_size: int, mode: str) -> Loaded:
    """Returns the model in a file: what comes before its last dense layer, and that.

    Args:
      path: a .keras or .h5 file.
      image_size: the side of the images, in pixels, where the model takes any; 0 leaves that to the model.
      mode: what it wants of its images, one of `preprocessing.MODES`.

    Raises:
      errors.UserError: if it cannot be read safely, or is no model from images to a vector.
    """
    model = _load(path)
    images, preprocessed = preprocessing.inputs(_size(model, image_size, path), mode)
    try:
        output = flatten.onto(model, preprocessed, (*preprocessing.NAMES, "features"))
    except (ValueError, TypeError) as error:
        raise errors.UserError(
            f"`--image_size` must be one that the model takes. Received: {images.shape[1]} pixels for "
            f"--backbone={families.KERAS_FILE}{path}, which says: {_reason(error)}. Name another --image_size."
        ) from None
    features, dense = _features(output, path)
    network = keras.Model(images, features, name="keras_file")
    for layer in network.layers:  # that of the network alone does not reach layers that were saved frozen
        layer.trainable = True  # --finetune says what is trained
    if dense is None:
        return Loaded(network)
    bias = dense.bias.numpy() if dense.use_bias else np.zeros(dense.units, np.float32)
    return Loaded(network, dense.kernel.numpy(), bias)


def _load(path: Path) -> keras.Model:
    if not (zipfile.is_zipfile(path) or h5py.is_hdf5(path)):
        raise _error(path, "Keras did not write", "Name a file that model.save wrote")
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # of many kinds, by what is wrong with the file
        raise _unreadable(path, str(error) or type(error).__name__) from None
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise _error(path, "is no functional or sequential model that knows its input", "Build it before it is saved")
    return model


def _unreadable(path: Path, trouble: str) -> errors.UserError:
    unknown = re.search(r"(?:Could not locate \w+|Unknown \w+:) '?([\w>.]+)'?", trouble)
    if "Lambda" in trouble or "safe_mode" in trouble or "unsafe" in trouble:
        return _error(
            path, "holds code, such as a Lambda layer, that is not run as it could do anything", "Save it without such"
        )
    if unknown:
        return _error(path, f"needs code that is not Keras' own: {unknown[1]}", "Save it with Keras' layers alone")
    return _error(path, f"cannot be read: {trouble.splitlines()[0].rstrip('.')}", "Name a file that model.save wrote")


def _size(model: keras.Model, image_size: int, path: Path) -> int:
    """Returns the side of the images."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise _error(
            path, f"has {len(model.inputs)} inputs and {len(model.outputs)} outputs", "Name one with one of each"
        )
    shape = tuple(model.inputs[0].shape)
    if len(shape) != 4 or shape[3] != 3 or shape[1] != shape[2]:
        raise _error(path, f"takes {shape}", "Name one that takes square RGB images, (None, S, S, 3)")
    if image_size and shape[1] and image_size != shape[1]:
        raise errors.UserError(
            f"`--image_size` must be that of the model. Received: --image_size={image_size} with "
            f"--backbone={families.KERAS_FILE}{path}, which takes {shape[1]}. Leave --image_size out."
        )
    return shape[1] or image_size or _IMAGE_SIZE


def _reason(error: Exception) -> str:
    """Returns the first sentence of what Keras sets in bold, below where it happened."""
    bold = re.search(r"\x1b\[1m(.+?)(?:\. |\.?\x1b|\n)", str(error))
    return bold[1] if bold else errors.first_line(error)


def _features(output: Any, path: Path) -> tuple[Any, keras.layers.Dense | None]:
    """Returns the features `[N,D]`, and the dense layer over them that tells classes apart, if there is one."""
    layer = output._keras_history.operation
    while _only_scores(layer):
        output = layer.input
        layer = output._keras_history.operation
    if isinstance(layer, keras.layers.Dense) and layer.activation.__name__ in ("linear", *_SCORES):
        if len(layer.input.shape) == 2:
            return layer.input, layer
    if len(output.shape) == 4:
        return keras.layers.GlobalAveragePooling2D(name="features")(output), None
    if len(output.shape) == 2:
        return output, None
    raise _error(path, f"gives {tuple(output.shape)}", "Name one that gives a vector or a map for an image")


def _only_scores(layer: Any) -> bool:
    """Returns whether a layer does no more than turn logits into scores."""
    if isinstance(layer, keras.layers.Activation):
        return layer.activation.__name__ in _SCORES
    return isinstance(layer, keras.layers.Softmax)


def _error(path: Path, trouble: str, remedy: str = "Name another --backbone") -> errors.UserError:
    return errors.UserError(
        "`--backbone` must name a model from images to classes or features. Received: "
        f"--backbone={families.KERAS_FILE}{path}, which {trouble}. {remedy}."
    )
