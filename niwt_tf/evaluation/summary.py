# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Accuracies on test images, as `metrics.json` holds them, for NIWT and for the methods it is compared with."""

from __future__ import annotations

from typing import Any

from niwt_tf.evaluation import gzsl

SEEN, UNSEEN, MEAN = GZSL = ("seen_accuracy", "unseen_accuracy", "harmonic_mean")  # S, U and H at the chosen gamma
UNCALIBRATED = "_uncalibrated"  # ending of the names of S, U and H at gamma 0
ZSL, AUSUC, GAMMA = "zsl_accuracy", "ausuc", "gamma"
_OF_SEEN = (GAMMA, SEEN, SEEN + UNCALIBRATED)
_OF_UNSEEN = (UNSEEN, MEAN, UNSEEN + UNCALIBRATED, MEAN + UNCALIBRATED, ZSL, AUSUC)
NAMES = (*_OF_SEEN, *_OF_UNSEEN)  # of all that `summarize` computes


def summarize(test: gzsl.GzslLogits, gamma: float) -> dict[str, Any]:
    """Compute all accuracies by name; None for those on unseen classes if there are no test images of them.

    Args:
      test: Logits and labels of test images.
      gamma: Value of calibrated stacking that is subtracted from the seen classes' logits.
    """
    values = (gamma, gzsl.seen_accuracy(test, gamma), gzsl.seen_accuracy(test))
    of_seen = dict(zip(_OF_SEEN, values, strict=True))
    if not len(test.unseen_labels):
        return of_seen | dict.fromkeys(_OF_UNSEEN)
    calibrated, plain = gzsl.gzsl(test, gamma), gzsl.gzsl(test)
    of_unseen = (
        calibrated.unseen,
        calibrated.harmonic_mean,
        plain.unseen,
        plain.harmonic_mean,
        gzsl.zsl(test),
        gzsl.curve(test).ausuc,
    )
    return of_seen | dict(zip(_OF_UNSEEN, of_unseen, strict=True))
