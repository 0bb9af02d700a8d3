# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Names of the files of a run, and those of them that are read without TensorFlow; `artefacts` reads the others."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import workdir
from niwt_tf.evaluation import gzsl
from niwt_tf.util import json_files

CONFIG = workdir.CONFIG
METRICS = workdir.METRICS
TAUGHT = "taught.json"
SECONDS = "seconds.json"
SPLIT = "split.json"
KNOWLEDGE = "knowledge.npz"
FINE_TUNED = "fine_tuned.json"
SETTINGS = "settings.json"
CALIBRATION = "calibration.json"
LOGITS = "logits.npz"
NEURONS = "neurons.json"
DECISIONS = "decisions.json"
VALIDATION, VALIDATION_BACKBONE = "rehearsal", "rehearsal_backbone"  # stages, as `stages` and folders name them


@dataclasses.dataclass(frozen=True)
class RunFiles:
    """Files of a run, or of an unpacked bundle, which has the same layout; each is read on first access.

    Attributes:
      root: Folder of the run.
    """

    root: Path

    def folder(self, stage: str) -> Path:
        """Return the folder of the artefact of `stage`."""
        return self.root / stage

    @functools.cached_property
    def config_record(self) -> dict[str, Any] | None:
        """Settings of the run by name; None if there is no run."""
        record = json_files.read(self.root / CONFIG)
        return record if isinstance(record, dict) else None

    @functools.cached_property
    def config(self) -> config_lib.RunConfig:
        """Settings of the run."""
        return config_lib.from_record(json_files.read(self.root / CONFIG))

    def setting(self, name: str) -> Any:
        """Read one setting, such as `dataset`, without a check of the others."""
        return (self.config_record or {})[name]

    @functools.cached_property
    def split(self) -> dict[str, Any]:
        """Facts about the dataset and its zero-shot split."""
        return json_files.read(self.folder("data") / SPLIT)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the seen classes, then of the unseen classes."""
        return (*self.split["seen"], *self.split["unseen"])

    @functools.cached_property
    def fine_tuned(self) -> Any:
        """Part of the network that was trained: see `finetune.training_mode`."""
        return json_files.read(self.folder("backbone") / FINE_TUNED)

    @functools.cached_property
    def settings_record(self) -> dict[str, Any]:
        """Settings that validation chose, by name."""
        return json_files.read(self.folder(VALIDATION) / SETTINGS)

    @functools.cached_property
    def gamma(self) -> float:
        """Value that is subtracted from the logits of the seen classes."""
        return json_files.read(self.folder("transfer") / CALIBRATION)["gamma"]

    @functools.cached_property
    def metrics(self) -> dict[str, Any]:
        """Scores and the facts that they depend on."""
        return self.metrics_of("evaluate")

    @functools.cached_property
    def all_metrics(self) -> dict[str, Any]:
        """Metrics of all stages; empty if the classifier is not evaluated."""
        return json_files.read(self.root / METRICS) or {}

    @functools.cached_property
    def test(self) -> gzsl.GzslLogits:
        """Logits and labels of the test images."""
        imageless = [self.class_names.index(name) for name in self.metrics["imageless_classes"]]
        return gzsl.GzslLogits.load(self.folder("evaluate") / LOGITS, self.metrics["seen_classes"], imageless)

    @functools.cached_property
    def taught(self) -> list[dict[str, Any]]:
        """Descriptions of classes that were added to a bundle's model."""
        return json_files.read(self.root / TAUGHT) or []

    def metrics_of(self, stage: str) -> dict[str, Any]:
        """Read the metrics of `stage`, which must be `evaluate` or `explain`."""
        return json_files.read(self.folder(stage) / METRICS)

    def seconds(self, stage: str) -> float | None:
        """Read the seconds that `stage` took; None if it is not done."""
        return json_files.read(self.folder(stage) / SECONDS)

    def fingerprint(self, stage: str) -> str | None:
        """Read the fingerprint of the artefact of `stage`; None if it is not done."""
        record = workdir.Record.read(self.folder(stage))
        return None if record is None else record.fingerprint


def neurons(folder: Path) -> list[dict[str, Any]]:
    """Read the neurons that the stage `explain` described in its folder; empty if it is not done."""
    return json_files.read(folder / NEURONS) or []


def decisions(folder: Path) -> list[dict[str, Any]]:
    """Read the predictions that the stage `explain` explained in its folder; empty if it is not done."""
    return json_files.read(folder / DECISIONS) or []


def write_explanations(
    folder: Path, metrics: dict[str, Any], neurons: list[dict[str, Any]], decisions: list[dict[str, Any]]
) -> None:
    """Write the records of the stage `explain` into its folder."""
    json_files.write(folder / METRICS, metrics)
    json_files.write(folder / NEURONS, neurons)
    json_files.write(folder / DECISIONS, decisions)


def write_gamma(folder: Path, gamma: float) -> None:
    """Write gamma into the folder of the stage `transfer`."""
    json_files.write(folder / CALIBRATION, {"gamma": gamma})
