# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Accuracies on test images, as `metrics.json` holds them, for NIWT and for the methods it is compared with."""

from __future__ import annotations

from typing import Any

from niwt_tf.evaluation import gzsl

SEEN, UNSEEN, MEAN = GZSL = ("seen_accuracy", "unseen_accuracy", "harmonic_mean")  # S, U and H at the chosen gamma
UNCALIBRATED = "_uncalibrated"  # ending of the names of S, U and H at gamma 0
ZSL, AUSUC, GAMMA = "zsl_accuracy", "ausuc", "gamma"
_SEEN_NAMES = (GAMMA, SEEN, SEEN + UNCALIBRATED)
_UNSEEN_NAMES = (UNSEEN, MEAN, UNSEEN + UNCALIBRATED, MEAN + UNCALIBRATED, ZSL, AUSUC)
NAMES = (*_SEEN_NAMES, *_UNSEEN_NAMES)  # of all that `summarize` computes


def summarize(test: gzsl.GzslLogits, gamma: float) -> dict[str, Any]:
    """Compute all accuracies by name; None for those on unseen classes if there are no test images of them.

    Args:
      test: Logits and labels of test images.
      gamma: Value of calibrated stacking that is subtracted from the seen classes' logits.
    """
    values = (gamma, gzsl.seen_accuracy(test, gamma), gzsl.seen_accuracy(test))
    seen_values = dict(zip(_SEEN_NAMES, values, strict=True))
    if not len(test.unseen_labels):
        return seen_values | dict.fromkeys(_UNSEEN_NAMES)
    calibrated, plain = gzsl.gzsl(test, gamma), gzsl.gzsl(test)
    unseen_values = (
        calibrated.unseen,
        calibrated.harmonic_mean,
        plain.unseen,
        plain.harmonic_mean,
        gzsl.zsl(test),
        gzsl.curve(test).ausuc,
    )
    return seen_values | dict(zip(_UNSEEN_NAMES, unseen_values, strict=True))
