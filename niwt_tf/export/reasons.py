# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choose the strongest features within a graph, as `textual.best` does: without phrases that a better one contains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from niwt_tf.explain import image_reasons, textual
from niwt_tf.numerics import choice


def parts(feature_names: Sequence[str]) -> np.ndarray:
    """List for each feature all features whose names its name contains, `[M,P]` int32 indices.

    A feature contains itself. Its own index also fills a row that has fewer than `P` entries.

    Args:
      feature_names: Names of the `M` features.
    """
    indices: dict[str, list[int]] = {}
    for index, name in enumerate(feature_names):
        indices.setdefault(name, []).append(index)
    rows = [sorted({i for phrase in textual.phrases(name) for i in indices.get(phrase, ())}) for name in feature_names]
    longest = max(map(len, rows))
    return np.array([row + [index] * (longest - len(row)) for index, row in enumerate(rows)], np.int32)


def strongest(
    scores: tf.Tensor, feature_names: Sequence[str], contained: np.ndarray, count: int = textual.COUNT
) -> tuple[tf.Tensor, tf.Tensor]:
    """Choose the strongest features: names and scores, `[N,count]` each; empty and 0 if fewer have a score above 0.

    Args:
      scores: `[N,M]` float32 scores of the features.
      feature_names: Names of the `M` features.
      contained: Result of `parts` for these names.
      count: Largest number of features.
    """
    indices, values = strongest_indices(scores, contained, count)
    return tf.where(values > 0, tf.gather(tf.constant(feature_names), indices), ""), values


def opposing(
    products: tf.Tensor,
    shown: tf.Tensor,
    feature_names: Sequence[str],
    contained: np.ndarray,
    count: int = textual.COUNT,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Choose the features that oppose a class most, as `image_reasons.find` does: names and products, `[N,count]` each.

    Args:
      products: `[N,M]` float32 contributions of the features, see `image_reasons.contributions`.
      shown: `[N,M]` float32, how far above its mean an image shows each feature.
      feature_names: Names of the `M` features.
      contained: Result of `parts` for these names.
      count: Largest number of features.
    """
    indices, values = strongest_indices(-products, contained, count)
    names = tf.gather(tf.constant(feature_names), indices)
    lacking = tf.gather(shown <= 0, indices, batch_dims=1)
    names = tf.where(lacking, tf.strings.join([image_reasons.LACKING, names]), names)
    return tf.where(values > 0, names, ""), -values


def strongest_indices(scores: tf.Tensor, contained: np.ndarray, count: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Choose the strongest features: indices and scores, `[N,count]` each; any index with 0 if fewer are above 0.

    Args:
      scores: `[N,M]` float32 scores of the features.
      contained: Result of `parts` for their names.
      count: Largest number of features.
    """
    all_parts = tf.constant(contained)
    left, indices, values = tf.where(scores > 0, scores, 0.0), [], []
    rounding = choice.ROUNDING * tf.reduce_max(left, axis=1, keepdims=True)
    left = tf.where(left > rounding, left, 0.0)
    for _ in range(count):
        equal = left >= tf.reduce_max(left, axis=1, keepdims=True) - rounding
        best = tf.argmax(tf.cast(equal, tf.int32), axis=1)
        value = tf.gather(left, best, batch_dims=1)
        indices.append(best)
        values.append(value)
        left = _without(left, tf.gather(all_parts, best))
    return tf.stack(indices, axis=1), tf.stack(values, axis=1)


def _without(scores: tf.Tensor, features: tf.Tensor) -> tf.Tensor:
    """Set the scores `[N,M]` of each row's features `[N,P]` to 0."""
    rows = tf.broadcast_to(tf.range(tf.shape(features)[0])[:, None], tf.shape(features))
    return tf.tensor_scatter_nd_update(scores, tf.stack([rows, features], -1), tf.zeros(tf.shape(features)))
