# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Networks of keras.applications as flat functional models, from bytes to features."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

import keras
import numpy as np

from niwt_tf import errors
from niwt_tf.backbones import flatten, layer_names, preprocessing, weights_file
from niwt_tf.config import networks

_IMAGENET_STD = (0.229, 0.224, 0.225)  # standard deviations of ImageNet's red, green and blue in 0..1


def build(name: str, image_size: int, mode: str, weights: str | Path) -> keras.Model:
    """Build a network, images `[N,S,S,3]` uint8 RGB -> features `[N,D]`.

    Args:
      name: Key of `networks.FAMILIES`.
      image_size: Side `S` of the images, in pixels; the network must accept it.
      mode: Preprocessing, one of `preprocessing.MODES`.
      weights: Source of the weights: imagenet (downloaded unless in Keras' cache), none, or the path of a file.

    Raises:
      errors.UserError: If the weights cannot be obtained, or belong to another network.
    """
    family = networks.FAMILIES[name]
    images, preprocessed = preprocessing.inputs(image_size, mode)
    network = _construct(name, preprocessed, "imagenet" if weights == "imagenet" else None)
    if isinstance(weights, Path):
        weights_file.load(network, weights, name)
    if weights != "imagenet" and family.constructor.startswith("EfficientNetB"):
        _rescale(network)
    output = network.get_layer(family.top).output if family.top else network.output
    if any(isinstance(layer, keras.Model) for layer in network.layers):
        images = keras.Input(images.shape[1:], dtype="uint8", name="images")
        output = flatten.onto(network, images)
    network = keras.Model(images, output, name=name)
    layer_names.renumber(network)
    return network


def _construct(name: str, preprocessed: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Build the network with its constructor in keras.applications, on top of the preprocessed images."""
    family, shape = networks.FAMILIES[name], tuple(preprocessed.shape[1:])
    options = {"include_top": True} if family.top else {"include_top": False, "pooling": "avg"}
    constructor = getattr(keras.applications, family.constructor)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`input_shape` is undefined or non-square")  # the weights fit any size
        try:
            return constructor(weights=weights, input_tensor=preprocessed, input_shape=shape, **options)
        except Exception as error:  # Keras raises a plain Exception if the download fails
            if weights is None:
                raise
            raise _not_downloaded(name, error) from None


def _not_downloaded(name: str, error: Exception) -> errors.UserError:
    address = re.search(r"https?://\S+/([^/\s]+\.h5)", str(error))
    cache = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "models"
    remedy = f"Download {address[0]} to {cache / address[1]}, or choose" if address else "Choose"
    trouble = errors.first_line(error)
    return errors.UserError(
        f"`{errors.setting('weights')}` must be in Keras' cache, or Keras must be able to download them. Received: "
        f"{errors.setting('weights', 'imagenet')} for {errors.setting('backbone', name)}: {trouble}. {remedy} a "
        f"file of weights with {errors.setting('weights', 'PATH')}, or train from scratch with "
        f"{errors.setting('weights', 'none')}."
    )


def _rescale(network: keras.Model) -> None:
    """Divide normalized images by the square root of ImageNet's standard deviation.

    Keras does the same in a layer that it adds only for the imagenet weights.
    """
    layer = next(layer for layer in network.layers if isinstance(layer, keras.layers.Normalization) and layer.weights)
    mean, variance, count = layer.get_weights()
    layer.set_weights([mean, variance * np.array(_IMAGENET_STD, np.float32), count])
    layer.finalize_state()
