# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What importances do not tell of a new class: how long its weights are, its bias, and gamma.

All three decide between seen and unseen classes, so they are chosen in the rehearsal (section 5 of the design). gamma
depends on how confident a network is, and two networks differ in that. So what travels from the rehearsal's network to
the final one is gamma's place among the margins of the training images.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import discriminant

_TINY = 1e-12


def extend(
    classifier: classifier_lib.Classifier,
    kernel: np.ndarray,
    unseen: tuple[str, ...],
    scale: float,
    scale_unit: str,
    bias: str,
    features: np.ndarray,
) -> classifier_lib.Classifier:
    """Returns the classifier with `U` new classes after the seen ones.

    Args:
      classifier: of the `C` seen classes.
      kernel: weights `[D,U]` from the transfer.
      unseen: the new classes' names.
      scale: how large each new weight vector is, where the seen ones are 1 on average; 0 keeps the sizes of `kernel`.
      scale_unit: `spread` measures size by how much a logit varies within a class, `length` by the vector's length.
      bias: `mean` gives the new classes the seen ones' mean bias, `zero` none, `level` what brings the mean logit of
        each over the training images to that of the seen classes.
      features: `[N,D]` of the training images.
    """
    if scale:
        of_seen, of_new = np.split(_sizes(classifier, kernel, scale_unit, features), [len(classifier.class_names)])
        kernel = kernel * np.divide(scale * of_seen.mean(), of_new, out=np.ones_like(of_new), where=of_new > _TINY)
    new_bias = np.full(len(unseen), classifier.bias.mean() if bias == "mean" else 0.0)
    if bias == "level":
        average = np.mean(features, axis=0, dtype=np.float64)
        new_bias = (average @ classifier.kernel + classifier.bias).mean() - average @ kernel
    return classifier_lib.Classifier(
        classifier.backbone,
        np.concatenate([classifier.kernel, kernel], 1).astype(np.float32),
        np.concatenate([classifier.bias, new_bias]).astype(np.float32),
        classifier.class_names + unseen,
        unseen,
    )


def margins(logits: np.ndarray, seen_classes: int) -> np.ndarray:
    """Returns by how much `[N]` the best seen logit exceeds the best unseen one.

    Args:
      logits: `[N,C]`, the seen classes first.
      seen_classes: how many columns are seen classes.
    """
    return logits[:, :seen_classes].max(1) - logits[:, seen_classes:].max(1)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where gamma lies among the margins of the training images, by two rulers.

    Attributes:
      kept_share: of the images, how many it leaves with a seen class as their best guess, 0..1.
      deviations: by how many standard deviations it exceeds the mean margin; None where the share alone counts.
    """

    kept_share: float
    deviations: float | None = None

    def gamma(self, margins: np.ndarray) -> float:
        """Returns the gamma at that place among other margins `[N]`: midway between what the two rulers tell."""
        by_share = float(np.quantile(margins, 1 - self.kept_share))
        if self.deviations is None:
            return by_share
        return (by_share + float(margins.mean() + self.deviations * margins.std())) / 2


def kept_share(margins: np.ndarray, gamma: float) -> float:
    """Returns of how many images with margins `[N]`, 0..1, a seen class stays the best guess with `gamma`."""
    return float((margins >= gamma).mean())


def deviations(margins: np.ndarray, gamma: float) -> float:
    """Returns by how many standard deviations `gamma` exceeds the mean of margins `[N]`."""
    return float((gamma - margins.mean()) / max(margins.std(), _TINY))


def _sizes(classifier: classifier_lib.Classifier, kernel: np.ndarray, unit: str, features: np.ndarray) -> np.ndarray:
    """Returns the sizes `[C+U]` of the seen and of new weights `[D,U]`: lengths where no logit varies within a class.

    An image's class is the one that the classifier takes it for, which needs no labels.
    """
    whole = np.concatenate([classifier.kernel, kernel.astype(np.float32)], axis=1)
    if unit == "spread":
        logits = features @ whole
        _, groups = np.unique(classifier.logits(features).argmax(1), return_inverse=True)
        spreads = (logits - discriminant.class_means(logits, groups, groups.max() + 1)[groups]).std(0)
        if spreads.any():
            return spreads
    return np.linalg.norm(whole, axis=0)
