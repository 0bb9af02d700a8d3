# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what is typical of a class: by hand, and on images that were held out."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.method.calibration import typicality
from niwt_tf.method.class_means import evidence, statistics


def test_it_is_the_share_of_lower_quantiles() -> None:
    quantiles = typicality.of_new(np.arange(5.0))  # 0, 0.01, 0.02 ... 4
    assert quantiles.shape == (typicality.QUANTILES,)
    shares = typicality.typicality(np.array([-1.0, 1.0, 2.0, 9.0]), np.tile(quantiles, (4, 1)))
    np.testing.assert_allclose(shares, [0, 101 / 401, 201 / 401, 1], rtol=1e-6)


def test_without_scores_every_image_is_typical() -> None:
    assert typicality.typicality(np.array([-1e9]), typicality.of_new(np.zeros(0))[None]) == 1


@pytest.mark.parametrize("counts", [(40,) * 6, (1, 2, 60, 60, 60, 60)], ids=["equal", "few of some"])
def test_new_images_of_known_classes_are_as_typical_as_those_that_are_left_out(counts: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    means = 2 * rng.normal(size=(len(counts), 12))
    labels = np.repeat(np.arange(len(counts)), counts)
    known = statistics.fit(means[labels] + rng.normal(size=(len(labels), 12)), labels, len(counts), 0.1)
    quantiles = typicality.of_known(evidence.left_out(known, np.zeros(len(counts))))
    assert quantiles.shape == (len(counts), typicality.QUANTILES) and (np.diff(quantiles) >= 0).all()
    fresh = np.repeat(np.arange(len(counts)), 2000)[-8000:]
    scores = statistics.scores(known.whiten(means[fresh] + rng.normal(size=(len(fresh), 12))), known.means)
    shares = typicality.typicality(scores.max(1), quantiles[scores.argmax(1)])
    for share in (0.1, 0.5, 0.9):
        assert (shares > 1 - share).mean() == pytest.approx(share, abs=0.06)
    others = statistics.scores(known.whiten(8 * rng.normal(size=(1000, 12))), -8 * known.means)
    assert np.isfinite(others).all()


@pytest.mark.parametrize("share", [0, 1, -0.5, 1.5, float("nan"), "0.9", True, None])
def test_a_share_is_between_0_and_1(share: object) -> None:
    with pytest.raises(errors.UserError, match=r"`reject` must be the share .* Received: .* Give reject=0.95"):
        typicality.require_share(share)
    assert typicality.require_share(0.9) == 0.9
