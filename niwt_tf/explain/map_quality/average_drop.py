# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Average drop and average increase: what the class's probability loses when only what the map shows is left.

A. Chattopadhay et al., "Grad-CAM++: Generalized Gradient-based Visual Explanations for Deep Convolutional Networks",
WACV 2018, section 4.1. The image is multiplied by its map, whose maximum is 1, pixel by pixel.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from niwt_tf.explain.map_quality import subject as subject_lib


def make_drop(subject: subject_lib.Subject) -> subject_lib.MetricFunction:
    """Make the function from mapped images to the share of their class's probability that is lost, `[N]`, 0..1."""
    measure = _make_probabilities(subject)
    return lambda batch: drop(*measure(batch))


def make_increase(subject: subject_lib.Subject) -> subject_lib.MetricFunction:
    """Make the function from mapped images to 1 where their class becomes more probable, else 0, `[N]`."""
    measure = _make_probabilities(subject)
    return lambda batch: increase(*measure(batch))


def drop(whole: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Compute the share of probabilities `[N]` of whole images that is lost where only `shown` `[N]` is left."""
    return np.maximum(whole - shown, 0) / np.maximum(whole, np.finfo(np.float32).tiny)


def increase(whole: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Compute 1.0 where the probability `shown` `[N]` is above that of the whole image, `[N]`, and 0.0 elsewhere."""
    return (shown > whole).astype(np.float64)


def _make_probabilities(
    subject: subject_lib.Subject,
) -> Callable[[subject_lib.MappedImages], np.ndarray]:
    """Make the function from mapped images to probabilities `[2,N]`: of whole images, and of what the maps show."""
    probability = subject.probability

    def both(images: tf.Tensor, maps: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        shown = tf.cast(tf.round(tf.cast(images, tf.float32) * maps[..., None]), tf.uint8)
        return tf.stack([probability(images, classes), probability(shown, classes)])

    compiled = subject.compile(both, "images", "maps", "classes")
    return lambda batch: compiled(batch.images, batch.large_maps, batch.classes)
