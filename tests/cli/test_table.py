# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Test of the table at the end of a run, to the letter."""

from __future__ import annotations

import os
from pathlib import Path

from niwt_tf.cli import table

_METRICS = {
    "dataset": "aviary",
    "split_version": "aviary 1.0.0 seed 7",
    "seen_classes": 48,
    "unseen_classes": 12,
    "imageless_classes": [],
    "domain": "attributes",
    "backbone": "small",
    "layer": "conv4",
    "seed": 3,
    "gamma": 1.23456,
    "seen_accuracy": 0.8,
    "unseen_accuracy": 0.5,
    "harmonic_mean": 0.61538,
    "seen_accuracy_uncalibrated": 0.9,
    "unseen_accuracy_uncalibrated": 0.1,
    "harmonic_mean_uncalibrated": 0.18,
    "zsl_accuracy": 0.7777,
    "ausuc": 0.4321,
    "backbone_accuracy": 1.0,
    "map_rank_correlation": 0.8125,
    "harmonic_mean_expected": 0.0,
    "stage_seconds": {"data": 1.25, "backbone": 60.4},
    "packages": {"numpy": "2.0"},
}


def _expected(gamma: str) -> str:
    return f"""
  aviary 1.0.0 seed 7, 48 seen and 12 unseen classes; attributes; small at conv4, seed 3

                                   S      U      H
  {gamma} 0.800  0.500  0.615
  gamma 0                      0.900  0.100  0.180

  ZSL accuracy, among unseen classes alone      0.778
  AUSUC, area under S against U                 0.432
  accuracy of the backbone on seen classes      1.000
  rank correlation of the map, held-out classes 0.812
  H on validation classes                       0.000

  all stages took 62 s
  scores          {Path("runs", "a", "metrics.json")}
  classifier      {Path("runs", "a", "transfer")}{os.sep}
  curves          tensorboard --logdir {Path("runs", "a")}"""


def test_table_has_scores_settings_and_paths() -> None:
    assert table.table(_METRICS, Path("runs/a")) == _expected("gamma 1.235, from validation")


def test_table_has_the_accuracy_of_explanations_and_the_report_once_they_exist() -> None:
    explained = {"attribute_accuracy": 0.8931, "neurons_named": 0.5391, "neuron_name_auc": None}
    seconds = {"stage_seconds": {"data": 1.25, "report": 60.4}}
    shown = table.table(_METRICS | explained | seconds, Path("runs/a"))
    assert "\n  five strongest reasons, share that is true    0.893\n" in shown
    assert "\n  neurons with a name, AUC of their names       0.539    -  \n" in shown
    assert shown.endswith(f"\n  report          {Path('runs', 'a', 'report', 'index.html')}")


def test_classes_without_test_images_are_named() -> None:
    names = [f"class {number}" for number in range(12)]
    shown = table.table(_METRICS | {"imageless_classes": names}, Path("runs/a")).splitlines()
    plain = table.table(_METRICS, Path("runs/a")).splitlines()
    assert shown[2] == f"  without test images: {', '.join(names[:10])} and 2 more"
    assert shown[:2] + shown[3:] == plain


def test_missing_scores_are_a_dash_in_their_column() -> None:
    unseen = (
        "unseen_accuracy",
        "harmonic_mean",
        "unseen_accuracy_uncalibrated",
        "harmonic_mean_uncalibrated",
        "zsl_accuracy",
        "ausuc",
    )
    shown = table.table(_METRICS | dict.fromkeys(unseen), Path("runs/a")).splitlines()
    expected = _expected("gamma 1.235, from validation").splitlines()
    for value in ("0.500", "0.615", "0.100", "0.180", "0.778", "0.432"):
        expected = [line.replace(value, "  -  ") for line in expected]
    assert shown == expected


def test_a_score_of_zero_is_not_a_dash() -> None:
    shown = table.table(_METRICS | {"unseen_accuracy": 0.0, "harmonic_mean": 0.0}, Path("runs/a"))
    assert "from validation 0.800  0.000  0.000\n" in shown


def test_columns_stay_in_line_with_a_negative_gamma() -> None:
    shown = table.table(_METRICS | {"gamma": -0.5}, Path("runs/a"))
    assert shown == _expected("gamma -0.500, from validation")


def test_letters_of_the_header_are_above_their_columns() -> None:
    _, _, _, head, calibrated, plain, *_ = table.table(_METRICS, Path("runs/a")).splitlines()
    ends = [index for index, letter in enumerate(head) if letter in "SUH"]
    assert [calibrated[end - 4 : end + 1] for end in ends] != [] and head.split() == ["S", "U", "H"]
    for row, values in ((calibrated, ("0.800", "0.500", "0.615")), (plain, ("0.900", "0.100", "0.180"))):
        assert all(row.index(value) <= end < row.index(value) + 5 for value, end in zip(values, ends, strict=True))
