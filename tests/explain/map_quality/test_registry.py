# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the names of metrics: which can be chosen, and what each lacks."""

from __future__ import annotations

import subprocess
import sys

import pytest

from niwt_tf import errors
from niwt_tf.explain.map_quality import registry

_OF_METHODS = {"stability", "parameter_randomization", "logit_randomization"}


def test_each_metric_says_what_it_is() -> None:
    for metric in registry.METRICS.values():
        assert metric.better in (registry.HIGHER, registry.LOWER)
        assert metric.definition.endswith(".") and metric.source[-4:].isdecimal()


def test_all_are_those_that_can_be_computed() -> None:
    assert registry.choose(["all"]) == tuple(registry.METRICS)
    assert set(registry.choose(["all"], has_boxes=False)) == registry.METRICS.keys() - {"pointing"}
    assert set(registry.choose(["all"], can_draw=False)) == registry.METRICS.keys() - _OF_METHODS


def test_names_come_once_in_the_order_of_the_registry() -> None:
    assert registry.choose(["deletion", "insertion", "deletion"]) == ("insertion", "deletion")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["insertoin"], r"`metrics` must be one of all, insertion, .*Did you mean 'insertion'\?"),
        (["all", "insertion"], r"Received: metrics='all'"),
        ([], r"`metrics` must name at least one\. Received: none\."),
        (["pointing"], r"pointing needs the objects' boxes\. Received: metrics='pointing' and no boxes\. Give boxes,"),
        (["stability"], r"stability needs a method that draws maps\. Received: metrics='stability' and maps alone\."),
    ],
)
def test_other_names_are_errors(names: list[str], message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        registry.choose(names, can_draw=False, has_boxes=False)


def test_names_are_known_without_tensorflow() -> None:
    code = "import sys; from niwt_tf.explain.map_quality import registry; print('tensorflow' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout == "False\n", answer.stderr
