# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Names of the files of a run, and those of them that are read without TensorFlow; `artefacts` reads the others."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from niwt_tf import config as config_lib
from niwt_tf import errors, workdir
from niwt_tf.evaluation import gzsl
from niwt_tf.runs import command, schemas
from niwt_tf.util import array_schemas, json_files, json_schemas

CONFIG = workdir.CONFIG
METRICS = workdir.METRICS
TAUGHT = "taught.json"
LABELS = "labels.npy"  # of the stage `importances`
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


_Value = TypeVar("_Value")
_Arguments = ParamSpec("_Arguments")


def remedied(
    read: Callable[Concatenate[Any, _Arguments], _Value],
) -> Callable[Concatenate[Any, _Arguments], _Value]:
    """Wrap a method of `RunFiles`, so that the error for a damaged file names the command that makes the file anew."""

    @functools.wraps(read)
    def with_remedy(files: Any, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Value:
        try:
            return read(files, *args, **kwargs)
        except errors.DamagedError as error:
            raise errors.damaged(error.path, error.trouble, files.remedy) from error.__cause__

    return with_remedy


def read_once(read: Callable[[Any], _Value]) -> functools.cached_property[_Value]:
    """Make a property of `RunFiles` that is read on first access, and kept."""
    return functools.cached_property(remedied(read))


@dataclasses.dataclass(frozen=True)
class RunFiles:
    """Files of a run, or of an unpacked bundle, which has the same layout; each is read on first access.

    A file that is missing or damaged gives an `errors.DamagedError`, which is a `UserError`.

    Attributes:
      root: Folder of the run.
      bundle_format: Format of the bundle.
    """

    root: Path
    bundle_format: float = dataclasses.field(default=array_schemas.PRESENT, kw_only=True)

    def folder(self, stage: str) -> Path:
        """Return the folder of the artefact of `stage`."""
        return self.root / stage

    @property
    def remedy(self) -> str:
        """Advice for whoever has a damaged file of the run."""
        record = json_files.read(self.root / CONFIG)
        if not isinstance(record, dict):
            return "Make the run anew, into another folder, or copy it again."
        return f"Remove that file's folder, and make it anew: {command.from_record(record, self.root)}"

    @functools.cached_property
    def sizes(self) -> array_schemas.Sizes:
        """Sizes that the files which describe all classes must agree on."""
        return array_schemas.Sizes()

    @read_once
    def config_record(self) -> dict[str, Any] | None:
        """Settings of the run by name; None if there is no run."""
        return _read_optional(self.root / CONFIG, schemas.ANY_OBJECT, None)

    @read_once
    def config(self) -> config_lib.RunConfig:
        """Settings of the run."""
        path = self.root / CONFIG
        try:
            return config_lib.from_record(json_schemas.read(path, schemas.ANY_OBJECT))
        except errors.DamagedError:
            raise
        except errors.UserError as error:
            raise errors.damaged(path, f"has settings that are not valid: {errors.first_line(error)}") from None

    def setting(self, name: str) -> Any:
        """Read one setting, such as `dataset`, without a check of the others."""
        return (self.config_record or {})[name]

    @read_once
    def split(self) -> dict[str, Any]:
        """Facts about the dataset and its zero-shot split."""
        path = self.folder("data") / SPLIT
        split = json_schemas.read(path, schemas.SPLIT)
        self.sizes.require_names(path, "classes", "C", [*split["seen"], *split["unseen"]])
        self.sizes.require(path, "seen", "S", [len(split["seen"])])
        return split

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the seen classes, then of the unseen classes."""
        return (*self.split["seen"], *self.split["unseen"])

    @read_once
    def fine_tuned(self) -> Any:
        """Part of the network that was trained: see `finetune.training_mode`."""
        return json_schemas.read(self.folder("backbone") / FINE_TUNED, schemas.FINE_TUNED)

    @read_once
    def settings_record(self) -> dict[str, Any]:
        """Settings that validation chose, by name."""
        return json_schemas.read(self.folder(VALIDATION) / SETTINGS, schemas.SETTINGS.of_format(self.bundle_format))

    @read_once
    def gamma(self) -> float:
        """Value that is subtracted from the logits of the seen classes."""
        return json_schemas.read(self.folder("transfer") / CALIBRATION, schemas.CALIBRATION)["gamma"]

    @read_once
    def metrics(self) -> dict[str, Any]:
        """Scores and the facts that they depend on."""
        return json_schemas.read(self.folder("evaluate") / METRICS, schemas.EVALUATED)

    @read_once
    def all_metrics(self) -> dict[str, Any]:
        """Metrics of all stages; empty if the classifier is not evaluated."""
        return _read_optional(self.root / METRICS, schemas.METRICS, {})

    @read_once
    def test(self) -> gzsl.GzslLogits:
        """Logits and labels of the test images."""
        path, names = self.folder("evaluate") / METRICS, self.class_names
        if self.metrics["seen_classes"] != len(self.split["seen"]) or {*self.metrics["imageless_classes"]} - {*names}:
            raise errors.damaged(path, f"is of other classes than {SPLIT}")
        imageless = [names.index(name) for name in self.metrics["imageless_classes"]]
        return gzsl.GzslLogits.load(path.with_name(LOGITS), self.metrics["seen_classes"], imageless, self.sizes)

    @read_once
    def taught(self) -> list[dict[str, Any]]:
        """Descriptions of classes that were added to a bundle's model."""
        return _read_optional(self.root / TAUGHT, schemas.TAUGHT, [])

    @read_once
    def explained_metrics(self) -> dict[str, Any]:
        """Metrics of the explanations; empty if there are none."""
        return _read_optional(self.folder("explain") / METRICS, schemas.EXPLAINED, {})

    @read_once
    def neurons(self) -> list[dict[str, Any]]:
        """Neurons that the stage `explain` described; empty if it is not done."""
        return neurons(self.folder("explain"))

    def metrics_of(self, stage: str) -> dict[str, Any]:
        """Read the metrics of `stage`, which must be `evaluate` or `explain`."""
        return self.metrics if stage == "evaluate" else self.explained_metrics

    @remedied
    def seconds(self, stage: str) -> float | None:
        """Read the seconds that `stage` took; None if it is not done."""
        return _read_optional(self.folder(stage) / SECONDS, schemas.SECONDS, None)

    def fingerprint(self, stage: str) -> str | None:
        """Read the fingerprint of the artefact of `stage`; None if it is not done."""
        record = workdir.Record.read(self.folder(stage))
        return None if record is None else record.fingerprint


def neurons(folder: Path) -> list[dict[str, Any]]:
    """Read the neurons that the stage `explain` described in its folder; empty if it is not done."""
    return json_schemas.read(folder / NEURONS, schemas.NEURONS) if folder.is_dir() else []


def decisions(folder: Path) -> list[dict[str, Any]]:
    """Read the predictions that the stage `explain` explained in its folder; empty if it is not done."""
    return _read_optional(folder / DECISIONS, schemas.DECISIONS, [])


def _read_optional(path: Path, kind: json_schemas.Kind, default: Any) -> Any:
    return json_schemas.read(path, kind) if path.exists() or path.is_symlink() else default


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
