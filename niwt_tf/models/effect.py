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

from niwt_tf.data import user_images
from niwt_tf.models import model as model_lib
from niwt_tf.models import state
from niwt_tf.numerics import choice

_CLEAREST = 3


@dataclasses.dataclass(frozen=True)
class Probes:
    """Images on which models with the same network are compared.

    Attributes:
      paths: Paths of the `N` images that could be read.
      features: `[N,D]` float32 features of these images.
      unreadable: Names of the other images, each with its error.
    """

    paths: tuple[Path, ...]
    features: np.ndarray
    unreadable: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Taken:
    """The images that are classified as a new class.

    Attributes:
      class_name: Name of the new class.
      count: Number of images classified as this class.
      before: Pairs `(class, count)` for the classes predicted for these images before, the most frequent first.
      clearest: Pairs `(path, margin)` of the largest margins, even if negative: the class's score minus the
        highest other score.
    """

    class_name: str
    count: int
    before: tuple[tuple[str, int], ...]
    clearest: tuple[tuple[Path, float], ...]


@dataclasses.dataclass(frozen=True)
class Effect:
    """The changes that a new model makes to predictions.

    Attributes:
      taken: Images classified as each of the new classes.
      moved: Number of other images whose predicted class has changed, because gamma depends on the model's classes.
      images: Number of images in all.
    """

    taken: tuple[Taken, ...]
    moved: int
    images: int


def read(model: model_lib.Model, paths: Sequence[Path]) -> Probes:
    """Read images, and compute their features with the network of a model."""
    network = model.classifier.backbone.network
    compiled = tf.function(lambda images: network(images, training=False), reduce_retracing=True)
    unreadable: list[str] = []
    found: list[Path] = []
    features = [np.zeros((0, network.output_shape[-1]), np.float32)]
    for batch, images in user_images.batches(
        paths, model.image_size, model.config.data.dataset == "aviary", unreadable
    ):
        found += batch
        features.append(compiled(tf.constant(images)).numpy().astype(np.float32))
    return Probes(tuple(found), np.concatenate(features), tuple(unreadable))


def effect(before: model_lib.Model, after: model_lib.Model, probes: Probes) -> Effect:
    """Compare the predictions of `after` with those of `before`, which lacks some of its classes."""
    old = np.array(before.class_names, object)[_scores(before, probes).argmax(1)]
    scores = _scores(after, probes)
    new = np.array(after.class_names, object)[scores.argmax(1)]
    added = [name for name in after.class_names if name not in before.class_names]
    taken = tuple(_taken(name, after.class_names.index(name), scores, new == name, old, probes) for name in added)
    return Effect(taken, int((~np.isin(new, added) & (new != old)).sum()), len(probes.paths))


def _scores(model: model_lib.Model, probes: Probes) -> np.ndarray:
    """Compute scores `[N,C]`, with gamma subtracted from those of seen classes."""
    return probes.features @ model.classifier.kernel + state.calibrated_bias(model)


def _taken(name: str, index: int, scores: np.ndarray, is_taken: np.ndarray, old: np.ndarray, probes: Probes) -> Taken:
    margins = scores[:, index] - np.delete(scores, index, axis=1).max(1)
    clearest = np.argsort(-choice.tied(margins), kind="stable")[:_CLEAREST]
    return Taken(
        name,
        int(is_taken.sum()),
        tuple(Counter(old[is_taken].tolist()).most_common()),
        tuple((probes.paths[position], float(margins[position])) for position in clearest),
    )
