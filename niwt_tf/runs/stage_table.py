# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The stages of a run in order, and what the artefact of each follows from.

Nothing here imports TensorFlow.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import workdir
from niwt_tf.data import digest, named_files
from niwt_tf.runs import run_files

_PACKAGES = ("tensorflow", "keras", "numpy")  # whose next version may compute other numbers


def _nothing(config: config_lib.RunConfig) -> None:
    del config


@dataclasses.dataclass(frozen=True)
class Stage:
    """A stage, whose artefact is determined by its version, its settings, files of the user, and other artefacts.

    Attributes:
      title: Description of the stage for the terminal.
      reads: Names of all stages whose artefacts it opens, or makes again for validation; who loads images reads `data`.
      settings: Function that selects from the configuration what the stage depends on.
      files: Function that computes checksums of the user's files that the stage reads.
      version: Version of the computation. It is raised with each change of what the stage writes; this makes the stage
        anew, and those that read it. `tests/pipeline/test_golden_stages.py` fails if that was forgotten.
    """

    title: str
    reads: tuple[str, ...]
    settings: Callable[[config_lib.RunConfig], Any] = _nothing
    files: Callable[[config_lib.RunConfig], Any] = _nothing
    version: int = 8


def _training(config: config_lib.RunConfig) -> list[Any]:
    """Collect what determines a trained network, besides its inputs."""
    return [config.backbone, config.mixed_precision, config.seed]


def _network(config: config_lib.RunConfig) -> list[Any]:
    """Collect what determines the activations of a frozen network, besides its inputs."""
    settings = config_lib.options(config.backbone)
    network = {name: value for name, (value, field) in settings.items() if not field.metadata.get("training")}
    return [network, config.seed]


def _domain(config: config_lib.DomainConfig) -> dict[str, Any]:
    """Collect the settings of descriptions; of one table those alone that matter, as in runs before texts had parts."""
    values = dataclasses.asdict(config)
    is_table = config.domain in ("attributes", "binary_attributes", "sentences")
    return {name: value for name, value in values.items() if name != "text_parts" or not is_table}


def _validation(config: config_lib.ValidationConfig) -> dict[str, Any]:
    """Collect the settings of validation; a limit that is not set is left out, as in runs before there was one."""
    values = dataclasses.asdict(config)
    return {name: value for name, value in values.items() if name != "max_seen_loss" or value is not None}


def _backbone_files(config: config_lib.RunConfig) -> Mapping[str, str]:
    return named_files.backbone_stamps(config.backbone)


def _transfer_files(config: config_lib.RunConfig) -> Mapping[str, str]:
    return named_files.transfer_stamps(config.transfer, config.seed)


STAGES: dict[str, Stage] = {
    "data": Stage(
        "images and their zero-shot split",
        (),
        lambda c: dataclasses.replace(c.data, data_dir="", prepared_dir=""),
        lambda c: digest.images(c.data),
    ),
    "knowledge": Stage(
        "a domain vector for every class",
        ("data",),
        lambda c: _domain(c.domain),
        lambda c: [named_files.stamps(c.domain), digest.knowledge(c.data, c.domain)],
    ),
    "activations": Stage(
        "activations of the training images, if the network stays as it is", ("data",), _network, _backbone_files
    ),
    run_files.VALIDATION_BACKBONE: Stage(
        "a backbone that has not seen the validation classes",
        ("data", "activations"),
        lambda c: [*_training(c), c.transfer.transfer_images, c.validation.validation_groups],
        _backbone_files,
        version=9,
    ),
    run_files.VALIDATION: Stage(
        "map, lambda, scale, bias and gamma, chosen on validation classes",
        ("data", "knowledge", run_files.VALIDATION_BACKBONE),
        lambda c: [_domain(c.domain), c.map, c.transfer, _validation(c.validation), c.seed],
        _transfer_files,
    ),
    "backbone": Stage("the backbone, trained on the seen classes", ("data", "activations"), _training, _backbone_files),
    "importances": Stage(
        "importances of the neurons, image by image",
        ("data", "activations", "backbone"),
        lambda c: [c.transfer.transfer_images, c.seed],
        version=9,
    ),
    "map": Stage(
        "the map from domain to importances",
        ("knowledge", run_files.VALIDATION, "importances"),
        lambda c: [c.map, c.seed],
    ),
    "transfer": Stage(
        "weights of the unseen classes",
        ("data", "knowledge", run_files.VALIDATION, "backbone", "importances", "map"),
        lambda c: [c.transfer, c.seed],
        _transfer_files,
    ),
    "evaluate": Stage(
        "accuracy on seen and unseen classes",
        ("data", "knowledge", run_files.VALIDATION, "backbone", "map", "transfer"),
    ),
    "inverse_map": Stage(
        "the map back from importances to domain",
        ("data", "knowledge", "importances"),
        lambda c: [c.map.map_folds, c.seed],
    ),
    "explain": Stage(
        "explanations in pictures and words, and how right they are",
        ("data", "knowledge", "activations", "importances", "transfer", "inverse_map"),
        lambda c: c.seed,
        lambda c: digest.outlines(c.data),
        version=9,
    ),
}
STAGES["report"] = Stage("a page on all of it, and TensorBoard's pages", tuple(STAGES))


def records(config: config_lib.RunConfig) -> dict[str, workdir.Record]:
    """Compute stage -> what its artefact follows from.

    Raises:
      errors.UserError: If a file or folder that a setting names does not exist.
    """
    computed: dict[str, workdir.Record] = {}
    stamp = functools.cache(lambda files: files(config))  # stages that read the same files have the same function
    for name, stage in STAGES.items():
        reads = {read: computed[read].fingerprint for read in stage.reads}
        own = settings_fingerprint(name, config)
        whole = config_lib.fingerprint(name, stage.version, own, stamp(stage.files), reads)
        computed[name] = workdir.Record(whole, stage.version, own, reads, packages())
    return computed


@functools.cache
def packages() -> dict[str, str]:
    """Read the versions of the packages that may change what a stage computes, by name."""
    return {name: metadata.version(name) for name in _PACKAGES}


def fingerprints(config: config_lib.RunConfig) -> dict[str, str]:
    """Compute stage -> fingerprint of all that its artefact follows from; see `records`."""
    return {name: record.fingerprint for name, record in records(config).items()}


def settings_fingerprint(name: str, config: config_lib.RunConfig) -> str:
    """Compute the fingerprint of the settings that a stage depends on; no file is read."""
    return config_lib.fingerprint(name, STAGES[name].settings(config))
