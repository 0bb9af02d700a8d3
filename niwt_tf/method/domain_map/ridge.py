# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The map in closed form: ridge regression of the classes' mean unit importances on their domain vectors.

Where few classes are known by many features, descent stops before it has told them apart; this does not.
"""

from __future__ import annotations

import numpy as np


def fit(
    inputs: np.ndarray, means: np.ndarray, held_out: np.ndarray, penalty: float, relevance: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Returns for each fold the kernel `[F,M,K]` and bias `[F,K]` with the least squared error and penalty.

    Minimises ||X W + b - T||^2 + penalty sum_m ||W_m||^2 / relevance_m over the classes that have a say, with relevance
    in a unit that leaves X, times its root, with a mean square length of 1; the bias is free.

    Args:
      inputs: X, a vector for each class, `[C,M]`.
      means: T, each class' mean of unit importances, `[C,K]`.
      held_out: `[F,C]` bool, the classes that have no say in a fold.
      penalty: at least 0; with 0, of all kernels with the least error the shortest.
      relevance: of each of the M numbers, in each fold, `[F,M]`; the same for all by default.
    """
    roots = np.ones((len(held_out), inputs.shape[1])) if relevance is None else np.sqrt(relevance)
    fits = [_fit(inputs, means, ~out, penalty, root) for out, root in zip(held_out, roots, strict=True)]
    kernels, biases = zip(*fits, strict=True)
    return np.stack(kernels), np.stack(biases)


def _fit(
    inputs: np.ndarray, means: np.ndarray, chosen: np.ndarray, penalty: float, root: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Solves it among the `chosen` classes, of which there are fewer than features."""
    weighted = inputs.astype(np.float64) * root
    length = np.sqrt(((weighted - weighted.mean(0)) ** 2).sum(1).mean())
    center, mean = inputs[chosen].mean(0), means[chosen].mean(0)
    centered = weighted[chosen] - weighted[chosen].mean(0)
    gram = centered @ centered.T + penalty * length**2 * np.eye(len(centered))
    kernel = root[:, None] * (centered.T @ (np.linalg.pinv(gram, hermitian=True) @ (means[chosen] - mean)))
    return kernel, mean - center @ kernel
