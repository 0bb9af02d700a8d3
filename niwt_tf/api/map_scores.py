# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure maps of the evidence for a class, by the metrics of the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.api import arrays
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.data import boxes as boxes_lib
from niwt_tf.explain import textual
from niwt_tf.explain.map_quality import map_methods, registry, scoring
from niwt_tf.explain.map_quality import subject as subject_lib
from niwt_tf.util import arguments, center_crop, progress

_BATCH_SIZE = 32
_NUMBERS = "biuf"  # kinds of NumPy's types


def score_maps(
    classifier: classifier_lib.Classifier,
    images: np.ndarray,
    maps: str | np.ndarray = map_methods.GRAD_CAM,
    metrics: Sequence[str] = (registry.ALL,),
    class_name: str = "",
    gamma: float = 0.0,
    boxes: np.ndarray | None = None,
    seed: int = 0,
) -> dict[str, scoring.MapScore]:
    """Measure maps of the evidence for a class by the metrics of the field; `registry.METRICS` says what each means.

    Args:
      classifier: Classifier of all classes.
      images: `[N,H,W,3]` uint8 images, RGB, at least one. Their middle squares are resized for the network.
      maps: Method that draws the maps: gradcam, plain_gradcam, gradcampp, scorecam, smoothgrad, random or centre; see
        `map_methods.make`. Or maps `[N,h,w]` of your own, of the middle squares, at least 0.
      metrics: Names of metrics; `all` stands for those that can be computed: `pointing` needs boxes, and `stability`,
        `parameter_randomization` and `logit_randomization` need a method.
      class_name: Class that the maps explain. By default, the predicted class of each image.
      gamma: Number subtracted from the seen classes' logits (calibrated stacking, Chao et al., ECCV 2016).
      boxes: `[N,4]` boxes of the objects, x1, y1, x2 and y2 in pixels of `images`; NaN for an image without one.
      seed: Seed of everything that is drawn at random.

    Raises:
      errors.UserError: If an argument has another shape or type, or a name is unknown, or a metric lacks what it needs.
    """
    arrays.require_classifier(classifier)
    pictures = arguments.require_images(images, least=1)
    make_maps, own = _method(maps, arguments.require_seed(seed)), _own_maps(maps, len(pictures))
    chosen = registry.choose(arguments.require_texts("metrics", metrics), make_maps is not None, boxes is not None)
    squares = _boxes_in_squares(boxes, pictures)
    name = arguments.require_text("class_name", class_name, may_be_empty=True)
    index = textual.class_index(name, classifier.class_names, "class_name") if name else None
    subject = subject_lib.Subject(classifier, arguments.require_number("gamma", gamma), make_maps, seed)
    scorer = scoring.MapScorer(subject, chosen)
    starts = range(0, len(pictures), _BATCH_SIZE)
    for start in progress.bar(starts, "measuring maps", unit="batch", delay=progress.DELAY):
        rows = slice(start, start + _BATCH_SIZE)
        fitted = center_crop.fit(tf.constant(pictures[rows]), classifier.backbone.image_size).numpy()
        classes = subject.predict(fitted) if index is None else np.full(len(fitted), index, np.int64)
        drawn = subject.draw(fitted, classes) if own is None else own[rows]
        scorer.add(subject_lib.MappedImages(fitted, classes, drawn, squares[rows]))
    return scorer.scores()


def _method(maps: Any, seed: int) -> subject_lib.MapMaker | None:
    """Make the method that a user names; None for maps of the user's own."""
    with arguments.named(method="maps"):
        return map_methods.make(maps, seed) if isinstance(maps, str) else None


def _own_maps(maps: Any, images: int) -> np.ndarray | None:
    """Check a user's own maps, and return them as `[N,h,w]` float32; None for the name of a method."""
    if isinstance(maps, str):
        return None
    array = arguments.as_array(maps)
    if array is None or array.dtype.kind not in _NUMBERS or array.ndim != 3 or len(array) != images or not array.size:
        remedy = "Give a map of each image's middle square, or the name of a method."
        raise arguments.wrong("maps", f"be a method's name, or numbers [{images},h,w]", maps, remedy)
    values = np.asarray(array, np.float32)
    if not np.isfinite(values).all() or values.min() < 0:
        wrong = np.sum(~np.isfinite(values) | (values < 0))
        raise errors.UserError(
            f"`maps` must be finite numbers of at least 0. Received: {wrong:,} of {values.size:,} that are not. Give "
            "the positive evidence alone: np.maximum(maps, 0)."
        )
    return values


def _boxes_in_squares(boxes: Any, images: np.ndarray) -> np.ndarray:
    """Check boxes in pixels, and return them as shares of the images' middle squares, as `Annotations` has them."""
    size = np.array(images.shape[1:3], np.float64)
    if boxes is None:
        return np.full((len(images), 4), np.nan, np.float32)
    array = arguments.as_array(boxes)
    if array is None or array.dtype.kind not in _NUMBERS or array.shape != (len(images), 4):
        remedy = "Pass x1, y1, x2 and y2 of each image, NaN for an image without a box."
        raise arguments.wrong("boxes", f"be numbers, [{len(images)},4]", boxes, remedy)
    corners = np.asarray(array, np.float64)[:, [1, 0, 3, 2]]
    has_box = ~np.isnan(corners).any(1)
    faults = {
        "reversed or empty": ~(corners[:, 2:] > corners[:, :2]).all(1),
        "outside its image": ((corners[:, :2] >= size) | (corners[:, 2:] <= 0)).any(1),
    }
    for kind, fault in faults.items():
        is_wrong = fault & has_box
        if is_wrong.any():
            rows = errors.listed(map(str, np.flatnonzero(is_wrong)))
            raise errors.UserError(
                f"`boxes` must be x1 < x2 and y1 < y2, within images of {images.shape[2]} x {images.shape[1]} pixels. "
                f"Received: {is_wrong.sum():,} {kind}, of images {rows}. Correct these boxes, or make them NaN."
            )
    return boxes_lib.to_middle_squares(corners, np.tile(size, (len(images), 1)))
