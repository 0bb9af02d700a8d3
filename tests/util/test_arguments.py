# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the checks of arguments; tests/api/test_wrong_arguments.py holds every public function to them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.util import arguments


def test_an_error_names_the_argument_the_rule_what_was_received_and_the_remedy() -> None:
    message = str(arguments.wrong("seed", "be even", np.zeros((2, 3), np.uint8), "Add one."))
    assert message == "`seed` must be even. Received: [2, 3] of type uint8. Add one."
    assert arguments.received("seed", "7") == "seed='7'"
    assert len(arguments.received("seed", list(range(1000)))) < 80


def test_settings_become_arguments_but_not_in_commands() -> None:
    out, layer = errors.setting("out"), errors.setting("layer")
    message = f"`{out}` must be new. Received: {errors.setting('out', 'x')}. Choose another {out}, or {layer}. Run: "
    with pytest.raises(errors.DivergedError) as caught, arguments.named(out="path"):
        raise errors.DivergedError(f"{message}niwt --out=y")
    assert str(caught.value) == (
        "`path` must be new. Received: path='x'. Choose another path, or layer. Run: niwt --out=y"
    )


def test_numbers_and_flags_of_numpy_become_plain_ones() -> None:
    assert type(arguments.require_whole("count", np.int64(3), 1)) is int
    assert type(arguments.require_number("gamma", np.float32(0.5))) is float
    assert arguments.require_number("gamma", 2) == 2.0
    assert arguments.require_flag("safe_mode", np.True_) is True


@pytest.mark.parametrize(
    ("value", "rule"),
    [(0, "a whole number of at least 1"), (1.0, "a whole number"), (True, "a whole number"), ("1", "a whole number")],
)
def test_what_is_no_count(value: Any, rule: str) -> None:
    with pytest.raises(errors.UserError, match=f"^`count` must be {rule}.* Received: count={value!r}"):
        arguments.require_whole("count", value, 1)


def test_limits_are_in_the_message() -> None:
    with pytest.raises(
        errors.UserError, match=r"`share` must be a finite number from 0 to 1. Received: share=1.5. Less"
    ):
        arguments.require_number("share", 1.5, 0, 1, "Less.")
    with pytest.raises(errors.UserError, match="`seed` must be a whole number from 0 to 2147483647"):
        arguments.require_seed(2**31)


def test_names_are_texts_that_differ() -> None:
    assert arguments.require_names("class_names", np.array(["a", "b"])) == ("a", "b")
    for wrong, rule in (
        ("ab", "must be a list of texts"),
        ([1], "must be a list of texts"),
        (np.array(3), "must be a list of texts"),
        (["a", ""], "must not be empty"),
        (["a"], "must be at least 2 names"),
        (["a", "b", "a"], "must differ. Received: a more than once"),
    ):
        with pytest.raises(errors.UserError, match=f"^`class_names` {rule}"):
            arguments.require_names("class_names", wrong, least=2)


def test_paths_are_texts_or_paths() -> None:
    assert arguments.require_path("path", Path("here")) == arguments.require_path("path", "here") == "here"


def test_choices_are_suggested() -> None:
    with pytest.raises(errors.UserError, match="^`how` must be one of ridge, descent. Received: how='ride'. .*'ridge'"):
        arguments.require_choice("how", "ride", ("ridge", "descent"))


def test_images_may_be_a_list_of_arrays_and_are_not_copied() -> None:
    images = np.zeros((2, 4, 5, 3), np.uint8)
    assert arguments.require_images(images) is images
    np.testing.assert_array_equal(arguments.require_images(list(images)), images)
    with pytest.raises(errors.UserError, match=r"^`images` must be at least 1. Received: \[0, 4, 5, 3\] of type uint8"):
        arguments.require_images(images[:0], least=1)


def test_labels_may_be_of_later_classes() -> None:
    labels = arguments.require_labels("labels", [3, 2], 2, range(2, 4))
    assert (labels.tolist(), labels.dtype) == ([3, 2], np.int64)
    with pytest.raises(errors.UserError, match="^`labels` must be from 2 to 3, each class at least once. Received: 1"):
        arguments.require_labels("labels", [1, 2, 3], 3, range(2, 4))


def test_a_matrix_is_of_the_requested_type() -> None:
    assert arguments.require_matrix("features", [[1, 2]]).dtype == np.float32
    assert arguments.require_matrix("features", np.array([[True]]), dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize(
    ("matrix", "rule"),
    [
        (np.zeros(3), r"be a matrix of numbers, [3,2]. Received: [3] of type float64"),
        ([[1], [1, 2]], "be a matrix of numbers, [3,2]. Received: features=[[1], [1, 2]]"),
        (np.zeros((2, 2)), "have a row for each image, [3,...]. Received: [2, 2]"),
        (np.zeros((3, 4)), "have a number for each neuron, [3,2]. Received: [3, 4]"),
        (np.full((3, 2), np.nan), "be finite numbers. Received: 6 of 6 that are not"),
        (np.full((3, 2), 1e300), "be finite numbers. Received: 6 of 6 that are not"),
    ],
)
def test_what_is_no_such_matrix(matrix: Any, rule: str) -> None:
    with pytest.raises(errors.UserError, match=f"^`features` must {re.escape(rule)}"):
        arguments.require_matrix("features", matrix, rows=3, columns=2, of_column="neuron")


def test_a_renamed_argument_is_taken_by_its_earlier_name() -> None:
    @arguments.accepts_old_names(kept_share="seen_fraction")
    def double(seen_fraction: float) -> float:
        return 2 * seen_fraction

    earlier: dict[str, float] = {"kept_share": 0.25}
    assert double(0.25) == double(seen_fraction=0.25) == double(**earlier) == 0.5
    with pytest.raises(errors.UserError, match="`seen_fraction` must be given once. .* Leave kept_share out."):
        double(seen_fraction=0.25, **earlier)


def test_masked_values_are_no_values() -> None:
    matrix = np.ma.masked_array([[1.0, 2.0]], [[False, True]])
    with pytest.raises(
        errors.UserError, match=r"be a matrix of numbers.* Received: \[1, 2\] of type float64, masked\."
    ):
        arguments.require_matrix("values", matrix)
    unmasked = np.ma.masked_array([[1.0, 2.0]])
    np.testing.assert_array_equal(arguments.require_matrix("values", unmasked), [[1, 2]])


def test_a_type_is_described_although_it_has_a_shape_like_arrays() -> None:
    assert arguments.received("images", np.float32) == "images=<class 'numpy.float32'>"
