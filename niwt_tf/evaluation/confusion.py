# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Which classes are taken for which, from counts `[C,C]` of test images: rows are true classes, columns predictions."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Mistake:
    """Images of one class that are taken for another.

    Attributes:
      label: the true class.
      prediction: what it is taken for.
      images: how many images.
      share: of the images of `label`, 0..1.
    """

    label: int
    prediction: int
    images: int
    share: float


def shares(counts: np.ndarray) -> np.ndarray:
    """Returns each row over its sum, `[C,C]` in 0..1; a row of zeros stays one."""
    return counts / np.maximum(counts.sum(1, keepdims=True), 1)


def accuracies(counts: np.ndarray) -> np.ndarray:
    """Returns each class' accuracy `[C]` in 0..1; NaN for a class without images."""
    return np.where(counts.any(1), np.diagonal(shares(counts)), np.nan)


def mistakes(counts: np.ndarray, most: int) -> list[Mistake]:
    """Returns the pairs of classes that are confused most, by share of the true class' images, at most `most`."""
    wrong = shares(counts) * ~np.eye(len(counts), dtype=bool)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    rows, columns = np.unravel_index(order[wrong.flat[order] > 0], counts.shape)
    return [
        Mistake(int(row), int(column), int(counts[row, column]), float(wrong[row, column]))
        for row, column in zip(rows, columns, strict=True)
    ]


def commonest(counts: np.ndarray) -> list[Mistake | None]:
    """Returns for each class what it is most often taken for; None where all its images are right, or it has none."""
    wrong = counts * ~np.eye(len(counts), dtype=bool)
    best, share = wrong.argmax(1), shares(counts)
    return [
        Mistake(row, int(column), int(wrong[row, column]), float(share[row, column])) if wrong[row, column] else None
        for row, column in enumerate(best)
    ]
