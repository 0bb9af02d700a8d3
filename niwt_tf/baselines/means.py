# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The mean features of classes."""

from __future__ import annotations

import numpy as np


def of_classes(features: np.ndarray, labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the means `[C,D]` float64 of features `[N,D]`, and how many images `[C]` each class has, at least one."""
    counts = np.bincount(labels, minlength=classes)
    sums = np.zeros((classes, features.shape[1]))
    np.add.at(sums, labels, features)
    return sums / counts[:, None], counts
