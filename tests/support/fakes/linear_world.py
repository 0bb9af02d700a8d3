# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Data whose features follow from attributes by a linear map, so that every method can recognise unseen classes."""

from __future__ import annotations

import numpy as np

from niwt_tf.baselines import features as features_lib
from niwt_tf.baselines import method

SEEN, UNSEEN, ATTRIBUTES, SIZE = 14, 5, 8, 24
_NOISE = 0.45


def vectors(seed: int = 0) -> np.ndarray:
    """Draws vectors `[C,M]` float32 of 0 and 1: each class has four of eight attributes, and no two have the same."""
    rng = np.random.default_rng([seed, 1])
    numbers = [number for number in range(2**ATTRIBUTES) if number.bit_count() == ATTRIBUTES // 2]
    chosen = rng.permutation(numbers)[: SEEN + UNSEEN]
    return (chosen[:, None] >> np.arange(ATTRIBUTES) & 1).astype(np.float32)


def images(class_vectors: np.ndarray, labels: np.ndarray, seed: int) -> features_lib.LabelledFeatures:
    """Draws features for each label: the class vector through the linear map, with noise, at least 0."""
    mix = np.random.default_rng(0xA11).normal(size=(class_vectors.shape[1], SIZE)) / 2
    noise = _NOISE * np.random.default_rng([seed, 2]).normal(size=(len(labels), SIZE))
    return features_lib.LabelledFeatures(
        np.maximum(class_vectors[labels] @ mix + noise + 2, 0).astype(np.float32), labels
    )


def problem(per_class: int = 20, seed: int = 0) -> method.Problem:
    """Builds the problem of the seen classes' training images."""
    class_vectors = vectors(seed)
    train = images(class_vectors, np.repeat(np.arange(SEEN), per_class), seed)
    return method.Problem(train.features, train.labels, class_vectors, SEEN)


def make(per_class: int = 20, seed: int = 0) -> features_lib.FeatureDataset:
    """Builds all data of a comparison; in its validation split the last three seen classes are pseudo-unseen."""
    class_vectors, stay = vectors(seed), SEEN - 3
    train = problem(per_class, seed)
    kept = train.labels < stay
    validation = method.Problem(train.features[kept], train.labels[kept], class_vectors[:SEEN], stay)
    split = features_lib.ValidationSplit(
        validation,
        images(class_vectors, np.repeat(np.arange(stay), 5), seed + 100),
        images(class_vectors, np.repeat(np.arange(stay, SEEN), 9), seed + 200),
    )
    seen, unseen = np.arange(SEEN), np.arange(SEEN, SEEN + UNSEEN)
    return features_lib.FeatureDataset(
        train,
        (split,),
        images(class_vectors, np.repeat(seen, 7), seed + 300),
        images(class_vectors, np.repeat(unseen, 8), seed + 400),
    )
