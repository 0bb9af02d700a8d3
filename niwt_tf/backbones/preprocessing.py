# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What a network wants of its images, as a layer of the network."""

from __future__ import annotations

from typing import Any

import keras

from niwt_tf import errors

MODES = ("caffe", "tf", "torch", "none")


@keras.saving.register_keras_serializable(package="niwt_tf")
class Preprocessing(keras.layers.Layer):
    """Images `[N,S,S,3]` RGB in 0..255, bytes or floats, -> what a network was trained on, float32.

    Attributes:
      mode: caffe gives BGR less the mean of ImageNet, tf -1..1, torch 0..1 less the mean over the spread of ImageNet,
        none the numbers as they are.
    """

    def __init__(self, mode: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if mode not in MODES:
            raise errors.unknown_value("--preprocessing", mode, MODES)
        self.mode = mode

    def call(self, images: Any) -> Any:
        """Returns `[N,S,S,3]` float32."""
        numbers = keras.ops.cast(images, self.compute_dtype)
        if self.mode == "none":
            return numbers
        return keras.applications.imagenet_utils.preprocess_input(numbers, "channels_last", self.mode)

    def compute_output_spec(self, images: Any) -> keras.KerasTensor:
        """Returns the shape of the images, as floats."""
        return keras.KerasTensor(images.shape, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns what makes this layer anew."""
        return {**super().get_config(), "mode": self.mode}


def inputs(image_size: int, mode: str) -> tuple[Any, Any]:
    """Returns the start of a functional model: images `[N,S,S,3]` uint8 RGB, and these preprocessed.

    Args:
      image_size: `S`, in pixels.
      mode: one of `MODES`.
    """
    images = keras.Input((image_size, image_size, 3), dtype="uint8", name="images")
    return images, Preprocessing(mode, name="preprocessing")(images)
