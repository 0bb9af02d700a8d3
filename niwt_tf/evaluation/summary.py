# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Accuracies on test images, as `metrics.json` holds them, for NIWT and for the methods it is compared with."""

from __future__ import annotations

from typing import Any

from niwt_tf.evaluation import gzsl

_OF_UNSEEN = (
    "unseen_accuracy",
    "harmonic_mean",
    "unseen_accuracy_uncalibrated",
    "harmonic_mean_uncalibrated",
    "zsl_accuracy",
    "ausuc",
)


def of(test: gzsl.GzslLogits, gamma: float) -> dict[str, Any]:
    """Compute all accuracies by name; None for those on unseen classes if there are no test images of them.

    Args:
      test: Logits and labels of test images.
      gamma: Value of calibrated stacking that is subtracted from the seen classes' logits.
    """
    of_seen = {
        "gamma": gamma,
        "seen_accuracy": gzsl.seen_accuracy(test, gamma),
        "seen_accuracy_uncalibrated": gzsl.seen_accuracy(test),
    }
    if not len(test.unseen_labels):
        return of_seen | dict.fromkeys(_OF_UNSEEN)
    calibrated, plain = gzsl.gzsl(test, gamma), gzsl.gzsl(test)
    values = (
        calibrated.unseen,
        calibrated.harmonic_mean,
        plain.unseen,
        plain.harmonic_mean,
        gzsl.zsl(test),
        gzsl.curve(test).ausuc,
    )
    return of_seen | dict(zip(_OF_UNSEEN, values, strict=True))
