# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The mean features of classes."""

from __future__ import annotations

import numpy as np

from niwt_tf.backbones import discriminant


def of_classes(features: np.ndarray, labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the means `[C,D]` float64 of features `[N,D]`, and how many images `[C]` each class has, at least one."""
    return discriminant.class_means(features, labels, classes), np.bincount(labels, minlength=classes)
