# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Sums up in plain numbers what a model recognises, and how sure that is."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from niwt_tf.evaluation import confusion
from niwt_tf.runs import finished_run

_Z = 1.959964  # quantile of the normal distribution for a confidence of 95 %


@dataclasses.dataclass(frozen=True)
class Estimate:
    """Accuracy, mean over classes, with its confidence interval of 95 %.

    Attributes:
      accuracy: Accuracy on the test images, 0..1.
      low: Lower end of the interval, 0..1.
      high: Upper end of the interval, 0..1.
    """

    accuracy: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True)
class Headline:
    """What the page opens with.

    Attributes:
      known: Estimate on images of seen classes.
      new: Estimate on images of unseen classes; None without test images of them.
      chance: Accuracy of a guess among all classes, 0..1.
    """

    known: Estimate
    new: Estimate | None
    chance: float


def summarize(run: finished_run.FinishedRun) -> Headline:
    """Estimate the accuracies of a run on known and on new classes, among all classes."""
    accuracies, images = confusion.accuracies(run.confusion), run.confusion.sum(1)
    known, new = slice(run.seen_classes), slice(run.seen_classes, None)
    tested = bool(images[new].sum())
    return Headline(
        known=estimate(accuracies[known], images[known]),
        new=estimate(accuracies[new], images[new]) if tested else None,
        chance=1 / len(run.class_names),
    )


def estimate(accuracies: np.ndarray, images: np.ndarray) -> Estimate:
    """Estimate the mean accuracy over classes, with an interval that counts how much classes and images vary.

    It is Wilson's score interval (JASA 1927). In place of the number of images it takes Kish's effective number
    ("Survey Sampling", 1965): that of independent images that would give the standard error observed between classes.

    Args:
      accuracies: Accuracy of each class, `[C]` in 0..1; NaN for a class without images.
      images: Numbers of test images, `[C]`, at least one above 0.
    """
    tested = accuracies[images > 0]
    mean, variance = float(tested.mean()), float(tested.var(ddof=1)) / len(tested) if len(tested) > 1 else 0.0
    number = float(images.sum())
    if variance > 0:
        number = min(number, mean * (1 - mean) / variance)
    shrunk = 1 / (1 + _Z**2 / number)
    middle = (mean + _Z**2 / (2 * number)) * shrunk
    half = _Z * math.sqrt(mean * (1 - mean) / number + _Z**2 / (4 * number**2)) * shrunk
    return Estimate(mean, max(0.0, min(mean, middle - half)), min(1.0, max(mean, middle + half)))


def of_hundred(share: float) -> int:
    """Round a share to a number of 100; 0 and 100 only for exactly none and all."""
    return round(100 * share) if share in (0, 1) else min(99, max(1, round(100 * share)))
