# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the thumbnail of each class."""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf.data import zero_shot
from niwt_tf.tensorboard_log import thumbnails

_ORANGE = [230, 120, 0]


def test_seen_classes_show_a_training_image_and_unseen_ones_a_test_image_in_a_frame(
    tiny_dataset: zero_shot.ZeroShotDataset,
) -> None:
    images = thumbnails.load(tiny_dataset)
    assert len(images) == len(tiny_dataset.class_names)
    assert all(image is not None and image.shape == (thumbnails.SIZE,) * 2 + (3,) for image in images)
    framed = [
        (image[:3] == _ORANGE).all() and (image[:, -3:] == _ORANGE).all() for image in images if image is not None
    ]
    assert framed == [name in tiny_dataset.unseen for name in tiny_dataset.class_names]


def test_a_class_without_any_image_has_none(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    split = tiny_dataset.test_unseen
    last = len(tiny_dataset.class_names) - 1
    less = dataclasses.replace(
        tiny_dataset,
        test_unseen=split.subset(split.labels != last, np.arange(last + 1)),
        imageless=(tiny_dataset.unseen[-1],),
    )
    images = thumbnails.load(less)
    assert [image is None for image in images] == [False] * last + [True]


def test_of_a_dataset_without_test_images_of_unseen_classes_those_have_none(
    tiny_dataset: zero_shot.ZeroShotDataset,
) -> None:
    split = tiny_dataset.test_unseen
    none = dataclasses.replace(
        tiny_dataset,
        test_unseen=split.subset(np.zeros(len(split), bool), np.arange(len(tiny_dataset.class_names))),
        imageless=tiny_dataset.unseen,
    )
    assert [image is None for image in thumbnails.load(none)] == [False] * len(none.seen) + [True] * len(none.unseen)
