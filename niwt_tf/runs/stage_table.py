# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The stages of a run in order, and what the artefact of each follows from.

Nothing here imports TensorFlow.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf.data import digest, named_files
from niwt_tf.runs import run_files


@dataclasses.dataclass(frozen=True)
class Stage:
    """A stage, whose artefact is determined by its settings and its parents' artefacts.

    Attributes:
      title: Description of the stage for the terminal.
      parents: Names of the stages whose artefacts it reads.
      settings: Function that selects from the configuration what the stage depends on.
      version: Version of the artefact. A new one makes this stage anew, and those that read it.
    """

    title: str
    parents: tuple[str, ...]
    settings: Callable[[config_lib.RunConfig], Sequence[Any]]
    version: int = 7


def _training(config: config_lib.RunConfig) -> list[Any]:
    """Collect what determines a trained network."""
    return [config.backbone, named_files.backbone_stamps(config.backbone), config.mixed_precision, config.seed]


def _network(config: config_lib.RunConfig) -> list[Any]:
    """Collect what determines the activations of a frozen network."""
    settings = config_lib.options(config.backbone)
    network = {name: value for name, (value, field) in settings.items() if not field.metadata.get("training")}
    return [network, named_files.backbone_stamps(config.backbone), config.seed]


def _transfer(config: config_lib.RunConfig) -> list[Any]:
    """Collect what determines the transfer, besides its inputs."""
    return [config.transfer, named_files.transfer_stamps(config.transfer, config.seed)]


def _validation(config: config_lib.RunConfig) -> dict[str, Any]:
    """Collect what determines the choice of settings, with the setting that runs had before."""
    return dataclasses.asdict(config.validation) | {"scale_unit": config_lib.REMOVED["scale_unit"]}


# What a setting of earlier versions put into fingerprints; it stays there, so that stages of earlier runs stay current.
_IMPORTANCES = {"importances_of": config_lib.REMOVED["importances_of"]}

STAGES: dict[str, Stage] = {
    "data": Stage(
        "images and their zero-shot split",
        (),
        lambda c: [dataclasses.replace(c.data, data_dir="", prepared_dir=""), digest.images(c.data)],
    ),
    "knowledge": Stage(
        "a domain vector for every class",
        ("data",),
        lambda c: [c.domain, named_files.stamps(c.domain), digest.knowledge(c.data)],
    ),
    "activations": Stage("activations of the training images, if the network stays as it is", ("data",), _network),
    run_files.VALIDATION_BACKBONE: Stage(
        "a backbone that has not seen the validation classes",
        ("activations",),
        lambda c: [*_training(c), c.transfer.transfer_images, c.validation.validation_groups],
    ),
    run_files.VALIDATION: Stage(
        "map, lambda, scale, bias and gamma, chosen on validation classes",
        (run_files.VALIDATION_BACKBONE, "knowledge"),
        lambda c: [c.domain, _IMPORTANCES, c.map, *_transfer(c), _validation(c), c.seed],
    ),
    "backbone": Stage("the backbone, trained on the seen classes", ("activations",), _training),
    "importances": Stage(
        "importances of the neurons, image by image", ("backbone",), lambda c: [c.transfer.transfer_images, c.seed]
    ),
    "map": Stage(
        "the map from domain to importances",
        ("importances", run_files.VALIDATION),
        lambda c: [_IMPORTANCES, c.map, c.seed],
    ),
    "transfer": Stage("weights of the unseen classes", ("map",), lambda c: [*_transfer(c), c.seed]),
    "evaluate": Stage("accuracy on seen and unseen classes", ("transfer",), lambda c: []),
    "inverse_map": Stage(
        "the map back from importances to domain", ("importances", "knowledge"), lambda c: [c.map.map_folds, c.seed]
    ),
    "explain": Stage(
        "explanations in pictures and words, and how right they are", ("evaluate", "inverse_map"), lambda c: []
    ),
    "report": Stage("a page on all of it, and TensorBoard's pages", ("explain",), lambda c: []),
}


def fingerprints(config: config_lib.RunConfig) -> dict[str, str]:
    """Compute stage -> fingerprint of its settings and of its parents' fingerprints.

    Raises:
      errors.UserError: If a file or folder that a setting names does not exist.
    """
    prints: dict[str, str] = {}
    for name, stage in STAGES.items():
        parents = [prints[parent] for parent in stage.parents]
        prints[name] = config_lib.fingerprint(name, stage.version, *stage.settings(config), *parents)
    return prints
