# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Images with maps, and a classifier of colours whose probabilities can be computed by hand."""

from __future__ import annotations

import dataclasses

import numpy as np

from fakes import colours
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.explain.map_quality import subject as subject_lib

SIDE = 4
_PER_LEVEL = 0.02  # logit for each grey level of the mean colour


def classifier() -> classifier_lib.Classifier:
    """Returns a classifier of red, green and blue: logits are 0.02 times the mean of each colour, 4 x 4 pixels."""
    kernel = (_PER_LEVEL * np.eye(3)).astype(np.float32)
    whole = colours.classifier(SIDE)
    return dataclasses.replace(
        whole, kernel=kernel, bias=np.zeros(3, np.float32), class_names=colours.CLASSES[:3], unseen=()
    )


def probability(means: np.ndarray, label: int) -> np.ndarray:
    """Returns the class's probability, from mean colours [...,3]."""
    exponentials = np.exp(_PER_LEVEL * np.asarray(means, np.float64))
    return exponentials[..., label] / exponentials.sum(-1)


def batch(count: int = 5, seed: int = 0) -> subject_lib.MappedImages:
    """Returns random images with random maps of random classes, and boxes of the left halves."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)
    maps = rng.random((count, SIDE, SIDE), np.float32)
    return subject_lib.MappedImages(images, rng.integers(0, 3, count), maps, np.tile([0, 0, 1, 0.5], (count, 1)))


def rows(whole: subject_lib.MappedImages, chosen: slice) -> subject_lib.MappedImages:
    """Returns some of the images."""
    return subject_lib.MappedImages(*(getattr(whole, field.name)[chosen] for field in dataclasses.fields(whole)))


def red_corner() -> subject_lib.MappedImages:
    """Returns a black image with one red pixel, at the top left, where its map is highest; other values differ, too."""
    image = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    image[0, 0, 0, colours.RED] = 240
    values = np.arange(SIDE * SIDE, 0, -1, np.float32).reshape(1, SIDE, SIDE)
    return subject_lib.MappedImages(image, np.array([colours.RED]), values, np.full((1, 4), np.nan))
