# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Test of what a `tensorboard` on loopback shows of a finished run, through each page's own interface."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from fakes import explained, finished
from niwt_tf import config as config_lib
from niwt_tf.runs import finished_run
from niwt_tf.tensorboard_log import thumbnails, write
from niwt_tf.util import training_log

_RUN = "report/tensorboard"
_TIMEOUT = 60  # seconds until TensorBoard answers
_VARIABLE = "/.ATTRIBUTES/VARIABLE_VALUE"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> finished_run.FinishedRun:
    root = tmp_path_factory.mktemp("run")
    config = config_lib.RunConfig(seed=5, validation=config_lib.ValidationConfig(lambdas=(0.5, 2.0)))
    written = finished.write(root, seen=("Horse", "<b>Tiger</b>", "Cow"), config=config)
    explained.write(root, written.class_names, written.seen_classes)
    with training_log.scalars(root / "map") as log:
        log(5, loss=0.25)
    tile = np.full((thumbnails.SIZE, thumbnails.SIZE, 3), 7, np.uint8)
    write.write(written, [tile, tile, None, tile, tile], root / _RUN)
    return written


@pytest.fixture(scope="module")
def address(run: finished_run.FinishedRun) -> Iterator[str]:
    """Yield the address of a TensorBoard of the run's folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "tensorboard.main",
        "--logdir",
        str(run.root),
        "--host=127.0.0.1",
        f"--port={port}",
    ]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "NO_PROXY": "127.0.0.1"}
    log = run.root / "tensorboard.log"
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output, env=environment) as server:
        try:
            _wait(f"http://127.0.0.1:{port}", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until TensorBoard has read the logs."""
    until = time.monotonic() + _TIMEOUT
    while time.monotonic() < until and server.poll() is None:
        try:
            if _RUN in _get(address, "runs") and "map" in _get(address, "runs"):
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def _get(address: str, path: str, **query: Any) -> Any:
    return _answer(address, path, **query).json()


def _answer(address: str, path: str, **query: Any) -> requests.Response:
    answer = requests.get(f"{address}/data/{path}", params=query, timeout=30, proxies={"http": ""})
    assert answer.status_code == 200, answer.text
    return answer


def test_scalars_are_those_of_the_loops_and_the_scores(address: str, run: finished_run.FinishedRun) -> None:
    tags = _get(address, "plugin/scalars/tags")
    assert tags["map"].keys() == {"loss"}
    assert tags[_RUN].keys() == {"harmonic_mean", "seen_accuracy", "unseen_accuracy", "ausuc"}
    assert all(one["description"] for tag in tags.values() for one in tag.values())
    [[_, step, value]] = _get(address, "plugin/scalars/scalars", run=_RUN, tag="harmonic_mean")
    assert (step, value) == (0, pytest.approx(run.metrics["harmonic_mean"]))


def test_hparams_are_the_settings_beside_the_scores(address: str, run: finished_run.FinishedRun) -> None:
    request = json.dumps({"experimentName": ""})
    experiment = _get(address, "plugin/hparams/experiment", request=request)
    settings = {info["name"] for info in experiment["hparamInfos"]}
    compared = {"dataset", "domain", "backbone", "layer", "seed"}
    chosen = {f"chosen {name}" for name in ("gamma", "map_fit", "map_relevance", "lambda", "scale", "bias")}
    assert settings == {*compared, *chosen, "lambdas"}
    metrics = [{"name": {"tag": "harmonic_mean", "group": ""}}]
    query = {
        "experimentName": "",
        "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
        "colParams": [{"metric": one["name"]} for one in metrics] + [{"hparam": name} for name in settings],
        "startIndex": 0,
        "sliceSize": 10,
    }
    groups = _get(address, "plugin/hparams/session_groups", request=json.dumps(query))
    [group] = groups["sessionGroups"]
    assert group["hparams"]["seed"] == 5
    assert group["hparams"]["lambdas"] == "0.5,2.0"
    assert group["hparams"]["chosen bias"] == "mean"
    [metric] = [one for one in group["metricValues"] if one["name"]["tag"] == "harmonic_mean"]
    assert metric["value"] == pytest.approx(run.metrics["harmonic_mean"])


def test_images_are_curve_confusion_and_decisions(address: str) -> None:
    tags = _get(address, "plugin/images/tags")[_RUN]
    assert {
        "charts/seen_against_unseen",
        "charts/confusion",
        "decisions_wrong_seen/000 Horse",
        "decisions_right_unseen/003 Okapi",
    } <= tags.keys()
    assert all(one["description"] for one in tags.values())
    assert len(tags) == 2 + 8
    [image] = _get(address, "plugin/images/images", run=_RUN, tag="charts/confusion", sample=0)
    png = _answer(address, f"plugin/images/individualImage?{image['query']}").content
    assert png.startswith(b"\x89PNG")


def test_texts_are_settings_and_neuron_names_and_hold_no_markup_of_theirs(address: str) -> None:
    assert {"scores", "settings", "neurons"} == set(_get(address, "plugin/text/tags")[_RUN])
    [neurons] = _get(address, "plugin/text/text", run=_RUN, tag="neurons")
    assert neurons["text"].count("<tr>") == 1 + 6
    assert "crown: red" in neurons["text"] and "no clear name" in neurons["text"]
    assert "bill &lt;long&gt;" in neurons["text"]
    [scores] = _get(address, "plugin/text/text", run=_RUN, tag="scores")
    assert scores["text"].count("<tr>") == 1 + 6 + 5 + 8
    assert "H, harmonic mean, gamma 0.5, chosen" in scores["text"] and "<td>0.950</td>" in scores["text"]
    [settings] = _get(address, "plugin/text/text", run=_RUN, tag="settings")
    assert "niwt --lambdas=0.5,2.0 --seed=5 --workdir=" in settings["text"]


def test_projector_has_every_class_in_each_space(address: str, run: finished_run.FinishedRun) -> None:
    until = time.monotonic() + _TIMEOUT
    while _RUN not in _get(address, "plugin/projector/runs"):
        assert time.monotonic() < until
        time.sleep(0.2)
    config = _get(address, "plugin/projector/info", run=_RUN)
    shapes = {one["tensorName"].removesuffix(_VARIABLE): one["tensorShape"] for one in config["embeddings"]}
    assert shapes == {
        "domain_vectors": [5, 5],
        "predicted_importances": [5, finished.NEURONS],
        "observed_importances": [5, finished.NEURONS],
        "classifier_weights": [5, finished.NEURONS],
    }
    query = {"run": _RUN, "name": f"classifier_weights{_VARIABLE}"}
    weights = np.frombuffer(_answer(address, "plugin/projector/tensor", **query).content, np.float32)
    np.testing.assert_allclose(weights.reshape(5, -1), run.vectors.weights)
    metadata = _answer(address, "plugin/projector/metadata", **query).text.splitlines()
    assert metadata == [
        "class\tkind",
        "Horse\tseen",
        "<b>Tiger</b>\tseen",
        "Cow\tseen",
        "Zebra\tunseen",
        "Okapi\tunseen",
    ]
    assert _answer(address, "plugin/projector/sprite_image", **query).content.startswith(b"\x89PNG")
