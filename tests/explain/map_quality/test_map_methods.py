# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the methods that draw maps, by name."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fakes import colours, mapped
from niwt_tf import errors
from niwt_tf.explain import explainer, visual
from niwt_tf.explain.map_quality import map_methods


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(errors.UserError) as error:
        map_methods.make("gradcan")
    assert str(error.value) == (
        "`method` must be one of gradcam, plain_gradcam, random, centre, gradcampp, scorecam, smoothgrad. Received: "
        "method='gradcan'. Did you mean 'gradcam'?"
    )


def test_ours_is_that_of_the_explainer_and_plain_grad_cam_is_of_the_class_alone() -> None:
    batch = mapped.batch()
    kernel = np.array([[3, 1, 1], [0, 1, 0], [0, 0, 1]], np.float32)
    classifier = dataclasses.replace(mapped.classifier(), kernel=kernel)
    ours, plain = (map_methods.make(name)(classifier) for name in ("gradcam", "plain_gradcam"))
    explained = explainer.Explainer(classifier)(batch.images, batch.classes)
    np.testing.assert_array_equal(ours(batch.images, batch.classes), explained.maps)
    # Activations are the colours, and an importance is the class's weight over the 16 positions.
    by_class = kernel.T[batch.classes] / 16
    expected = np.maximum(np.einsum("nhwk,nk->nhw", batch.images.astype(np.float32), by_class), 0)
    np.testing.assert_allclose(plain(batch.images, batch.classes), expected, rtol=1e-5)
    assert np.abs(explained.maps - expected).max() > 1


def test_plain_grad_cam_of_many_images_is_drawn_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = mapped.batch(7)
    draw = map_methods.make("plain_gradcam")(mapped.classifier())
    whole = draw(batch.images, batch.classes)
    monkeypatch.setattr(map_methods, "_BATCH_SIZE", 3)
    np.testing.assert_allclose(draw(batch.images, batch.classes), whole, rtol=1e-6)


def test_random_maps_differ_between_images_and_networks_and_follow_from_the_seed() -> None:
    images, classes = np.zeros((2, 4, 4, 3), np.uint8), np.zeros(2, int)
    method = map_methods.make("random", 3)
    one, other = (method(mapped.classifier())(images, classes) for _ in range(2))
    assert one.shape == (2, 4, 4) and one.min() >= 0 and one.max() < 1
    assert (one[0] != one[1]).any() and (one != other).any()
    np.testing.assert_array_equal(map_methods.make("random", 3)(mapped.classifier())(images, classes), one)


@pytest.mark.parametrize("positions", [4, 5])
def test_the_spot_is_highest_in_the_middle(positions: int) -> None:
    images = np.zeros((2, positions, positions, 3), np.uint8)
    maps = map_methods.make("centre")(colours.classifier(positions))(images, np.zeros(2, int))
    np.testing.assert_allclose(visual.peaks(maps), np.full((2, 2), 0.5), atol=1e-6)


def test_those_of_tf_keras_vis_have_the_images_size() -> None:
    batch = mapped.batch(2)
    maps = map_methods.make("gradcampp")(mapped.classifier())(batch.images, batch.classes)
    assert maps.shape == (2, 4, 4)
