# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the errors told to users."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from niwt_tf import errors


def test_unknown_value_says_rule_received_and_nearest() -> None:
    error = errors.unknown_value("layer", "conv_4", ["conv1", "conv4", "pool1"])
    assert isinstance(error, errors.UserError)
    assert str(error) == ("`layer` must be one of conv1, conv4, pool1. Received: layer='conv_4'. Did you mean 'conv4'?")


def test_unknown_value_suggests_what_is_halfway_near() -> None:
    assert str(errors.unknown_value("layer", "vgg_conv4", ["pool1", "conv4"])).endswith("mean 'conv4'?")


def test_unknown_value_suggests_nothing_that_is_far() -> None:
    error = errors.unknown_value("layer", "xyz", ["conv1", "pool1"])
    assert str(error) == "`layer` must be one of conv1, pool1. Received: layer='xyz'."


def test_unknown_value_takes_any_iterable_once() -> None:
    assert "one of a1, b2." in str(errors.unknown_value("x", "a", (name for name in ("a1", "b2"))))


def test_unknown_value_says_what_it_could_have_been_in_other_words() -> None:
    error = errors.unknown_value("x", "conv", ["conv1", "pool1"], "conv1 or pool1, or both")
    assert str(error) == "`x` must be one of conv1 or pool1, or both. Received: x='conv'. Did you mean 'conv1'?"


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


@pytest.mark.parametrize(
    ("value", "in_python", "as_flag"),
    [
        ("conv4", "x='conv4'", "--x=conv4"),
        ("two words", "x='two words'", "--x=two words"),
        (3, "x=3", "--x=3"),
        (0.5, "x=0.5", "--x=0.5"),
        (("ridge", "descent"), "x=('ridge', 'descent')", "--x=ridge,descent"),
        ((), "x=()", "--x="),
        ("", "x=''", "--x="),
        (True, "x=True", "--x"),
        (False, "x=False", "--nox"),
        (None, "x=None", "--x=None"),
        (Path("a/b"), "x='a/b'", "--x=a/b"),
        ("a\ue000b\ue001c\ue002", "x='a\\ue000b\\ue001c\\ue002'", "--x=abc"),
    ],
)
def test_a_setting_is_an_argument_in_python_and_a_flag_for_the_programs(
    value: Any, in_python: str, as_flag: str
) -> None:
    error = errors.UserError(f"Received: {errors.setting('x', value)}.")
    assert str(error) == f"Received: {in_python}."
    assert error.as_flags() == f"Received: {as_flag}."


def test_a_setting_without_a_value_is_its_name() -> None:
    error = errors.UserError(f"Add {errors.setting('layer')}.")
    assert (str(error), error.as_flags()) == ("Add layer.", "Add --layer.")


def test_a_message_without_settings_stays_as_it_is() -> None:
    error = errors.UserError("Run niwt --seed=1.")
    assert str(error) == error.as_flags() == error.text == "Run niwt --seed=1."


def test_an_error_is_renamed_for_a_caller_with_other_arguments() -> None:
    error = errors.DivergedError(f"{errors.setting('map_fits', 'ridge')} and {errors.setting('layer')}")
    error.__cause__ = ValueError("why")
    renamed = error.renamed({"map_fits": "how"})
    assert type(renamed) is errors.DivergedError
    assert str(renamed) == "how='ridge' and layer"
    assert renamed.__cause__ is error.__cause__


def test_the_value_of_a_setting_is_shown_otherwise() -> None:
    error = errors.UserError(f"`{errors.setting('backbone')}`: {errors.setting('backbone', 'keras:/tmp/x.keras')}.")
    assert str(error.with_value("backbone", "the Functional 'net'")) == "`backbone`: backbone=the Functional 'net'."
    assert str(error.with_value("layer", "other")) == str(error)


def test_an_error_within_another_keeps_its_settings() -> None:
    inner = errors.UserError(f"{errors.setting('layer', 'a')} is not there.\nSecond line.")
    assert errors.UserError(f"zebra: {inner.text}").as_flags().startswith("zebra: --layer=a is not there.")
    assert errors.UserError(errors.first_line(inner)).as_flags() == "--layer=a is not there"


def test_an_error_goes_from_process_to_process() -> None:
    error = pickle.loads(pickle.dumps(errors.UserError(errors.setting("layer", "a"))))
    assert (str(error), error.as_flags()) == ("layer='a'", "--layer=a")


@pytest.mark.parametrize("size", [200, 201, 5000])
def test_what_was_received_is_quoted_with_200_characters_at_most(size: int) -> None:
    value = "a" * (size - 1) + "z"
    quoted = value if size == 200 else f"{'a' * 98}...{'a' * 98}z"
    assert errors.clipped(value) == quoted and len(quoted) == 200
    assert errors.UserError(errors.setting("layer", value)).as_flags() == f"--layer={quoted}"
    assert len(str(errors.UserError(errors.setting("layer", [value] * 9)))) == len("layer=") + 200
    assert errors.listed([value, "b"]) == f"{quoted}, b"
    assert errors.first_line(ValueError(value)) == quoted
    assert len(str(errors.unknown_value("layer", value, ["conv4"]))) < 300


def test_a_damaged_file_is_an_error_of_the_user_that_knows_the_file() -> None:
    error = errors.damaged(Path("run/map.npz"), "is empty", "Run niwt.")
    assert str(error) == "A file must be as niwt wrote it. Received: run/map.npz, which is empty. Run niwt."
    assert isinstance(error, errors.UserError) and (error.path, error.trouble) == (Path("run/map.npz"), "is empty")


def test_control_characters_are_escaped() -> None:
    error = errors.UserError("Received: \x1b]0;title\x07 and \x85.\nNext line.")
    assert str(error) == r"Received: \x1b]0;title\x07 and \x85." + "\nNext line."


def test_long_values_are_quoted_in_part() -> None:
    text = str(errors.UserError(f"Received: {errors.setting('layer', 'x' * 9_000)}, {errors.listed(['y' * 9_000])}."))
    assert len(text) < 450 and "x...x" in text and "y...y" in text
    assert len(errors.first_line(ValueError("z" * 9_000))) == 200
    assert errors.clipped("abcdefghij", 7) == "ab...ij"
