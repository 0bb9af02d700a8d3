# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of paired differences, by hand and against SciPy's functions for pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fakes import outcomes
from niwt_tf.compare import significance

_NIWT, _ESZSL = outcomes.row("niwt", outcomes.NIWT), outcomes.row("eszsl", outcomes.ESZSL)


def test_difference_by_hand() -> None:
    """Differences 0.05, 0.1, -0.01, 0.1: mean 0.06, spread 0.05228; t is 3.18245 for 95 % at three degrees."""
    tested = significance.difference(_NIWT, _ESZSL)
    assert tested is not None and tested.interval is not None
    assert (tested.first, tested.second, tested.count) == ("niwt", "eszsl", 4)
    assert tested.mean == pytest.approx(0.06)
    half = 3.18245 * 0.0522813 / 2
    assert tested.interval == pytest.approx((0.06 - half, 0.06 + half), abs=1e-5)
    assert tested.p_t == pytest.approx(stats.ttest_rel(outcomes.NIWT, outcomes.ESZSL).pvalue)
    assert tested.p_wilcoxon == pytest.approx(0.25)  # ranks 2, 3.5, 1, 3.5: the least sum is 1


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=6))
def test_the_difference_agrees_with_the_paired_t_test_in_either_order(pairs: list[tuple[float, float]]) -> None:
    rows = [outcomes.row(name, [pair[index] for pair in pairs]) for index, name in enumerate(("sje", "sae"))]
    one, other = significance.difference(*rows), significance.difference(*reversed(rows))
    assert one is not None and other is not None
    assert one.mean >= 0 and one.mean == pytest.approx(other.mean)
    assert one.p_t == pytest.approx(other.p_t) and one.p_wilcoxon == pytest.approx(other.p_wilcoxon)
    differences = np.array([pair[0] - pair[1] for pair in pairs])
    if np.ptp(differences) < 1e-12:
        assert one.interval is None
    else:
        assert one.p_t == pytest.approx(stats.ttest_rel(*zip(*pairs, strict=True)).pvalue)
        assert one.interval is not None and one.interval[0] <= one.mean <= one.interval[1]


def test_only_common_seeds_are_paired() -> None:
    fewer = outcomes.row("sje", outcomes.ESZSL)
    del fewer.scores["3"]
    tested = significance.difference(_NIWT, fewer)
    assert tested is not None and tested.count == 3
    fewer.scores.clear()
    assert significance.difference(_NIWT, fewer) is None


def test_the_description_of_a_difference() -> None:
    tested = significance.difference(_NIWT, _ESZSL)
    assert tested is not None
    assert tested.describe("seed") == (
        "niwt is 0.060 above eszsl in H over 4 seeds (95 % from -0.023 to 0.143; paired t-test p 0.105, Wilcoxon p "
        "0.250)"
    )
    small_p = significance.Difference("a", "b", 9, 0.1, (0.05, 0.15), 1e-5, 0.004)
    assert small_p.describe("choice").endswith("paired t-test p < 0.001, Wilcoxon p 0.004)")


def test_holm_by_hand() -> None:
    """0.01 counts four times, 0.015 three times, 0.02 twice, which may not fall below that before it, and 0.6 once."""
    assert significance.holm([0.02, 0.01, None, 0.6, 0.015]) == pytest.approx([0.045, 0.04, None, 0.6, 0.045])
    assert significance.holm([0.4, 0.5]) == pytest.approx([0.8, 0.8])
    assert significance.holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_p_and_bonferroni_and_keeps_the_order(p_values: list[float]) -> None:
    corrected = significance.holm(p_values)
    for p, one in zip(p_values, corrected, strict=True):
        assert one is not None and p <= one <= min(1.0, len(p_values) * p)
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(corrected, float)[order]) >= 0).all()


def test_p_is_corrected_for_all_comparisons_of_the_first_method() -> None:
    rng = np.random.default_rng(0)
    others = [outcomes.row(name, rng.uniform(0.3, 0.5, 6)) for name in ("sje", "sae", "ale")]
    (tested,) = significance.compare_best([outcomes.row("niwt", rng.uniform(0.4, 0.7, 6)), *others])
    assert (tested.first, tested.comparisons) == ("niwt", 3)
    assert tested.p_t is not None and tested.p_t_holm is not None and tested.p_t <= tested.p_t_holm <= 3 * tested.p_t
    assert "by Holm for 3 comparisons p 0." in tested.describe("seed")
    assert tested.record()["p_t_holm"] == tested.p_t_holm


def test_a_single_seed_gives_no_spread() -> None:
    tested = significance.difference(outcomes.row("niwt", [0.7]), outcomes.row("sje", [0.6]))
    assert tested is not None
    assert tested.describe("seed") == "niwt is 0.100 above sje in H in the one seed, which gives no spread"


def test_a_difference_without_spread_has_no_test() -> None:
    tested = significance.difference(outcomes.row("niwt", [0.7, 0.8]), outcomes.row("sje", [0.6, 0.7]))
    assert tested is not None
    assert tested.describe("seed") == "niwt is 0.100 above sje in H over 2 seeds, the same in each"


def test_the_two_best_are_compared_and_niwt_with_the_best_baseline() -> None:
    rows = [outcomes.row(name, h) for name, h in (("niwt", [0.5, 0.6]), ("sje", [0.7, 0.9]), ("sae", [0.8, 0.7]))]
    tested = significance.compare_best([*rows, outcomes.row("oracle", [0.99, 0.98])])
    assert [(one.first, one.second) for one in tested] == [("sje", "sae"), ("sje", "niwt")]
    variants = [outcomes.row("niwt", [h, h + 0.1], variant=f"layer={h}") for h in (0.7, 0.6)]
    tested = significance.compare_best([*variants, outcomes.row("sae", [0.5, 0.55])])
    assert [(one.first, one.second) for one in tested] == [
        ("niwt layer=0.7", "niwt layer=0.6"),
        ("niwt layer=0.7", "sae"),
    ]


def test_a_pair_is_tested_once_and_a_single_method_not_at_all() -> None:
    assert len(significance.compare_best([_NIWT, _ESZSL])) == 1
    assert significance.compare_best([_NIWT]) == []
    assert significance.compare_best([]) == []
