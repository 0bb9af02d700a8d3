# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""DAP: predict each attribute by a classifier, and choose the class whose attributes fit best.

Lampert, Nickisch and Harmeling, "Attribute-based classification for zero-shot visual object categorization", TPAMI
2014, section 2.2, equation 3.

The score of class c is the sum over attributes m of log p(a_m = a_m^c | x) - log p(a_m^c), where p(a_m) is the share of
seen classes that have the attribute. The classifiers are logistic regressions.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.baselines import logistic, method, scaling
from niwt_tf.numerics import choice


@dataclasses.dataclass(frozen=True)
class Setting:
    """Setting of DAP.

    Attributes:
      penalty: Penalty of the logistic regressions, above 0.
    """

    penalty: float


CANDIDATES = tuple(Setting(penalty) for penalty in (1e-2, 1e-3, 1e-4))


def fit(problem: method.Problem, setting: Setting) -> method.Scores:
    """Fit the logistic regressions; the scores are the log odds of all classes' attributes."""
    scale = scaling.fit("spread", problem.features)
    has = binary(problem.vectors, problem.seen_classes)
    prior = has[: problem.seen_classes].mean(0)
    kernel, bias = logistic.fit(scale(problem.features), has[problem.labels], setting.penalty, logistic.sigmoid)

    def scores(features: np.ndarray) -> np.ndarray:
        logits = scale(features) @ kernel + bias
        present = -np.logaddexp(0, -logits) - np.log(prior)
        absent = -np.logaddexp(0, logits) - np.log1p(-prior)
        return present @ has.T + absent @ (1 - has).T

    return scores


def binary(vectors: np.ndarray, seen_classes: int) -> np.ndarray:
    """Compute which class has which attribute, `[C,m]` of 0 and 1.

    A class has an attribute if its degree exceeds the mean over the seen classes. Attributes that all or none of the
    seen classes have are left out, because images of seen classes cannot train a classifier for them.
    """
    mean = vectors[:seen_classes].mean(0)
    has = vectors > mean + choice.ROUNDING * np.abs(vectors).max(0, initial=0)  # all alike: no class has it
    seen = has[:seen_classes]
    return has[:, seen.any(0) & ~seen.all(0)].astype(np.float64)
