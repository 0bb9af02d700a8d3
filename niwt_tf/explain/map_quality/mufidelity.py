# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""MuFidelity: whether parts of an image that have much of the map are those that the prediction rests on.

U. Bhatt, A. Weller and J. M. F. Moura, "Evaluating and Aggregating Feature-based Model Explanations", IJCAI 2020,
section 3.2 (faithfulness): the correlation, over random subsets of fixed size, of the sum of a subset's attributions
with the difference that removing it makes. Here an image has 9 x 9 cells, a subset is 16 of them, a fifth, 64 subsets
are drawn, the same for all images, and removed cells get the image's mean colour.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from niwt_tf.explain.map_quality import subject as subject_lib

_CELLS = 9  # across and down
_REMOVED = 16
_SUBSETS = 64


def make(subject: subject_lib.Subject) -> subject_lib.MetricFunction:
    """Make the function from mapped images to their MuFidelity, `[N]`, -1..1; NaN where nothing varies."""
    probability = subject.probability
    subsets = choose_subsets(subject.classifier.backbone.image_size, subject.seed)

    def losses(images: tf.Tensor, colours: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        def without(subset: tf.Tensor) -> tf.Tensor:
            return probability(tf.where(subset[None, ..., None], colours, images), classes)

        left = tf.map_fn(without, tf.constant(subsets), parallel_iterations=1, fn_output_signature=tf.float32)
        return probability(images, classes) - left

    compiled = subject.compile(losses, "images", "colours", "classes")

    def measure(batch: subject_lib.MappedImages) -> np.ndarray:
        flat = batch.large_maps.reshape(len(batch.maps), -1)
        sums = flat @ subsets.reshape(len(subsets), -1).T.astype(np.float32)
        return correlations(sums, compiled(batch.images, batch.mean_colours, batch.classes).T)

    return measure


def choose_subsets(side: int, seed: int) -> np.ndarray:
    """Choose random subsets of the cells of an image, `[64,side,side]` bool, each with 16 of its 81 cells.

    Args:
      side: Side of the image, in pixels; below 9, some cells have no pixel.
      seed: Seed of the choice.
    """
    rng, cell = np.random.default_rng([seed, 0xF1D]), np.arange(side) * _CELLS // side
    chosen = np.zeros((_SUBSETS, _CELLS * _CELLS), bool)
    for subset in chosen:
        subset[rng.permutation(_CELLS * _CELLS)[:_REMOVED]] = True
    return chosen.reshape(_SUBSETS, _CELLS, _CELLS)[:, cell][:, :, cell]


def correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Compute Pearson's correlation of each row of `[N,P]` with that of another, `[N]`; NaN where a row is constant."""
    first, second = (np.asarray(one, np.float64) for one in (first, second))
    first, second = (one - one.mean(1, keepdims=True) for one in (first, second))
    lengths = np.sqrt((first**2).sum(1) * (second**2).sum(1))
    return np.divide((first * second).sum(1), lengths, out=np.full(len(first), np.nan), where=lengths > 0)
