# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the lines of the documents about a comparison."""

from __future__ import annotations

import json
from typing import Any

import render_results
from fakes import outcomes
from niwt_tf.compare import formats


def _record(*rows: Any) -> dict[str, Any]:
    return json.loads(json.dumps(formats.record(outcomes.build(rows))))


def test_methods_are_ranked_and_the_oracle_is_left_out() -> None:
    others = [outcomes.row(name, [h, h]) for name, h in (("sje", 0.3), ("prototype", 0.5), ("sae", 0.2), ("dem", 0.4))]
    lines = render_results.methods(
        _record(outcomes.row("oracle", [0.9, 0.9]), *others, outcomes.row("niwt", [0.5, 0.7]))
    )
    assert [line.split(" | ")[0] for line in lines] == ["| attributes: NIWT", "| prototypes", "| DEM", "| SJE"]
    assert lines[0] == (
        "| attributes: NIWT | 0.800 ± 0.000 | 0.600 ± 0.141 | **0.600 ± 0.141** | 0.600 ± 0.141 | 0.500 ± 0.000 | "
        "0.850 ± 0.000 |"
    )


def test_differences_have_the_words_of_the_table() -> None:
    (line,) = render_results.differences(
        _record(outcomes.row("niwt", outcomes.NIWT), outcomes.row("sje", outcomes.ESZSL))
    )
    assert line.startswith("- attributes: niwt is 0.060 above sje in H over 4 seeds (95 % from -0.023 to 0.143; paired")


def test_an_ablation_is_one_line() -> None:
    rows = [
        outcomes.row("niwt", [h], domain, f"layer={name}")
        for domain in ("attributes", "captions")
        for name, h in (("conv3", 0.71), ("conv4", 0.8249))
    ]
    assert render_results.render(_record(*rows[:2])) == ["conv3 0.710, conv4 0.825"]
    assert render_results.render(_record(*rows)) == [
        "attributes: conv3 0.710, conv4 0.825; captions: conv3 0.710, conv4 0.825"
    ]


def test_an_ablation_of_domains_shows_each_with_its_spread() -> None:
    rows = [
        outcomes.row("niwt", scores, domain)
        for domain, scores in (("attributes", [0.7, 0.9]), ("captions", [0.5, 0.5]))
    ]
    assert render_results.render(_record(*rows)) == ["attributes 0.800 ± 0.141; captions 0.500 ± 0.000"]


def test_paths_in_values_are_left_out() -> None:
    rows = [outcomes.row("niwt", [0.5], "attributes", f"transfer_source={value}") for value in ("noise", "images:a/b")]
    assert render_results.render(_record(*rows)) == ["noise 0.500, images 0.500"]
