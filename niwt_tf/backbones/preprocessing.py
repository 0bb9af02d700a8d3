# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What a network wants of its images, in layers of Keras' own, so that Keras alone opens what is saved."""

from __future__ import annotations

from typing import Any

import keras

from niwt_tf import errors

_BGR = "caffe"
# Each as the layer of Keras' that computes it. Where all channels are alike, numbers in place of arrays are far faster.
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
    """Return the start of a functional model: images `[N,S,S,3]` uint8 RGB, and these preprocessed.

    Args:
      image_size: `S`, in pixels.
      mode: one of `MODES`.

    Raises:
      errors.UserError: if there is no such mode.
    """
    images = keras.Input((image_size, image_size, 3), dtype="uint8", name=_IMAGES)
    return images, prepare(images, mode)


def prepare(images: Any, mode: str, name: str = _NAME) -> Any:
    """Return images as what a network was trained on, `[N,S,S,3]` float32 whatever Keras computes in otherwise.

    Args:
      images: `[N,S,S,3]` RGB in 0..255, bytes or floats; symbolic.
      mode: caffe gives BGR less the mean of ImageNet, tf -1..1, torch RGB less the mean over the spread of ImageNet,
        none the numbers as they are.
      name: the last layer's.

    Raises:
      errors.UserError: if there is no such mode.
    """
    if mode not in MODES:
        raise errors.unknown_value("--preprocessing", mode, MODES)
    if mode == _BGR:
        images = keras.ops.flip(images, axis=-1)
        images._keras_history.operation.name = _bgr(name)
    layer, values = _LAYERS[mode]
    return layer(**values, dtype="float32", name=name)(images)


def _bgr(name: str) -> str:
    return f"{name}_bgr"


NAMES = (_IMAGES, _bgr(_NAME), _NAME)  # of all that `inputs` makes


@keras.saving.register_keras_serializable(package="niwt_tf")
class Preprocessing(keras.layers.Layer):
    """What files of before hold in place of what `prepare` makes; `flatten.onto` exchanges it.

    Attributes:
      mode: one of `MODES`.
    """

    def __init__(self, mode: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mode = mode

    def call(self, images: Any) -> Any:
        """Return `[N,S,S,3]` float32."""
        numbers = keras.ops.cast(images, self.compute_dtype)
        if self.mode == "none":
            return numbers
        return keras.applications.imagenet_utils.preprocess_input(numbers, "channels_last", self.mode)

    def compute_output_spec(self, images: Any) -> keras.KerasTensor:
        """Return the shape of the images, as floats."""
        return keras.KerasTensor(images.shape, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return what makes this layer anew."""
        return {**super().get_config(), "mode": self.mode}
