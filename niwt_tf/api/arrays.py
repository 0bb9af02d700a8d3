# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check the user's arrays, wrap them as the library reads images, and read a dataset's images into arrays."""

from __future__ import annotations

import dataclasses
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
    """Read a part of a dataset into memory: images `[N,H,W,3]` uint8, RGB, and labels `[N]` int64.

    Args:
      split: Part of a dataset, such as `dataset.train`. Its labels are indices into `dataset.class_names`.

    Raises:
      errors.UserError: If `split` is not a part of a dataset.
    """
    arguments.require_instance("split", split, zero_shot.Split, "Give a part of a dataset, such as dataset.train.")
    batches = [images.numpy() for images, _ in split.batches(_BATCH_SIZE)]
    empty = [] if batches else [np.zeros((0, 1, 1, 3), np.uint8)]
    return np.concatenate(batches + empty), np.asarray(split.labels, np.int64)


def as_split(images: Any, labels: Any, classes: int, size: int) -> zero_shot.Split:
    """Wrap arrays as a split, the form in which the library reads images.

    Nothing is copied, so the images may be mapped from disk.

    Args:
      images: `[N,H,W,3]` uint8 images, RGB, at least one. Their middle squares are resized to `size`.
      labels: `[N]` labels from 0 to `classes - 1`, each class at least once.
      classes: Number of classes.
      size: Side of the images that the split yields, in pixels.

    Raises:
      errors.UserError: If an array has another shape or type, or a class has no image.
    """
    pictures = arguments.require_images(images, least=1)
    numbers = arguments.require_labels("labels", labels, len(pictures), range(classes))

    def decode(index: tf.Tensor) -> tf.Tensor:
        image = tf.ensure_shape(tf.numpy_function(pictures.__getitem__, [index], tf.uint8), pictures.shape[1:])
        return image if image.shape[:2] == (size, size) else center_crop.fit(image[None], size)[0]

    return zero_shot.Split(tf.data.Dataset.range(len(pictures)), numbers, decode)


def require_backbone(backbone: Any) -> backbone_lib.Backbone:
    """Check that a value is a network of this library, and return it.

    Raises:
      errors.UserError: If it is not.
    """
    return arguments.require_instance(
        "backbone", backbone, backbone_lib.Backbone, "Give what `load_backbone` returns, or a classifier's `.backbone`."
    )


def require_classifier(classifier: Any) -> classifier_lib.Classifier:
    """Check that a value is a classifier of this library, and return it.

    Raises:
      errors.UserError: If it is not.
    """
    remedy = "Give what `load_classifier`, `fit_classifier` or `train_classifier` returns."
    return arguments.require_instance("classifier", classifier, classifier_lib.Classifier, remedy)


def require_importances(
    importances: Any, classifier: classifier_lib.Classifier | None = None, classes: int | None = None
) -> importance.Importances:
    """Check that the arrays of importances fit one another and a classifier, and return them as NumPy arrays.

    Args:
      importances: Value to check.
      classifier: Classifier that the importances must fit; any classifier by default.
      classes: Number of classes that the labels must cover; any number by default.

    Raises:
      errors.UserError: If the value is not of type `Importances`, or an array does not fit.
    """
    checked = arguments.require_instance(
        "importances", importances, importance.Importances, "Give what `compute_importances` returns."
    )
    neurons = classifier.backbone.activation_shape[-1] if classifier else None
    size = classifier.backbone.feature_size if classifier else None
    values = arguments.require_matrix("importances.values", checked.values, columns=neurons, of_column="neuron")
    features = arguments.require_matrix("importances.features", checked.features, rows=len(values), columns=size)
    count = _class_count(checked.labels) if classes is None else classes
    labels = arguments.require_labels("importances.labels", checked.labels, len(values), range(count))
    activations = _require_activations(checked.activations, classifier, values.shape[1])
    if checked.of_classes is not None:
        arguments.require_matrix(
            "importances.of_classes", checked.of_classes, rows=count, of_row="class", columns=values.shape[1]
        )
    return dataclasses.replace(checked, values=values, features=features, labels=labels, activations=activations)


def _class_count(labels: Any) -> int:
    """Compute the number of classes from the highest label; 1 if the labels are not integers."""
    numbers = arguments.as_array(labels)
    return 1 if numbers is None or numbers.dtype.kind not in "iu" else max(1, int(numbers.max(initial=0)) + 1)


def _require_activations(activations: Any, classifier: classifier_lib.Classifier | None, neurons: int) -> np.ndarray:
    array = arguments.as_array(activations)
    shape = classifier.backbone.activation_shape if classifier else ("H", "W", neurons)
    fits = array is not None and array.dtype.kind == "f" and array.ndim == 4 and len(array) > 0
    if array is None or not fits or not _has_shape(array, shape) or not np.isfinite(array).all():
        raise arguments.wrong(
            "importances.activations",
            f"be finite floats, [n,{','.join(map(str, shape))}]",
            activations if array is None else array,
            "Give what `compute_importances` returned of this classifier.",
        )
    return array


def _has_shape(array: np.ndarray, shape: tuple[int | str, ...]) -> bool:
    """Check the sizes behind the first; one that has a letter in `shape` may be any."""
    return all(isinstance(one, str) or size == one for size, one in zip(array.shape[1:], shape, strict=True))
