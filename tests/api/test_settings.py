# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of settings by name."""

from __future__ import annotations

import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.api import settings


def test_what_is_not_given_is_the_default() -> None:
    assert settings.read("map") == config_lib.MapConfig()
    assert settings.read("map", map_folds=3) == config_lib.MapConfig(map_folds=3)


def test_parts_are_checked_together() -> None:
    run = settings.run(map={"map_layers": 2}, validation={"map_fits": ["descent"]})
    assert (run.map.map_layers, run.validation.map_fits) == (2, ("descent",))
    assert run.transfer == config_lib.TransferConfig()
    with pytest.raises(errors.UserError, match="`map_layers` must be 1 for ridge regression"):
        settings.run(map={"map_layers": 2})


def test_lists_are_taken_for_tuples() -> None:
    assert settings.read("map", map_penalties=[1.0, 2.0]).map_penalties == (1.0, 2.0)


def test_another_name_is_told_with_the_nearest() -> None:
    with pytest.raises(errors.UserError, match="`setting` must be one of .*Did you mean 'map_folds'"):
        settings.read("map", folds=3)


def test_values_are_checked() -> None:
    with pytest.raises(errors.UserError, match="^`map_folds` must be from 2 to 100. Received: map_folds=1"):
        settings.read("map", map_folds=1)


def test_a_setting_may_have_another_name() -> None:
    with pytest.raises(errors.UserError, match="^`how` must be one of descent, ridge. Received: how='lasso'"):
        settings.run({"map_fits": "how"}, validation={"map_fits": ("lasso",)})


def test_what_a_function_decides_is_refused() -> None:
    settings.refuse({"layer": "conv1"}, finetune="Leave it.")
    with pytest.raises(errors.UserError, match="^`finetune` must be left out here. Received: finetune. Leave it."):
        settings.refuse({"finetune": "none"}, finetune="Leave it.")
