# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the page opens with: the estimates by hand, and their intervals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import finished
from niwt_tf.report import headline


def test_one_class_has_wilsons_interval_of_its_images() -> None:
    # Wilson's interval of 8 of 10, as in Newcombe, Statistics in Medicine 1998.
    one = headline.estimate(np.array([0.8]), np.array([10]))
    assert one.accuracy == 0.8
    assert (one.low, one.high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))


def test_classes_that_differ_widen_the_interval_and_more_images_of_them_do_not_narrow_it() -> None:
    alike = headline.estimate(np.full(4, 0.5), np.full(4, 100))
    few, many = (headline.estimate(np.array([0.2, 0.4, 0.6, 0.8]), np.full(4, images)) for images in (100, 10_000))
    assert few.accuracy == pytest.approx(0.5) and few == many
    assert few.high - few.low > 3 * (alike.high - alike.low)


def test_all_right_or_all_wrong_is_no_certainty_and_classes_without_images_do_not_count() -> None:
    right = headline.estimate(np.array([1.0, np.nan, 1.0]), np.array([5, 0, 5]))
    assert (right.accuracy, right.high) == (1.0, 1.0)
    assert right.low == pytest.approx(10 / (10 + 1.959964**2))  # what Wilson's interval becomes at 1
    wrong = headline.estimate(np.array([0.0, 0.0]), np.array([5, 5]))
    assert (wrong.low, wrong.high) == (0.0, pytest.approx(1 - right.low))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=8))
def test_the_accuracy_lies_within_its_interval(counts: list[tuple[int, int]]) -> None:
    right, wrong = np.array(counts).T
    one = headline.estimate(right / (right + wrong), right + wrong)
    assert 0 <= one.low <= one.accuracy <= one.high <= 1


def test_shares_are_rounded_and_only_all_is_100() -> None:
    shares = (0.0, 0.001, 0.724, 0.726, 0.999, 1.0)
    assert [headline.of_hundred(share) for share in shares] == [0, 1, 72, 73, 99, 100]


def test_a_run_is_summed_up_as_its_metrics_say(tmp_path: Path) -> None:
    run = finished.write(tmp_path / "run")
    summed = headline.summarize(run)
    assert summed.known.accuracy == pytest.approx(run.metrics["seen_accuracy"])
    assert summed.new is not None and summed.new.accuracy == pytest.approx(run.metrics["unseen_accuracy"])
    assert summed.chance == 0.2
    assert headline.summarize(finished.write(tmp_path / "untested", unseen_tested=False)).new is None
