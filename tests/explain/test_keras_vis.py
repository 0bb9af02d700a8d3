# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the maps that tf-keras-vis draws, for a network whose neurons are colours."""

from __future__ import annotations

import dataclasses
import warnings

import keras
import numpy as np
import pytest

from fakes import colours
from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import small
from niwt_tf.explain import keras_vis

_POSITIONS, _PATCH = 4, 4
_SIDE = _POSITIONS * _PATCH
_HALF = _SIDE // 2
_CLASSES = np.array([colours.RED, colours.GREEN, colours.GREEN])


def _images() -> np.ndarray:
    """Returns images that are red on the left, and green below on the right."""
    images = np.zeros((3, _SIDE, _SIDE, 3), np.uint8)
    images[:, :, :_HALF, colours.RED] = 12
    images[:, _HALF:, _HALF:, colours.GREEN] = 12
    return images


def _share(values: np.ndarray, rows: slice, columns: slice) -> float:
    return values[rows, columns].sum() / values.sum()


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(errors.UserError) as error:
        keras_vis.TfKerasVisMap(colours.classifier(_POSITIONS, _PATCH), "scorcam")
    assert str(error.value) == (
        "`method` must be one of gradcampp, scorecam, smoothgrad. Received: method='scorcam'. Did you mean 'scorecam'?"
    )


@pytest.fixture(scope="module")
def untaught() -> classifier_lib.Classifier:
    """Of a network with ReLU: the gradient of a linear one is level, and SmoothGrad draws nothing."""
    keras.utils.set_random_seed(0)
    backbone = backbone_lib.Backbone(small.build(_SIDE), "conv4")
    kernel = np.random.default_rng(0).normal(size=(128, 3)).astype(np.float32)
    return classifier_lib.Classifier(backbone, kernel, np.zeros(3, np.float32), ("a", "b", "c"), ("c",))


@pytest.mark.parametrize("method", keras_vis.METHODS)
def test_maps_are_drawn_for_each_image_and_its_class(
    untaught: classifier_lib.Classifier, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_vis, "_BATCH_SIZE", 2)  # 2, 1
    images = np.random.default_rng(1).integers(0, 256, (3, _SIDE, _SIDE, 3), np.uint8)
    before = images.copy()
    maps = keras_vis.TfKerasVisMap(untaught, method)(images, np.array([0, 1, 2]))
    assert (maps.shape, maps.dtype) == ((3, _SIDE, _SIDE), np.float32)
    assert np.isfinite(maps).all() and maps.min() >= 0
    assert (maps.max((1, 2)) > 0).all()
    np.testing.assert_array_equal(images, before)
    again = keras_vis.TfKerasVisMap(untaught, method)(images, np.array([0, 1, 2]))
    np.testing.assert_allclose(again, maps, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("method", ["gradcampp", "scorecam"])
def test_maps_show_where_the_colour_of_the_class_is(method: str) -> None:
    maps = keras_vis.TfKerasVisMap(colours.classifier(_POSITIONS, _PATCH), method)(_images(), _CLASSES)
    assert _share(maps[0], slice(None), slice(_HALF)) > 0.7  # smooth, so some lies beyond the edge
    for green in maps[1:]:
        assert _share(green, slice(_HALF, None), slice(_HALF, None)) > 0.6
    np.testing.assert_allclose(maps[1], maps[2], atol=1e-5)


@pytest.mark.parametrize("method", ["gradcampp", "scorecam"])
def test_an_image_alone_is_drawn_as_among_others(method: str) -> None:
    draw = keras_vis.TfKerasVisMap(colours.classifier(_POSITIONS, _PATCH), method)
    np.testing.assert_allclose(draw(_images()[1:2], _CLASSES[1:2]), draw(_images(), _CLASSES)[1:2], atol=1e-5)


@pytest.mark.parametrize("shift", [-200.0, 200.0])
def test_grad_cam_plus_plus_does_not_depend_on_what_is_added_to_all_logits(shift: float) -> None:
    # It takes the exponential of the logit, and float32 ends at that of 88.
    classifier = colours.classifier(_POSITIONS, _PATCH)
    shifted = dataclasses.replace(classifier, bias=classifier.bias + np.float32(shift))
    maps, others = (keras_vis.TfKerasVisMap(one, "gradcampp")(_images(), _CLASSES) for one in (classifier, shifted))
    np.testing.assert_allclose(others, maps, atol=1e-5)


def test_no_images_give_no_maps() -> None:
    draw = keras_vis.TfKerasVisMap(colours.classifier(_POSITIONS, _PATCH), "gradcampp")
    assert draw(_images()[:0], _CLASSES[:0]).shape == (0, _SIDE, _SIDE)


def test_the_network_with_logits_takes_floats_and_leaves_the_classifier_as_it_is() -> None:
    classifier = colours.classifier(_POSITIONS, _PATCH)
    before = [weight.numpy() for weight in classifier.backbone.network.weights]
    model = keras_vis.with_logits(classifier)
    assert model.inputs[0].dtype == "float32"
    features = classifier.backbone.network(_images()).numpy()
    np.testing.assert_allclose(model(_images().astype(np.float32)), classifier.logits(features), rtol=1e-5)
    for weight in model.weights:
        weight.assign(weight + 1)
    for weight, value in zip(classifier.backbone.network.weights, before, strict=True):
        np.testing.assert_array_equal(weight, value)
    np.testing.assert_array_equal(classifier.kernel, colours.KERNEL)


@pytest.mark.parametrize("interactive", [True, False])
def test_quiet_keeps_warnings_away_and_leaves_logging_as_it_was(interactive: bool) -> None:
    was = keras.utils.is_interactive_logging_enabled()
    switch = {True: keras.utils.enable_interactive_logging, False: keras.utils.disable_interactive_logging}
    switch[interactive]()
    try:
        with keras_vis.quiet():
            warnings.warn("not to be heard", stacklevel=1)
            assert not keras.utils.is_interactive_logging_enabled()
        assert keras.utils.is_interactive_logging_enabled() == interactive
    finally:
        switch[was]()
