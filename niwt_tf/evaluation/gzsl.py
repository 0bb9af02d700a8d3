# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 4 of the method: generalized zero-shot accuracy, and the curve of seen against unseen accuracy.

All accuracies are per-class top-1, averaged over classes, in 0..1. gamma is subtracted from the seen classes' logits.
This calibrated stacking, and the area under the curve (AUSUC), are those of Chao, Changpinyo, Gong and Sha, "An
Empirical Study and Analysis of Generalized Zero-Shot Learning for Object Recognition in the Wild", ECCV 2016.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from niwt_tf import errors
from niwt_tf.numerics import choice
from niwt_tf.util import array_schemas

_ABOUT_AS_GOOD = 0.02  # difference of harmonic means
_ROUNDING = 1e-9  # error of sums of images' shares


@dataclasses.dataclass(frozen=True)
class Scores:
    """Generalized zero-shot accuracies: arg max over seen and unseen classes together.

    Attributes:
      seen: Accuracy S on images of seen classes.
      unseen: Accuracy U on images of unseen classes.
    """

    seen: float
    unseen: float

    @property
    def harmonic_mean(self) -> float:
        """Harmonic mean H = 2SU / (S + U); 0 if both are 0."""
        return harmonic_mean(self.seen, self.unseen)


def harmonic_mean(seen: float, unseen: float) -> float:
    """Compute H = 2SU / (S + U); 0 if both are 0."""
    return 2 * seen * unseen / (seen + unseen) if seen + unseen > 0 else 0.0


def per_class_accuracy(predictions: np.ndarray, labels: np.ndarray, classes: Sequence[int]) -> float:
    """Compute the mean over `classes` of the share of their images that are predicted correctly.

    Args:
      predictions: `[N]` predicted class indices.
      labels: `[N]` true class indices.
      classes: Class indices to average over.

    Raises:
      errors.UserError: If a class has no image, or an image belongs to none of the classes.
    """
    return float((predictions == labels) @ class_shares(labels, classes))


def class_shares(labels: np.ndarray, classes: Sequence[int]) -> np.ndarray:
    """Compute the weight `[N]` of each image in a mean over classes: 1 / (C n_class).

    Raises:
      errors.UserError: If a class has no image, or an image belongs to none of the classes.
    """
    averaged = np.asarray(classes, np.int64)
    counts = np.bincount(labels, minlength=int(averaged.max(initial=-1)) + 1)
    if counts.sum() != counts[averaged].sum() or not counts[averaged].all():
        empty = averaged[counts[averaged] == 0].tolist()
        raise errors.UserError(
            "`labels` must show every class that is averaged over, and no other. "
            f"Received: {len(labels)} labels, none of class {empty}. Give those classes test images, or leave them out."
        )
    return 1 / (len(averaged) * counts[labels])


@dataclasses.dataclass(frozen=True)
class Curve:
    """Exact seen and unseen accuracy for every gamma.

    Attributes:
      gammas: Values `[T]` at which an accuracy may change, ascending. Entry `t` of `seen` and `unseen` holds from
        `gammas[t-1]` to `gammas[t]`.
      seen: Accuracies S `[T+1]`, falling.
      unseen: Accuracies U `[T+1]`, rising.
    """

    gammas: np.ndarray
    seen: np.ndarray
    unseen: np.ndarray

    @functools.cached_property
    def harmonic_means(self) -> np.ndarray:
        """Harmonic means H `[T+1]`; 0 where both accuracies are 0."""
        total = self.seen + self.unseen
        return np.divide(2 * self.seen * self.unseen, total, out=np.zeros_like(total), where=total > 0)

    @property
    def ausuc(self) -> float:
        """Area under the curve of S against U (AUSUC), by the trapezoid rule."""
        return float(np.trapezoid(self.seen, self.unseen))

    def best_gamma(self) -> tuple[float, float]:
        """Choose the middle of the first range of gammas with the highest harmonic mean; return it and that mean."""
        means = self.harmonic_means
        first = choice.first_best(means, _ROUNDING)
        worse = np.flatnonzero(means[first:] < means.max() - _ROUNDING)
        last = first + (worse[0] if len(worse) else len(means) - first)
        edges = np.concatenate([self.gammas[:1], self.gammas, self.gammas[-1:]])
        return float((edges[first] + edges[last]) / 2), float(means[first])

    def within(self, max_seen_loss: float) -> tuple[float, float]:
        """Choose the largest gamma that costs seen accuracy no more than a limit; return it and its harmonic mean.

        Args:
          max_seen_loss: Limit on the difference from the accuracy without unseen classes, 0..1.
        """
        last = int(np.flatnonzero(self.seen[0] - self.seen <= max_seen_loss + _ROUNDING)[-1])
        edges = np.concatenate([self.gammas[:1], self.gammas, self.gammas[-1:]])
        return float((edges[last] + edges[last + 1]) / 2), float(self.harmonic_means[last])

    def middle_gamma(self) -> float:
        """Compute the mean of all gammas with the weights exp((H - best H) / 0.02).

        It depends less on single images than the best gamma does.
        """
        if len(self.gammas) == 1:
            return float(self.gammas[0])
        means = self.harmonic_means[1:-1]
        weights = np.diff(self.gammas) * np.exp((means - means.max()) / _ABOUT_AS_GOOD)
        return float(np.average((self.gammas[1:] + self.gammas[:-1]) / 2, weights=weights))


@dataclasses.dataclass(frozen=True)
class GzslLogits:
    """Logits and labels of a generalized zero-shot test.

    Attributes:
      seen: Logits `[N,C]` of images of seen classes; columns are the seen classes, then the unseen.
      seen_labels: Column indices `[N]`.
      unseen: Logits `[n,C]` of images of unseen classes.
      unseen_labels: Column indices `[n]`.
      seen_classes: Number of columns that are seen classes.
      imageless: Columns of classes without any image, which no mean over classes counts.

    Raises:
      errors.DivergedError: If a logit is NaN, because the arg max would take its column as a prediction.
    """

    seen: np.ndarray
    seen_labels: np.ndarray
    unseen: np.ndarray
    unseen_labels: np.ndarray
    seen_classes: int
    imageless: Sequence[int] = ()

    def __post_init__(self) -> None:
        require_numbers("seen_logits", self.seen)
        require_numbers("unseen_logits", self.unseen)

    def save(self, path: Path) -> None:
        """Write the logits and labels to an `.npz` file."""
        np.savez(
            path, seen=self.seen, seen_labels=self.seen_labels, unseen=self.unseen, unseen_labels=self.unseen_labels
        )

    @classmethod
    def load(
        cls,
        path: Path,
        seen_classes: int,
        imageless: Sequence[int] = (),
        sizes: array_schemas.Sizes | None = None,
    ) -> GzslLogits:
        """Read what `save` wrote, without pickle; `seen_classes` and `imageless` are not in the file.

        Args:
          path: Path of the file.
          seen_classes: Number of columns that are seen classes.
          imageless: Columns of classes without any image.
          sizes: Sizes of the model's other files.

        Raises:
          errors.DamagedError: If the file is missing, damaged, or does not fit to the others.
        """
        schema = {
            "seen": array_schemas.Array("float32", "tC", may_be_empty=True),
            "seen_labels": array_schemas.Array("int", "t", 0, seen_classes - 1, may_be_empty=True),
            "unseen": array_schemas.Array("float32", "uC", may_be_empty=True),
            "unseen_labels": array_schemas.Array("int", "u", seen_classes, below="C", may_be_empty=True),
        }
        saved = array_schemas.read_all(path, schema, sizes)
        return cls(**saved, seen_classes=seen_classes, imageless=imageless)

    @property
    def seen_columns(self) -> list[int]:
        """Columns of the seen classes that have images."""
        return self._columns_with_images(range(self.seen_classes))

    @property
    def unseen_columns(self) -> list[int]:
        """Columns of the unseen classes that have images."""
        return self._columns_with_images(range(self.seen_classes, self.unseen.shape[1]))

    def predictions(self, gamma: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Predict the classes `[N]` and `[n]` of the images of seen and of unseen classes, after calibrated stacking.

        Args:
          gamma: Value to subtract from the columns of seen classes.
        """
        penalty = seen_penalty(self.seen.shape[1], self.seen_classes, gamma)
        return (self.seen - penalty).argmax(1), (self.unseen - penalty).argmax(1)

    def _columns_with_images(self, columns: range) -> list[int]:
        return [index for index in columns if index not in self.imageless]


def seen_penalty(classes: int, seen_classes: int, gamma: float) -> np.ndarray:
    """Build the vector `[C]` that calibrated stacking subtracts from logits: gamma for the seen classes, else 0."""
    return np.where(np.arange(classes) < seen_classes, gamma, 0.0)


def gzsl(test: GzslLogits, gamma: float = 0.0) -> Scores:
    """Compute the GZSL accuracies S and U.

    Args:
      test: Logits and labels.
      gamma: Value to subtract from the columns of seen classes.

    Raises:
      errors.UserError: If a class has no image and is not `imageless`.
    """
    seen_predictions, unseen_predictions = test.predictions(gamma)
    return Scores(
        per_class_accuracy(seen_predictions, test.seen_labels, test.seen_columns),
        per_class_accuracy(unseen_predictions, test.unseen_labels, test.unseen_columns),
    )


def seen_accuracy(test: GzslLogits, gamma: float = 0.0) -> float:
    """Compute S alone, which needs no images of unseen classes; arguments as in `gzsl`."""
    return per_class_accuracy(test.predictions(gamma)[0], test.seen_labels, test.seen_columns)


def zsl(test: GzslLogits) -> float:
    """Compute the accuracy on images of unseen classes with the arg max over unseen classes alone."""
    predictions = test.unseen[:, test.seen_classes :].argmax(1) + test.seen_classes
    return per_class_accuracy(predictions, test.unseen_labels, test.unseen_columns)


def curve(test: GzslLogits) -> Curve:
    """Compute S and U for every gamma.

    An image of a seen class whose best seen class is right is classified correctly as long as gamma does not exceed the
    margin of its best seen over its best unseen logit. An image of an unseen class whose best unseen class is right is
    classified correctly once gamma exceeds that margin. Margins are computed in float64, so that margins of float32
    logits stay distinct.
    """
    seen = ImageMargins.of(test.seen, test.seen_labels, test.seen_classes, is_unseen=False)
    unseen = ImageMargins.of(test.unseen, test.unseen_labels, test.seen_classes, is_unseen=True)
    return curve_of(
        seen.margins,
        seen.is_right * class_shares(test.seen_labels, test.seen_columns),
        unseen.margins,
        unseen.is_right * class_shares(test.unseen_labels, test.unseen_columns),
    )


class ImageMargins(NamedTuple):
    """What the curve needs of each image.

    Attributes:
      margins: Best seen logit minus best unseen one, `[N]` float64.
      is_right: True if the best class is right among the seen classes, or among the unseen, whichever the image is of;
        `[N]` bool.
    """

    margins: np.ndarray
    is_right: np.ndarray

    @classmethod
    def of(cls, logits: np.ndarray, labels: np.ndarray | int, seen_classes: int, is_unseen: bool) -> ImageMargins:
        """Compute the margins of images that are all of seen classes, or all of unseen ones.

        Args:
          logits: Logits `[N,C]`, the seen classes first.
          labels: Column indices `[N]`, or one for all images.
          seen_classes: Number of columns that are seen classes.
          is_unseen: True if the images are of unseen classes.
        """
        seen, unseen = np.split(logits.astype(np.float64, copy=False), [seen_classes], axis=1)
        best = unseen.argmax(1) + seen_classes if is_unseen else seen.argmax(1)
        return cls(seen.max(1) - unseen.max(1), best == labels)


def curve_of(
    seen_margins: np.ndarray, seen_weights: np.ndarray, unseen_margins: np.ndarray, unseen_weights: np.ndarray
) -> Curve:
    """Compute the curve from the margins of images, and what each adds to S or U while it is classified correctly.

    Args:
      seen_margins: Margins `[N]` of the images of seen classes.
      seen_weights: Their shares `[N]` of S.
      unseen_margins: Margins `[n]` of the images of unseen classes.
      unseen_weights: Their shares `[n]` of U.
    """
    gammas = np.unique(np.concatenate([seen_margins, unseen_margins]))
    lost = np.bincount(np.searchsorted(gammas, seen_margins), seen_weights, len(gammas))
    won = np.bincount(np.searchsorted(gammas, unseen_margins), unseen_weights, len(gammas))
    seen = np.concatenate([[0.0], lost[::-1].cumsum()])[::-1]
    return Curve(gammas, seen, np.concatenate([[0.0], won.cumsum()]))


def require_numbers(name: str, logits: np.ndarray) -> None:
    """Check that no logit is NaN.

    Args:
      name: Name of the logits for the message.
      logits: Logits `[N,C]`.

    Raises:
      errors.DivergedError: If one is.
    """
    wrong = int(np.isnan(logits).any(1).sum())
    if wrong:
        raise errors.DivergedError(
            f"`{name}` must be numbers. Received: NaN in {wrong:,} of {len(logits):,} rows. Train the network anew, "
            f"with a lower {errors.setting('learning_rate')}."
        )
