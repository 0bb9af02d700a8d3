# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Finds the images that drive each neuron most, and crops them to its focus.

`Strongest` takes the activations of one pass over a split, batch by batch, and keeps a few small maps for each neuron.
The images themselves are read in a second pass, only for the neurons that are drawn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from niwt_tf.data import zero_shot
from niwt_tf.explain import visual
from niwt_tf.util import progress

COUNT = 8
CROP_SIZE = 64  # pixels
_BATCH_SIZE = 128
_NONE = -1


@dataclasses.dataclass(frozen=True)
class Strongest:
    """Images that drive each of `P` neurons most so far, the strongest first.

    Attributes:
      maps: Activation map of the neuron on each of these images, `[P,n,H,W]` float32.
      activations: Means of these maps, `[P,n]` float32, because names and importances refer to mean activations, too;
        -inf if fewer than `n` images drive the neuron at all.
      indices: Indices of the images in their split, `[P,n]`; -1 likewise.
    """

    maps: np.ndarray
    activations: np.ndarray
    indices: np.ndarray

    @classmethod
    def empty(cls, neurons: int, height: int, width: int, count: int = COUNT) -> Strongest:
        """Start without images: `count` free places for each of `neurons` neurons, maps of `height` x `width`."""
        shape = (neurons, count)
        maps = np.zeros((*shape, height, width), np.float32)
        return cls(maps, np.full(shape, -np.inf, np.float32), np.full(shape, _NONE))

    def merged(self, activations: np.ndarray, first: int) -> Strongest:
        """Merge in a batch.

        Args:
          activations: Activations of the batch, `[N,H,W,P]`.
          first: Index of its first image in the split.
        """
        count = self.indices.shape[1]
        driven = activations.max(axis=(1, 2)) > 0
        means = np.where(driven, activations.mean(axis=(1, 2)), -np.inf).T
        values = np.concatenate([self.activations, means], axis=1)
        order = np.argsort(-values, axis=1, kind="stable")[:, :count]
        values = np.take_along_axis(values, order, 1)
        rows, places = np.nonzero((order >= count) & np.isfinite(values))
        members = order[rows, places] - count
        previous = np.minimum(order, count - 1)
        indices = np.where(order < count, np.take_along_axis(self.indices, previous, 1), _NONE)
        maps = self.maps[np.arange(len(order))[:, None], previous]
        indices[rows, places], maps[rows, places] = first + members, activations[members, :, :, rows]
        return Strongest(maps, values, indices)

    def select(self, neurons: Sequence[int]) -> Strongest:
        """Select some of the neurons by their rows, in the order of `neurons`."""
        rows = np.asarray(neurons, np.int64)
        return Strongest(self.maps[rows], self.activations[rows], self.indices[rows])


@dataclasses.dataclass(frozen=True)
class Gallery:
    """Crops of the images that drive each of `P` neurons most, the strongest first.

    Attributes:
      crops: `[P,n,S,S,3]` uint8, RGB.
      indices: Indices of the images in the split, `[P,n]`; -1 if fewer than `n` images drive the neuron at all.
    """

    crops: np.ndarray
    indices: np.ndarray

    def strip(self, row: int) -> list[np.ndarray]:
        """Select the crops of one neuron, by its row."""
        return [crop for crop, index in zip(self.crops[row], self.indices[row], strict=True) if index != _NONE]


def cut_out(strongest: Strongest, split: zero_shot.Split, crop_size: int = CROP_SIZE) -> Gallery:
    """Cut the focus of each neuron out of the images that drive it most.

    Args:
      strongest: Images and maps that one pass over `split` collected.
      split: Images of that pass, in the same order.
      crop_size: Side of a crop, in pixels.
    """
    crops = np.zeros((*strongest.indices.shape, crop_size, crop_size, 3), np.uint8)
    first = 0
    for images, labels in progress.bar(
        split.batches(_BATCH_SIZE), "gallery", -(-len(split) // _BATCH_SIZE), unit="batch"
    ):
        rows, places = np.nonzero((first <= strongest.indices) & (strongest.indices < first + len(labels)))
        boxes = [_square(visual.focus_box(one)) for one in strongest.maps[rows, places]]
        members = strongest.indices[rows, places] - first
        crops[rows, places] = _crops(images, members, boxes, crop_size)
        first += len(labels)
    return Gallery(crops, strongest.indices)


def _square(box: Sequence[float]) -> list[float]:
    """Compute the square around a box, moved so that it lies within the image."""
    (top, left, bottom, right), side = box, max(box[2] - box[0], box[3] - box[1])
    top = min(max((top + bottom - side) / 2, 0.0), 1 - side)
    left = min(max((left + right - side) / 2, 0.0), 1 - side)
    return [top, left, top + side, left + side]


def _crops(images: tf.Tensor, members: np.ndarray, boxes: Sequence[Sequence[float]], size: int) -> np.ndarray:
    """Crop the images with the indices `members` `[n]`, to `[n,size,size,3]` uint8."""
    if not len(members):
        return np.zeros((0, size, size, 3), np.uint8)
    # crop_and_resize has 0 and 1 in the middles of the outermost pixels; our boxes have them at the image's edges.
    side = float(images.shape[1])
    corners = np.asarray(boxes, np.float32).reshape(-1, 2, 2)
    inset = (corners[:, 1] - corners[:, 0])[:, None] / (2 * size) * np.array([[1], [-1]], np.float32)
    middles = np.clip(((corners + inset) * side - 0.5) / (side - 1), 0, 1)
    cropped = tf.image.crop_and_resize(tf.cast(images, tf.float32), middles.reshape(-1, 4), members, (size, size))
    return tf.cast(tf.clip_by_value(tf.round(cropped), 0, 255), tf.uint8).numpy()
