# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Nearest class mean, predicted for unseen classes from domain vectors by kernel ridge regression.

Changpinyo, Chao and Sha, "Predicting visual exemplars of unseen classes for zero-shot learning", ICCV 2017, section 3,
do so with support vector regression. The means of seen classes are those of their images.
"""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
from sklearn import kernel_ridge, metrics

from niwt_tf.baselines import method, scaling, similarity
from niwt_tf.numerics import constants, discriminant


@dataclasses.dataclass(frozen=True)
class Setting:
    """Setting of the nearest class mean.

    Attributes:
      scaling: Scaling of the features, one of `scaling.WAYS`.
      kernel: Kernel of the ridge regression: `linear`, or `rbf` as wide as the median distance of the seen classes'
        vectors.
      penalty: Penalty of the ridge regression, above 0.
    """

    scaling: str
    kernel: str
    penalty: float


CANDIDATES = tuple(
    Setting(*values) for values in itertools.product(scaling.WAYS, ("linear", "rbf"), (1.0, 0.1, 0.01, 0.001))
)


def fit(problem: method.Problem, setting: Setting) -> method.Scores:
    """Fit the regression; the scores are the negative squared distances to the means of all classes."""
    scale = scaling.fit(setting.scaling, problem.features)
    seen, unseen = np.split(problem.directions, [problem.seen_classes])
    seen_means = discriminant.class_means(scale(problem.features), problem.labels, problem.seen_classes)
    prototypes = np.concatenate([seen_means, predict(seen, seen_means, unseen, setting)])
    return lambda features: similarity.closeness(scale(features), prototypes)


def predict(seen: np.ndarray, seen_means: np.ndarray, unseen: np.ndarray, setting: Setting) -> np.ndarray:
    """Predict the means `[U,D]` of classes with vectors `[U,M]` from means `[C,D]` of classes with vectors `[C,M]`."""
    squares = metrics.pairwise.euclidean_distances(seen, squared=True)[np.triu_indices(len(seen), 1)]
    gamma = 1 / max(float(np.median(squares)), constants.LEAST_DIVISOR) if setting.kernel == "rbf" else None
    center = seen_means.mean(0)
    regression = kernel_ridge.KernelRidge(alpha=setting.penalty, kernel=setting.kernel, gamma=gamma)
    return regression.fit(seen, seen_means - center).predict(unseen) + center
