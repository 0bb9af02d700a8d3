# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the rows of the table."""

from __future__ import annotations

import statistics

import pytest

from fakes import outcomes
from niwt_tf.compare import table


def test_mean_and_sample_standard_deviation() -> None:
    row = outcomes.row("niwt", outcomes.NIWT)
    assert row.mean("H") == pytest.approx(0.7125)
    assert row.spread("H") == pytest.approx(statistics.stdev(outcomes.NIWT))
    assert row.mean("seconds") == 13.5


def test_one_seed_has_no_spread() -> None:
    assert outcomes.row("niwt", [0.7]).spread("H") is None


def test_the_gap_is_the_expected_h_minus_h() -> None:
    row = outcomes.row("niwt", [0.7, 0.9])
    assert row.values(table.GAP) == pytest.approx({"0": 0.15, "1": -0.05})
    assert row.mean(table.GAP) == pytest.approx(0.05)


def test_missing_scores_are_left_out_of_the_mean() -> None:
    row = outcomes.row("niwt", [0.7, None])
    assert (row.mean("H"), row.spread("H"), row.mean(table.GAP)) == (0.7, None, pytest.approx(0.15))
    assert outcomes.row("oracle", [0.9, 0.8]).mean(table.GAP) is None
    assert table.Row(row.key).mean("H") is None


def test_the_oracle_is_never_best() -> None:
    rows = [outcomes.row("oracle", [0.9]), outcomes.row("sje", [0.5]), outcomes.row("niwt", [0.7])]
    assert [row.name for row in table.ranked([*rows, table.Row(rows[0].key)])] == ["niwt", "sje"]


def test_domains_have_their_rows_in_order_and_oracles_last() -> None:
    rows = [outcomes.row(name, [0.5], domain) for domain in ("captions", "attributes") for name in ("oracle", "sje")]
    domains = table.group_by_domain(rows)
    assert [*domains] == ["captions", "attributes"]
    assert [[row.name for row in group] for group in domains.values()] == [["sje", "oracle"]] * 2
