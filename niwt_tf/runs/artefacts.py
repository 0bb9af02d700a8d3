# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Artefacts of a run's stages as objects: the one reader of a run's folder, and of an unpacked bundle."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.explain import explained_model as explained_model_lib
from niwt_tf.method import importance, validation
from niwt_tf.method import inverse_map as inverse_map_lib
from niwt_tf.method.domain_map import domain_map as domain_map_lib
from niwt_tf.method.weight_transfer import closed_form
from niwt_tf.method.weight_transfer import images as transfer_images
from niwt_tf.runs import run_files
from niwt_tf.util import json_files


@dataclasses.dataclass(frozen=True)
class RunArtefacts(run_files.RunFiles):
    """Artefacts of a run; each is read on first access, and kept. A stage that is not done gives an OSError."""

    @functools.cached_property
    def knowledge(self) -> knowledge_lib.DomainKnowledge:
        """Domain vectors of all classes."""
        return knowledge_lib.DomainKnowledge.load(self.folder("knowledge") / run_files.KNOWLEDGE)

    @functools.cached_property
    def settings(self) -> validation.ChosenSettings:
        """Settings that validation chose."""
        return _chosen_settings(self.settings_record)

    @functools.cached_property
    def trained_classifier(self) -> classifier_lib.Classifier:
        """Classifier of the seen classes."""
        return classifier_lib.Classifier.load(self.folder("backbone"))

    @functools.cached_property
    def importances(self) -> importance.Importances:
        """Importances of the training images, mapped from disk."""
        return importance.Importances.load(self.folder("importances"))

    @functools.cached_property
    def domain_map(self) -> domain_map_lib.DomainMap:
        """Map from domain vectors to importances."""
        return domain_map_lib.DomainMap.load(self.folder("map"))

    @functools.cached_property
    def inverse_map(self) -> inverse_map_lib.InverseMap:
        """Map from importances to domain vectors."""
        return inverse_map_lib.InverseMap.load(self.folder("inverse_map"))

    @functools.cached_property
    def classifier(self) -> classifier_lib.Classifier:
        """Classifier of all classes."""
        return classifier_lib.Classifier.load(self.folder("transfer"))

    @functools.cached_property
    def operator(self) -> np.ndarray | None:
        """Matrix `[D,K]` from importances to weights; None if descent fitted the weights."""
        path = self.folder("transfer") / closed_form.FILE
        return np.load(path, allow_pickle=False) if path.exists() else None

    @functools.cached_property
    def transfer_activations(self) -> np.ndarray:
        """Activations `[n,H,W,K]` that weights are fitted on: of training images, or of others; mapped from disk."""
        others = self.folder("transfer") / transfer_images.FILE
        own = self.folder("importances") / transfer_images.FILE
        return np.load(others if others.exists() else own, mmap_mode="r", allow_pickle=False)

    @functools.cached_property
    def features(self) -> np.ndarray:
        """Features `[N,D]` of the training images."""
        return np.load(self.folder("importances") / "features.npy", allow_pickle=False)

    @property
    def explained_model(self) -> explained_model_lib.ExplainedModel:
        """Parts of the run from which explanations are computed."""
        return explained_model_lib.ExplainedModel(self.classifier, self.gamma, self.inverse_map, self.knowledge)

    def validation_importances(self, group: int) -> importance.Importances:
        """Open the importances of the training images of a validation, mapped from disk."""
        return importance.Importances.load(self.folder(run_files.VALIDATION_BACKBONE) / str(group))

    def validation_images(self, group: int, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Read features and labels of held-out images of a validation: `test_seen` or `test_unseen`."""
        path = self.folder(run_files.VALIDATION_BACKBONE) / str(group) / f"{split}.npz"
        with np.load(path, allow_pickle=False) as saved:
            return saved["features"], saved["labels"]

    def test_features(self, split: str) -> np.ndarray:
        """Read the features of test images of `seen` or of `unseen` classes."""
        return np.load(self.folder("evaluate") / split / "features.npy", allow_pickle=False)


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
    """Build chosen settings from a record; bundles of formats 1 and 2 lack its last four values."""
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
