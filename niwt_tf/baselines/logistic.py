# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Fit logistic regressions with many outputs at once: independent attributes, or classes of which one is right.

A step takes one matrix product for all outputs, where one regression for each of hundreds of attributes would take
hundreds of smaller ones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize, special

Link = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
_STEPS = 200


def sigmoid(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the log partition function `[N]` and probabilities `[N,K]` of independent outputs from logits `[N,K]`."""
    return np.logaddexp(0, logits).sum(1), special.expit(logits)


def softmax(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the log partition function `[N]` and probabilities `[N,K]` of outputs of which one is right."""
    partition = special.logsumexp(logits, axis=1)
    return partition, np.exp(logits - partition[:, None])


def fit(inputs: np.ndarray, targets: np.ndarray, penalty: float, link: Link) -> tuple[np.ndarray, np.ndarray]:
    """Fit the kernel `[D,K]` and bias `[K]` that minimise the mean cross entropy + penalty / 2 |kernel|^2.

    Args:
      inputs: `[N,D]` inputs.
      targets: `[N,K]` targets, 0 or 1.
      penalty: Penalty on the kernel, above 0.
      link: Link function, `sigmoid` or `softmax`.
    """
    images, size = inputs.shape
    shape = (size + 1, targets.shape[1])
    wide = np.concatenate([inputs, np.ones((images, 1))], axis=1)
    penalties = np.append(np.full(size, penalty), 0.0)[:, None]

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        weights = values.reshape(shape)
        logits = wide @ weights
        partition, probabilities = link(logits)
        gradient = wide.T @ (probabilities - targets) / images + penalties * weights
        entropy = (partition - (targets * logits).sum(1)).mean()
        return float(entropy + (penalties * weights**2).sum() / 2), gradient.ravel()

    result = optimize.minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": _STEPS})
    weights = result.x.reshape(shape)
    return weights[:-1], weights[-1]
