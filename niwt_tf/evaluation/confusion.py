# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Confusion between classes, from counts `[C,C]` of test images: rows are true classes, columns predicted ones."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Mistake:
    """Images of one class that are predicted as another.

    Attributes:
      label: True class.
      prediction: Predicted class.
      images: Number of images.
      share: Share of the images of `label` that are predicted as `prediction`, 0..1.
    """

    label: int
    prediction: int
    images: int
    share: float


def shares(counts: np.ndarray) -> np.ndarray:
    """Divide each row by its sum, `[C,C]` in 0..1; a row of zeros stays zero."""
    return counts / np.maximum(counts.sum(1, keepdims=True), 1)


def accuracies(counts: np.ndarray) -> np.ndarray:
    """Compute the accuracy of each class, `[C]` in 0..1; NaN for a class without images."""
    return np.where(counts.any(1), np.diagonal(shares(counts)), np.nan)


def mistakes(counts: np.ndarray, most: int) -> list[Mistake]:
    """List the pairs of classes that are confused most, by share of the true class's images, at most `most`."""
    wrong = shares(counts) * ~np.eye(len(counts), dtype=bool)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    rows, columns = np.unravel_index(order[wrong.flat[order] > 0], counts.shape)
    return [
        Mistake(int(row), int(column), int(counts[row, column]), float(wrong[row, column]))
        for row, column in zip(rows, columns, strict=True)
    ]


def commonest(counts: np.ndarray) -> list[Mistake | None]:
    """Find the most frequent mistake of each class; None for a class whose images are all right, or that has none."""
    wrong = counts * ~np.eye(len(counts), dtype=bool)
    best, share = wrong.argmax(1), shares(counts)
    return [
        Mistake(row, int(column), int(wrong[row, column]), float(share[row, column])) if wrong[row, column] else None
        for row, column in enumerate(best)
    ]
