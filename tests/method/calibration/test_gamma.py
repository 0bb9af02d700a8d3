# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of gamma's place among the margins of training images, by hand and against a twin with features."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from niwt_tf.evaluation import gzsl
from niwt_tf.method.calibration import gamma as gamma_lib
from niwt_tf.numerics import discriminant


def _logits(margins: np.ndarray) -> np.ndarray:
    """Returns logits of one seen and one unseen class with these margins."""
    return np.stack([margins, np.zeros_like(margins)], axis=1)


def test_margins_by_hand() -> None:
    logits = np.array([[3.0, 1.0, 0.5, -1.0], [0.0, 2.0, 1.0, 5.0], [1.0, 0.0, 0.0, 1.0]])
    np.testing.assert_array_equal(gamma_lib.margins(logits, 2), [2.5, -3.0, 0.0])
    np.testing.assert_array_equal(gamma_lib.margins(logits, 3), [4.0, -3.0, 0.0])


@pytest.mark.parametrize(
    ("gamma", "share"), [(-9.0, 1.0), (-1.0, 1.0), (0.0, 0.75), (2.0, 0.75), (2.1, 0.25), (9.0, 0.0)]
)
def test_seen_fraction_by_hand(gamma: float, share: float) -> None:
    assert gamma_lib.seen_fraction(np.array([2.0, -1.0, 4.0, 2.0]), gamma) == share


@pytest.mark.parametrize(("share", "gamma"), [(1.0, 1.0), (0.75, 3.0), (0.5, 5.0), (0.0, 9.0), (0.625, 4.0)])
def test_gamma_that_keeps_a_share_by_hand(share: float, gamma: float) -> None:
    assert gamma_lib.GammaTransfer(share).gamma(_logits(np.array([7.0, 1.0, 9.0, 3.0, 5.0])), 1) == pytest.approx(gamma)


@hypothesis.given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=40, unique=True), st.floats(0, 1))
def test_a_share_comes_back_to_within_an_image(margins: list[int], share: float) -> None:
    values = np.array(margins, np.float32)
    kept = gamma_lib.seen_fraction(values, gamma_lib.GammaTransfer(share).gamma(_logits(values), 1))
    assert abs(kept - share) <= 1 / len(margins) + 1e-9


@hypothesis.given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=40, unique=True), st.data())
def test_a_share_of_whole_images_comes_back_exactly(margins: list[int], data: st.DataObject) -> None:
    share = data.draw(st.integers(1, len(margins))) / len(margins)
    values = np.array(margins, np.float64)
    assert gamma_lib.seen_fraction(values, gamma_lib.GammaTransfer(share).gamma(_logits(values), 1)) == share


def _world(seed: int, scale: float = 1.0, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns features of 6 classes, labels, and logits by discriminant analysis, of 8 classes: two are unseen."""
    rng = np.random.default_rng(seed)
    means = 6 * rng.normal(size=(8, 5))
    labels = np.repeat(np.arange(6), 30)
    features = means[labels] + rng.normal(size=(180, 5)) @ rng.normal(size=(5, 5))
    kernel, bias = discriminant.fit(features, labels, 6, 1e-9)
    within = discriminant.covariance(features - discriminant.class_means(features, labels, 6)[labels], 1e-9)
    center = discriminant.class_means(features, labels, 6).mean(0)
    new = np.linalg.solve(within, (means[6:] - center).T)
    logits = np.concatenate([features @ kernel + bias, features @ new - ((means[6:] + center) * new.T).sum(1) / 2], 1)
    return features, means, scale * (logits + np.where(np.arange(8) < 6, shift, 0.0))


def test_synthetic_images_lie_about_the_means_whose_weights_these_are() -> None:
    features, means, logits = _world(0)
    labels = logits[:, :6].argmax(1)
    np.testing.assert_array_equal(labels, np.repeat(np.arange(6), 30))
    # the twin imagines features, of which the logits are an affine function
    deviations = features - discriminant.class_means(features, labels, 6)[labels]
    synthetic = np.concatenate([mean + deviations for mean in means[6:]])
    affine = np.linalg.lstsq(np.column_stack([features, np.ones(180)]), logits, rcond=None)[0]
    synthetic_logits = np.column_stack([synthetic, np.ones(360)]) @ affine
    test = gzsl.GzslLogits(logits, labels, synthetic_logits, np.repeat([6, 7], 180), 6)
    twin = gzsl.curve(test).middle_gamma()
    assert gamma_lib.synthetic_gamma(logits, 6) == pytest.approx(twin, rel=1e-3)


def _many_unseen(classes: int) -> np.ndarray:
    """Returns logits of 180 images for 6 seen classes and `classes` unseen ones."""
    rng = np.random.default_rng(4)
    features, _, logits = _world(4)
    return np.concatenate([logits[:, :6], features @ rng.normal(size=(5, classes))], axis=1)


def test_there_are_synthetic_images_of_the_first_unseen_classes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gamma_lib, "MOST_CLASSES", 3)
    drawn = []
    monkeypatch.setattr(gamma_lib, "synthetic_gamma", lambda logits, seen: drawn.append(logits) or 1.0)
    logits = _many_unseen(7)
    place = gamma_lib.locate(logits, 6, 0.5)
    assert type(place.gamma(logits.astype(np.float32), 6)) is float  # as JSON takes it
    assert len(drawn) == 2
    for counted in drawn:
        np.testing.assert_allclose(counted, logits[:, :9], rtol=1e-6)


@pytest.mark.parametrize("most", [1, 3, 7, 78])
def test_gamma_comes_back_however_many_classes_have_synthetic_images(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gamma_lib, "MOST_CLASSES", most)
    logits = _many_unseen(7)
    margins = gamma_lib.margins(logits, 6)
    gamma = float(np.quantile(margins, 0.1))
    assert gamma_lib.locate(logits, 6, gamma).gamma(logits, 6) == pytest.approx(gamma, abs=np.ptp(margins) / 50)


@pytest.mark.parametrize("position", [None, 0.6])
def test_a_summary_extended_by_classes_is_that_of_all_logits(
    position: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gamma_lib, "MOST_CLASSES", 3)
    logits, place = _many_unseen(9), gamma_lib.GammaTransfer(0.9, position)
    summary = place.summarize(logits[:, :9], 6).extended(logits[:, 9:11]).extended(logits[:, 11:])
    whole = place.summarize(logits, 6)
    np.testing.assert_array_equal(summary.margins, whole.margins)
    assert (summary.unit, summary.spread, summary.unseen_classes) == (whole.unit, whole.spread, 9)
    assert place.gamma_of(summary) == place.gamma(logits, 6)


def test_further_classes_shrink_the_unit_as_they_shrink_the_spread_of_margins() -> None:
    summary = gamma_lib.LogitSummary(np.array([0.0, 4.0]), np.zeros(2), 1.5, 2.0, 1)
    place = gamma_lib.GammaTransfer(0.5, 1.0)
    assert place.gamma_of(summary) == (2 + 2 + 1.5) / 2
    later = summary.extended(np.array([[-1.0], [2.0]]))  # margins 0 and 2 in place of 0 and 4
    assert place.gamma_of(later) == (1 + 1 + 0.75) / 2


def test_the_place_by_hand() -> None:
    _, _, logits = _world(1)
    margins, synthetic = gamma_lib.margins(logits, 6), gamma_lib.synthetic_gamma(logits, 6)
    halfway = (margins.mean() + synthetic) / 2
    place = gamma_lib.locate(logits, 6, halfway)
    assert place == gamma_lib.GammaTransfer(float((margins >= halfway).mean()), pytest.approx(0.5))
    share = float(np.quantile(margins, 1 - place.seen_fraction))
    assert place.gamma(logits, 6) == pytest.approx((share + halfway) / 2)
    assert share == pytest.approx(halfway, abs=np.ptp(margins) / 10)


@pytest.mark.parametrize(("scale", "shift"), [(0.1, 0.0), (10.0, 0.0), (1.0, 5.0), (3.0, -7.0)])
def test_gamma_follows_a_network_that_is_surer_of_itself(scale: float, shift: float) -> None:
    _, _, plain = _world(2)
    _, _, other = _world(2, scale, shift)
    gamma = float(np.quantile(gamma_lib.margins(plain, 6), 0.1))
    place = gamma_lib.locate(plain, 6, gamma)
    assert place.gamma(other, 6) == pytest.approx(scale * (place.gamma(plain, 6) + shift), rel=1e-6)


def test_logits_that_are_all_alike_leave_a_finite_place() -> None:
    place = gamma_lib.locate(np.ones((4, 3)), 2, 1.0)
    assert np.isfinite([place.seen_fraction, place.synthetic_position, place.gamma(np.ones((4, 3)), 2)]).all()


@pytest.mark.parametrize("seed", range(5))
def test_rounding_is_no_ruler(seed: int) -> None:
    rounding = 1e-7 * np.random.default_rng(seed).normal(size=(40, 3))
    place = gamma_lib.locate(5 + np.repeat([[2.0, 1.0, 1.0]], 40, 0) + rounding, 2, 3.0)
    assert place.synthetic_position == 0.0


def test_a_seen_class_that_no_image_is_taken_for_is_left_out() -> None:
    _, _, logits = _world(3)
    with_idle = np.insert(logits, 3, logits.min() - 9, axis=1)
    assert gamma_lib.synthetic_gamma(with_idle, 7) == pytest.approx(gamma_lib.synthetic_gamma(logits, 6))
