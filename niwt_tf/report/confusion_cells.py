# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Collects the cells of the confusion matrix that the page draws: those with images."""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.evaluation import confusion


@dataclasses.dataclass(frozen=True)
class Cell:
    """Pair of a true class and a predicted class, with images.

    Attributes:
      label: True class, the row.
      prediction: Predicted class, the column.
      images: Number of images, at least 1.
      share: Share of the images of the true class, 0..1.
    """

    label: int
    prediction: int
    images: int
    share: float

    @property
    def strength(self) -> float:
        """Opacity of the cell, 0..1: the root of its share, which makes rare mistakes visible."""
        return round(self.share**0.5, 2)


def collect(counts: np.ndarray) -> list[Cell]:
    """Collect the cells with images, row by row.

    Args:
      counts: Numbers of images `[C,C]`, with true classes as rows and predictions as columns.
    """
    shares = confusion.shares(counts)
    return [
        Cell(int(row), int(column), int(counts[row, column]), float(shares[row, column]))
        for row, column in np.argwhere(counts)
    ]
