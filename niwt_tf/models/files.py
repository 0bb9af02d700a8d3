# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load a model from a run's folder or from a `.keras` bundle, and save bundles."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from niwt_tf import errors, workdir
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import network_file, split_points
from niwt_tf.domains import description
from niwt_tf.method.weight_transfer import closed_form
from niwt_tf.models import bundle, paths, state
from niwt_tf.runs import artefacts, run_files
from niwt_tf.util import json_files
from niwt_tf.util import paths as paths_lib

_SCORES = "scores"  # the name of the layer that a bundle has after the network


def load(path: str | os.PathLike[str], safe_mode: bool = True) -> state.ModelState:
    """Load the model of a run's folder or of a bundle.

    Args:
      path: Path of the folder or of the `.keras` file.
      safe_mode: True to refuse a bundle whose network or text encoder is a SavedModel of TensorFlow Hub. Such a model
        is a program: run it only if you trust the person it comes from.

    Raises:
      errors.UserError: If there is no model, or it is unfinished, damaged, or of a later format.
    """
    source = paths.require(os.fspath(path))
    if source.is_dir():
        return _read(source, classifier_lib.Classifier.load(source / "transfer"))
    with tempfile.TemporaryDirectory() as folder:
        bundle.unpack(source, Path(folder))
        try:
            return _read_bundle(source, Path(folder), safe_mode)
        except errors.UserError:
            raise
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise bundle.broken(source, f"has contents that cannot be read: {errors.first_line(error)}") from error


def save(model: state.ModelState, path: str | os.PathLike[str]) -> None:
    """Write a bundle completely or not at all.

    Raises:
      errors.UserError: If something exists at `path`, or it does not end in `.keras`.
      OSError: If the file cannot be written.
    """
    target = paths.require_new(paths_lib.expanded(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            keras_file, parts = Path(folder) / f"network{bundle.ENDING}", Path(folder) / "parts"
            _as_classifier(model).save(keras_file)
            _write(model, parts)
            bundle.write(temporary, keras_file, parts)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _as_classifier(model: state.ModelState) -> keras.Model:
    """Build the model from images `[N,S,S,3]` uint8 to scores `[N,C]`, for users who open the file with Keras alone."""
    network = model.classifier.backbone.network
    scores = keras.layers.Dense(len(model.class_names), dtype="float32", name=_SCORES)
    whole = keras.Model(network.input, scores(network.output), name="niwt")
    scores.set_weights([model.classifier.kernel, state.calibrated_bias(model)])
    return whole


def _read_bundle(path: Path, folder: Path, safe_mode: bool) -> state.ModelState:
    """Read the model of a bundle that was unpacked into `folder`."""
    config = run_files.RunFiles(folder).config
    programs = [name for name in (config.backbone.backbone, config.domain.text_encoder) if name.startswith("hub:")]
    if programs and safe_mode:
        raise errors.UserError(
            f"`{errors.setting('model')}` must not run a SavedModel of TensorFlow Hub in safe mode: a SavedModel is a "
            f"program. Received: {errors.setting('model', path)}, which runs {errors.listed(programs)}. Add "
            f"{errors.setting('safe_mode', False)} if you trust the person it comes from."
        )
    whole = network_file.load(path, runs_programs=bool(programs))
    network = keras.Model(whole.input, whole.get_layer(_SCORES).input)
    with np.load(folder / "transfer" / "classifier.npz", allow_pickle=False) as saved:
        backbone = backbone_lib.Backbone(network, str(saved["layer"]))
    return _read(folder, classifier_lib.Classifier.load(folder / "transfer", backbone))


def _write(model: state.ModelState, folder: Path) -> None:
    for stage in (*paths.STAGES, "explain"):
        (folder / stage).mkdir(parents=True)
    json_files.write(folder / run_files.CONFIG, workdir.record(model.config))
    json_files.write(folder / run_files.METRICS, model.metrics)
    json_files.write(folder / run_files.TAUGHT, [dataclasses.asdict(description) for description in model.taught])
    model.knowledge.save(folder / "knowledge" / run_files.KNOWLEDGE)
    artefacts.write_settings(folder / run_files.VALIDATION, model.settings)
    np.save(folder / "importances" / "activations.npy", model.activations)
    np.save(folder / "importances" / "features.npy", model.features)
    model.forward.save(folder / "map")
    model.inverse.save(folder / "inverse_map")
    model.classifier.save(folder / "transfer", with_network=False)
    if model.operator is not None:
        np.save(folder / "transfer" / closed_form.FILE, model.operator)
    run_files.write_gamma(folder / "transfer", model.gamma)
    neurons = [{"index": index, "name": name} for index, name in enumerate(model.neuron_names)]
    json_files.write(folder / "explain" / run_files.NEURONS, neurons)


def _read(folder: Path, classifier: classifier_lib.Classifier) -> state.ModelState:
    """Read the model of a folder with the layout of a run's, its arrays in memory."""
    run = artefacts.RunArtefacts(folder)
    activations = run.transfer_activations
    if split_points.is_affine(classifier.backbone.head):
        activations = activations[:1]  # the importances of weights are the same on every image
    return state.ModelState(
        classifier=classifier,
        gamma=run.gamma,
        knowledge=run.knowledge,
        forward=run.domain_map,
        inverse=run.inverse_map,
        settings=run.settings,
        activations=np.array(activations),
        features=run.features,
        neuron_names=_neuron_names(folder, classifier.backbone.activation_shape[-1]),
        config=run.config,
        metrics=run.all_metrics,
        taught=tuple(map(_description, run.taught)),
        operator=run.operator,
    )


def _neuron_names(folder: Path, neurons: int) -> tuple[str | None, ...]:
    """Read the neurons' names; all are None if the neurons were not named."""
    names = {record["index"]: record["name"] for record in run_files.neurons(folder / "explain")}
    return tuple(names.get(index) for index in range(neurons))


def _description(record: dict[str, Any]) -> description.Description:
    texts = {name: tuple(record[name]) for name in ("attributes", "captions", "documents")}
    return description.Description(record["name"], **texts)
