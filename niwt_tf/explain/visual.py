# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Computes Grad-CAM, relu(sum_k alpha_k A_k) (section 3.4 of the paper), and the places where a map is highest.

Points are y and x, boxes ymin, xmin, ymax and xmax, all in 0..1 of the image.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from scipy import ndimage

from niwt_tf.numerics import constants

_WHOLE = (0.0, 0.0, 1.0, 1.0)


def grad_cam(activations: tf.Tensor, importances: tf.Tensor) -> tf.Tensor:
    """Compute the evidence for a class at each position, `[N,H,W]`: relu(sum_k alpha_k A_k).

    Args:
      activations: Activations A, `[N,H,W,K]`.
      importances: Importances alpha of each image for the explained class, `[N,K]`; the class may be unseen.
    """
    return tf.nn.relu(tf.einsum("nhwk,nk->nhw", activations, importances))


def normalise(maps: np.ndarray) -> np.ndarray:
    """Scale maps to a maximum of 1 each, `[N,H,W]` float32; a map that nowhere exceeds 0 becomes zeros.

    Args:
      maps: `[N,H,W]`; negative, infinite and NaN values count as 0.
    """
    values = np.maximum(np.nan_to_num(np.asarray(maps, np.float32), posinf=0), 0)
    maxima = values.max(axis=(1, 2), keepdims=True, initial=0)
    return np.divide(values, maxima, out=np.zeros_like(values), where=maxima > constants.LEAST_DIVISOR)


def upsample(maps: np.ndarray, size: int) -> np.ndarray:
    """Resize maps to the size of the image, smoothly: `[N,size,size]` float32, at least 0.

    Args:
      maps: `[N,H,W]`.
      size: Side of the image, in pixels.
    """
    large = tf.image.resize(np.asarray(maps, np.float32)[..., None], (size, size), method="bicubic")
    return np.maximum(large[..., 0].numpy(), 0)


def peaks(maps: np.ndarray) -> np.ndarray:
    """Find the highest point of each map, `[N,2]`; NaN for a map that nowhere exceeds 0.

    A position covers many pixels. So the peak is the maximum of the parabolas, one for each axis, through the highest
    position and its two neighbours. At the edge, where a neighbour is missing, it is the middle of the position.

    Args:
      maps: `[N,H,W]`; infinite and NaN values count as 0.
    """
    maps = np.nan_to_num(np.asarray(maps, np.float64), posinf=0, neginf=0)
    count, height, width = maps.shape
    rows, columns = np.unravel_index(maps.reshape(count, height * width).argmax(1), (height, width))
    padded, images = np.pad(maps, ((0, 0), (1, 1), (1, 1)), "reflect"), np.arange(count)
    best = maps[images, rows, columns]
    down = _vertex(padded[images, rows, columns + 1], best, padded[images, rows + 2, columns + 1])
    right = _vertex(padded[images, rows + 1, columns], best, padded[images, rows + 1, columns + 2])
    points = np.stack([(rows + 0.5 + down) / height, (columns + 0.5 + right) / width], axis=1)
    return np.where(best[:, None] > 0, points, np.nan)


def _vertex(before: np.ndarray, best: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Find the vertex of the parabola through three neighbours, -0.5 to 0.5 from the middle one, the highest."""
    bend = 2 * best - before - after
    return np.divide(after - before, 2 * bend, out=np.zeros_like(bend), where=bend > constants.LEAST_DIVISOR)


def focus_box(values: np.ndarray, share: float = 0.5) -> tuple[float, float, float, float]:
    """Find the box of the connected region around a map's maximum that exceeds a share of it.

    The box of a map that nowhere exceeds 0 is the whole image.

    Args:
      values: One map `[H,W]`.
      share: Share of the maximum, 0..1.
    """
    if not values.max() > 0:
        return _WHOLE
    regions, _ = ndimage.label(values > share * values.max())
    rows, columns = np.nonzero(regions == regions.flat[values.argmax()])
    height, width = values.shape
    top, left, bottom, right = rows.min() / height, columns.min() / width, rows.max() + 1, columns.max() + 1
    return float(top), float(left), float(bottom / height), float(right / width)
