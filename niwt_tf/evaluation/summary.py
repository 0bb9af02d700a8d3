# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Accuracies on test images, as `metrics.json` holds them, for NIWT and for the methods it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from niwt_tf.evaluation import gzsl

_OF_UNSEEN = (
    "unseen_accuracy",
    "harmonic_mean",
    "unseen_accuracy_uncalibrated",
    "harmonic_mean_uncalibrated",
    "zsl_accuracy",
    "ausuc",
)


def of(
    test: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    seen_classes: int,
    imageless: Sequence[int],
    gamma: float,
) -> dict[str, Any]:
    """Compute all accuracies by name; None for those on unseen classes if there are no test images of them.

    Args:
      test: Logits `[N,C]` and labels `[N]` of images of seen classes, then logits and labels of images of unseen
        classes, in the order of the arguments of `gzsl.gzsl`.
      seen_classes: Number of columns that are seen classes.
      imageless: Columns of unseen classes without any image.
      gamma: Value of calibrated stacking that is subtracted from the seen classes' logits.
    """
    seen_logits, seen_labels, unseen_logits, unseen_labels = test
    of_seen = {
        "gamma": gamma,
        "seen_accuracy": gzsl.seen_accuracy(seen_logits, seen_labels, seen_classes, gamma),
        "seen_accuracy_uncalibrated": gzsl.seen_accuracy(seen_logits, seen_labels, seen_classes),
    }
    if not len(unseen_labels):
        return of_seen | dict.fromkeys(_OF_UNSEEN)
    calibrated = gzsl.gzsl(*test, seen_classes, gamma, imageless)
    plain = gzsl.gzsl(*test, seen_classes, imageless=imageless)
    values = (
        calibrated.unseen,
        calibrated.harmonic_mean,
        plain.unseen,
        plain.harmonic_mean,
        gzsl.zsl(unseen_logits, unseen_labels, seen_classes, imageless),
        gzsl.curve(*test, seen_classes, imageless).ausuc,
    )
    return of_seen | dict(zip(_OF_UNSEEN, values, strict=True))
