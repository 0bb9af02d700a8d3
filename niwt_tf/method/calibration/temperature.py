# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Probabilities of classes: logits divided by a temperature (Guo et al., ICML 2017).

The temperature is fitted on logits of images that the classifier was not fitted to, or that are left out of it. It
changes no decision: the class with the highest logit has the highest probability.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

_RANGE = 1e4  # of temperatures, both ways from the spread of the logits
_BINS = 15


def fit(logits: np.ndarray, labels: np.ndarray) -> float:
    """Find the temperature under which the right classes have the highest likelihood.

    Args:
      logits: Logits `[n,C]` of images.
      labels: Their classes `[n]`.

    Returns:
      The temperature, above 0; 1 if the logits tell nothing.
    """
    spread = float(logits.std()) if logits.size else 0.0
    if not spread > 0:
        return 1.0
    centred = (logits - logits.max(1, keepdims=True)).astype(np.float64) / spread

    def loss(log_temperature: float) -> float:
        scaled = centred / np.exp(log_temperature)
        return float((special.logsumexp(scaled, axis=1) - scaled[np.arange(len(labels)), labels]).mean())

    found = optimize.minimize_scalar(loss, bounds=(-np.log(_RANGE), np.log(_RANGE)), method="bounded")
    return float(spread * np.exp(found.x))


def matching(logits: np.ndarray, confidence: float) -> float | None:
    """Find the temperature at which the predicted classes have a mean probability.

    Args:
      logits: Logits `[n,C]` of images.
      confidence: Mean probability of the classes with the highest logits, 0..1.

    Returns:
      The temperature, or None if there is none.
    """
    spread = float(logits.std()) if logits.size else 0.0
    low, high = spread / _RANGE, spread * _RANGE

    def difference(log_temperature: float) -> float:
        return float(probabilities(logits, np.exp(log_temperature)).max(1).mean()) - confidence

    if not (spread > 0 and difference(np.log(low)) > 0 > difference(np.log(high))):
        return None
    return float(np.exp(optimize.brentq(difference, np.log(low), np.log(high), xtol=1e-6)))


def of_trained_head(logits: np.ndarray, labels: np.ndarray, accuracy: float) -> float:
    """Find a temperature for a head that may have been trained on the images, of which it is too sure then.

    The one of highest likelihood is too low then. The one at which the mean probability on these images is the accuracy
    on others is too high, as the head is surer of these. The middle is taken.

    Args:
      logits: Logits `[n,C]` of the images.
      labels: Their classes `[n]`.
      accuracy: Accuracy that a head fitted to such images has on others, 0..1.
    """
    low = fit(logits, labels)
    high = matching(logits, accuracy)
    return low if high is None else (low + max(low, high)) / 2


def probabilities(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Compute the probabilities `[N,C]` float32 of classes from logits `[N,C]`."""
    return special.softmax(logits.astype(np.float64) / temperature, axis=1).astype(np.float32)


def expected_error(confidences: np.ndarray, is_right: np.ndarray) -> float:
    """Compute the expected calibration error: how far confidence and accuracy differ, in bins of equal width.

    Args:
      confidences: Probabilities `[n]` of the predicted classes; one or more.
      is_right: True `[n]` for right predictions.
    """
    bins = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
    differences = np.bincount(bins, confidences - is_right, _BINS)
    return float(np.abs(differences).sum() / len(confidences))
