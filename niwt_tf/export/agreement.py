# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Compare a converted predictor with the live model on sample images of several sizes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from niwt_tf import errors
from niwt_tf.models import model as model_lib

Predictor = Callable[[np.ndarray], np.ndarray]  # images `[N,H,W,3]` uint8 -> scores `[N,C]` float32
BOUND = 1e-3  # share of the scores' spread
_EACH = 8  # images of each size
_CELLS = 4  # cells of one colour along each side of a sample image


@dataclasses.dataclass(frozen=True)
class Agreement:
    """The agreement of a predictor's scores with the live model's.

    Attributes:
      images: Number of sample images.
      difference: Greatest difference of two scores, in logits.
      spread: Highest minus lowest score of the live model, in logits.
      same_prediction: Share of images for which both predict the same class, in 0..1.
    """

    images: int
    difference: float
    spread: float
    same_prediction: float

    @property
    def share(self) -> float:
        """Greatest difference as a share of the spread."""
        return self.difference / self.spread


def require(agreement: Agreement, title: str) -> None:
    """Check that scores differ by at most `BOUND` of their spread.

    Args:
      agreement: Measured agreement.
      title: Name of the predictor's format, for the message.

    Raises:
      errors.UserError: If they differ by more, or are not numbers.
    """
    if not agreement.difference <= BOUND * agreement.spread:
        raise errors.UserError(
            f"Scores of a model exported as {title} must differ from the live model's by at most {BOUND:g} of their "
            f"spread. Received: a difference of {agreement.difference:.3g} for a spread of {agreement.spread:.3g}, and "
            f"{agreement.same_prediction:.0%} equal predictions, on {agreement.images} sample images. Nothing was "
            "written. Choose another format, such as savedmodel."
        )


def compare(model: model_lib.Model, predictor: Predictor) -> Agreement:
    """Measure how far a predictor's scores are from the live model's on sample images."""
    batches = samples(model.image_size)
    live = np.concatenate([model.predict(batch).scores for batch in batches])
    scores = np.concatenate([predictor(batch) for batch in batches])
    if scores.shape != live.shape:
        return Agreement(len(live), np.inf, float(np.ptp(live)), 0.0)
    same = np.mean(scores.argmax(1) == live.argmax(1))
    return Agreement(len(live), float(np.abs(scores - live).max()), float(np.ptp(live)), float(same))


def samples(size: int) -> list[np.ndarray]:
    """Generate images of coloured cells with noise: of the network's size, larger, taller, and smaller.

    Args:
      size: Side of the network's images, in pixels.

    Returns:
      Batches `[N,H,W,3]` uint8, one of each size.
    """
    shapes = ((size, size), (2 * size, 3 * size), (size + size // 2 + 1, size), (size // 2 + 1, size // 2 + 2))
    return [_cells(np.random.default_rng(seed), *shape) for seed, shape in enumerate(shapes)]


def _cells(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    colours = rng.uniform(0, 255, (_EACH, _CELLS, _CELLS, 3))
    rows, columns = (np.arange(length) * _CELLS // length for length in (height, width))
    noise = rng.normal(0, 20, (_EACH, height, width, 3))
    return np.clip(colours[:, rows][:, :, columns] + noise, 0, 255).astype(np.uint8)
