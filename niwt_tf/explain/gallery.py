# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The images that drive each neuron most, cropped to its focus.

`Strongest` takes the activations of one pass over a split, batch by batch, and keeps a few small maps for each neuron.
The images themselves are looked up afterwards, for the neurons that are shown.
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
    """The images that drive each of `P` neurons most so far, the strongest first.

    Attributes:
      maps: the neuron's activation map on each of them, `[P,n,H,W]` float32.
      activations: means of these maps, by which neurons are named and important, `[P,n]` float32; -inf where fewer than
        `n` images drive the neuron at all.
      indices: of the images in their split, `[P,n]`; -1 likewise.
    """

    maps: np.ndarray
    activations: np.ndarray
    indices: np.ndarray

    @classmethod
    def nothing(cls, neurons: int, height: int, width: int, count: int = COUNT) -> Strongest:
        """Start with no image for `neurons` neurons with maps of `height` x `width`, to find `count` of each."""
        shape = (neurons, count)
        maps = np.zeros((*shape, height, width), np.float32)
        return cls(maps, np.full(shape, -np.inf, np.float32), np.full(shape, _NONE))

    def merged(self, activations: np.ndarray, first: int) -> Strongest:
        """Merge in a batch.

        Args:
          activations: of the batch, `[N,H,W,P]`.
          first: the index of its first image in the split.
        """
        count = self.indices.shape[1]
        driven = activations.max(axis=(1, 2)) > 0
        means = np.where(driven, activations.mean(axis=(1, 2)), -np.inf).T
        values = np.concatenate([self.activations, means], axis=1)
        order = np.argsort(-values, axis=1, kind="stable")[:, :count]
        values = np.take_along_axis(values, order, 1)
        rows, places = np.nonzero((order >= count) & np.isfinite(values))
        members = order[rows, places] - count
        kept = np.minimum(order, count - 1)
        indices = np.where(order < count, np.take_along_axis(self.indices, kept, 1), _NONE)
        maps = self.maps[np.arange(len(order))[:, None], kept]
        indices[rows, places], maps[rows, places] = first + members, activations[members, :, :, rows]
        return Strongest(maps, values, indices)

    def of(self, neurons: Sequence[int]) -> Strongest:
        """Select some of the neurons, by their rows, in that order."""
        rows = np.asarray(neurons, np.int64)
        return Strongest(self.maps[rows], self.activations[rows], self.indices[rows])


@dataclasses.dataclass(frozen=True)
class Gallery:
    """What drives each of `P` neurons most, the strongest first.

    Attributes:
      crops: `[P,n,S,S,3]` uint8, RGB.
      indices: of the images in the split, `[P,n]`; -1 where fewer than `n` images drive the neuron at all.
    """

    crops: np.ndarray
    indices: np.ndarray

    def strip(self, row: int) -> list[np.ndarray]:
        """Returns the crops of one of the neurons."""
        return [crop for crop, index in zip(self.crops[row], self.indices[row], strict=True) if index != _NONE]


def cut_out(strongest: Strongest, split: zero_shot.Split, crop_size: int = CROP_SIZE) -> Gallery:
    """Cut the focus of each neuron out of the images that drive it most.

    Args:
      strongest: what one pass over `split` found.
      split: its images.
      crop_size: the side of a crop, in pixels.
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
    """Returns the square round a box, as far as the image goes."""
    (top, left, bottom, right), side = box, max(box[2] - box[0], box[3] - box[1])
    top = min(max((top + bottom - side) / 2, 0.0), 1 - side)
    left = min(max((left + right - side) / 2, 0.0), 1 - side)
    return [top, left, top + side, left + side]


def _crops(images: tf.Tensor, members: np.ndarray, boxes: Sequence[Sequence[float]], size: int) -> np.ndarray:
    """Returns crops `[n,size,size,3]` uint8 of the images with the indices `members` `[n]`."""
    if not len(members):
        return np.zeros((0, size, size, 3), np.uint8)
    # crop_and_resize puts 0 and 1 into the middles of the outermost pixels, we onto the image's edges.
    side = float(images.shape[1])
    corners = np.asarray(boxes, np.float32).reshape(-1, 2, 2)
    inset = (corners[:, 1] - corners[:, 0])[:, None] / (2 * size) * np.array([[1], [-1]], np.float32)
    middles = np.clip(((corners + inset) * side - 0.5) / (side - 1), 0, 1)
    cropped = tf.image.crop_and_resize(tf.cast(images, tf.float32), middles.reshape(-1, 4), members, (size, size))
    return tf.cast(tf.clip_by_value(tf.round(cropped), 0, 255), tf.uint8).numpy()
