# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a comparison as a whole: which rows come of what is found, and what is written."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import io

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.compare import axes, comparison, items, plan, work, workers
from niwt_tf.util import json_files

_ABOUT = {"dataset": "aviary", "split_version": "1", "backbone": "small", "fine_tuned": "full", "layer": "conv4"}


@dataclasses.dataclass(frozen=True)
class _Found(items.Item):
    """A part whose scores are given; None for what is not done."""

    h: dict[str, float | None] = dataclasses.field(default_factory=dict)

    def found(self) -> dict[str, dict[str, Any] | None]:
        return {method: None if h is None else _scores(h) for method, h in self.h.items()}

    def metrics(self) -> dict[str, Any] | None:
        return _ABOUT


def _scores(h: float) -> dict[str, Any]:
    names = ("seen_accuracy", "unseen_accuracy", "zsl_accuracy", "ausuc", "harmonic_mean_uncalibrated")
    return dict.fromkeys(names, 0.5) | {"harmonic_mean": h, "harmonic_mean_expected": 0.9, "seconds": 1.0}


def _request(out: Path, **changes: Any) -> comparison.Request:
    methods = ("eszsl", "niwt")
    compared = axes.Axes(config_lib.RunConfig(), methods=methods, domains=("captions", "attributes"))
    return comparison.Request(compared, out, "niwt_compare", **changes)


def _part(out: Path, domain: str, seed: str, **h: float | None) -> _Found:
    places = tuple(plan.Place(method, domain) for method in h)
    return _Found(f"{domain}-{seed}", seed, places, work.Job(out / f"{domain}-{seed}", (), {}), h=h)


def test_rows_are_in_the_order_that_was_asked_for_and_what_failed_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [
        _part(tmp_path, "attributes", "0", niwt=0.5, eszsl=0.6),
        _part(tmp_path, "captions", "0", niwt=0.7, eszsl=None),
        _part(tmp_path, "attributes", "1", niwt=None, eszsl=None),
    ]
    started: list[str] = []

    def run(tasks: Sequence[workers.Task], *_: Any) -> dict[str, int]:
        started.extend(task.key for task in tasks)
        json_files.write(tmp_path / "captions-0" / "failures.json", {"eszsl": "LinAlgError: singular"})
        return {"captions-0": 1, "attributes-1": -9}

    monkeypatch.setattr(items, "of_runs", lambda *_: parts)
    monkeypatch.setattr(workers, "run", run)
    found = comparison.compare(_request(tmp_path))
    assert started == ["captions-0", "attributes-1"]
    killed = {"1": "the process was ended by signal 9, perhaps as memory ran out"}
    assert [(row.place.domain, row.name, row.values("H"), row.failures) for row in found.rows] == [
        ("captions", "eszsl", {}, {"0": "LinAlgError: singular"}),
        ("captions", "niwt", {"0": 0.7}, {}),
        ("attributes", "eszsl", {"0": 0.6}, killed),
        ("attributes", "niwt", {"0": 0.5}, killed),
    ]
    assert found.logs == [work.log(tmp_path / key) for key in started]
    assert found.failed and found.made_seconds == 3.0
    written = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert written == {"table.md", "table.csv", "table.json", "figure.png", "figure.svg", "figure.pdf"}


def test_a_process_that_fails_after_all_is_done_has_failed_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = _part(tmp_path, "attributes", "0", niwt=None)

    def run(*_: Any) -> dict[str, int]:
        part.h["niwt"] = 0.5
        return {"attributes-0": 1}

    monkeypatch.setattr(items, "of_runs", lambda *_: [part])
    monkeypatch.setattr(workers, "run", run)
    found = comparison.compare(_request(tmp_path))
    assert not found.failed and not found.logs


def test_a_folder_that_cannot_be_written_is_told_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(errors.UserError, match="`--out` must be a folder that can be written. Received: --out="):
        comparison.compare(_request(tmp_path / "file"))


def test_features_of_the_wrong_size_are_marked(tmp_path: Path) -> None:
    names = np.array([["ant"], ["bee"]], object)
    io.savemat(tmp_path / "att_splits.mat", {"att": np.eye(2), "allclasses_names": names})
    images = {"features": np.ones((3, 4)), "labels": np.ones((5, 1)), "image_files": np.array([["a.jpg"]] * 5, object)}
    io.savemat(tmp_path / "res101.mat", images)
    compared = axes.Axes(config_lib.RunConfig(), methods=("niwt", "eszsl"))
    request = comparison.Request(compared, tmp_path / "out", "niwt_compare", features=f"xlsa17:{tmp_path}")
    (row,) = comparison.compare(request).rows
    assert row.name == "eszsl" and not row.scores
    assert row.failures["0"].startswith("`features` must have a column for each of `labels` and `image_files`.")
    text = (tmp_path / "out" / "table.md").read_text("utf-8")
    assert "Niwt is left out, as it takes the network itself" in text
