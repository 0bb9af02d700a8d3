# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of reasons within a graph: by hand, and equal to those that `textual.best` gives."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from niwt_tf.explain import textual
from niwt_tf.export import reasons


def _strongest(scores: np.ndarray, names: list[str], count: int = textual.COUNT) -> list[tuple[textual.Reason, ...]]:
    found, values = reasons.strongest(tf.constant(scores, tf.float32), names, reasons.parts(names), count)
    rows = zip(found.numpy(), values.numpy(), strict=True)
    decoded = [[(name.decode(), float(value)) for name, value in zip(*row, strict=True)] for row in rows]
    assert all((name == "") == (value == 0) for row in decoded for name, value in row)
    return [tuple(one for one in row if one[0]) for row in decoded]


def test_parts_are_the_features_that_stand_in_a_name_as_whole_words() -> None:
    names = ["red", "red crown", "crown", "redder", "long red crown"]
    np.testing.assert_array_equal(reasons.parts(names), [[0] * 4, [0, 1, 2, 1], [2] * 4, [3] * 4, [0, 1, 2, 4]])


def test_features_of_one_name_contain_each_other() -> None:
    np.testing.assert_array_equal(reasons.parts(["wet", "wet"]), [[0, 1], [0, 1]])


def test_a_phrase_that_a_better_one_contains_is_left_out_and_makes_room() -> None:
    names = ["red", "red crown", "crown", "bill", "redder", "long red crown"]
    scores = np.array([[0.8, 0.9, 0.7, 0.4, 0.5, 0.3], [0.9, 0.8, 0, 0, 0, 0]])
    found = [[name for name, _ in row] for row in _strongest(scores, names, 4)]
    assert found == [["red crown", "redder", "bill", "long red crown"], ["red", "red crown"]]


def test_only_scores_above_0_are_reasons() -> None:
    assert _strongest(np.array([[0.25, -1.0, 0.5, 0.0, np.nan]]), list("abcde")) == [(("c", 0.5), ("a", 0.25))]
    assert _strongest(np.zeros((0, 2)), ["a", "b"]) == []


@pytest.mark.parametrize("seed", range(5))
def test_rounding_neither_orders_reasons_nor_makes_any(seed: int) -> None:
    noise = np.random.default_rng(seed).uniform(-1e-6, 1e-6, (9, 5))
    for row in _strongest(np.array([0.0, 0.5, 1.0, 0.5, 1.0]) + noise, ["a", "b", "c", "d", "e"]):
        assert [name for name, _ in row] == ["c", "e", "b", "d"]


@hypothesis.settings(max_examples=50, deadline=None)
@hypothesis.given(
    st.lists(st.text("ab ", max_size=6), min_size=1, max_size=8),
    st.lists(st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 0.5, 0.75, 1.0]), min_size=8, max_size=8), max_size=3),
)
def test_reasons_are_those_of_the_live_model(names: list[str], scores: list[list[float]]) -> None:
    rows = np.array(scores, np.float32).reshape(-1, 8)[:, : len(names)]
    found, values = reasons.strongest(tf.constant(rows), names, reasons.parts(names))
    for name, value, row in zip(found.numpy(), values.numpy(), rows, strict=True):
        expected = textual.best(row, names)
        padded = [*expected, *[("", 0.0)] * (textual.COUNT - len(expected))]
        assert list(zip([one.decode() for one in name], value.tolist(), strict=True)) == padded


@pytest.mark.parametrize("count", [1, 3])
def test_there_are_at_most_count_reasons(count: int) -> None:
    assert len(_strongest(np.ones((1, 5)), list("abcde"), count)[0]) == count
