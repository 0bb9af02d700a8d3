# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the grid of a comparison: its checks, and its replicates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.baselines import registry
from niwt_tf.compare import grid as grid_lib

_BASE = config_lib.RunConfig()


def _folder(tmp_path: Path, **changes: object) -> config_lib.RunConfig:
    for name in ("ape", "bee", "cat", "dog", "elk"):
        (tmp_path / "images" / name).mkdir(parents=True)
    return config_lib.RunConfig(data=config_lib.DataConfig(dataset="folder", data_dir=str(tmp_path), **changes))


def test_all_suitable_methods_are_compared_by_default() -> None:
    assert grid_lib.Grid(_BASE).methods == ("niwt", *registry.METHODS)
    assert grid_lib.Grid(_BASE).domains == ("attributes",)
    both = grid_lib.Grid(_BASE, domains=("attributes", "captions"))
    assert set(grid_lib.Grid(_BASE).methods) - set(both.methods) == {"dap"}
    assert both.baselines == both.methods[1:]


def test_integers_parses_numbers_and_ranges_each_once() -> None:
    assert grid_lib.integers("seeds", ["3", "0-2", " 2", "7-7"]) == (3, 0, 1, 2, 7)
    assert grid_lib.integers("seeds", []) == ()


@pytest.mark.parametrize("text", ["", "-1", "a", "3-1", "1.5", "0-100000"])
def test_text_that_is_no_number_is_an_error(text: str) -> None:
    with pytest.raises(errors.UserError) as raised:
        grid_lib.integers("choices", ["1", text])
    assert str(raised.value) == (
        "`choices` must be whole numbers from 0, or ranges of at most 10,000, such as 0-9,12. Received: "
        f"choices={text!r}. Write numbers and ranges with commas between them."
    )


def test_seeds_set_the_aviary_s_seed_or_else_the_run_s() -> None:
    photographs = config_lib.RunConfig(data=config_lib.DataConfig(dataset="awa2"), seed=5)
    assert grid_lib.replicates(grid_lib.Grid(_BASE, seeds=(3, 4))) == [
        grid_lib.Replicate("3", {"aviary_seed": 3}),
        grid_lib.Replicate("4", {"aviary_seed": 4}),
    ]
    assert grid_lib.replicates(grid_lib.Grid(photographs)) == [grid_lib.Replicate("5", {"seed": 5})]


def test_choices_draw_unseen_classes(tmp_path: Path) -> None:
    base = _folder(tmp_path)
    replicates = grid_lib.replicates(grid_lib.Grid(base, choices=(300, 301), unseen_count=2))
    assert [replicate.name for replicate in replicates] == ["300", "301"]
    for replicate, choice in zip(replicates, (300, 301), strict=True):
        unseen = np.random.default_rng(choice).choice(["ape", "bee", "cat", "dog", "elk"], 2, replace=False)
        assert replicate.changes == {"seed": 0, "unseen": tuple(sorted(unseen.tolist()))}
    several = grid_lib.Grid(base, choices=(300, 301), seeds=(0, 1), unseen_count=2)
    assert [replicate.name for replicate in grid_lib.replicates(several)] == ["300.0", "301.0", "300.1", "301.1"]
    assert grid_lib.replicate_noun(several) == "choice and seed"


@pytest.mark.parametrize(
    ("changes", "count", "message"),
    [
        (
            {"unseen": ("ape",)},
            2,
            "`choices` must be used without unseen. Received: choices with unseen=('ape',). Leave one of them out.",
        ),
        (
            {},
            0,
            "`unseen_count` must be at least 1 and less than the number of classes. Received: unseen_count=0 with 5",
        ),
        (
            {},
            5,
            "`unseen_count` must be at least 1 and less than the number of classes. Received: unseen_count=5 with 5",
        ),
    ],
)
def test_invalid_choices_are_errors(tmp_path: Path, changes: dict[str, object], count: int, message: str) -> None:
    with pytest.raises(errors.UserError) as raised:
        grid_lib.replicates(grid_lib.Grid(_folder(tmp_path, **changes), choices=(0,), unseen_count=count))
    assert str(raised.value).startswith(message)


def test_choices_need_a_folder() -> None:
    with pytest.raises(errors.UserError, match="choices with dataset='aviary', whose split determines"):
        grid_lib.replicates(grid_lib.Grid(_BASE, choices=(0,)))


def test_a_method_that_does_not_suit_a_domain_is_an_error() -> None:
    with pytest.raises(errors.UserError, match="`dap` must have attributes or binary_attributes.*domain='captions'"):
        grid_lib.Grid(_BASE, domains=("attributes", "captions"), methods=("niwt", "dap"))
    with pytest.raises(errors.UserError, match="`methods` must be one of niwt, ale.*Did you mean 'eszsl'"):
        grid_lib.Grid(_BASE, methods=("eszl",))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "seed",
            "`vary` must name a setting without an argument of its own. Received: vary='seed'. Use seeds.",
        ),
        (
            "domain",
            "`vary` must name a setting without an argument of its own. Received: vary='domain'. Use domains.",
        ),
        (
            "jit_compile",
            "`vary` must name a setting that scores depend on. Received: vary='jit_compile', which changes no score. "
            "Set jit_compile once for all runs.",
        ),
    ],
)
def test_a_setting_that_cannot_be_varied_is_an_error(name: str, message: str) -> None:
    with pytest.raises(errors.UserError) as raised:
        grid_lib.Grid(_BASE, factors=(grid_lib.Factor(name, ("1",), (1,)),))
    assert str(raised.value) == message
