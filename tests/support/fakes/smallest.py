# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The smallest folders and networks: coloured squares, and one convolution over them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
from PIL import Image

SIZE = 16
_COLOURS = {
    "ant": (200, 30, 30),
    "bee": (30, 200, 30),
    "cat": (30, 30, 200),
    "dog": (200, 200, 30),
    "eel": (200, 30, 200),
    "fox": (30, 200, 200),
    "gnu": (200, 200, 200),
}
NAMES = tuple(_COLOURS)


def picture(name: str, number: int) -> Image.Image:
    """Returns a picture of a class, one of them like no other."""
    noise = np.random.default_rng([NAMES.index(name), number]).normal(0, 25, (SIZE, SIZE, 3))
    return Image.fromarray(np.clip(noise + _COLOURS[name], 0, 255).astype(np.uint8))


def folder(root: Path, images: Mapping[str, int], **files: str) -> Path:
    """Returns `root` with so many pictures of each class.

    Args:
      root: where.
      images: class -> how many; without any it has no folder.
      **files: the texts of files; `__` in a name stands for `/`, `_csv` and `_txt` for their endings.
    """
    for name, count in images.items():
        if count:
            (root / "images" / name).mkdir(parents=True)
        for number in range(count):
            picture(name, number).save(root / "images" / name / f"{number}.png")
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_csv", ".csv").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def network(path: Path, neurons: int, classes: int = 0) -> Path:
    """Writes a network of one convolution with so many neurons, and perhaps its own classifier, and returns `path`."""
    inputs = keras.Input((SIZE, SIZE, 3), name="images")
    x = keras.layers.Conv2D(neurons, 3, activation="relu", name="conv")(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.GlobalAveragePooling2D(name="features")(x)
    made = keras.Model(inputs, keras.layers.Dense(classes, name="logits")(x) if classes else x)
    rng = np.random.default_rng(0)
    made.set_weights([np.abs(rng.normal(size=weight.shape)) for weight in made.get_weights()])
    made.save(path)
    return path


def nearest_colour(names: tuple[str, ...]) -> keras.Model:
    """Returns a classifier of squares by the nearest of their classes' colours, with probabilities as outputs."""
    inputs = keras.Input((SIZE, SIZE, 3), name="images")
    mean = keras.layers.Conv2D(3, 1, use_bias=False, name="conv")
    x = keras.layers.GlobalAveragePooling2D(name="features")(mean(keras.layers.Rescaling(1 / 255)(inputs)))
    made = keras.Model(inputs, keras.layers.Dense(len(names), activation="softmax", name="scores")(x))
    colours = np.array([_COLOURS[name] for name in names], np.float32).T / 255
    made.set_weights([np.eye(3)[None, None], 20 * colours, -10 * (colours**2).sum(0)])
    return made


def attributes(name: str) -> list[str]:
    """Returns which lights a class's colour has."""
    return [light for light, value in zip(("reddish", "greenish", "bluish"), _COLOURS[name], strict=True) if value > 99]
