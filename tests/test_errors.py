# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the errors told to users."""

from __future__ import annotations

import pytest

from niwt_tf import errors


def test_unknown_value_says_rule_received_and_nearest() -> None:
    error = errors.unknown_value("--layer", "conv_4", ["conv1", "conv4", "pool1"])
    assert isinstance(error, errors.UserError)
    assert str(error) == (
        "`--layer` must be one of conv1, conv4, pool1. Received: --layer=conv_4. Did you mean 'conv4'?"
    )


def test_unknown_value_suggests_what_is_halfway_near() -> None:
    assert str(errors.unknown_value("--layer", "vgg_conv4", ["pool1", "conv4"])).endswith("mean 'conv4'?")


def test_unknown_value_suggests_nothing_that_is_far() -> None:
    error = errors.unknown_value("--layer", "xyz", ["conv1", "pool1"])
    assert str(error) == "`--layer` must be one of conv1, pool1. Received: --layer=xyz."


def test_unknown_value_takes_any_iterable_once() -> None:
    assert "one of a1, b2." in str(errors.unknown_value("--x", "a", (name for name in ("a1", "b2"))))


def test_unknown_value_says_what_it_could_have_been_in_other_words() -> None:
    error = errors.unknown_value("--x", "conv", ["conv1", "pool1"], "conv1 or pool1, or both")
    assert str(error) == "`--x` must be one of conv1 or pool1, or both. Received: --x=conv. Did you mean 'conv1'?"


@pytest.mark.parametrize(
    ("count", "text"), [(0, ""), (1, "0"), (3, "0, 1, 2"), (4, "0, 1, 2 and 1 more"), (2000, "0, 1, 2 and 1,997 more")]
)
def test_listed_names_the_first_and_counts_the_others(count: int, text: str) -> None:
    assert errors.listed(map(str, range(count)), 3) == text


@pytest.mark.parametrize("kind", [errors.UserError, errors.DivergedError])
def test_user_errors_are_caught_as_one_kind(kind: type[Exception]) -> None:
    with pytest.raises(errors.UserError, match="told"):
        raise kind("told")
    assert issubclass(kind, ValueError)


def test_first_line_of_what_a_library_says() -> None:
    assert errors.first_line(ValueError("No such file.\n  in graph")) == "No such file"
    assert errors.first_line(EOFError()) == "EOFError"
