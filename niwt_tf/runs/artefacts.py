# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Artefacts of a run's stages as objects: the one reader of a run's folder, and of an unpacked bundle."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.explain import explained_model as explained_model_lib
from niwt_tf.method import importance, validation
from niwt_tf.method import inverse_map as inverse_map_lib
from niwt_tf.method.domain_map import domain_map as domain_map_lib
from niwt_tf.method.weight_transfer import closed_form
from niwt_tf.method.weight_transfer import images as transfer_images
from niwt_tf.runs import run_files, stage_table
from niwt_tf.runs.run_files import read_once, remedied
from niwt_tf.util import array_schemas, json_files

_OPERATOR = array_schemas.Array("float32", "DK")
_FEATURES = array_schemas.Array("float32", "ND")
_WITH_LABELS = 4  # format of bundles
_LABELS = array_schemas.Array("int", "N", minimum=0, below="S")
_TESTED = {
    "features": array_schemas.Array("float32", "tD", may_be_empty=True),
    "labels": array_schemas.Array("int", "t", minimum=0, may_be_empty=True),
}


@dataclasses.dataclass(frozen=True)
class RunArtefacts(run_files.RunFiles):
    """Artefacts of a run; each is read on first access, and kept.

    Attributes:
      safe_mode: True to refuse a network that runs a SavedModel of TensorFlow Hub, which is a program.
      network: Network of the classifier of all classes, which a bundle keeps elsewhere; None for that of the folder.
    """

    safe_mode: bool = True
    network: keras.Model | None = None

    @read_once
    def knowledge(self) -> knowledge_lib.DomainKnowledge:
        """Domain vectors of all classes."""
        return knowledge_lib.DomainKnowledge.load(self.folder("knowledge") / run_files.KNOWLEDGE, self.sizes)

    @read_once
    def settings(self) -> validation.ChosenSettings:
        """Settings that validation chose."""
        return _chosen_settings(self.settings_record)

    @read_once
    def trained_classifier(self) -> classifier_lib.Classifier:
        """Classifier of the seen classes."""
        return classifier_lib.Classifier.load(self.folder("backbone"), runs_programs=not self.safe_mode)

    @read_once
    def importances(self) -> importance.Importances:
        """Importances of the training images, mapped from disk."""
        return importance.Importances.load(self.folder("importances"), self.sizes)

    @read_once
    def domain_map(self) -> domain_map_lib.DomainMap:
        """Map from domain vectors to importances."""
        return domain_map_lib.DomainMap.load(self.folder("map"), self.sizes, self.bundle_format)

    @read_once
    def inverse_map(self) -> inverse_map_lib.InverseMap:
        """Map from importances to domain vectors."""
        return inverse_map_lib.InverseMap.load(self.folder("inverse_map"), self.sizes)

    @read_once
    def classifier(self) -> classifier_lib.Classifier:
        """Classifier of all classes."""
        folder = self.folder("transfer")
        loaded = classifier_lib.Classifier.load(folder, self.network, self.sizes, not self.safe_mode)
        path = folder / classifier_lib.FILE
        self.sizes.require(path, "the seen classes", "S", [len(loaded.seen)])
        self.sizes.require(path, "the network's activations", "HW", loaded.backbone.activation_shape[:2])
        return loaded

    @read_once
    def operator(self) -> np.ndarray | None:
        """Matrix `[D,K]` from importances to weights; None if descent fitted the weights."""
        path = self.folder("transfer") / closed_form.FILE
        if self.config.transfer.transfer_fit != "closed" or not (self._has_residuals or os.path.lexists(path)):
            return None
        return array_schemas.read(path, _OPERATOR, self.sizes)

    @property
    def _has_residuals(self) -> bool:
        """True but for models that bundles of format 1 held: they have neither residuals nor the operator."""
        return bool(self.domain_map.residuals.size)

    @read_once
    def transfer_activations(self) -> np.ndarray:
        """Activations `[n,H,W,K]` that weights are fitted on: of training images, or of others; mapped from disk."""
        schema = dataclasses.replace(importance.SCHEMA["activations"], shape="aHWK")
        return array_schemas.read(self._transfer_path, schema, self.sizes, mapped=True)

    @read_once
    def features(self) -> np.ndarray:
        """Features `[N,D]` of the training images."""
        return array_schemas.read(self.folder("importances") / "features.npy", _FEATURES, self.sizes)

    @read_once
    def labels(self) -> np.ndarray | None:
        """Classes `[N]` of the training images; None in bundles before format 4."""
        if self.bundle_format < _WITH_LABELS:
            return None
        return array_schemas.read(self.folder("importances") / run_files.LABELS, _LABELS, self.sizes)

    @property
    def neuron_names(self) -> tuple[str | None, ...]:
        """Names of the `K` neurons; all are None if the neurons were not named."""
        names = {record["index"]: record["name"] for record in self.neurons}
        return tuple(names.get(index) for index in range(self.classifier.backbone.activation_shape[-1]))

    @property
    def explained_model(self) -> explained_model_lib.ExplainedModel:
        """Parts of the run from which explanations are computed."""
        parts, observed = (self.classifier, self.gamma, self.inverse_map, self.knowledge), self.importances
        return explained_model_lib.ExplainedModel(*parts, observed.features, observed.labels)

    @property
    def measured(self) -> dict[str, Any]:
        """Metrics of all stages that are done, as the run's `metrics.json` holds them; empty if it is not scored."""
        if not self.folder("evaluate").is_dir():
            return {}
        seconds = {stage: self.seconds(stage) for stage in stage_table.STAGES}
        done = {stage: value for stage, value in seconds.items() if value is not None}
        return self.metrics | self.explained_metrics | {"stage_seconds": done}

    @remedied
    def transfer_sample(self, count: int | None = None) -> np.ndarray:
        """Read the first `count` of `transfer_activations`, or all of them, into memory."""
        activations = np.array(self.transfer_activations[:count])
        array_schemas.require_finite(self._transfer_path, "activations", activations)
        return activations

    @property
    def _transfer_path(self) -> Path:
        is_other = self.network is None and self.config.transfer.transfer_source != "training"
        return self.folder("transfer" if is_other else "importances") / transfer_images.FILE

    @remedied
    def validation_importances(self, group: int) -> importance.Importances:
        """Open the importances of the training images of a validation, mapped from disk."""
        return importance.Importances.load(self.folder(run_files.VALIDATION_BACKBONE) / str(group))

    @remedied
    def validation_images(self, group: int, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Read features and labels of held-out images of a validation: `test_seen` or `test_unseen`."""
        path = self.folder(run_files.VALIDATION_BACKBONE) / str(group) / f"{split}.npz"
        saved = array_schemas.read_all(path, _TESTED)
        return saved["features"], saved["labels"]

    @remedied
    def test_features(self, split: str) -> np.ndarray:
        """Read the features of test images of `seen` or of `unseen` classes."""
        return array_schemas.read(self.folder("evaluate") / split / "features.npy", _TESTED["features"])


def write_settings(folder: Path, chosen: validation.ChosenSettings) -> None:
    """Write chosen settings into the folder of the stage `run_files.VALIDATION`."""
    json_files.write(folder / run_files.SETTINGS, settings_record(chosen))


def settings_record(chosen: validation.ChosenSettings) -> dict[str, Any]:
    """Convert chosen settings to values by name, as `settings.json` holds them; its names are those of format 3."""
    return {
        "map_fit": chosen.map_fit.kind,
        "lambda_": chosen.lambda_,
        "scale": chosen.scale,
        "bias": chosen.bias,
        "kept_share": chosen.seen_fraction,
        "harmonic_mean": chosen.harmonic_mean,
        "map_relevance": chosen.map_fit.relevance_steps,
        "scale_unit": chosen.scale_unit,
        "imagined_part": chosen.synthetic_position,
        "rehearsal": chosen.protocol,
    }


def _chosen_settings(record: Mapping[str, Any]) -> validation.ChosenSettings:
    """Build chosen settings from a record; earlier bundles lack some of its last four values."""
    return validation.ChosenSettings(
        map_fit=domain_map_lib.MapFit(record["map_fit"], record.get("map_relevance", 0)),
        lambda_=record["lambda_"],
        scale=record["scale"],
        bias=record["bias"],
        seen_fraction=record["kept_share"],
        harmonic_mean=record["harmonic_mean"],
        scale_unit=record.get("scale_unit", "length"),
        synthetic_position=record.get("imagined_part"),
        protocol=record.get("rehearsal", "groups"),
    )
