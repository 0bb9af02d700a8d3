# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The map in closed form: ridge regression of the classes' mean unit importances on their domain vectors.

Where few classes are known by many features, descent stops before it has told them apart; this does not.
"""

from __future__ import annotations

import numpy as np


def fit(inputs: np.ndarray, means: np.ndarray, held_out: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns for each fold the kernel `[F,M,K]` and bias `[F,K]` with the least squared error and penalty.

    Minimises ||X W + b - T||^2 + penalty ||W||^2 over the classes that have a say; the bias is free.

    Args:
      inputs: X, a vector for each class, `[C,M]`, of unit root mean square length.
      means: T, each class' mean of unit importances, `[C,K]`.
      held_out: `[F,C]` bool, the classes that have no say in a fold.
      penalty: at least 0; with 0, of all kernels with the least error the shortest.
    """
    kernels, biases = zip(*(_fit(inputs[~out], means[~out], penalty) for out in held_out), strict=True)
    return np.stack(kernels), np.stack(biases)


def _fit(inputs: np.ndarray, means: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Solves it among the classes, of which there are fewer than features."""
    center, mean = inputs.mean(0), means.mean(0)
    centered = (inputs - center).astype(np.float64)
    gram = centered @ centered.T + penalty * np.eye(len(inputs))
    kernel = centered.T @ (np.linalg.pinv(gram, hermitian=True) @ (means - mean))
    return kernel, mean - center @ kernel
