# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A user's own arrays, checked, as the library takes its images; and a dataset's images as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.data import zero_shot
from niwt_tf.method import importance
from niwt_tf.util import arguments, center_crop

_BATCH_SIZE = 256


def to_arrays(split: zero_shot.Split) -> tuple[np.ndarray, np.ndarray]:
    """Returns the images `[N,H,W,3]` uint8, RGB, and labels `[N]` int64 of a part of a dataset, all in memory.

    Args:
      split: such as `dataset.train`; its labels count `dataset.class_names`.

    Raises:
      errors.UserError: if it is no part of a dataset.
    """
    arguments.require_instance("split", split, zero_shot.Split, "Give a part of a dataset, such as dataset.train.")
    batches = [images.numpy() for images, _ in split.batches(_BATCH_SIZE)]
    empty = [] if batches else [np.zeros((0, 1, 1, 3), np.uint8)]
    return np.concatenate(batches + empty), np.asarray(split.labels, np.int64)


def as_split(images: Any, labels: Any, classes: int, size: int) -> zero_shot.Split:
    """Returns arrays as the library takes its images; nothing is copied, so that they may be mapped from disk.

    Args:
      images: `[N,H,W,3]` uint8, RGB; their middle squares are fitted to the size.
      labels: `[N]`, from 0 to `classes - 1`, each class at least once.
      classes: how many there are.
      size: the side of the images to give, in pixels.

    Raises:
      errors.UserError: if the arrays are of another kind, or a class has no image.
    """
    pictures = arguments.require_images(images, least=1)
    numbers = arguments.require_labels("labels", labels, len(pictures), range(classes))

    def decode(index: tf.Tensor) -> tf.Tensor:
        image = tf.ensure_shape(tf.numpy_function(pictures.__getitem__, [index], tf.uint8), pictures.shape[1:])
        return image if image.shape[:2] == (size, size) else center_crop.fit(image[None], size)[0]

    return zero_shot.Split(tf.data.Dataset.range(len(pictures)), numbers, decode)


def require_backbone(backbone: Any) -> backbone_lib.Backbone:
    """Return a network.

    Raises:
      errors.UserError: if it is none of this library's.
    """
    return arguments.require_instance(
        "backbone", backbone, backbone_lib.Backbone, "Give what `load_backbone` returns, or a classifier's `.backbone`."
    )


def require_classifier(classifier: Any) -> classifier_lib.Classifier:
    """Return a classifier.

    Raises:
      errors.UserError: if it is none of this library's.
    """
    remedy = "Give what `load_classifier`, `fit_classifier` or `train_classifier` returns."
    return arguments.require_instance("classifier", classifier, classifier_lib.Classifier, remedy)


def require_importances(
    importances: Any, classifier: classifier_lib.Classifier | None = None, classes: int | None = None
) -> importance.Importances:
    """Return importances whose arrays fit one another and a classifier.

    Args:
      importances: What should be such.
      classifier: Classifier that they are of; any by default.
      classes: How many classes they must be of; any number by default.

    Raises:
      errors.UserError: if they are none, or do not fit.
    """
    found = arguments.require_instance(
        "importances", importances, importance.Importances, "Give what `compute_importances` returns."
    )
    rows = len(found.values) if np.ndim(found.values) else 0
    neurons = classifier.backbone.activation_shape[-1] if classifier else None
    size = classifier.backbone.feature_size if classifier else None
    arguments.require_matrix("importances.values", found.values, columns=neurons, of_column="neuron")
    arguments.require_matrix("importances.features", found.features, rows=rows, columns=size)
    there = _class_count(found.labels) if classes is None else classes
    arguments.require_labels("importances.labels", found.labels, rows, range(there))
    _require_activations(found.activations, classifier)
    return found


def _class_count(labels: Any) -> int:
    """Return how many classes labels are of, if they are labels at all."""
    numbers = np.asarray(labels)
    return max(1, int(numbers.max(initial=0)) + 1) if numbers.dtype.kind in "iu" else 1


def _require_activations(activations: Any, classifier: classifier_lib.Classifier | None) -> None:
    array = np.asarray(activations)
    shape = classifier.backbone.activation_shape if classifier else array.shape[1:]
    fits = array.dtype.kind == "f" and array.ndim == 4 and array.shape[1:] == tuple(shape) and len(array) > 0
    if not fits or not np.isfinite(array).all():
        raise arguments.wrong(
            "importances.activations",
            f"be finite floats, [n,{','.join(map(str, shape)) or 'H,W,K'}]",
            array,
            "Give what `compute_importances` returned of this classifier.",
        )
