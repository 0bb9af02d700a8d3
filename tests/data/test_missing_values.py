# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what -1 means among attributes."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.data import missing_values


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([[0, 100], [-1, 30]], True),  # as AWA2's
        ([[0, 5], [-1, -1]], True),
        ([[0, 1, 0.5], [-1, 1, 0]], True),  # rare among 0..1
        ([[0, 1], [1, 0], [0, 0], [-1, 1]], True),
        ([[1, -1], [-1, 1]], False),  # as CelebA's
        ([[1, 1, 1], [1, 1, -1]], False),
        ([[-1, 0, 1], [1, -1, 0]], False),  # no, perhaps and yes
        ([[1.5, -0.6], [-1, 0.2]], False),  # z-scores
        ([[-1, -2], [50, 100]], False),
        ([[-1, -1], [np.nan, -1]], False),
        ([[np.nan, 7], [-1, 0]], True),
    ],
)
def test_the_other_values_say_whether_minus_one_is_missing(table: list[list[float]], expected: bool) -> None:
    assert missing_values.is_missing_code(np.array(table)) is expected


@pytest.mark.parametrize(
    ("rows", "choice", "expected", "description"),
    [
        ([[0, 100], [-1, 30]], "auto", [[0, 100], [np.nan, 30]], "-1 is missing, by the table's other values"),
        ([[0, 100], [-1, 30]], "none", [[0, 100], [-1, 30]], "-1 is a value, as set"),
        ([[1, -1], [-1, 1]], "auto", [[1, -1], [-1, 1]], "-1 is a value, by the table's other values"),
        ([[1, -1], [-1, 1]], "-1", [[1, np.nan], [np.nan, 1]], "-1 is missing, as set"),
        ([[1, 0], [np.nan, 1]], "-1", [[1, 0], [np.nan, 1]], ""),
    ],
)
def test_the_decision_is_described_and_can_be_set(
    rows: list[list[float]], choice: str, expected: list[list[float]], description: str
) -> None:
    table = np.array(rows)
    attributes = missing_values.attributes(["a", "b"], {"ant": table[0], "bee": table[1]}, table, "signs")
    values, decision = missing_values.decide(attributes, choice)
    np.testing.assert_array_equal(np.stack(list(values.values())), np.float32(expected))
    assert decision == (f"{description} (missing_value)" if description else "")
