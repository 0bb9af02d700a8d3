# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The images that drive each neuron most, cropped to its focus: one pass over a split, and of it no more than the crops
that are best so far is kept in memory.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from niwt_tf import progress
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.data import zero_shot
from niwt_tf.explain import visual

COUNT = 8
CROP_SIZE = 64  # pixels
_BATCH_SIZE = 128
_NONE = -1


@dataclasses.dataclass(frozen=True)
class Gallery:
    """What drives each of `P` neurons most, the strongest first.

    Attributes:
      crops: `[P,n,S,S,3]` uint8, RGB.
      activations: the mean of each image's activation map, by which neurons are named and important, `[P,n]` float32.
      indices: of the images in the split, `[P,n]`; -1 where fewer than `n` images drive the neuron at all.
    """

    crops: np.ndarray
    activations: np.ndarray
    indices: np.ndarray

    def strip(self, row: int) -> list[np.ndarray]:
        """Returns the crops of one of the neurons."""
        return [crop for crop, index in zip(self.crops[row], self.indices[row], strict=True) if index != _NONE]


def collect(
    backbone: backbone_lib.Backbone,
    split: zero_shot.Split,
    neurons: Sequence[int],
    count: int = COUNT,
    crop_size: int = CROP_SIZE,
) -> Gallery:
    """Returns the images of `split` that drive each neuron most.

    Args:
      backbone: the network.
      split: training images.
      neurons: the indices of `P` neurons.
      count: how many images of each.
      crop_size: the side of a crop, in pixels.
    """
    shape, wanted = (len(neurons), count), tf.constant(neurons, tf.int32, [len(neurons)])
    best = Gallery(
        np.zeros((*shape, crop_size, crop_size, 3), np.uint8),
        np.full(shape, -np.inf, np.float32),
        np.full(shape, _NONE),
    )
    trunk = tf.function(lambda images: backbone.trunk(images, training=False), reduce_retracing=True)
    batches, first = split.batches(_BATCH_SIZE), 0
    for images, labels in progress.bar(batches, "gallery", -(-len(split) // _BATCH_SIZE), unit="batch"):
        best = _merged(best, images, tf.gather(trunk(images), wanted, axis=-1).numpy(), first)
        first += len(labels)
    return dataclasses.replace(best, activations=np.where(best.indices == _NONE, 0, best.activations))


def _merged(best: Gallery, images: tf.Tensor, activations: np.ndarray, first: int) -> Gallery:
    """Returns the best of `best` and of a batch whose first image has the index `first`."""
    neurons, count = best.indices.shape
    driven = activations.max(axis=(1, 2)) > 0
    strongest = np.where(driven, activations.mean(axis=(1, 2)), -np.inf).T
    values = np.concatenate([best.activations, strongest], axis=1)
    order = np.argsort(-values, axis=1, kind="stable")[:, :count]
    values = np.take_along_axis(values, order, 1)
    is_new = (order >= count) & np.isfinite(values)
    rows, places = np.nonzero(is_new)
    members = order[rows, places] - count
    boxes = [_square(visual.focus_box(activations[m, :, :, r])) for m, r in zip(members, rows, strict=True)]
    kept = np.minimum(order, count - 1)
    crops, indices = best.crops[np.arange(neurons)[:, None], kept], np.take_along_axis(best.indices, kept, 1)
    indices[order >= count] = _NONE
    indices[rows, places] = first + members
    crops[rows, places] = _crops(images, members, boxes, best.crops.shape[-2])
    return Gallery(crops, values, indices)


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
