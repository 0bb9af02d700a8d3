# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of which runs a comparison takes, and which rows each fills."""

from __future__ import annotations

import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.compare import axes, plan

_BASE = config_lib.RunConfig(backbone=config_lib.BackboneConfig(epochs=3))
_LAYERS = axes.Vary("layer", ("conv3", "conv4"), ("conv3", "conv4"))
_LAMBDAS = axes.Vary("lambdas", ("0.1", "0.1,1"), ((0.1,), (0.1, 1.0)))


def _axes(*vary: axes.Vary, **changes: object) -> axes.Axes:
    return axes.Axes(_BASE, methods=("niwt", "eszsl", "sje"), vary=vary, **changes)


def test_a_run_for_each_seed_and_domain_has_a_row_for_each_method() -> None:
    runs = plan.plan(_axes(domains=("attributes", "captions"), seeds=(0, 7)))
    assert [run.key for run in runs] == ["attributes-0", "captions-0", "attributes-7", "captions-7"]
    assert [run.unit for run in runs] == ["0", "0", "7", "7"]
    for run in runs:
        assert [place.method for place in run.places] == ["niwt", "eszsl", "sje"]
        assert {place.domain for place in run.places} == {run.config.domain.domain}
        assert run.baselines == ("eszsl", "sje")
        assert run.config.data.aviary_seed == int(run.unit)
        assert run.config.backbone.epochs == 3


@pytest.mark.parametrize("vary", [_LAYERS, _LAMBDAS])
def test_baselines_are_measured_once_where_they_do_not_depend_on_an_axis(vary: axes.Vary) -> None:
    first, second = plan.plan(_axes(vary))
    assert [place.variant for place in first.places] == [f"{vary.name}={vary.texts[0]}", "", ""]
    assert second.places == (plan.Place("niwt", "attributes", f"{vary.name}={vary.texts[1]}"),)
    assert first.key == f"attributes-0-{vary.name}={vary.texts[0]}"
    assert config_lib.options(second.config)[vary.name][0] == vary.values[1]


@pytest.mark.parametrize(
    "vary",
    [
        axes.Vary("epochs", ("1", "2"), (1, 2)),
        axes.Vary("tfidf_phrase", ("1", "2"), (1, 2)),
        axes.Vary("validation_groups", ("1", "2"), (1, 2)),
    ],
)
def test_baselines_have_rows_of_their_own_where_they_depend_on_an_axis(vary: axes.Vary) -> None:
    for run, text in zip(plan.plan(_axes(vary)), vary.texts, strict=True):
        assert [place.method for place in run.places] == ["niwt", "eszsl", "sje"]
        assert {place.variant for place in run.places} == {f"{vary.name}={text}"}


def test_axes_are_crossed() -> None:
    runs = plan.plan(_axes(_LAYERS, _LAMBDAS, seeds=(0, 1)))
    assert len(runs) == 8 and len({run.key for run in runs}) == 8
    assert runs[1].places == (plan.Place("niwt", "attributes", "layer=conv3 lambdas=0.1,1"),)
    assert runs[4].baselines == ("eszsl", "sje")


def test_runs_that_would_fill_no_row_are_left_out() -> None:
    alone = axes.Axes(_BASE, methods=("eszsl",), vary=(_LAMBDAS,))
    assert [run.key for run in plan.plan(alone)] == ["attributes-0-lambdas=0.1"]


def test_a_value_that_is_none_is_told() -> None:
    with pytest.raises(errors.UserError, match="`--map_fits` must be one of descent, ridge"):
        plan.plan(_axes(axes.Vary("map_fits", ("ridg",), (("ridg",),))))


def test_folders_have_names_that_any_disk_takes_and_no_two_the_same() -> None:
    paths = tuple(f"keras:{path}.keras" for path in ("/a/b", "/a_b", 200 * "x", 201 * "x"))
    keys = [run.key for run in plan.plan(_axes(axes.Vary("backbone", paths, paths)))]
    assert len(set(keys)) == 4
    assert all("/" not in key and ":" not in key and len(key) < 100 for key in keys)
