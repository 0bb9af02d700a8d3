# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the Markdown for TensorBoard."""

from __future__ import annotations

from pathlib import Path

from fakes import finished
from niwt_tf.tensorboard_log import texts
from niwt_tf.util import json_files


def test_neurons_are_a_table_by_hand(tmp_path: Path) -> None:
    listed = [
        {"index": 3, "name": "a|b", "confidence": 0.5, "candidates": [["x_y", 1.0], ["<z>", 0.5]]},
        {"index": 4, "name": None, "confidence": 0.25, "candidates": []},
    ]
    json_files.write(tmp_path / "neurons.json", listed)
    assert texts.neurons(tmp_path).splitlines() == [
        "| neuron | name | confidence | candidates |",
        "| --- | --- | --- | --- |",
        r"| 3 | a&#124;b | 0.50 | x\_y, &lt;z&gt; |",
        r"| 4 | no clear name | 0.25 |  |",
    ]


def test_settings_hold_the_command_what_was_chosen_and_every_setting(tmp_path: Path) -> None:
    markdown = texts.settings(finished.write(tmp_path / "run"))
    assert markdown.startswith(f"    niwt --workdir={tmp_path / 'run'}\n\n")
    assert r"| gamma | 0.5 |" in markdown and r"| lambda | 0.001 |" in markdown
    assert r"| lambdas | 0.0, 0.1 |" in markdown


def test_scores_that_do_not_exist_are_dashes_and_explanations_may_be_left_out(tmp_path: Path) -> None:
    rows = texts.scores(finished.write(tmp_path / "run", unseen_tested=False)).splitlines()
    assert rows[0] == "| score | value | chance | most frequent answer |" and len(rows) == 2 + 6 + 5
    assert "| U, accuracy on unseen classes, gamma 0.5, chosen | – | – | – |" in rows
