# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How much each neuron contributes to a class's logit on one image: its importance there, times its activation.

Behind an affine head, the gradient times the activations, summed over positions, is exact: the neurons of an image add
up to its logit less that of activations of zero, which is the bias where the head only pools. Behind any other head the
gradient changes on the way from zero to the activations A, so it is integrated along that way (integrated gradients,
M. Sundararajan, A. Taly, Q. Yan, ICML 2017), by Gauss-Legendre quadrature:

  c_k(I) = sum over positions of A_k * integral over t in 0..1 of d o_c(t A) / d A_k

What the quadrature misses of the logit, where ReLUs and maxima bend the way in many places, is shared out among the
neurons by the size of their contributions, so that these always add up.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from niwt_tf.backbones import split_points
from niwt_tf.method import importance
from niwt_tf.numerics import constants

_STEPS = 24  # points of the quadrature; contributions correlate by 0.998 with those of 96, behind half a network


def describe_head(head: keras.Model) -> str:
    """Say in a sentence what importances behind this head belong to: to the class, or to each image.

    Args:
      head: Network from activations `[N,H,W,K]` to features `[N,D]`.
    """
    if split_points.is_affine(head):
        return (
            "Behind this layer the network is linear: a class has the same importances in all images, and what speaks "
            "for it in general, too. What speaks for and against it in an image is the image's own."
        )
    return "Behind this layer the network is not linear: importances and what follows from them are each image's own."


def strongest(values: np.ndarray, count: int) -> list[list[tuple[int, float]]]:
    """Choose the neurons that contribute most to each image's logit: index and contribution, the largest first.

    Args:
      values: Contributions `[N,K]`.
      count: Largest number of neurons; only contributions above 0 count.
    """
    order = np.argsort(-values, axis=1, kind="stable")[:, :count]
    return [
        [(int(index), float(row[index])) for index in indices if row[index] > 0]
        for row, indices in zip(values, order, strict=True)
    ]


def integrate(head: Callable[[tf.Tensor], tf.Tensor], activations: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Compute the contributions `[N,K]` of the neurons to a class's logit, behind any head.

    Args:
      head: Function from activations `[N,H,W,K]` to features `[N,D]`.
      activations: Activations `[N,H,W,K]` of the images.
      weights: Weights `[N,D]` of the class, for each image; or `[1,D]` for all.
    """
    points, shares = np.polynomial.legendre.leggauss(_STEPS)
    total = tf.zeros_like(activations)
    for point, share in zip((points + 1) / 2, shares / 2, strict=True):
        total += share * importance.gradients(head, tf.cast(point, activations.dtype) * activations, weights)
    values = tf.reduce_sum(total * activations, axis=(1, 2))
    rise = tf.reduce_sum((head(activations) - head(tf.zeros_like(activations[:1]))) * weights, axis=1, keepdims=True)
    sizes = tf.abs(values)
    shares = sizes / tf.maximum(tf.reduce_sum(sizes, axis=1, keepdims=True), constants.LEAST_DIVISOR)
    return values + (rise - tf.reduce_sum(values, axis=1, keepdims=True)) * shares
