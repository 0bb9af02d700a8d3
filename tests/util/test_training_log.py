# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the TensorBoard logs, read back as TensorBoard does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

from niwt_tf.util import training_log


def _read(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Returns tag -> (step, value) of all that was logged under `folder`."""
    events = event_accumulator.EventAccumulator(str(folder), size_guidance={event_accumulator.TENSORS: 0}).Reload()
    return {
        tag: [(event.step, float(tf.make_ndarray(event.tensor_proto))) for event in events.Tensors(tag)]
        for tag in events.Tags()["tensors"]
    }


def test_scalars_come_back_by_tag_and_step(tmp_path: Path) -> None:
    with training_log.scalars(tmp_path) as log:
        log(0, loss=1.5, accuracy=0.25)
        log(10, loss=0.5)
        log(20, loss=np.float32(0.25), accuracy=1)
    assert _read(tmp_path) == {"loss": [(0, 1.5), (10, 0.5), (20, 0.25)], "accuracy": [(0, 0.25), (20, 1.0)]}


def test_scalars_are_shown_by_the_scalars_page(tmp_path: Path) -> None:
    with training_log.scalars(tmp_path) as log:
        log(0, loss=1.5)
    events = event_accumulator.EventAccumulator(str(tmp_path)).Reload()
    assert events.SummaryMetadata("loss").plugin_data.plugin_name == "scalars"


def test_tags_have_descriptions_also_behind_the_prefix_of_the_classifier(tmp_path: Path) -> None:
    with training_log.scalars(tmp_path) as log:
        log(0, loss=1.5, classifier_loss=1.0, other=2.0)
    events = event_accumulator.EventAccumulator(str(tmp_path)).Reload()
    about = {tag: events.SummaryMetadata(tag).summary_description for tag in ("loss", "classifier_loss", "other")}
    assert about["loss"].startswith("Training loss.") and about["classifier_loss"] == about["loss"]
    assert about["other"] == ""


def test_folders_that_are_not_there_are_made(tmp_path: Path) -> None:
    with training_log.scalars(tmp_path / "run" / "backbone") as log:
        log(3, loss=2.0)
    assert _read(tmp_path / "run" / "backbone") == {"loss": [(3, 2.0)]}


def test_all_is_on_disk_and_the_log_closed_after_an_exception(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), training_log.scalars(tmp_path) as log:
        log(7, loss=4.0)
        raise KeyboardInterrupt
    assert _read(tmp_path) == {"loss": [(7, 4.0)]}
    with pytest.raises(RuntimeError, match="[Cc]losed"):
        log(8, loss=3.0)


def test_a_resumed_loop_adds_to_what_is_there(tmp_path: Path) -> None:
    for step in (1, 2):
        with training_log.scalars(tmp_path) as log:
            log(step, loss=float(step))
    steps = [event.step for file in sorted(tmp_path.iterdir()) for event in _with_values(file)]
    assert sorted(steps) == [1, 2]


def _with_values(file: Path) -> list[tf.compat.v1.Event]:
    return [event for event in tf.compat.v1.train.summary_iterator(str(file)) if event.summary.value]


def test_no_log_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    training_log.no_log(1, loss=2.0)
    assert not list(tmp_path.iterdir())
