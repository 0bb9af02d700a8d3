# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Run the stages of a run in order, and skip those whose artefact was made by the same settings.

Nothing here imports TensorFlow, so that a run with nothing left to do finishes at once.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from niwt_tf import arguments, errors, progress, sources
from niwt_tf import config as config_lib
from niwt_tf import workdir as workdir_lib
from niwt_tf.data import digest

if TYPE_CHECKING:
    from niwt_tf import run as run_lib

_FORMAT = 7  # of the artefacts; a new number remakes every stage

_MEASURING = ("evaluate", "explain")  # the stages that write metrics.json


@dataclasses.dataclass(frozen=True)
class Stage:
    """A stage, whose artefact is determined by its settings and its parents' artefacts.

    Attributes:
      title: Description of the stage for the terminal.
      parents: Names of the stages whose artefacts it reads.
      settings: Function that selects from the configuration what the stage depends on.
    """

    title: str
    parents: tuple[str, ...]
    settings: Callable[[config_lib.RunConfig], Sequence[Any]]


def _training(config: config_lib.RunConfig) -> list[Any]:
    """Collect what determines a trained network."""
    return [config.backbone, sources.backbone_stamps(config.backbone), config.mixed_precision, config.seed]


def _network(config: config_lib.RunConfig) -> list[Any]:
    """Collect what determines the activations of a frozen network."""
    settings = config_lib.options(config.backbone)
    network = {name: value for name, (value, field) in settings.items() if not field.metadata.get("training")}
    return [network, sources.backbone_stamps(config.backbone), config.seed]


def _transfer(config: config_lib.RunConfig) -> list[Any]:
    """Collect what determines the transfer, besides its inputs."""
    return [config.transfer, sources.transfer_stamps(config.transfer, config.seed)]


STAGES: dict[str, Stage] = {
    "data": Stage(
        "images and their zero-shot split",
        (),
        lambda c: [dataclasses.replace(c.data, data_dir="", prepared_dir=""), digest.images(c.data)],
    ),
    "knowledge": Stage(
        "a domain vector for every class",
        ("data",),
        lambda c: [c.domain, sources.stamps(c.domain), digest.knowledge(c.data)],
    ),
    "activations": Stage("activations of the training images, if the network stays as it is", ("data",), _network),
    "rehearsal_backbone": Stage(
        "a backbone that has not seen the validation classes",
        ("activations",),
        lambda c: [*_training(c), c.transfer.transfer_images, c.rehearsal.validation_groups],
    ),
    "rehearsal": Stage(
        "map, lambda, scale, bias and gamma, chosen on validation classes",
        ("rehearsal_backbone", "knowledge"),
        lambda c: [c.domain, c.importance, c.map, *_transfer(c), c.rehearsal, c.seed],
    ),
    "backbone": Stage("the backbone, trained on the seen classes", ("activations",), _training),
    "importances": Stage(
        "importances of the neurons, image by image", ("backbone",), lambda c: [c.transfer.transfer_images, c.seed]
    ),
    "map": Stage(
        "the map from domain to importances", ("importances", "rehearsal"), lambda c: [c.importance, c.map, c.seed]
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
        prints[name] = config_lib.fingerprint(name, _FORMAT, *stage.settings(config), *parents)
    return prints


def _pending(prints: dict[str, str], workdir: workdir_lib.Workdir, stages: Sequence[str] = ()) -> list[str]:
    """List which of `stages`, all by default, are still to do, in order."""
    for name in stages:
        if name not in STAGES:
            raise errors.unknown_value("--stages", name, STAGES)
    wanted = [name for name in STAGES if name in stages or not stages]
    return [name for name in wanted if not workdir.is_current(name, prints[name])]


def run(
    config: config_lib.RunConfig,
    workdir: workdir_lib.Workdir,
    stages: Sequence[str] = (),
    overwrite: bool = False,
    start: Callable[[], None] = lambda: None,
) -> dict[str, Any] | None:
    """Run the stages that are still to do, and return the metrics; None until the classifier is evaluated.

    Args:
      config: Settings of the run.
      workdir: Folder that artefacts are read from and written to.
      stages: Names of the stages to run; all by default.
      overwrite: True to allow remaking stages that were made by other settings.
      start: Function called before TensorFlow is imported, if there is anything to do.

    Raises:
      errors.UserError: If the user made a mistake.
      OSError: If the disk is full or cannot be written.
    """
    arguments.require_instance("config", config, config_lib.RunConfig, "Make one with config.RunConfig(...).")
    arguments.require_instance("workdir", workdir, workdir_lib.Workdir, "Make one with workdir.Workdir(path).")
    stages, overwrite = arguments.require_texts("stages", stages), arguments.require_flag("overwrite", overwrite)
    if not callable(start):
        raise arguments.wrong("start", "be a function", start, "Leave it out.")
    prints = fingerprints(config)
    to_do = _pending(prints, workdir, stages)
    workdir.require_same(config, overwrite)
    if to_do:
        workdir.require_writable()
    context = _start(config, workdir, start) if to_do else None
    workdir.claim(config)
    for number, (name, stage) in enumerate(STAGES.items(), 1):
        if context and name in to_do:
            progress.say(f"[{number}/{len(STAGES)}] {name}: {stage.title}")
            _require_parents(name, workdir, prints)
            _run_stage(name, context, prints[name])
            _write_metrics(workdir, prints)
        elif workdir.is_current(name, prints[name]):
            progress.say(f"[{number}/{len(STAGES)}] {name}: done before")
    return _write_metrics(workdir, prints)


def _write_metrics(workdir: workdir_lib.Workdir, prints: dict[str, str]) -> dict[str, Any] | None:
    """Write and return what the finished stages have measured; None until the classifier is evaluated."""
    done = [name for name in STAGES if workdir.is_current(name, prints[name])]
    if "evaluate" not in done:
        return None
    metrics: dict[str, Any] = {}
    for name in _MEASURING:
        metrics |= workdir_lib.read_json(workdir.path(name) / "metrics.json") if name in done else {}
    metrics["stage_seconds"] = {name: workdir_lib.read_json(workdir.path(name) / "seconds.json") for name in done}
    workdir_lib.write_json(workdir.root / "metrics.json", metrics)
    return metrics


def _start(config: config_lib.RunConfig, workdir: workdir_lib.Workdir, start: Callable[[], None]) -> run_lib.Run:
    """Create what the stages share, after the checks of the settings that need TensorFlow."""
    start()
    from niwt_tf import devices, run, stages

    progress.say(f"  {devices.configure(config)}")
    context = run.Run(config, workdir)
    stages.check(context)
    return context


def _require_parents(name: str, workdir: workdir_lib.Workdir, prints: dict[str, str]) -> None:
    missing = [parent for parent in STAGES[name].parents if not workdir.is_current(parent, prints[parent])]
    if missing:
        raise errors.UserError(
            f"`--stages` must include what a stage needs, unless it is done. Received: --stages with {name}, which "
            f"needs {', '.join(missing)}. Run --stages={','.join([*missing, name])}, or leave --stages out to run all."
        )


def _run_stage(name: str, context: run_lib.Run, fingerprint: str) -> None:
    from niwt_tf import stages

    begun = time.monotonic()
    with context.workdir.writing(name, fingerprint) as folder:
        getattr(stages, name)(context, folder)
        workdir_lib.write_json(folder / "seconds.json", round(time.monotonic() - begun, 2))
