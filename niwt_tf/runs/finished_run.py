# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A finished run, read from its folder for the report page and for TensorBoard's pages."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.evaluation import gzsl
from niwt_tf.runs import artefacts, class_vectors, command, run_files, stage_table

_NEEDED = ("data", "knowledge", run_files.VALIDATION, "importances", "map", "transfer", "evaluate")
_EXPLAIN = "explain"


@dataclasses.dataclass(frozen=True)
class FinishedRun:
    """A run that has its scores; each file is read on first access.

    Attributes:
      root: Folder of the run.
      config: Settings of the run.

    Raises:
      errors.UserError: If a stage that is read is not done.
    """

    root: Path
    config: config_lib.RunConfig

    def __post_init__(self) -> None:
        missing = [stage for stage in _NEEDED if not (self.root / stage).is_dir()]
        if missing:
            raise errors.UserError(
                f"`{errors.setting('workdir')}` must hold a run that has its scores. Received: "
                f"{errors.setting('workdir', self.root)}, without the {'stages' if len(missing) > 1 else 'stage'} "
                f"{', '.join(missing)}. Run {command.command(self.config, self.root)}"
            )

    @functools.cached_property
    def artefacts(self) -> artefacts.RunArtefacts:
        """Artefacts of the run's stages."""
        return artefacts.RunArtefacts(self.root)

    @property
    def metrics(self) -> dict[str, Any]:
        """Scores and the facts that they depend on."""
        return self.artefacts.metrics

    @functools.cached_property
    def explained(self) -> Path | None:
        """Folder of the explanations; None if the stage `explain` was left out."""
        folder = self.root / _EXPLAIN
        return folder if folder.is_dir() else None

    @property
    def explained_metrics(self) -> dict[str, Any]:
        """Metrics of the explanations; empty if there are none."""
        return (self.explained and self.artefacts.metrics_of(_EXPLAIN)) or {}

    @property
    def settings(self) -> dict[str, Any]:
        """Settings chosen by validation with pseudo-unseen classes."""
        return self.artefacts.settings_record

    @functools.cached_property
    def seconds(self) -> dict[str, float]:
        """Seconds of each stage that is done, by the stage's name, in order of the stages."""
        read = {stage: self.artefacts.seconds(stage) for stage in stage_table.STAGES}
        return {stage: seconds for stage, seconds in read.items() if seconds is not None}

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the seen classes, then of the unseen classes."""
        return self.artefacts.class_names

    @property
    def seen_classes(self) -> int:
        """Number of seen classes."""
        return self.metrics["seen_classes"]

    @property
    def test(self) -> gzsl.GzslLogits:
        """Logits and labels of the test images."""
        return self.artefacts.test

    @functools.cached_property
    def curve(self) -> gzsl.Curve | None:
        """Accuracies S and U for every gamma; None if no unseen class has test images."""
        return gzsl.curve(self.test) if len(self.test.unseen_labels) else None

    @functools.cached_property
    def confusion(self) -> np.ndarray:
        """Counts `[C,C]` int64 of test images by true class (row) and predicted class (column), at the run's gamma."""
        labels = np.concatenate([self.test.seen_labels, self.test.unseen_labels])
        predictions = np.concatenate(self.test.predictions(self.metrics["gamma"]))
        classes = len(self.class_names)
        return np.bincount(labels * classes + predictions, minlength=classes**2).reshape(classes, classes)

    @functools.cached_property
    def vectors(self) -> class_vectors.ClassVectors:
        """Domain vector, importances and weights of each class."""
        return class_vectors.load(self.artefacts)

    def command(self, *stages: str) -> str:
        """Build the command that makes this run, or only `stages` of it."""
        return command.command(self.config, self.root, stages)
