# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the sanity checks: random weights, other classes, and rank correlations by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from fakes import mapped
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.explain.map_quality import map_methods, randomization
from niwt_tf.explain.map_quality import subject as subject_lib


def test_rank_correlations_by_hand() -> None:
    first = np.array([[[1.0, 2], [3, 4]], [[1, 2], [3, 4]], [[1, 2], [3, 4]], [[5, 5], [5, 5]]])
    second = np.array([[[1.0, 10], [100, 1e3]], [[4, 3], [2, 1]], [[1, 3], [2, 4]], [[1, 2], [3, 4]]])
    # 1, 3, 2, 4 against 1, 2, 3, 4: 1 - 6 * 2 / (4 * 15) = 0.8
    np.testing.assert_allclose(randomization.rank_correlations(first, second), [1, -1, 0.8, np.nan])


@pytest.mark.parametrize("classes", [2, 5])
def test_each_class_has_another_one(classes: int) -> None:
    others = randomization.other_classes(classes, 0)
    assert sorted(others) == list(range(classes)) and (others != np.arange(classes)).all()


def _classifier() -> classifier_lib.Classifier:
    """Returns a small network of the layers that there are rules for."""
    images = keras.Input((8, 8, 3), dtype="uint8")
    values = keras.layers.Normalization(mean=[100.0, 110.0, 120.0], variance=[4.0, 9.0, 16.0])(images)
    values = keras.layers.Conv2D(200, 3, name="conv")(values)
    values = keras.layers.BatchNormalization(name="norm")(values)
    values = keras.layers.DepthwiseConv2D(3, name="depthwise")(keras.layers.ReLU()(values))
    values = keras.layers.Conv2D(6, 1, name="neurons")(values)
    features = keras.layers.GlobalAveragePooling2D(name="features")(values)
    keras.utils.set_random_seed(0)
    network = keras.Model(images, features)
    network.set_weights([weight + np.float32(0.5) for weight in network.get_weights()])
    kernel = np.arange(12, dtype=np.float32).reshape(6, 2)
    backbone = backbone_lib.Backbone(network, "neurons")
    return classifier_lib.Classifier(backbone, kernel, np.zeros(2, np.float32), ("a", "b"))


def test_random_weights_have_the_spread_that_their_inputs_ask_for() -> None:
    classifier = _classifier()
    before = [weight.copy() for weight in classifier.backbone.network.get_weights()]
    network = randomization.randomized(classifier, 0).backbone.network
    conv, norm, depthwise, neurons = (network.get_layer(name) for name in ("conv", "norm", "depthwise", "neurons"))
    assert conv.kernel.numpy().std() == pytest.approx(np.sqrt(2 / 27), rel=0.05)
    assert depthwise.kernel.numpy().std() == pytest.approx(np.sqrt(2 / 9), rel=0.1)
    assert neurons.kernel.numpy().std() == pytest.approx(np.sqrt(2 / 200), rel=0.1)
    assert not conv.bias.numpy().any()
    assert [np.unique(weight).tolist() for weight in norm.get_weights()] == [[1], [0], [0], [1]]
    for weight, value in zip(classifier.backbone.network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_preprocessing_stays_and_all_else_follows_from_the_seed() -> None:
    classifier = _classifier()
    one, again, other = (randomization.randomized(classifier, seed) for seed in (0, 0, 1))
    norms = [network.backbone.network.layers[1] for network in (classifier, one)]
    images = np.full((1, 8, 8, 3), 120, np.uint8)
    np.testing.assert_allclose(norms[0](images), norms[1](images))
    for pair in zip(one.backbone.network.get_weights(), again.backbone.network.get_weights(), strict=True):
        np.testing.assert_array_equal(*pair)
    kernels = [network.backbone.network.get_layer("conv").kernel.numpy() for network in (one, other)]
    assert (kernels[0] != kernels[1]).all()
    assert sorted(one.kernel.ravel()) == list(range(12)) and (one.kernel != classifier.kernel).any()
    assert (one.backbone.layer, one.class_names) == (classifier.backbone.layer, classifier.class_names)


def test_maps_of_the_network_change_with_weights_and_class_and_a_fixed_map_does_not() -> None:
    classifier = _classifier()
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8)
    classes = np.array([0, 1, 0, 1])
    for name, is_fixed in (("gradcam", False), ("centre", True)):
        subject = subject_lib.Subject(classifier, make_maps=map_methods.make(name))
        batch = subject_lib.MappedImages(images, classes, subject.draw(images, classes), np.full((4, 4), np.nan))
        for make in (randomization.make_parameter, randomization.make_logit):
            found = make(subject)(batch)
            assert found.shape == (4,)
            assert (found == pytest.approx(1)) == is_fixed


def test_a_network_without_weights_but_fixed_ones_can_be_randomized() -> None:
    batch = mapped.batch()
    subject = subject_lib.Subject(mapped.classifier(), make_maps=map_methods.make("gradcam"))
    assert randomization.make_parameter(subject)(batch).shape == (5,)
