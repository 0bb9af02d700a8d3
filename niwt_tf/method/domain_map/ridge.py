# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The map in closed form: ridge regression of the classes' mean unit importances on their domain vectors.

If few classes are described by many features, descent stops before it separates them; ridge regression does not.
"""

from __future__ import annotations

import numpy as np


def fit(
    inputs: np.ndarray, means: np.ndarray, held_out: np.ndarray, penalty: float, relevance: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Fit the kernel `[F,M,K]` and bias `[F,K]` of each fold with the least squared error and penalty.

    Minimize ||X W + b - T||^2 + penalty sum_m ||W_m||^2 / relevance_m over the classes that are not held out. The unit
    of relevance is such that X, centered and multiplied by the root of relevance, has a mean square length of 1. The
    bias is not penalized.

    Args:
      inputs: X, a vector for each class, `[C,M]`.
      means: T, the mean of unit importances of each class, `[C,K]`.
      held_out: `[F,C]` bool, true for the classes that are left out of a fold.
      penalty: Strength of the penalty, at least 0; 0 gives the shortest of all kernels with the least error.
      relevance: `[F,M]` relevance of each of the M numbers in each fold; all equal by default.
    """
    roots = np.ones((len(held_out), inputs.shape[1])) if relevance is None else np.sqrt(relevance)
    fits = [_fit(inputs, means, ~out, penalty, root) for out, root in zip(held_out, roots, strict=True)]
    kernels, biases = zip(*fits, strict=True)
    return np.stack(kernels), np.stack(biases)


def _fit(
    inputs: np.ndarray, means: np.ndarray, chosen: np.ndarray, penalty: float, root: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit one fold to the `chosen` classes, in the dual form, because classes are fewer than features."""
    weighted = inputs.astype(np.float64) * root
    length = np.sqrt(((weighted - weighted.mean(0)) ** 2).sum(1).mean())
    center, mean = inputs[chosen].mean(0), means[chosen].mean(0)
    centered = weighted[chosen] - weighted[chosen].mean(0)
    gram = centered @ centered.T + penalty * length**2 * np.eye(len(centered))
    kernel = root[:, None] * (centered.T @ (np.linalg.pinv(gram, hermitian=True) @ (means[chosen] - mean)))
    return kernel, mean - center @ kernel
