# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A small network to train from scratch in half a minute: four convolutions and global average pooling."""

from __future__ import annotations

import keras

IMAGE_SIZE = 64
DEFAULT_LAYER = "conv4"
_CHANNELS = (16, 32, 64, 128)
_POOLED = (0, 1)  # stages followed by pooling; the first one also has stride 2


def build(image_size: int = IMAGE_SIZE) -> keras.Model:
    """Build the network, images `[N,S,S,3]` uint8 RGB in 0..255 -> features `[N,128]`.

    Its layers conv1 to conv4 give each convolution after batch norm and ReLU; conv3 and conv4 are S/8 wide.

    Args:
      image_size: Side `S` of an image, in pixels, a multiple of 8.
    """
    images = x = keras.Input((image_size, image_size, 3), dtype="uint8", name="images")
    x = keras.layers.Rescaling(1 / 127.5, -1.0, name="preprocessing")(x)
    for stage, channels in enumerate(_CHANNELS):
        number = stage + 1
        strides = 2 if stage == 0 else 1
        x = keras.layers.Conv2D(channels, 3, strides, padding="same", use_bias=False, name=f"conv{number}_kernel")(x)
        x = keras.layers.BatchNormalization(momentum=0.9, name=f"conv{number}_norm")(x)
        x = keras.layers.ReLU(name=f"conv{number}")(x)
        if stage in _POOLED:
            x = keras.layers.MaxPooling2D(name=f"pool{number}")(x)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D(name="features")(x), name="small")
