# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the offset within a limit on the known classes' loss: by hand, and against a twin that counts images."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from niwt_tf.method.calibration import seen_loss

_CAUTION = 0.3
_FEWER = hypothesis.settings(max_examples=50)
_LIMITS = st.floats(0, seen_loss.LARGEST)


@st.composite
def _images(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draws margins, which tie at times, whether each image was right before, and labels."""
    rows = st.tuples(st.integers(-20, 20), st.booleans(), st.integers(0, 3))
    margins, is_right, labels = zip(*draw(st.lists(rows, min_size=1, max_size=25)), strict=True)
    return np.array(margins, float), np.array(is_right), np.array(labels)


def _counted(margins: np.ndarray, is_right: np.ndarray, labels: np.ndarray, offset: float) -> float:
    """Returns the loss at an offset, image by image."""
    lost = is_right & (margins < offset)
    return float(np.mean([lost[labels == label].mean() for label in np.unique(labels)]))


def _four() -> seen_loss.LossCurve:
    """Returns the curve of four images of one class, in mixed order."""
    return seen_loss.curve(np.array([3.0, 1.0, 7.0, 2.0]), np.ones(4, bool), np.zeros(4, int))


def test_the_curve_by_hand() -> None:
    curve = _four()
    np.testing.assert_array_equal(curve.margins, [1, 2, 3, 7])
    np.testing.assert_allclose(curve.losses, [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(curve.errors, np.sqrt([1 / 16 * 3 / 4, 2 / 16 * 2 / 4, 3 / 16 * 1 / 4, 0]))


@pytest.mark.parametrize(
    ("limit", "offset"),
    # With 0.3 of their errors, losses of 1, 2, 3, 4 images are 0.315, 0.575, 0.815 and 1.
    [(0.0, 1), (0.31, 1), (0.32, 1.5), (0.57, 1.5), (0.58, 2.5), (0.81, 2.5), (0.82, 5), (1.0, 7)],
)
def test_offsets_by_hand(limit: float, offset: float) -> None:
    assert _four().offset(limit) == offset


@pytest.mark.parametrize(("offset", "lost"), [(-9, 0), (1, 0), (1.1, 1), (2, 1), (2.5, 2), (5, 3), (7, 3), (7.1, 4)])
def test_losses_by_hand(offset: float, lost: int) -> None:
    loss, error = _four().loss(offset)
    assert loss == lost / 4
    assert error == pytest.approx(np.sqrt(lost / 16 * (1 - lost / 4)))


def test_classes_by_hand() -> None:
    # One class of two images, one of them wrong before, and one class of a single image.
    margins, labels = np.array([4.0, 1.0, 2.0]), np.array([5, 5, 8])
    curve = seen_loss.curve(margins, np.array([True, False, True]), labels)
    np.testing.assert_array_equal(curve.margins, [2, 4])
    np.testing.assert_allclose(curve.losses, [1 / 2, 3 / 4])
    np.testing.assert_allclose(curve.errors, np.sqrt([1 / 4 * 1 / 2, (1 / 4 + 1 / 16) * 1 / 4]))


@_FEWER
@hypothesis.given(_images(), st.integers(-50, 50))
def test_the_loss_is_the_mean_of_the_classes_lost_shares(
    images: tuple[np.ndarray, np.ndarray, np.ndarray], halves: int
) -> None:
    loss, _ = seen_loss.curve(*images).loss(halves / 2)
    assert loss == pytest.approx(_counted(*images, halves / 2))


@_FEWER
@hypothesis.given(_images(), _LIMITS)
def test_the_loss_stays_below_the_limit_by_some_of_its_error(
    images: tuple[np.ndarray, np.ndarray, np.ndarray], limit: float
) -> None:
    curve = seen_loss.curve(*images)
    loss, error = curve.loss(curve.offset(limit))
    assert loss == pytest.approx(_counted(*images, curve.offset(limit)))
    assert loss == 0 or loss + _CAUTION * error <= limit


@_FEWER
@hypothesis.given(_images(), _LIMITS)
def test_a_larger_offset_would_cost_more_than_the_limit(
    images: tuple[np.ndarray, np.ndarray, np.ndarray], limit: float
) -> None:
    curve = seen_loss.curve(*images)
    larger = curve.margins[curve.margins >= curve.offset(limit)]
    if len(np.unique(larger)) > 1:  # else all but the last images may be lost
        loss, error = curve.loss(larger[larger > larger[0]][0])
        assert loss + _CAUTION * error > limit


@_FEWER
@hypothesis.given(_images(), _LIMITS, _LIMITS)
def test_a_higher_limit_never_lowers_the_offset(
    images: tuple[np.ndarray, np.ndarray, np.ndarray], one: float, other: float
) -> None:
    curve = seen_loss.curve(*images)
    assert curve.offset(min(one, other)) <= curve.offset(max(one, other))


@_FEWER
@hypothesis.given(_images())
def test_a_limit_of_nothing_loses_nothing(images: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    curve = seen_loss.curve(*images)
    assert _counted(*images, curve.offset(0.0)) == 0
    assert not len(curve.margins) or curve.offset(0.0) == curve.margins[0]


@_FEWER
@hypothesis.given(_images(), st.integers(-30, 30))
def test_images_that_were_wrong_before_cost_nothing(
    images: tuple[np.ndarray, np.ndarray, np.ndarray], moved: int
) -> None:
    margins, is_right, labels = images
    curve = seen_loss.curve(margins, is_right, labels)
    other = seen_loss.curve(np.where(is_right, margins, margins + moved), is_right, labels)
    np.testing.assert_array_equal(curve.margins, other.margins)
    np.testing.assert_array_equal(curve.losses, other.losses)
    np.testing.assert_array_equal(curve.errors, other.errors)


@_FEWER
@hypothesis.given(_images(), st.integers(2, 5), st.integers(0, 3), st.integers(-50, 50))
def test_classes_weigh_the_same_however_many_images_they_have(
    images: tuple[np.ndarray, np.ndarray, np.ndarray], times: int, label: int, halves: int
) -> None:
    repeats = np.where(images[2] == label, times, 1)
    more = seen_loss.curve(*(np.repeat(one, repeats) for one in images))
    assert more.loss(halves / 2)[0] == pytest.approx(seen_loss.curve(*images).loss(halves / 2)[0])


def test_more_images_leave_less_doubt_and_allow_more() -> None:
    few, many = (
        seen_loss.curve(np.arange(10 * times) / times, np.ones(10 * times, bool), np.zeros(10 * times, int))
        for times in (1, 100)
    )
    assert many.loss(3.0)[1] == pytest.approx(few.loss(3.0)[1] / 10)
    assert few.offset(0.3) < many.offset(0.3) < 3


def test_errors_are_those_of_losses_drawn_anew() -> None:
    rng = np.random.default_rng(0)
    counts = np.array([10, 40, 200])
    labels = np.repeat(np.arange(3), counts)
    curves = [seen_loss.curve(rng.normal(size=250), np.ones(250, bool), labels) for _ in range(400)]
    losses, errors = np.array([curve.loss(-1.0) for curve in curves]).T
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(losses.std(), rel=0.15)


@pytest.mark.parametrize("images", [0, 3])
def test_without_right_images_nothing_is_lost(images: int) -> None:
    curve = seen_loss.curve(np.arange(images) * 1.0, np.zeros(images, bool), np.arange(images))
    assert (curve.offset(0.1), curve.loss(5.0)) == (0.0, (0.0, 0.0))
