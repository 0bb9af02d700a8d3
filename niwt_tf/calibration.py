# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What importances do not tell of a new class: how long its weights are, its bias, and gamma.

All three decide between seen and unseen classes, so they are chosen in the rehearsal (section 5 of the design). gamma
depends on how confident a network is, and two networks differ in that. So it travels from the rehearsal's network to
the final one as a share: of the seen training images, how many keep a seen class as their best guess.
"""

from __future__ import annotations

import numpy as np

from niwt_tf.backbones import classifier as classifier_lib


def extend(
    classifier: classifier_lib.Classifier,
    kernel: np.ndarray,
    unseen: tuple[str, ...],
    scale: float,
    bias: str,
    features: np.ndarray,
) -> classifier_lib.Classifier:
    """Returns the classifier with `U` new classes after the seen ones.

    Args:
      classifier: of the `C` seen classes.
      kernel: weights `[D,U]` from the transfer.
      unseen: the new classes' names.
      scale: the length of each new weight vector, in mean lengths of seen ones; 0 keeps the lengths of `kernel`.
      bias: `mean` gives the new classes the seen ones' mean bias, `zero` none, `level` what brings the mean logit of
        each over the training images to that of the seen classes.
      features: `[N,D]` of the training images.
    """
    lengths = np.maximum(np.linalg.norm(kernel, axis=0), 1e-12)
    if scale:
        kernel = kernel * (scale * np.linalg.norm(classifier.kernel, axis=0).mean() / lengths)
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


def kept_share(margins_of_training: np.ndarray, gamma: float) -> float:
    """Returns the share of training images, 0..1, that `gamma` leaves with a seen class as their best guess.

    Args:
      margins_of_training: `[N]`, see `margins`.
      gamma: what is subtracted from the seen classes' logits.
    """
    return float((margins_of_training >= gamma).mean())


def gamma_that_keeps(share: float, margins_of_training: np.ndarray) -> float:
    """Returns the gamma that leaves `share` of the training images with a seen class as their best guess.

    Args:
      share: 0..1.
      margins_of_training: `[N]`, see `margins`.
    """
    return float(np.quantile(margins_of_training, 1 - share))
