# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the artefacts of the stages follow from."""

from __future__ import annotations

import dataclasses

import pytest

from niwt_tf import config as config_lib
from niwt_tf.runs import stage_table

_READ = {  # stage -> stages that read its artefact, directly or by way of others
    "report": set(),
    "inverse_map": {"explain", "report"},
    "map": {"transfer", "evaluate", "explain", "report"},
    "knowledge": {"rehearsal", "map", "transfer", "evaluate", "inverse_map", "explain", "report"},
    "data": set(stage_table.STAGES) - {"data"},
}


@pytest.mark.parametrize("name", _READ)
def test_a_new_version_makes_a_stage_anew_and_those_that_read_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stage_table.fingerprints(config_lib.RunConfig())
    stage = stage_table.STAGES[name]
    newer = dataclasses.replace(stage, version=stage.version + 1)
    monkeypatch.setitem(stage_table.STAGES, name, newer)
    after = stage_table.fingerprints(config_lib.RunConfig())
    assert {one for one in before if before[one] != after[one]} == {name} | _READ[name]


@pytest.mark.parametrize(
    ("domain", "matters"), [("attributes", False), ("captions", True), ("attributes+documents", True)]
)
def test_parts_of_texts_matter_only_where_there_are_texts(domain: str, matters: bool) -> None:
    on, off = (
        stage_table.settings_fingerprint(
            "knowledge", config_lib.RunConfig(domain=config_lib.DomainConfig(domain=domain, text_parts=text_parts))
        )
        for text_parts in ("on", "off")
    )
    assert (on != off) == matters
