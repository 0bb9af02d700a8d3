# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Insertion and deletion: how fast a class's probability grows, or falls, when pixels come, or go, by a map's order.

V. Petsiuk, A. Das and K. Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018,
section 4.2. Here in steps of a twentieth of the pixels; a deleted pixel gets the image's mean colour, and the image
into which pixels are inserted is blurred with a standard deviation of a tenth of its side, because the paper's 5 pixels
leave enlarged photographs as they are. Pixels of equal evidence are ordered at random, not by their place.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from scipy import ndimage

from niwt_tf.explain.map_quality import subject as subject_lib

_STEPS = 20
_BLUR = 0.1  # standard deviation, as a share of the image's side


def make_insertion(subject: subject_lib.Subject) -> subject_lib.MetricFunction:
    """Make the function from mapped images to the area under their insertion curves, `[N]`, 0..1."""
    measure = _make_curve(subject)
    return lambda batch: area(measure(batch, blur(batch.images), batch.images))


def make_deletion(subject: subject_lib.Subject) -> subject_lib.MetricFunction:
    """Make the function from mapped images to the area under their deletion curves, `[N]`, 0..1."""
    measure = _make_curve(subject)
    return lambda batch: area(measure(batch, batch.images, np.broadcast_to(batch.mean_colours, batch.images.shape)))


def _make_curve(
    subject: subject_lib.Subject,
) -> Callable[[subject_lib.MappedImages, np.ndarray, np.ndarray], np.ndarray]:
    """Make the function from a batch, and its images at the start and the end, to probabilities `[P,N]` by step."""
    probability, steps = subject.probability, tf.linspace(0.0, 1.0, _STEPS + 1)

    def curves(start: tf.Tensor, end: tf.Tensor, shares: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
        def at(step: tf.Tensor) -> tf.Tensor:
            return probability(tf.where((shares < step)[..., None], end, start), classes)

        return tf.map_fn(at, steps, parallel_iterations=1, fn_output_signature=tf.float32)

    compiled = subject.compile(curves, "images", "images", "maps", "classes")

    def measure(batch: subject_lib.MappedImages, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        return compiled(start, end, places(batch.large_maps, subject.seed), batch.classes)

    return measure


def places(maps: np.ndarray, seed: int) -> np.ndarray:
    """Compute the place of each pixel in falling order of the map, as a share of all pixels, `[N,S,S]` float32.

    The highest of P pixels has 0.5 / P, the next one 1.5 / P.

    Args:
      maps: `[N,S,S]`.
      seed: Seed of the order of pixels that are equal.
    """
    count, pixels = len(maps), maps.shape[1] * maps.shape[2]
    shuffled = np.random.default_rng([seed, 0x0DE]).permutation(pixels)
    order = np.argsort(-maps.reshape(count, pixels)[:, shuffled], axis=1, kind="stable")
    shares = np.empty((count, pixels), np.float32)
    np.put_along_axis(shares, shuffled[order], (np.arange(pixels, dtype=np.float32)[None] + 0.5) / pixels, axis=1)
    return shares.reshape(maps.shape)


def blur(images: np.ndarray) -> np.ndarray:
    """Blur images `[N,S,S,3]` uint8 by a Gaussian of a tenth of their side."""
    spread = _BLUR * images.shape[1]
    blurred = ndimage.gaussian_filter(images.astype(np.float32), (0, spread, spread, 0), mode="nearest")
    return np.rint(blurred).astype(np.uint8)


def area(curves: np.ndarray) -> np.ndarray:
    """Compute the area under each curve by the trapezoidal rule, `[N]`.

    Args:
      curves: Values at equal steps from 0 to 1, `[P,N]`.
    """
    return (curves[1:] + curves[:-1]).mean(0) / 2
