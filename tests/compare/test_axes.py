# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the axes: what makes sense, and what units there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.baselines import registry
from niwt_tf.compare import axes

_BASE = config_lib.RunConfig()


def _folder(tmp_path: Path, **changes: object) -> config_lib.RunConfig:
    for name in ("ape", "bee", "cat", "dog", "elk"):
        (tmp_path / "images" / name).mkdir(parents=True)
    return config_lib.RunConfig(data=config_lib.DataConfig(dataset="folder", data_dir=str(tmp_path), **changes))


def test_all_that_makes_sense_is_compared_by_default() -> None:
    assert axes.Axes(_BASE).methods == ("niwt", *registry.METHODS)
    assert axes.Axes(_BASE).domains == ("attributes",)
    both = axes.Axes(_BASE, domains=("attributes", "captions"))
    assert set(axes.Axes(_BASE).methods) - set(both.methods) == {"dap"}
    assert both.baselines == both.methods[1:]


def test_integers_are_numbers_and_ranges_each_once() -> None:
    assert axes.integers("--seeds", ["3", "0-2", " 2", "7-7"]) == (3, 0, 1, 2, 7)
    assert axes.integers("--seeds", []) == ()


@pytest.mark.parametrize("item", ["", "-1", "a", "3-1", "1.5", "0-100000"])
def test_what_is_no_number_is_told(item: str) -> None:
    with pytest.raises(errors.UserError) as raised:
        axes.integers("--choices", ["1", item])
    assert str(raised.value) == (
        "`--choices` must be whole numbers from 0 and ranges of them, such as 0-9,12. Received: --choices=" + item + "."
    )


def test_seeds_are_of_the_birds_or_else_of_the_run() -> None:
    photographs = config_lib.RunConfig(data=config_lib.DataConfig(dataset="awa2"), seed=5)
    assert axes.units(axes.Axes(_BASE, seeds=(3, 4))) == [
        axes.Unit("3", {"aviary_seed": 3}),
        axes.Unit("4", {"aviary_seed": 4}),
    ]
    assert axes.units(axes.Axes(photographs)) == [axes.Unit("5", {"seed": 5})]


def test_choices_of_unseen_classes_are_numpys(tmp_path: Path) -> None:
    base = _folder(tmp_path)
    found = axes.units(axes.Axes(base, choices=(300, 301), unseen_count=2))
    assert [unit.name for unit in found] == ["300", "301"]
    for unit, choice in zip(found, (300, 301), strict=True):
        drawn = np.random.default_rng(choice).choice(["ape", "bee", "cat", "dog", "elk"], 2, replace=False)
        assert unit.changes == {"seed": 0, "unseen": tuple(sorted(drawn.tolist()))}
    several = axes.Axes(base, choices=(300, 301), seeds=(0, 1), unseen_count=2)
    assert [unit.name for unit in axes.units(several)] == ["300.0", "301.0", "300.1", "301.1"]
    assert axes.unit_noun(several) == "choice and seed"


@pytest.mark.parametrize(
    ("changes", "count", "message"),
    [
        (
            {"unseen": ("ape",)},
            2,
            "`--choices` must say which classes are unseen. Received: --choices with --unseen=ape. Leave one of them "
            "out.",
        ),
        (
            {},
            0,
            "`--unseen_count` must be at least 1 and leave seen classes. Received: --unseen_count=0 with 5 classes",
        ),
        (
            {},
            5,
            "`--unseen_count` must be at least 1 and leave seen classes. Received: --unseen_count=5 with 5 classes",
        ),
    ],
)
def test_choices_that_make_no_sense_are_told(
    tmp_path: Path, changes: dict[str, object], count: int, message: str
) -> None:
    with pytest.raises(errors.UserError) as raised:
        axes.units(axes.Axes(_folder(tmp_path, **changes), choices=(0,), unseen_count=count))
    assert str(raised.value).startswith(message)


def test_choices_are_for_folders() -> None:
    with pytest.raises(errors.UserError, match="--choices with --dataset=aviary, whose split says which classes"):
        axes.units(axes.Axes(_BASE, choices=(0,)))


def test_a_method_that_makes_no_sense_with_a_domain_is_told() -> None:
    with pytest.raises(errors.UserError, match="`dap` must have attributes or binary_attributes.*--domain=captions"):
        axes.Axes(_BASE, domains=("attributes", "captions"), methods=("niwt", "dap"))
    with pytest.raises(errors.UserError, match="`--methods` must be one of niwt, ale.*Did you mean 'eszsl'"):
        axes.Axes(_BASE, methods=("eszl",))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("seed", "`--vary` must be of another flag. Received: --vary=seed. Use --seeds."),
        ("domain", "`--vary` must be of another flag. Received: --vary=domain. Use --domains."),
        (
            "jit_compile",
            "`--vary` must be of a flag that scores depend on. Received: --vary=jit_compile, which says only where or "
            "how. Give --jit_compile once.",
        ),
    ],
)
def test_what_is_no_axis_is_told(name: str, message: str) -> None:
    with pytest.raises(errors.UserError) as raised:
        axes.Axes(_BASE, vary=(axes.Vary(name, ("1",), (1,)),))
    assert str(raised.value) == message
