# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure whether the resize of ONNX, OpenVINO and LiteRT predictors costs accuracy.

The run's test images are loaded in other sizes than the network takes (the aviary draws its birds in that size) and
resized in three ways: by `center_crop.fit`, TensorFlow's antialiased resize, which the live model and the SavedModel
use; by `resize.fit`, the same as products of matrices, which the predictors use; and by bilinear interpolation without
antialiasing, which converters support, too. The live network computes the scores of each.

python benchmarks/resize.py runs/aviary-attributes 48 96 160 256
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch

launch.start_tensorflow()

import tensorflow as tf  # noqa: E402

from niwt_tf.data import registry  # noqa: E402
from niwt_tf.export import resize  # noqa: E402
from niwt_tf.models import model as model_lib  # noqa: E402
from niwt_tf.util import center_crop  # noqa: E402

_BATCH_SIZE = 32
_SIDES = ("48", "96", "160", "256")  # pixels


def main(path: str, *sides: str) -> None:
    """Print top-1 accuracy over all test images, and decisions equal to the live model's, by side and resize."""
    model = model_lib.load(path)
    resizes = {"live": center_crop.fit, "matrices": resize.fit, "bilinear": _bilinear}
    print(f"the network takes {model.image_size} pixels")
    print("side    images  resize     top-1  decisions as live  greatest pixel difference")
    for side in map(int, sides or _SIDES):
        labels, images = _test_images(model, side)
        fitted = {name: _batched(fit, images, model.image_size) for name, fit in resizes.items()}
        predicted = {name: model.predict(one).scores.argmax(1) for name, one in fitted.items()}
        for name, classes in predicted.items():
            farthest = np.abs(fitted[name].astype(int) - fitted["live"]).max()
            same = np.mean(classes == predicted["live"])
            top_1 = np.mean(classes == labels)
            print(f"{side:<8}{len(labels):<8}{name:<11}{top_1:.4f} {same:<18.4f} {farthest}")


def _test_images(model: model_lib.Model, side: int) -> tuple[np.ndarray, np.ndarray]:
    dataset = registry.load(model.config.data, side)
    index_of = np.array([model.class_names.index(name) for name in dataset.class_names])
    splits = (dataset.test_seen, dataset.test_unseen)
    images = [batch for split in splits for batch, _ in split.batches(_BATCH_SIZE).as_numpy_iterator()]
    return np.concatenate([index_of[split.labels] for split in splits]), np.concatenate(images)


def _batched(fit: Callable[[tf.Tensor, int], tf.Tensor], images: np.ndarray, size: int) -> np.ndarray:
    starts = range(0, len(images), _BATCH_SIZE)
    return np.concatenate([fit(tf.constant(images[at : at + _BATCH_SIZE]), size).numpy() for at in starts])


def _bilinear(images: tf.Tensor, size: int) -> tf.Tensor:
    return tf.cast(tf.round(tf.image.resize(images, (size, size))), tf.uint8)


if __name__ == "__main__":
    main(*sys.argv[1:])
