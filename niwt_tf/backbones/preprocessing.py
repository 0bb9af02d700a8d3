# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Preprocess images for a network, in Keras' own layers, so that saved files open with Keras alone."""

from __future__ import annotations

from typing import Any

import keras

from niwt_tf import errors

_BGR = "caffe"
# Each mode as a layer of Keras. If all channels are treated alike, numbers are far faster than arrays.
_LAYERS: dict[str, tuple[type, dict[str, Any]]] = {
    _BGR: (keras.layers.Rescaling, {"scale": 1.0, "offset": [-103.939, -116.779, -123.68]}),
    "tf": (keras.layers.Rescaling, {"scale": 1 / 127.5, "offset": -1.0}),
    "torch": (
        keras.layers.Normalization,
        {"mean": [123.675, 116.28, 103.53], "variance": [58.395**2, 57.12**2, 57.375**2]},
    ),
    "none": (keras.layers.Rescaling, {"scale": 1.0}),
}
MODES = tuple(_LAYERS)
_IMAGES, _NAME = "images", "preprocessing"


def inputs(image_size: int, mode: str) -> tuple[Any, Any]:
    """Build the start of a functional model: images `[N,S,S,3]` uint8 RGB, and the preprocessed images.

    Args:
      image_size: Side `S` of the images, in pixels.
      mode: Preprocessing, one of `MODES`.

    Raises:
      errors.UserError: If there is no such mode.
    """
    images = keras.Input((image_size, image_size, 3), dtype="uint8", name=_IMAGES)
    return images, prepare(images, mode)


def prepare(images: Any, mode: str, name: str = _NAME) -> Any:
    """Preprocess images as a network was trained on them, to `[N,S,S,3]` float32 whatever Keras' default type is.

    Args:
      images: Symbolic images `[N,S,S,3]`, RGB in 0..255, bytes or floats.
      mode: One of `MODES`: caffe gives BGR minus the mean of ImageNet; tf gives -1..1; torch gives RGB minus the mean,
        divided by the standard deviation, of ImageNet; none gives the numbers unchanged.
      name: Name of the last layer.

    Raises:
      errors.UserError: If there is no such mode.
    """
    if mode not in MODES:
        raise errors.unknown_value("preprocessing", mode, MODES)
    if mode == _BGR:
        images = keras.ops.flip(images, axis=-1)
        images._keras_history.operation.name = _bgr(name)
    layer, values = _LAYERS[mode]
    return layer(**values, dtype="float32", name=name)(images)


def _bgr(name: str) -> str:
    return f"{name}_bgr"


NAMES = (_IMAGES, _bgr(_NAME), _NAME)  # names of all layers that `inputs` makes


@keras.saving.register_keras_serializable(package="niwt_tf")
class Preprocessing(keras.layers.Layer):
    """A layer that old files hold in place of the layers of `prepare`; `flatten.onto` replaces it.

    Attributes:
      mode: Preprocessing, one of `MODES`.
    """

    def __init__(self, mode: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mode = mode

    def call(self, images: Any) -> Any:
        """Preprocess images `[N,S,S,3]` in the layer's compute type, float32 by default."""
        numbers = keras.ops.cast(images, self.compute_dtype)
        if self.mode == "none":
            return numbers
        return keras.applications.imagenet_utils.preprocess_input(numbers, "channels_last", self.mode)

    def compute_output_spec(self, images: Any) -> keras.KerasTensor:
        """Return the shape of the images, with the compute type."""
        return keras.KerasTensor(images.shape, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Describe the layer so that it can be made again."""
        return {**super().get_config(), "mode": self.mode}
