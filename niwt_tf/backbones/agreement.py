# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check a converted network against the user's model: on random images, both must compute the same numbers."""

from __future__ import annotations

import numpy as np

# Shares of the largest number; the second is for half precision or integers.
TOLERANCE, LOW_PRECISION_TOLERANCE = 5e-3, 0.1
_IMAGES = 4
_LEAST_SIZE = 1e-6  # of the largest number that differences are compared with
_LEAST_PROBABILITY = 1e-4  # in half precision, smaller probabilities carry no information


class DisagreementError(ValueError):
    """A converted network computes other numbers than the original model."""


def random_images(size: int) -> np.ndarray:
    """Draw random images `[N,S,S,3]` uint8, from a single colour to noise; the same in each call.

    Args:
      size: Side `S` of the images, in pixels.
    """
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (_IMAGES, 1, 1, 3)).astype(np.float32)
    noise = rng.integers(0, 256, (_IMAGES, size, size, 3)).astype(np.float32)
    share = np.linspace(0.1, 1, _IMAGES, dtype=np.float32)[:, None, None, None]
    return np.asarray(colours + share * (noise - colours)).astype(np.uint8)


def require(name: str, expected: np.ndarray, actual: np.ndarray, tolerance: float) -> None:
    """Check that two arrays differ by at most a share of the largest expected number.

    Args:
      name: Name of the numbers, for the message.
      expected: Output of the original model; numbers that are not finite are left out.
      actual: Output of the converted network, of the same shape.
      tolerance: Largest difference allowed, as a share of the largest number, 0..1.

    Raises:
      DisagreementError: If the difference is larger, or `actual` is not finite.
    """
    if not np.isfinite(actual).all():
        raise DisagreementError(f"computes {name} that are not finite on random images")
    finite = np.isfinite(expected)
    expected, actual = expected[finite].astype(np.float64), actual[finite].astype(np.float64)
    largest = np.abs(expected).max(initial=0.0)
    difference = np.abs(expected - actual).max(initial=0.0)
    if difference > tolerance * max(largest, _LEAST_SIZE):
        raise DisagreementError(
            f"computes other {name} than its layers do one by one: they differ by up to {difference:.3g} on random "
            f"images, where the largest is {largest:.3g} and a difference of {tolerance:.1%} is allowed"
        )


def apply_scores(logits: np.ndarray, scores: str) -> np.ndarray:
    """Turn logits `[N,C]` into scores by softmax, log_softmax, or not at all if `scores` is empty."""
    if not scores:
        return logits
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return logs if scores == "log_softmax" else np.exp(logs)


def comparable(numbers: np.ndarray, scores: str) -> np.ndarray:
    """Take logarithms of softmax probabilities, so that small ones count as much as large ones; keep other numbers."""
    return np.log(np.maximum(numbers, _LEAST_PROBABILITY)) if scores == "softmax" else numbers
