# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the explainer by hand, on a network whose neurons are the image's colours."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fakes import colours
from niwt_tf.explain import explainer

_SIDE = 2  # of an image, in positions, each a pixel


@pytest.fixture(scope="module")
def explain() -> explainer.Explainer:
    return explainer.Explainer(colours.classifier(_SIDE))


def _images(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 16, (count, _SIDE, _SIDE, 3), np.uint8)


def _twin(images: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Returns the maps: relu(A (w_c - mean w) / (H W))."""
    weights = colours.KERNEL.T[classes] - colours.KERNEL.mean(1)
    return np.maximum(np.einsum("nhwk,nk->nhw", images.astype(float), weights), 0) / _SIDE**2


def test_an_unseen_class_by_hand(explain: explainer.Explainer) -> None:
    # Mean activations 2, 3 and 0: logits 16, 24, 0 and 8 + 12 + 1 = 21.
    image = np.array([[[[4, 4, 0], [0, 8, 0]], [[4, 0, 0], [0, 0, 0]]]], np.uint8)
    explained = explain(image, np.array([colours.YELLOW]))
    np.testing.assert_allclose(explained.logits, [[16, 24, 0, 21]])
    assert (explained.predictions, explained.runners_up, explained.classes) == (
        [colours.GREEN],
        [colours.YELLOW],
        [colours.YELLOW],
    )
    np.testing.assert_allclose(explained.importances, [[1, 1, -2]])  # kernel / (H W)
    np.testing.assert_allclose(explained.activations, [[2, 3, 0]])
    np.testing.assert_allclose(explained.maps, [[[2, 2], [1, 0]]])  # red and green, each less a mean of 3 / 4


def test_contributions_add_up_to_the_logit_less_the_bias(explain: explainer.Explainer) -> None:
    explained = explain(_images(7))
    rows = np.arange(7)
    logits = explained.logits[rows, explained.classes] - colours.BIAS[explained.classes]
    np.testing.assert_allclose(explained.contributions.sum(1), logits, rtol=1e-5, atol=1e-4)
    # By hand: the mean of each colour times the class's weight.
    means = _images(7).mean((1, 2)) * colours.KERNEL.T[explained.classes]
    np.testing.assert_allclose(explained.contributions, means, rtol=1e-5, atol=1e-4)


def test_contributions_can_be_left_out() -> None:
    leave_out = explainer.Explainer(colours.classifier(_SIDE), with_contributions=False)
    assert leave_out(_images(5)).contributions.shape == (5, 0)


def test_the_predicted_class_is_explained_by_default(explain: explainer.Explainer) -> None:
    images = _images(9)
    explained = explain(images)
    logits = images.mean((1, 2)) @ colours.KERNEL + colours.BIAS
    np.testing.assert_allclose(explained.logits, logits, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(explained.predictions, logits.argmax(1))
    np.testing.assert_array_equal(explained.classes, explained.predictions)
    assert len(set(explained.predictions.tolist())) > 1
    np.testing.assert_allclose(explained.importances, colours.KERNEL.T[explained.predictions] / _SIDE**2, rtol=1e-5)
    np.testing.assert_allclose(explained.maps, _twin(images, explained.predictions), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_classes_change_the_explanations_and_not_the_predictions(explain: explainer.Explainer, kind: type) -> None:
    images, classes = _images(9), (np.arange(9) % 4).astype(kind)
    explained, predicted = explain(images, classes), explain(images)
    np.testing.assert_array_equal(explained.classes, classes)
    np.testing.assert_array_equal(explained.predictions, predicted.predictions)
    np.testing.assert_allclose(explained.importances, colours.KERNEL.T[classes] / _SIDE**2, rtol=1e-5)
    np.testing.assert_allclose(explained.maps, _twin(images, classes), rtol=1e-5, atol=1e-5)
    assert (explained.maps != predicted.maps).any()


def test_naming_the_predicted_classes_changes_nothing(explain: explainer.Explainer) -> None:
    images = _images(5)
    by_default = explain(images)
    by_name = explain(images, by_default.predictions)
    for field in dataclasses.fields(explainer.Explanations):
        np.testing.assert_array_equal(getattr(by_name, field.name), getattr(by_default, field.name), err_msg=field.name)


def test_what_all_classes_share_draws_no_map() -> None:
    # A weight more of green for every class raises every logit alike.
    classifier = colours.classifier(_SIDE)
    shared = dataclasses.replace(classifier, kernel=colours.KERNEL + np.array([[0], [40], [0]], np.float32))
    images = _images(6)
    maps = explainer.Explainer(classifier)(images).maps
    assert maps.max() > 1
    np.testing.assert_allclose(explainer.Explainer(shared)(images).maps, maps, rtol=1e-4, atol=1e-4)


def test_gamma_is_taken_off_seen_classes_alone() -> None:
    image = np.full((1, _SIDE, _SIDE, 3), [2, 3, 0], np.uint8)
    plain, calibrated = (explainer.Explainer(colours.classifier(_SIDE), gamma)(image) for gamma in (0.0, 4.0))
    np.testing.assert_allclose(calibrated.logits - plain.logits, [[-4, -4, -4, 0]])
    assert (plain.predictions, calibrated.predictions) == ([colours.GREEN], [colours.YELLOW])
    assert (plain.runners_up, calibrated.runners_up) == ([colours.YELLOW], [colours.GREEN])
    np.testing.assert_allclose(calibrated.importances, [[1, 1, -2]])


def test_an_image_alone_is_explained_as_among_seven(
    explain: explainer.Explainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, classes = _images(7), np.array([3, 1, 3, 0, 2, 2, 1])
    together = explain(images, classes, tracked_neurons=[1])
    alone = [explain(images[index : index + 1], classes[index : index + 1], tracked_neurons=[1]) for index in range(7)]
    monkeypatch.setattr(explainer, "_BATCH_SIZE", 3)  # 3, 3, 1
    batches = explain(images, classes, tracked_neurons=[1])
    for field in dataclasses.fields(explainer.Explanations):
        expected = getattr(together, field.name)
        assert len(expected) == 7
        one_by_one = np.concatenate([getattr(one, field.name) for one in alone])
        for other in (one_by_one, getattr(batches, field.name)):
            assert other.dtype == expected.dtype
            np.testing.assert_allclose(other, expected, rtol=1e-5, atol=1e-5, err_msg=field.name)


def test_activation_maps_of_tracked_neurons_come_in_the_order_of_the_argument(explain: explainer.Explainer) -> None:
    images = _images(4)
    np.testing.assert_array_equal(explain(images, tracked_neurons=[2, 0]).tracked_maps, images[..., [2, 0]])
    assert explain(images).tracked_maps.shape == (4, _SIDE, _SIDE, 0)


def test_no_images_give_no_explanations(explain: explainer.Explainer) -> None:
    explained = explain(_images(0), tracked_neurons=[1])
    shapes = [getattr(explained, field.name).shape for field in dataclasses.fields(explained)]
    assert shapes == [(0, 4), (0,), (0,), (0, 3), (0, 2, 2), (0, 3), (0, 2, 2, 1), (0, 3), (0, 3)]
    assert explained.runners_up.shape == (0,)


def test_runners_up_of_equal_logits_are_the_next_in_order() -> None:
    logits = np.array([[1.0, 5.0, 5.0], [3.0, 2.0, 3.0], [0.0, 1.0, 2.0]], np.float32)
    empty = np.zeros(3)
    explained = explainer.Explanations(logits, logits.argmax(1), *[empty] * 7)
    np.testing.assert_array_equal(explained.predictions, [1, 0, 2])
    np.testing.assert_array_equal(explained.runners_up, [2, 2, 1])


def test_xla_agrees(explain: explainer.Explainer) -> None:
    images = _images(3)
    compiled = explainer.Explainer(colours.classifier(_SIDE), jit_compile=True)(images, tracked_neurons=[0])
    eager = explain(images, tracked_neurons=[0])
    for field in dataclasses.fields(explainer.Explanations):
        np.testing.assert_allclose(
            getattr(compiled, field.name), getattr(eager, field.name), rtol=1e-5, atol=1e-5, err_msg=field.name
        )
