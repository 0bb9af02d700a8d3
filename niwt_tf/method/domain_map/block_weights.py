# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Weigh the blocks of a domain vector, such as attributes, documents and parts, by how well they predict seen classes.

Each class is left out in turn, and its prototype is predicted by ridge regression from the others. The weights are
those with the best mean cosine between predicted and true prototypes. A penalty on their logarithms draws them towards
equal weights, because a few dozen classes do not show which of several good blocks is best. It is stronger among the
blocks of one source, such as the parts of captions, than among sources. Sources without which predictions are better
get the weight 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from scipy import optimize

from niwt_tf.numerics import choice, constants

_PENALTY = 0.3  # of the ridge regression, in mean squared lengths of the vectors
# Cosine that weights must gain for each unit of variance of their logarithms.
_AMONG_SOURCES, _WITHIN_SOURCE = 0.01, 0.1
_RANGE = 4.0  # largest absolute logarithm of a weight
_STEPS = 30
_GAIN = 0.003  # cosine that must be gained by leaving out a source
_MOST_CLASSES = 200  # whose prototypes are predicted: more take long, and change little
_MOST_OWN = 1 - 1e-6  # weight of a class's own prototype in its prediction


Blocks = Sequence[Sequence[int]]  # sizes of the blocks, by source


def are_several(blocks: Blocks) -> bool:
    """Check whether there are blocks to weigh: two or more, of whatever source."""
    return sum(map(len, blocks)) > 1


def fit(inputs: np.ndarray, prototypes: np.ndarray, blocks: Blocks) -> np.ndarray:
    """Compute the relevance `[M]` of each number of the vectors: equal within a block, at least 0, with mean 1.

    All are 1 if there is one block, fewer than three classes, or nothing to learn from.

    Args:
      inputs: `[C,M]` vectors of the classes.
      prototypes: `[C,D]` prototypes of the classes.
      blocks: Sizes of the blocks of each source, whose sum is M.
    """
    sizes = list(itertools.chain.from_iterable(blocks))
    some = np.linspace(0, len(inputs) - 1, min(len(inputs), _MOST_CLASSES)).astype(int)
    inputs, products = inputs[some], _kernel(prototypes[some])
    if len(sizes) < 2 or len(inputs) < 3 or np.trace(products) <= constants.LEAST_DIVISOR:
        return np.ones(inputs.shape[1])
    source_of = np.repeat(np.arange(len(blocks)), list(map(len, blocks)))
    kernels = np.stack([_kernel(block) for block in np.split(inputs, np.cumsum(sizes)[:-1], axis=1)])
    traces = np.trace(kernels, axis1=1, axis2=2)
    varied = np.flatnonzero(traces > constants.LEAST_DIVISOR)
    if not len(varied):
        return np.ones(inputs.shape[1])
    scaled = kernels[varied] / traces[varied, None, None]
    weights = np.zeros(len(sizes))
    weights[varied] = _best(scaled, products, source_of[varied]) / traces[varied]
    relevance = np.repeat(weights, sizes)
    return relevance / relevance.mean()


def _kernel(rows: np.ndarray) -> np.ndarray:
    """Compute the inner products `[C,C]` of the rows about their mean."""
    centred = rows.astype(np.float64) - rows.mean(0, dtype=np.float64)
    return centred @ centred.T


def _best(kernels: np.ndarray, products: np.ndarray, source_of: np.ndarray) -> np.ndarray:
    """Compute the weights `[B]`, with sum 1, of the kernels `[B,C,C]`, each of trace 1, for `products [C,C]`."""
    is_of = (source_of == np.unique(source_of)[:, None]).astype(float)
    means = is_of / is_of.sum(1, keepdims=True)  # from logarithms to their means by source
    data = tf.constant(kernels), tf.constant(products), tf.constant(means), tf.constant(is_of)
    found = optimize.minimize(
        lambda logs: [one.numpy() for one in _loss(tf.constant(logs), *data)],
        np.zeros(len(kernels)),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_RANGE, _RANGE)] * len(kernels),
        options={"maxiter": _STEPS},
    )
    weights = np.exp(found.x - found.x.max())
    return _without_harmful(weights / weights.sum(), kernels, products, source_of)


@tf.function
def _loss(
    logs: tf.Tensor, kernels: tf.Tensor, products: tf.Tensor, means: tf.Tensor, is_of: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute what the logarithms `[B]` of weights minimize, and its gradient `[B]`."""
    with tf.GradientTape() as tape:
        tape.watch(logs)
        kernel = tf.tensordot(tf.nn.softmax(logs), kernels, 1)
        of_sources = tf.linalg.matvec(means, logs)
        within = tf.reduce_mean((logs - tf.linalg.matvec(is_of, of_sources, transpose_a=True)) ** 2)
        penalty = _AMONG_SOURCES * tf.math.reduce_variance(of_sources) + _WITHIN_SOURCE * within
        value = penalty - _left_out_cosine(kernel, products)
    return value, tape.gradient(value, logs)


def _without_harmful(
    weights: np.ndarray, kernels: np.ndarray, products: np.ndarray, source_of: np.ndarray
) -> np.ndarray:
    """Set the weights `[B]` of sources to 0 as long as predictions gain by it; the others' sum is 1 again."""
    cosine = float(_left_out_cosine(np.tensordot(weights, kernels, 1), products))
    while len(sources := np.unique(source_of[weights > 0])) > 1:
        rest = [np.where(source_of == source, 0.0, weights) for source in sources]
        rest = [one / one.sum() for one in rest]
        cosines = [float(_left_out_cosine(np.tensordot(one, kernels, 1), products)) for one in rest]
        best = choice.first_best(cosines)
        if cosines[best] < cosine + _GAIN:
            break
        weights, cosine = rest[best], cosines[best]
    return weights


def _left_out_cosine(kernel: tf.Tensor, products: tf.Tensor) -> tf.Tensor:
    """Compute the mean cosine between each prototype and its prediction from the others, about the others' mean.

    The prediction of a class that is left out follows in closed form, as in `class_means.prediction`.
    """
    count = kernel.shape[0]
    identity = tf.eye(count, dtype=kernel.dtype)
    smoother = kernel @ tf.linalg.inv(kernel + _PENALTY / count * identity) + 1 / count
    own = tf.minimum(tf.linalg.diag_part(smoother), tf.constant(_MOST_OWN, kernel.dtype))
    left_out = tf.linalg.set_diag(smoother / (1 - own)[:, None], tf.zeros(count, kernel.dtype))
    others = (1 - identity) / (count - 1)
    predicted, true = left_out - others, identity - others
    lengths = [tf.reduce_sum((rows @ products) * rows, 1) for rows in (predicted, true)]
    inner = tf.reduce_sum((predicted @ products) * true, 1)
    return tf.reduce_mean(inner * tf.math.rsqrt(tf.maximum(lengths[0] * lengths[1], constants.LEAST_DIVISOR)))
