# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what importances do not tell of a new class: sizes and bias, by hand."""

from __future__ import annotations

from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.method.calibration import scale_and_bias

_NETWORK: Any = object()  # none of this looks at the network


def _classifier() -> classifier_lib.Classifier:
    """Two seen classes: weights of length 5 and 3, biases 1 and 2."""
    kernel = np.array([[3.0, 0.0], [4.0, 0.0], [0.0, 3.0]], np.float32)
    return classifier_lib.Classifier(_NETWORK, kernel, np.array([1.0, 2.0], np.float32), ("wren", "robin"))


_KERNEL = np.array([[1.0, 0.0], [0.0, 6.0], [0.0, 8.0]])  # lengths 1 and 10
_FEATURES = np.array([[2.0, 0.0, 1.0], [0.0, 2.0, 1.0]])  # on average 1, 1, 1


def test_new_classes_come_after_the_seen_ones() -> None:
    extended = scale_and_bias.extend(_classifier(), _KERNEL, ("heron", "stork"), 0.0, "mean", _FEATURES, "spread")
    assert extended.class_names == ("wren", "robin", "heron", "stork")
    assert extended.unseen == ("heron", "stork")
    assert extended.backbone is _NETWORK
    np.testing.assert_array_equal(extended.kernel, [[3, 0, 1, 0], [4, 0, 0, 6], [0, 3, 0, 8]])
    np.testing.assert_array_equal(extended.bias, [1, 2, 1.5, 1.5])
    assert extended.kernel.dtype == extended.bias.dtype == np.float32


@pytest.mark.parametrize(("scale", "length"), [(0.5, 2.0), (1.0, 4.0), (1.25, 5.0)])
def test_a_scale_sets_every_new_length_in_mean_lengths_of_seen_ones(scale: float, length: float) -> None:
    extended = scale_and_bias.extend(_classifier(), _KERNEL, ("heron", "stork"), scale, "mean", _FEATURES, "length")
    np.testing.assert_allclose(extended.kernel[:, 2], [length, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(extended.kernel[:, 3], [0, 0.6 * length, 0.8 * length], rtol=1e-6)
    np.testing.assert_array_equal(extended.kernel[:, :2], _classifier().kernel)


def test_a_spread_is_that_of_a_logit_within_classes() -> None:
    # The seen logits are 3 x + 4 y + 1 and 3 z + 2: wren 8 and 12, robin 0 and 0 (in x 1 and 0, y 1 and 2, z 0 and 9).
    # Within classes x is 1/2 from its mean for two images of four, y for two, and z for none.
    features = np.array([[1.0, 1, 0], [0, 2, 0], [1, 0, 9], [0, 1, 9]])
    assert _classifier().logits(features).argmax(1).tolist() == [0, 0, 1, 1]
    of_x, of_y = np.array([0.5, -0.5, 0.5, -0.5]), np.array([-0.5, 0.5, -0.5, 0.5])
    seen = (np.std(3 * of_x + 4 * of_y) + 0) / 2
    extended = scale_and_bias.extend(
        _classifier(), np.array([[7.0, 1], [0, 1], [5, 3]]), ("heron", "stork"), 0.8, "zero", features
    )
    heron, stork = extended.kernel[:, 2], extended.kernel[:, 3]
    np.testing.assert_allclose(heron, np.array([7, 0, 5]) * 0.8 * seen / np.std(7 * of_x), rtol=1e-6)
    assert np.std(of_x + of_y) == 0
    np.testing.assert_array_equal(stork, [1, 1, 3])  # its logit does not vary within classes, so it stays


def test_where_no_logit_varies_within_a_class_lengths_count() -> None:
    extended, expected = (
        scale_and_bias.extend(_classifier(), _KERNEL, ("heron", "stork"), 0.5, "zero", np.eye(3)[[0, 0, 2]], unit)
        for unit in ("spread", "length")
    )
    np.testing.assert_array_equal(extended.kernel, expected.kernel)


@hypothesis.given(st.integers(0, 1000))
def test_new_logits_vary_within_classes_as_much_as_the_scale_tells(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1], 20)
    features = rng.normal(size=(40, 3)) + 20 * np.eye(3)[[0, 2]][labels]  # a bird for each, and no doubt which
    extended = scale_and_bias.extend(
        _classifier(), rng.normal(size=(3, 2)), ("heron", "stork"), 0.65, "level", features
    )
    logits = extended.logits(features)
    spreads = np.sqrt((logits[labels == 0].var(0) + logits[labels == 1].var(0)) / 2)
    np.testing.assert_allclose(spreads[2:], 0.65 * spreads[:2].mean(), rtol=1e-3)


@pytest.mark.parametrize("unit", ["spread", "length"])
def test_weights_of_no_length_stay_so(unit: str) -> None:
    extended = scale_and_bias.extend(_classifier(), np.zeros((3, 1)), ("heron",), 1.0, "mean", _FEATURES, unit)
    np.testing.assert_array_equal(extended.kernel[:, 2], [0, 0, 0])


@pytest.mark.parametrize(("bias", "expected"), [("mean", 1.5), ("zero", 0.0)])
def test_new_classes_share_one_bias(bias: str, expected: float) -> None:
    extended = scale_and_bias.extend(_classifier(), _KERNEL, ("heron", "stork"), 1.0, bias, _FEATURES, "length")
    np.testing.assert_array_equal(extended.bias, [1, 2, expected, expected])


def test_level_biases_bring_mean_logits_to_the_seen_ones() -> None:
    # On average the seen logits are 3 + 4 + 1 and 3 + 2, so 6.5; the new ones without a bias 1 and 6 + 8.
    extended = scale_and_bias.extend(_classifier(), _KERNEL, ("heron", "stork"), 0.0, "level", _FEATURES, "length")
    np.testing.assert_allclose(extended.bias, [1, 2, 6.5 - 1, 6.5 - 14])
    means = extended.logits(_FEATURES).mean(0)
    np.testing.assert_allclose(means[2:], means[:2].mean(), rtol=1e-6)


def test_extending_leaves_its_arguments_as_they_are() -> None:
    classifier, kernel = _classifier(), _KERNEL.copy()
    scale_and_bias.extend(classifier, kernel, ("heron", "stork"), 1.25, "zero", _FEATURES, "spread")
    np.testing.assert_array_equal(kernel, _KERNEL)
    np.testing.assert_array_equal(classifier.kernel, _classifier().kernel)
    assert classifier.class_names == ("wren", "robin")
