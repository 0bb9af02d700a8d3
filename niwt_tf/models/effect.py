# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What new classes change in the decisions on images of a user's.

The network runs over the images once: what a class is taught by changes only the weights behind its features.
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
    """Images to try models of one network on.

    Attributes:
      paths: of the `N` that could be read.
      features: `[N,D]` float32.
      unreadable: the others, each with what is wrong with it.
    """

    paths: tuple[Path, ...]
    features: np.ndarray
    unreadable: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Taken:
    """The images that are taken for a new class.

    Attributes:
      class_name: the new class.
      count: how many are taken for it.
      before: `(class, count)` of what they were taken for before, the most frequent first.
      clearest: `(path, margin)` of those that are nearest to be, or clearest: the class's score less the highest other.
    """

    class_name: str
    count: int
    before: tuple[tuple[str, int], ...]
    clearest: tuple[tuple[Path, float], ...]


@dataclasses.dataclass(frozen=True)
class Effect:
    """What a new model decides otherwise.

    Attributes:
      taken: of each new class.
      moved: how many other images are taken for another class than before, as gamma follows the classes that there are.
      images: how many there are in all.
    """

    taken: tuple[Taken, ...]
    moved: int
    images: int


def read(model: model_lib.Model, paths: Sequence[Path]) -> Probes:
    """Returns images as the network of a model sees them."""
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
    """Returns what `after` decides otherwise than `before`, which lacks some of its classes."""
    old = np.array(before.class_names, object)[_scores(before, probes).argmax(1)]
    scores = _scores(after, probes)
    new = np.array(after.class_names, object)[scores.argmax(1)]
    added = [name for name in after.class_names if name not in before.class_names]
    taken = tuple(_taken(name, after.class_names.index(name), scores, new == name, old, probes) for name in added)
    return Effect(taken, int((~np.isin(new, added) & (new != old)).sum()), len(probes.paths))


def _scores(model: model_lib.Model, probes: Probes) -> np.ndarray:
    """Returns `[N,C]`, gamma taken off those of seen classes."""
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
