# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure how new classes change the predictions for a user's images.

The network runs over the images once, because a new class changes only the weights behind its features.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from niwt_tf.data import names as names_lib
from niwt_tf.data import registry, user_images
from niwt_tf.models import gate, state
from niwt_tf.models import model as model_lib
from niwt_tf.numerics import choice

_CLEAREST = 3


@dataclasses.dataclass(frozen=True)
class SampleImages:
    """Images of a user on which models with the same network are compared.

    Attributes:
      paths: Paths of the `N` images that could be read.
      features: `[N,D]` float32 features of these images.
      unreadable: Names of the other images, each with its error.
    """

    paths: tuple[Path, ...]
    features: np.ndarray
    unreadable: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class ClassEffect:
    """The effect of one new class: the images that are classified as it.

    Attributes:
      class_name: Name of the new class.
      count: Number of images classified as this class.
      before: Pairs `(class, count)` for the classes predicted for these images before, the most frequent first.
      clearest: Pairs `(path, margin)` of the largest margins, the largest first. A margin is the class's score minus
        the highest other score; all are negative if `count` is 0.
    """

    class_name: str
    count: int
    before: tuple[tuple[str, int], ...]
    clearest: tuple[tuple[Path, float], ...]


@dataclasses.dataclass(frozen=True)
class Effect:
    """The changes that new classes make to the predictions for a set of images.

    Attributes:
      classes: Effect of each new class.
      other_changes: Number of images whose prediction has changed from one old class to another, because gamma depends
        on the model's classes.
      images: Number of images in all.
    """

    classes: tuple[ClassEffect, ...]
    other_changes: int
    images: int


def read_images(model: model_lib.Model, paths: Sequence[Path]) -> SampleImages:
    """Read images, and compute their features with the network of a model.

    Args:
      model: Model whose network, image size and encoding of images are used.
      paths: Paths of the images, which need not be readable.
    """
    network = model.classifier.backbone.network
    compiled = tf.function(lambda images: network(images, training=False), reduce_retracing=True)
    encoding = registry.image_encoding(model.config.data.dataset)
    unreadable: list[str] = []
    readable: list[Path] = []
    features = [np.zeros((0, network.output_shape[-1]), np.float32)]
    for batch, images in user_images.batches(paths, model.image_size, encoding, unreadable):
        readable += batch
        features.append(compiled(tf.constant(images)).numpy().astype(np.float32))
    return SampleImages(tuple(readable), np.concatenate(features), tuple(unreadable))


@dataclasses.dataclass(frozen=True)
class KnownImages:
    """Images of a user whose folders have the names of seen classes.

    Attributes:
      features: Features `[n,D]` of the images.
      labels: Seen classes `[n]` of the images.
      classes: Number of seen classes that have images.
      accuracy: Balanced accuracy of the model on them, 0..1.
    """

    features: np.ndarray
    labels: np.ndarray
    classes: int
    accuracy: float


def labelled(model: model_lib.Model, images: SampleImages) -> KnownImages | None:
    """Select images in folders with the names of seen classes; None if fewer than half the classes have any."""
    classes = {names_lib.normal(name): index for index, name in enumerate(model.seen)}
    labels = np.array([classes.get(names_lib.normal(path.parent.name), -1) for path in images.paths], np.int64)
    present = np.unique(labels[labels >= 0])
    if 2 * len(present) < len(model.seen):
        return None
    features, own = images.features[labels >= 0], labels[labels >= 0]
    is_right = (_scores(model, images)[labels >= 0, : len(model.seen)].argmax(1)) == own
    accuracy = float(np.mean([is_right[own == label].mean() for label in present]))
    return KnownImages(features, own, len(present), accuracy)


def predicted(model: model_lib.Model, images: SampleImages) -> tuple[tuple[str, int], ...]:
    """Count the classes that a model predicts for images, the most frequent first."""
    names = np.array(model.class_names, object)[_scores(model, images).argmax(1)]
    return tuple(Counter(names.tolist()).most_common())


def measure(before: model_lib.Model, after: model_lib.Model, images: SampleImages, improved: str = "") -> Effect:
    """Compare the predictions of a model with those of the model before it was taught.

    Args:
      before: Model without the new classes.
      after: Model with them, and with the same network.
      images: Images to classify.
      improved: Name of a class that was taught once more, and counts as new; may be empty.
    """
    old = np.array(before.class_names, object)[_scores(before, images).argmax(1)]
    scores = _scores(after, images)
    predictions = scores.argmax(1)
    new = np.array(after.class_names, object)[predictions]
    second, best = np.sort(np.partition(scores, -2, axis=1)[:, -2:], axis=1).T
    known = set(before.class_names) - {improved}
    added = {name: index for index, name in enumerate(after.class_names) if name not in known}
    classes = []
    for name, index in added.items():
        is_predicted = predictions == index
        margins = scores[:, index] - np.where(is_predicted, second, best)
        classes.append(_class_effect(name, is_predicted, margins, old, images))
    return Effect(tuple(classes), int((~np.isin(new, list(added)) & (new != old)).sum()), len(images.paths))


def _scores(model: model_lib.Model, images: SampleImages) -> np.ndarray:
    """Compute scores `[N,C]`, with gamma subtracted from those of seen classes."""
    features = gate.completed(model.classifier, images.features)
    return features @ model.classifier.kernel + state.calibrated_bias(model)


def _class_effect(
    name: str, is_predicted: np.ndarray, margins: np.ndarray, old: np.ndarray, images: SampleImages
) -> ClassEffect:
    """Collect the images that are classified as one new class.

    Args:
      name: Name of the class.
      is_predicted: True for the images that are classified as it, `[N]`.
      margins: Score of the class minus the highest other score, `[N]`.
      old: Names `[N]` of the classes that the old model predicts.
      images: The `N` images.
    """
    clearest = np.argsort(-choice.tied(margins), kind="stable")[:_CLEAREST]
    return ClassEffect(
        name,
        int(is_predicted.sum()),
        tuple(Counter(old[is_predicted].tolist()).most_common()),
        tuple((images.paths[position], float(margins[position])) for position in clearest),
    )
