# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the check of converted networks."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.backbones import agreement


def test_images_are_bytes_and_the_same_each_time() -> None:
    images = agreement.random_images(9)
    assert (images.shape, images.dtype) == ((4, 9, 9, 3), np.uint8)
    np.testing.assert_array_equal(images, agreement.random_images(9))
    spread = images.std((1, 2)).mean(-1)
    assert (np.diff(spread) > 0).all()  # from one colour to noise


def test_a_difference_is_an_error_with_its_size() -> None:
    expected = np.array([[100.0, 1.0], [2.0, np.inf]])
    agreement.require("logits", expected, np.array([[100.4, 1.0], [2.0, 3.0]]), 0.005)
    with pytest.raises(agreement.DisagreementError) as caught:
        agreement.require("logits", expected, np.array([[100.0, 1.0], [3.0, 3.0]]), 0.005)
    assert str(caught.value) == (
        "computes other logits than its layers do one by one: they differ by up to 1 on random images, where the "
        "largest is 100 and a difference of 0.5% is allowed"
    )
    with pytest.raises(agreement.DisagreementError, match="computes logits that are not finite"):
        agreement.require("logits", expected, expected, 0.005)


def test_scores_of_logits_by_hand() -> None:
    logits = np.array([[1000.0, 1000.0 + np.log(3)]])
    np.testing.assert_allclose(agreement.apply_scores(logits, "softmax"), [[0.25, 0.75]])
    np.testing.assert_allclose(agreement.apply_scores(logits, "log_softmax"), np.log([[0.25, 0.75]]))
    np.testing.assert_array_equal(agreement.apply_scores(logits, ""), logits)
    np.testing.assert_allclose(agreement.comparable(np.array([1.0, 0.1, 0.0]), "softmax"), np.log([1, 0.1, 1e-4]))
    np.testing.assert_array_equal(agreement.comparable(logits, ""), logits)
