# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choose the strongest features within a graph, as `textual.best` does: without phrases that a better one contains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from niwt_tf.explain import textual
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
    rows = [sorted({i for phrase in _phrases(name) for i in indices.get(phrase, ())}) for name in feature_names]
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
    all_names, all_parts = tf.constant(feature_names), tf.constant(contained)
    left, names, values = tf.where(scores > 0, scores, 0.0), [], []
    rounding = choice.ROUNDING * tf.reduce_max(left, axis=1, keepdims=True)
    left = tf.where(left > rounding, left, 0.0)
    for _ in range(count):
        equal = left >= tf.reduce_max(left, axis=1, keepdims=True) - rounding
        best = tf.argmax(tf.cast(equal, tf.int32), axis=1)
        value = tf.gather(left, best, batch_dims=1)
        names.append(tf.where(value > 0, tf.gather(all_names, best), ""))
        values.append(value)
        left = _without(left, tf.gather(all_parts, best))
    return tf.stack(names, axis=1), tf.stack(values, axis=1)


def _without(scores: tf.Tensor, features: tf.Tensor) -> tf.Tensor:
    """Set the scores `[N,M]` of each row's features `[N,P]` to 0."""
    rows = tf.broadcast_to(tf.range(tf.shape(features)[0])[:, None], tf.shape(features))
    return tf.tensor_scatter_nd_update(scores, tf.stack([rows, features], -1), tf.zeros(tf.shape(features)))


def _phrases(name: str) -> set[str]:
    """Split a name into all runs of its words, because `textual.best` looks for one name in another by words."""
    words = name.split(" ")
    ends = range(1, len(words) + 1)
    return {" ".join(words[start:end]) for end in ends for start in range(end)}
