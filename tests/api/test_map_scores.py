# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the scores of maps as users call for them: methods, maps of their own, classes and boxes."""

from __future__ import annotations

import numpy as np
import pytest

import niwt_tf
from fakes import mapped
from niwt_tf import errors
from niwt_tf.api import map_scores
from niwt_tf.explain.map_quality import registry, sparseness


def test_maps_of_ones_own_are_scored_like_those_of_a_method(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier, images = mapped.classifier(), mapped.batch(7).images
    chosen = ["insertion", "sparseness"]
    by_method = niwt_tf.score_maps(classifier, images, metrics=chosen)
    monkeypatch.setattr(map_scores, "_BATCH_SIZE", 3)
    maps = niwt_tf.explain_images(classifier, images).maps
    own = niwt_tf.score_maps(classifier, images, maps, chosen)
    for name in chosen:
        assert own[name].count == 7
        np.testing.assert_allclose(own[name].values, by_method[name].values, rtol=1e-4)


def test_all_metrics_of_maps_of_ones_own_are_those_that_need_no_method() -> None:
    scores = niwt_tf.score_maps(
        mapped.classifier(), mapped.batch(2).images, np.ones((2, 3, 3)), boxes=[[0, 0, 4, 4]] * 2
    )
    expected = {name for name, metric in registry.METRICS.items() if metric.needs != registry.METHOD}
    assert scores.keys() == expected
    assert (scores["pointing"].mean, scores["sparseness"].mean) == (1, pytest.approx(0, abs=1e-6))


def test_the_class_can_be_chosen_and_is_the_predicted_one_by_default() -> None:
    classifier, images = mapped.classifier(), np.zeros((1, 4, 4, 3), np.uint8)
    images[..., 1] = 200
    by_default, green, red = (
        niwt_tf.score_maps(classifier, images, np.ones((1, 1, 1)), ["deletion"], name)["deletion"].mean
        for name in ("", "Green", "red")
    )
    assert by_default == green > red


def test_boxes_are_carried_through_the_crop_of_the_images() -> None:
    # The middle square of 4 x 8 begins at 2. The map is highest at the left edge of the square, which is x = 2 to 3.
    images, maps = np.zeros((2, 4, 8, 3), np.uint8), np.zeros((2, 4, 4))
    maps[:, 1, 0] = 1
    boxes = np.array([[2, 0, 3, 4], [3, 0, 8, 4]])
    scores = niwt_tf.score_maps(mapped.classifier(), images, maps, ["pointing"], boxes=boxes)
    np.testing.assert_array_equal(scores["pointing"].values, [1, 0])
    without = niwt_tf.score_maps(mapped.classifier(), images, maps, ["pointing"], boxes=np.full((2, 4), np.nan))
    assert (without["pointing"].mean, without["pointing"].count) == (None, 0)


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([[0, 0, 1, 1], [3, 0, 2, 1], [1, 1, 1, 2]], r"4 x 4 pixels\. Received: 2 reversed or empty, of images 1, 2\."),
        ([[4, 0, 5, 1], [0, 0, 1, 1], [0, -2, 1, 0]], r"Received: 2 outside its image, of images 0, 2\. Correct these"),
    ],
)
def test_wrong_boxes_are_counted_and_named(boxes: list[list[int]], message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        niwt_tf.score_maps(mapped.classifier(), mapped.batch(3).images, metrics=["pointing"], boxes=boxes)


def test_metrics_without_images_are_an_error() -> None:
    with pytest.raises(errors.UserError, match=r"`images` must be at least 1\. Received: \[0, 4, 4, 3\]"):
        niwt_tf.score_maps(mapped.classifier(), np.zeros((0, 4, 4, 3), np.uint8))


def test_maps_of_another_method_are_drawn() -> None:
    images = mapped.batch(2).images
    scores = niwt_tf.score_maps(mapped.classifier(), images, "centre", ["sparseness", "stability"])
    assert scores["stability"].mean == 0
    assert len(set(scores["sparseness"].values)) == 1 and sparseness.gini(np.ones((1, 2, 2)))[0] == 0
