# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The guard on a user's network that was taken apart: on random images it must give what the model itself gives."""

from __future__ import annotations

import numpy as np

TOLERANCE, OF_OTHER_PRECISION = 5e-3, 0.1  # of the largest number; of models that compute in halves or integers
_IMAGES = 4
_LEAST = 1e-4  # smaller probabilities say nothing of a model in half precision


class DisagreementError(ValueError):
    """A network gives other numbers than the model that it was made of."""


def images(size: int) -> np.ndarray:
    """Returns images `[n,S,S,3]` uint8, from one colour to noise; each time the same.

    Args:
      size: `S`, in pixels.
    """
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (_IMAGES, 1, 1, 3)).astype(np.float32)
    noise = rng.integers(0, 256, (_IMAGES, size, size, 3)).astype(np.float32)
    share = np.linspace(0.1, 1, _IMAGES, dtype=np.float32)[:, None, None, None]
    return np.asarray(colours + share * (noise - colours)).astype(np.uint8)


def require(name: str, own: np.ndarray, found: np.ndarray, tolerance: float) -> None:
    """Raises DisagreementError if numbers differ by more than a share of the largest of the model's own.

    Args:
      name: what they are, for the message.
      own: what the model itself gives; what is not finite is left out.
      found: what the network gives in its place, of the same shape.
      tolerance: the share, 0..1.
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
    """Returns what a model gives for logits `[N,C]` by its scores: none, softmax or log_softmax."""
    if not scores:
        return logits
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return logs if scores == "log_softmax" else np.exp(logs)


def comparable(numbers: np.ndarray, scores: str) -> np.ndarray:
    """Returns logarithms of probabilities, as the small ones tell as much as the large; other numbers as they are."""
    return np.log(np.maximum(numbers, _LEAST)) if scores == "softmax" else numbers
