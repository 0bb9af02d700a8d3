# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load a model from a run's folder or from a `.keras` bundle, and save bundles."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from niwt_tf import errors, workdir
from niwt_tf.backbones import network_file, split_points
from niwt_tf.domains import description
from niwt_tf.method.weight_transfer import closed_form
from niwt_tf.models import bundle, gate, limited_classes, paths, state
from niwt_tf.runs import artefacts, portable, programs, run_files, run_folder
from niwt_tf.util import atomic, json_files, locks, progress
from niwt_tf.util import paths as paths_lib

_SCORES = "scores"  # the name of the layer that a bundle has after the network
_MEMBERS = (run_files.METRICS, run_files.TAUGHT, f"explain/{run_files.NEURONS}")  # which some runs lack, but no bundle


def load(path: str | os.PathLike[str], safe_mode: bool = True) -> state.ModelState:
    """Load the model of a run's folder or of a bundle.

    Args:
      path: Path of the folder or of the `.keras` file.
      safe_mode: True to refuse a model whose network or text encoder is a SavedModel of TensorFlow Hub. Such a model
        is a program: run it only if you trust the person it comes from.

    Raises:
      errors.UserError: If there is no model, or it is unfinished, damaged, stale, or of a later format.
      OSError: If a file cannot be read.
    """
    source = paths.require(os.fspath(path))
    if source.is_dir():
        run = open_run(source, safe_mode, (*paths.STAGES, *paths.OPTIONAL_STAGES))
        return _read(run, run.measured)
    with tempfile.TemporaryDirectory() as folder:
        bundle_format = bundle.unpack(source, Path(folder))
        try:
            return _read_bundle(source, Path(folder), safe_mode, bundle_format)
        except errors.DamagedError as error:
            raise bundle.broken(source, _within_bundle(error, source)) from error


def open_run(root: Path, safe_mode: bool, stages: Sequence[str], argument: str = "model") -> artefacts.RunArtefacts:
    """Open the folder of a run that `run_folder.require` has checked, and print which packages have changed since.

    Args:
      root: Folder of the run.
      safe_mode: True to refuse a run that runs a SavedModel.
      stages: Names of the stages that are read.
      argument: Name of the setting that names the folder.

    Raises:
      errors.UserError: If it runs a SavedModel in safe mode.
    """
    run = artefacts.RunArtefacts(root, safe_mode)
    if safe_mode:
        programs.require_none(run.config, root, argument, _text_encoders(run) if "knowledge" in stages else ())
    if note := run_folder.package_note(root, stages):
        progress.print_line(note)
    return run


def _within_bundle(error: errors.DamagedError, source: Path) -> str:
    """Word a fault of a bundle's member to follow "which"."""
    if error.path == source:
        return error.trouble
    return f"has contents that cannot be read: {error.path.name}, which {error.trouble}"


def save(model: state.ModelState, path: str | os.PathLike[str]) -> None:
    """Write a bundle completely or not at all.

    Raises:
      errors.UserError: If something exists at `path`, or it does not end in `.keras`.
      OSError: If the file cannot be written.
    """
    target = paths.require_new(paths_lib.expanded(path))
    with locks.hold(locks.beside(target), str(target)), atomic.writing(target) as part:
        paths.require_new(target)  # again: another process may have written it
        with tempfile.TemporaryDirectory() as folder:
            keras_file, parts = Path(folder) / f"network{bundle.ENDING}", Path(folder) / "parts"
            _as_classifier(model).save(keras_file)
            _write(model, parts)
            bundle.write(part, keras_file, parts)


def _as_classifier(model: state.ModelState) -> keras.Model:
    """Build the model from images `[N,S,S,3]` uint8 to scores `[N,C]`, for users who open the file with Keras alone."""
    network = model.classifier.backbone.network
    scores = keras.layers.Dense(len(model.class_names), dtype="float32", name=_SCORES)
    whole = keras.Model(network.input, scores(network.output), name="niwt")
    scores.set_weights([model.classifier.kernel, state.calibrated_bias(model)])
    return whole


def _read_bundle(path: Path, folder: Path, safe_mode: bool, bundle_format: int) -> state.ModelState:
    """Read the model of a bundle that was unpacked into `folder`."""
    if missing := [name for name in _MEMBERS if not (folder / name).is_file()]:
        raise errors.damaged(path, f"has no {errors.listed(f'{bundle.FOLDER}/{name}' for name in missing)}")
    config = run_files.RunFiles(folder).config
    if safe_mode:
        programs.require_none(config, path)
    whole = network_file.load(path, runs_programs=bool(programs.find(config)))
    scores = next((layer for layer in whole.layers if layer.name == _SCORES), None)
    if not isinstance(scores, keras.layers.Dense):
        raise errors.damaged(path, f"has no layer {_SCORES}")
    network = keras.Model(whole.input, scores.input)
    run = artefacts.RunArtefacts(folder, safe_mode, network, bundle_format=bundle_format)
    if safe_mode:
        programs.require_none(config, path, encoders=_text_encoders(run))
    return _read(run, run.all_metrics)


def _text_encoders(run: artefacts.RunArtefacts) -> list[str]:
    """List the text encoders that the domain vectors name: teaching loads them, whatever the settings name."""
    return [one.text_encoder for one in run.knowledge.slices]


def _write(model: state.ModelState, folder: Path) -> None:
    for stage in (*paths.STAGES, "explain"):
        (folder / stage).mkdir(parents=True)
    json_files.write(folder / run_files.CONFIG, portable.settings(workdir.record(model.config), is_read_again=True))
    json_files.write(folder / run_files.METRICS, portable.metrics(model.metrics))
    json_files.write(folder / run_files.TAUGHT, [dataclasses.asdict(description) for description in model.taught])
    source = paths_lib.last_names(model.knowledge.source)
    dataclasses.replace(model.knowledge, source=source).save(folder / "knowledge" / run_files.KNOWLEDGE)
    artefacts.write_settings(folder / run_files.VALIDATION, model.settings)
    np.save(folder / "importances" / "activations.npy", model.activations)
    np.save(folder / "importances" / "features.npy", model.features)
    np.save(folder / "importances" / run_files.LABELS, state.training_labels(model))
    model.limited.save(folder)
    model.forward.save(folder / "map")
    model.inverse.save(folder / "inverse_map")
    model.classifier.save(folder / "transfer", with_network=False)
    if model.operator is not None:
        np.save(folder / "transfer" / closed_form.FILE, model.operator)
    run_files.write_gamma(folder / "transfer", model.gamma)
    neurons = [{"index": index, "name": name} for index, name in enumerate(model.neuron_names)]
    json_files.write(folder / "explain" / run_files.NEURONS, neurons)


def _read(run: artefacts.RunArtefacts, metrics: dict[str, Any]) -> state.ModelState:
    """Read the model of a folder with the layout of a run's, its arrays in memory."""
    own = gate.remove(run.classifier)  # weights that are found by their importances do without the gate
    return state.ModelState(
        classifier=run.classifier,
        gamma=run.gamma,
        knowledge=run.knowledge,
        forward=run.domain_map,
        inverse=run.inverse_map,
        settings=run.settings,
        # the importances of weights are the same on every image if the head is affine
        activations=run.transfer_sample(1 if split_points.is_affine(own.backbone.head) else None),
        features=run.features,
        neuron_names=run.neuron_names,
        config=run.config,
        metrics=metrics,
        taught=tuple(map(_description, run.taught)),
        operator=run.operator,
        labels=run.labels,
        limited=_limited(run),
    )


def _limited(run: artefacts.RunArtefacts) -> limited_classes.LimitedClasses:
    """Read the record of classes taught within a limit, which runs and older bundles lack."""
    if run.network is None or run.bundle_format < limited_classes.SINCE:
        return limited_classes.LimitedClasses()
    size = run.classifier.backbone.feature_size - gate.has(run.classifier)
    return limited_classes.load(run.root, run.classifier.unseen, size)


def _description(record: dict[str, Any]) -> description.Description:
    texts = {name: tuple(record[name]) for name in ("attributes", "captions", "documents")}
    return description.Description(record["name"], **texts)
