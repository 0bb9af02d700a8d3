# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the plan: its runs, and the rows that each of them fills."""

from __future__ import annotations

import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.compare import grid as grid_lib
from niwt_tf.compare import plan

_BASE = config_lib.RunConfig(backbone=config_lib.BackboneConfig(epochs=3))
_LAYERS = grid_lib.Factor("layer", ("conv3", "conv4"), ("conv3", "conv4"))
_LAMBDAS = grid_lib.Factor("lambdas", ("0.1", "0.1,1"), ((0.1,), (0.1, 1.0)))


def _grid(*factors: grid_lib.Factor, **changes: object) -> grid_lib.Grid:
    return grid_lib.Grid(_BASE, methods=("niwt", "eszsl", "sje"), factors=factors, **changes)


def test_a_run_for_each_seed_and_domain_has_a_row_for_each_method() -> None:
    runs = plan.plan(_grid(domains=("attributes", "captions"), seeds=(0, 7)))
    assert [run.key for run in runs] == ["attributes-0", "captions-0", "attributes-7", "captions-7"]
    assert [run.replicate for run in runs] == ["0", "0", "7", "7"]
    for run in runs:
        assert [key.method for key in run.row_keys] == ["niwt", "eszsl", "sje"]
        assert {key.domain for key in run.row_keys} == {run.config.domain.domain}
        assert run.baselines == ("eszsl", "sje")
        assert run.config.data.aviary_seed == int(run.replicate)
        assert run.config.backbone.epochs == 3


@pytest.mark.parametrize("factor", [_LAYERS, _LAMBDAS])
def test_baselines_are_measured_once_if_they_do_not_depend_on_a_varied_setting(factor: grid_lib.Factor) -> None:
    first, second = plan.plan(_grid(factor))
    assert [key.variant for key in first.row_keys] == [f"{factor.name}={factor.texts[0]}", "", ""]
    assert second.row_keys == (plan.RowKey("niwt", "attributes", f"{factor.name}={factor.texts[1]}"),)
    assert first.key == f"attributes-0-{factor.name}={factor.texts[0]}"
    assert config_lib.options(second.config)[factor.name][0] == factor.values[1]


@pytest.mark.parametrize(
    "factor",
    [
        grid_lib.Factor("epochs", ("1", "2"), (1, 2)),
        grid_lib.Factor("tfidf_phrase", ("1", "2"), (1, 2)),
        grid_lib.Factor("validation_groups", ("1", "2"), (1, 2)),
    ],
)
def test_baselines_have_a_row_for_each_value_that_they_depend_on(factor: grid_lib.Factor) -> None:
    for run, text in zip(plan.plan(_grid(factor)), factor.texts, strict=True):
        assert [key.method for key in run.row_keys] == ["niwt", "eszsl", "sje"]
        assert {key.variant for key in run.row_keys} == {f"{factor.name}={text}"}


def test_factors_are_crossed() -> None:
    runs = plan.plan(_grid(_LAYERS, _LAMBDAS, seeds=(0, 1)))
    assert len(runs) == 8 and len({run.key for run in runs}) == 8
    assert runs[1].row_keys == (plan.RowKey("niwt", "attributes", "layer=conv3 lambdas=0.1,1"),)
    assert runs[4].baselines == ("eszsl", "sje")


def test_runs_that_would_fill_no_row_are_left_out() -> None:
    grid = grid_lib.Grid(_BASE, methods=("eszsl",), factors=(_LAMBDAS,))
    assert [run.key for run in plan.plan(grid)] == ["attributes-0-lambdas=0.1"]


def test_an_invalid_value_is_an_error() -> None:
    with pytest.raises(errors.UserError, match="`map_fits` must be one of descent, ridge"):
        plan.plan(_grid(grid_lib.Factor("map_fits", ("ridg",), (("ridg",),))))


def test_folders_have_valid_and_unique_names() -> None:
    paths = tuple(f"keras:{path}.keras" for path in ("/a/b", "/a_b", 200 * "x", 201 * "x"))
    keys = [run.key for run in plan.plan(_grid(grid_lib.Factor("backbone", paths, paths)))]
    assert len(set(keys)) == 4
    assert all("/" not in key and ":" not in key and len(key) < 100 for key in keys)
