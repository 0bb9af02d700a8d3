# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A world where features follow from attributes by a linear map, so that every method can tell classes it never saw."""

from __future__ import annotations

import numpy as np

from niwt_tf.baselines import material, method

SEEN, UNSEEN, ATTRIBUTES, SIZE = 14, 5, 8, 24
_NOISE = 0.45


def vectors(seed: int = 0) -> np.ndarray:
    """Returns `[C,M]` float32 of 0 and 1; all classes differ, in four attributes of eight each."""
    rng = np.random.default_rng([seed, 1])
    numbers = [number for number in range(2**ATTRIBUTES) if number.bit_count() == ATTRIBUTES // 2]
    chosen = rng.permutation(numbers)[: SEEN + UNSEEN]
    return (chosen[:, None] >> np.arange(ATTRIBUTES) & 1).astype(np.float32)


def images(known: np.ndarray, labels: np.ndarray, seed: int) -> material.Images:
    """Returns an image for each label: what the class' vector makes of features, and noise, at least 0."""
    mix = np.random.default_rng(0xA11).normal(size=(known.shape[1], SIZE)) / 2
    noise = _NOISE * np.random.default_rng([seed, 2]).normal(size=(len(labels), SIZE))
    return material.Images(np.maximum(known[labels] @ mix + noise + 2, 0).astype(np.float32), labels)


def problem(per_class: int = 20, seed: int = 0) -> method.Problem:
    """Returns training images of the seen classes."""
    known = vectors(seed)
    shown = images(known, np.repeat(np.arange(SEEN), per_class), seed)
    return method.Problem(shown.features, shown.labels, known, SEEN)


def make(per_class: int = 20, seed: int = 0) -> material.Material:
    """Returns a rehearsal, in which the last three seen classes play unseen, and the test."""
    known, stay = vectors(seed), SEEN - 3
    rehearsed = problem(per_class, seed)
    kept = rehearsed.labels < stay
    played = method.Problem(rehearsed.features[kept], rehearsed.labels[kept], known[:SEEN], stay)
    trial = material.Trial(
        played,
        images(known, np.repeat(np.arange(stay), 5), seed + 100),
        images(known, np.repeat(np.arange(stay, SEEN), 9), seed + 200),
    )
    seen, unseen = np.arange(SEEN), np.arange(SEEN, SEEN + UNSEEN)
    return material.Material(
        rehearsed,
        (trial,),
        images(known, np.repeat(seen, 7), seed + 300),
        images(known, np.repeat(unseen, 8), seed + 400),
    )
