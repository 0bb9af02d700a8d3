# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Where a class or a neuron looks (section 3.4 of the paper): Grad-CAM, relu(sum_k alpha_k A_k), and activation maps.

Points are y and x, boxes ymin, xmin, ymax and xmax, all in 0..1 of the image.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from scipy import ndimage

_TINY = 1e-12
_WHOLE = (0.0, 0.0, 1.0, 1.0)


def grad_cam(activations: tf.Tensor, importances: tf.Tensor) -> tf.Tensor:
    """Returns what speaks for a class at each position, `[N,H,W]`: relu(sum_k alpha_k A_k).

    Args:
      activations: A `[N,H,W,K]`.
      importances: alpha `[N,K]`, of each image for the class that is asked about, which may be an unseen one.
    """
    return tf.nn.relu(tf.einsum("nhwk,nk->nhw", activations, importances))


def neuron_map(activations: np.ndarray, neuron: int) -> np.ndarray:
    """Returns how strongly a neuron responds at each position, `[N,H,W]`, at least 0.

    Args:
      activations: `[N,H,W,K]`.
      neuron: its index.
    """
    return np.maximum(np.asarray(activations)[..., neuron], 0)


def normalise(maps: np.ndarray) -> np.ndarray:
    """Returns maps `[N,H,W]` float32 with a maximum of 1 each; zeros for those that nowhere exceed 0.

    Args:
      maps: `[N,H,W]`; what is below 0, or no number, counts as 0.
    """
    known = np.maximum(np.nan_to_num(np.asarray(maps, np.float32), posinf=0), 0)
    peaks = known.max(axis=(1, 2), keepdims=True, initial=0)
    return np.divide(known, peaks, out=np.zeros_like(known), where=peaks > _TINY)


def upsample(maps: np.ndarray, size: int) -> np.ndarray:
    """Returns maps `[N,size,size]` float32 as large as the image, smooth and at least 0.

    Args:
      maps: `[N,H,W]`.
      size: in pixels.
    """
    large = tf.image.resize(np.asarray(maps, np.float32)[..., None], (size, size), method="bicubic")
    return np.maximum(large[..., 0].numpy(), 0)


def peaks(maps: np.ndarray) -> np.ndarray:
    """Returns where each map is highest, `[N,2]`; NaN for a map that nowhere exceeds 0.

    A position covers many pixels. Between positions the maximum is that of the parabolas through the highest one and
    its neighbours, so a peak is not bound to the middles of positions; where one is missing, at the edge, it is.

    Args:
      maps: `[N,H,W]`; what is no number counts as 0.
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
    """Returns where the parabola through three neighbours is highest, from -0.5 to 0.5 about the middle, best one."""
    bend = 2 * best - before - after
    return np.divide(after - before, 2 * bend, out=np.zeros_like(bend), where=bend > _TINY)


def focus_box(values: np.ndarray, share: float = 0.5) -> tuple[float, float, float, float]:
    """Returns the box of the region round a map's maximum that exceeds a share of it; the whole of an empty map.

    Args:
      values: one map `[H,W]`.
      share: of the maximum, 0..1.
    """
    if not values.max() > 0:
        return _WHOLE
    regions, _ = ndimage.label(values > share * values.max())
    rows, columns = np.nonzero(regions == regions.flat[values.argmax()])
    height, width = values.shape
    top, left, bottom, right = rows.min() / height, columns.min() / width, rows.max() + 1, columns.max() + 1
    return float(top), float(left), float(bottom / height), float(right / width)
