# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""All accuracies on test images that `metrics.json` holds, for NIWT and for what it is compared with."""

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
    """Returns the accuracies by name; None for those that take test images of unseen classes, where there are none.

    Args:
      test: logits `[N,C]` and labels `[N]` of images of seen classes, then those of unseen ones, as `gzsl.gzsl`
        takes them.
      seen_classes: how many columns are seen classes.
      imageless: columns of unseen classes without any image.
      gamma: what to subtract from the seen classes' logits.
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
