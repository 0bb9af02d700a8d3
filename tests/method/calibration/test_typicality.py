# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what is typical of a class: by hand, and on images that were held out."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.method.calibration import typicality
from niwt_tf.method.class_means import evidence, statistics


def test_it_is_the_share_of_lower_quantiles_by_hand() -> None:
    # All images lie 2 away, so that both numbers tell the same: 0 to 4, with mean 2, in hundredths.
    levels = typicality.of_new(np.arange(5.0), np.full(5, 2.0))
    np.testing.assert_allclose(levels.means, [[2], [1]])
    np.testing.assert_allclose(levels.spreads, [[np.sqrt(2)], [np.sqrt(2) / 2]])
    lengths, predicted = np.full(4, 2.0), np.zeros(4, int)
    shares = levels.typicality(np.array([-1.0, 1.005, 2.005, 9.0]), lengths, predicted)
    np.testing.assert_allclose(shares, [0, 101 / 401, 201 / 401, 1], rtol=1e-6)
    far = levels.typicality(np.array([2.005, 9.0]), np.array([2.2, 2e6]), predicted[:2])
    assert 0 < far[0] < shares[2] and far[1] < 0.01, "far from the center, the cosine counts"


def test_without_images_every_one_is_typical() -> None:
    levels = typicality.of_new(np.zeros(0), np.zeros(0))
    assert levels.typicality(np.array([-1e9]), np.zeros(1), np.zeros(1, int)) == 1
    assert np.isfinite(levels.least(0.5).astype(np.float32)).all()


@pytest.mark.parametrize("counts", [(40,) * 6, (1, 2, 60, 60, 60, 60)], ids=["equal", "few of some"])
def test_new_images_of_known_classes_are_as_typical_as_those_that_are_left_out(counts: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    means = 2 * rng.normal(size=(len(counts), 12))
    labels = np.repeat(np.arange(len(counts)), counts)
    features = means[labels] + rng.normal(size=(len(labels), 12))
    known = statistics.fit(features, labels, len(counts), 0.1)
    one, halves = evidence.left_out(known, np.zeros(len(counts))), (known.means**2).sum(1) / 2
    lengths = np.linalg.norm(features[known.rows] - known.center, axis=1)
    levels = typicality.of_known(one.known + halves, lengths, one.labels, one.known.argmax(1))
    assert levels.quantiles.shape == (len(counts), typicality.QUANTILES)
    fresh = np.repeat(np.arange(len(counts)), 2000)[-8000:]
    images = means[fresh] + rng.normal(size=(len(fresh), 12))
    scores = statistics.scores(known.whiten(images), known.means)
    predicted = scores.argmax(1)
    products = scores.max(1) + halves[predicted]
    shares = levels.typicality(products, np.linalg.norm(images - known.center, axis=1), predicted)
    for share in (0.1, 0.5, 0.9):
        assert (shares > 1 - share).mean() == pytest.approx(share, abs=0.07)


@pytest.mark.parametrize("share", [0, 1, -0.5, 1.5, float("nan"), "0.9", True, None])
def test_a_share_is_between_0_and_1(share: object) -> None:
    with pytest.raises(errors.UserError, match=r"`reject` must be the share .* Received: .* Give reject=0.95"):
        typicality.require_share(share)
    assert typicality.require_share(0.9) == 0.9


@pytest.mark.parametrize(("share", "index"), [(0.95, 20), (0.9975, 1), (0.9999, 1), (0.5, 200), (0.0001, 400)])
def test_the_least_quantile_by_hand(share: float, index: int) -> None:
    assert typicality.least_quantile(share) == index
