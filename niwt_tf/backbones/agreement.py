# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check of a converted network of the user's: on random images it must give the numbers of the original model."""

from __future__ import annotations

import numpy as np

TOLERANCE, OF_OTHER_PRECISION = 5e-3, 0.1  # shares of the largest number; the second for half precision or integers
_IMAGES = 4
_LEAST = 1e-4  # in half precision, smaller probabilities carry no information


class DisagreementError(ValueError):
    """Error for a network that gives other numbers than the model it was made from."""


def images(size: int) -> np.ndarray:
    """Draw random images `[n,S,S,3]` uint8, from a single colour to noise; the same in each call.

    Args:
      size: Side `S` of the images, in pixels.
    """
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (_IMAGES, 1, 1, 3)).astype(np.float32)
    noise = rng.integers(0, 256, (_IMAGES, size, size, 3)).astype(np.float32)
    share = np.linspace(0.1, 1, _IMAGES, dtype=np.float32)[:, None, None, None]
    return np.asarray(colours + share * (noise - colours)).astype(np.uint8)


def require(name: str, own: np.ndarray, found: np.ndarray, tolerance: float) -> None:
    """Check that two arrays differ by at most a share of the largest number that the model itself gives.

    Args:
      name: Name of the numbers, for the message.
      own: Numbers that the model itself gives; those that are not finite are left out.
      found: Numbers that the converted network gives, of the same shape.
      tolerance: Largest difference allowed, as a share of the largest number, 0..1.

    Raises:
      DisagreementError: If the difference is larger, or `found` is not finite.
    """
    if not np.isfinite(found).all():
        raise DisagreementError(f"gives {name} that are not finite on random images")
    finite = np.isfinite(own)
    own, found = own[finite].astype(np.float64), found[finite].astype(np.float64)
    largest = np.abs(own).max(initial=0.0)
    difference = np.abs(own - found).max(initial=0.0)
    if difference > tolerance * max(largest, 1e-6):
        raise DisagreementError(
            f"gives other {name} than niwt_tf finds by its layers: they differ by up to {difference:.3g} on random "
            f"images, where the largest is {largest:.3g} and a difference of {tolerance:.1%} is allowed"
        )


def scored(logits: np.ndarray, scores: str) -> np.ndarray:
    """Compute the scores that a model gives for logits `[N,C]`; `scores` is empty, softmax or log_softmax."""
    if not scores:
        return logits
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return logs if scores == "log_softmax" else np.exp(logs)


def comparable(numbers: np.ndarray, scores: str) -> np.ndarray:
    """Take logarithms of softmax probabilities, so that small ones count as much as large ones; keep other numbers."""
    return np.log(np.maximum(numbers, _LEAST)) if scores == "softmax" else numbers
