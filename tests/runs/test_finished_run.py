# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a finished run read back."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from fakes import explained, finished
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.runs import finished_run


@pytest.fixture
def run(tmp_path: Path) -> finished_run.FinishedRun:
    return finished.write(tmp_path / "run")


def test_confusion_is_at_the_chosen_gamma_and_agrees_with_the_scores(run: finished_run.FinishedRun) -> None:
    accuracies = np.diagonal(run.confusion) / run.confusion.sum(1)
    assert accuracies[:3].mean() == pytest.approx(run.metrics["seen_accuracy"])
    assert accuracies[3:].mean() == pytest.approx(run.metrics["unseen_accuracy"])
    assert run.confusion.sum(1).tolist() == [5] * 5


def test_curve_is_that_of_the_scores(run: finished_run.FinishedRun) -> None:
    assert run.curve is not None
    assert run.curve.ausuc == pytest.approx(run.metrics["ausuc"])


def test_without_test_images_of_unseen_classes_there_is_no_curve(tmp_path: Path) -> None:
    run = finished.write(tmp_path / "run", unseen_tested=False)
    assert run.curve is None
    assert run.confusion.sum(1).tolist() == [5, 5, 5, 0, 0]


def test_explanations_are_there_or_not(run: finished_run.FinishedRun) -> None:
    assert run.explained is None and run.explained_metrics == {}
    explained.write(run.root, run.class_names, run.seen_classes)
    again = finished_run.FinishedRun(run.root, run.config)
    assert again.explained == run.root / "explain"
    assert again.explained_metrics == explained.METRICS


def test_seconds_are_of_the_stages_that_are_done_in_their_order(run: finished_run.FinishedRun) -> None:
    explained.write(run.root, run.class_names, run.seen_classes)
    assert list(run.seconds.items()) == [
        *((stage, 1.25) for stage in ("data", "knowledge", "rehearsal", "importances", "map", "transfer", "evaluate")),
        ("explain", 12.5),
    ]


def test_a_run_without_its_scores_names_what_is_missing_and_the_command(run: finished_run.FinishedRun) -> None:
    shutil.rmtree(run.root / "map")
    shutil.rmtree(run.root / "evaluate")
    with pytest.raises(errors.UserError) as raised:
        finished_run.FinishedRun(run.root, config_lib.RunConfig(seed=3))
    assert raised.value.as_flags() == (
        f"`--workdir` must hold a run that has its scores. Received: --workdir={run.root}, without the stages map, "
        f"evaluate. Run niwt --seed=3 --workdir={run.root}"
    )
