# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Compare NIWT with baselines on a finished run: the same features, validation classes and calibration.

Each baseline's scores lie in `<run>/baselines/<method>.json`. They are used again as long as the run's scores and the
baseline's candidates are the same. TensorFlow is imported only if there is something to compute.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors, workdir
from niwt_tf.baselines import registry
from niwt_tf.evaluation import summary
from niwt_tf.runs import run_files, run_folder, schemas
from niwt_tf.util import json_files, json_schemas, paths, progress

NEEDED = (
    "data",
    "knowledge",
    run_files.VALIDATION_BACKBONE,
    run_files.VALIDATION,
    "importances",
    "map",
    "transfer",
    "evaluate",
)
NIWT = "niwt"
_FORMAT = 3  # of the files; with a new number every baseline is measured again
_SECONDS_OF_NIWT = (run_files.VALIDATION, "map", "transfer")
_SETTING_OF_NIWT = (
    "map_fit",
    "map_steps",
    "map_penalty",
    "map_relevance",
    "transfer_fit",
    "lambda",
    "scale",
    "bias",
)
_SCORES = ("harmonic_mean_expected", *summary.NAMES)
_SCHEMA = json_schemas.Record(
    {"fingerprint": json_schemas.Text(), "seconds": json_schemas.Number(0.0), **schemas.SCORES}
)


def compare(root: Path, methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Compare NIWT with baselines: name -> scores by the names in `metrics.json`, setting and seconds.

    Args:
      root: Folder of a finished run.
      methods: Names of baselines.

    Raises:
      errors.UserError: If there is no baseline of a name, or it does not suit the run's domain, or the run lacks a
        stage.
      OSError: If the folder cannot be written.
    """
    root = run_folder.require(str(root), NEEDED)
    registry.require(methods, run_files.RunFiles(root).setting("domain"))
    scores = read_scores(root, methods)
    if None in scores.values():
        with workdir.Workdir(root).lock():
            scores = read_scores(root, methods)  # again: another process may have measured
            missing = [name for name in methods if scores[name] is None]
            scores |= _measure(root, missing) if missing else {}
    return {NIWT: niwt_scores(root)} | {name: scores[name] or {} for name in methods}


def compare_features(features: str, methods: Sequence[str], seed: int = 0) -> dict[str, dict[str, Any]]:
    """Compare baselines on published features, with scores by the same names; nothing is saved.

    Args:
      features: Source of the features, `xlsa17:DIR`; see `xlsa17.load`.
      methods: Names of baselines.
      seed: Random seed of the validation split and of the baselines.

    Raises:
      errors.UserError: If `features` or a method is not valid, or a file is missing or damaged.
      OSError: If a file cannot be read.
    """
    folder = features_folder(features)
    registry.require(methods, "attributes")
    from niwt_tf.baselines import measure, xlsa17  # starts TensorFlow

    dataset = xlsa17.load(folder, seed)
    return {name: measure.measure(name, dataset) for name in methods}


def features_folder(features: str) -> Path:
    """Extract the folder of published features from `xlsa17:DIR`.

    Raises:
      errors.UserError: If `features` does not have that form.
    """
    kind, _, folder = features.partition(":")
    if kind != "xlsa17" or not folder:
        raise errors.UserError(
            f"`{errors.setting('features')}` must be xlsa17:DIR. Received: {errors.setting('features', features)}. "
            "Name a folder of xlsa17.zip, such as xlsa17:xlsa17/data/AWA2."
        )
    return paths.expanded(folder)


def read_scores(root: Path, methods: Sequence[str]) -> dict[str, dict[str, Any] | None]:
    """Read the scores of the baselines that are done on a run, by name; None for one that is not done."""
    return {name: _read(root, name) for name in methods}


def niwt_scores(root: Path) -> dict[str, Any]:
    """Read NIWT's own scores by the same names; its seconds are those of validation, the map and the transfer."""
    files = run_files.RunFiles(root)
    metrics, seconds = files.metrics, [files.seconds(stage) or 0.0 for stage in _SECONDS_OF_NIWT]
    return {
        "method": NIWT,
        "setting": {name: metrics[name] for name in _SETTING_OF_NIWT},
        **{name: metrics[name] for name in _SCORES},
        "seconds": round(sum(seconds), 2),
    }


def _measure(root: Path, methods: Sequence[str]) -> dict[str, dict[str, Any] | None]:
    """Measure baselines, and write the scores of each as soon as they are there: name -> scores."""
    from niwt_tf.baselines import from_run, measure  # starts TensorFlow

    dataset = from_run.load(root)
    (root / "baselines").mkdir(exist_ok=True)
    measured: dict[str, dict[str, Any] | None] = {}
    for name in methods:
        scores = measure.measure(name, dataset)
        json_files.write(_path(root, name), {"fingerprint": _fingerprint(root, name)} | scores)
        progress.print_line(f"  {name}: {scores['seconds']:.1f} s")
        measured[name] = scores
    return measured


def _fingerprint(root: Path, name: str) -> str:
    """Compute the fingerprint of what a baseline's scores depend on."""
    run = run_files.RunFiles(root).fingerprint("evaluate")
    return config_lib.fingerprint(_FORMAT, name, run, registry.METHODS[name].CANDIDATES)


def _read(root: Path, name: str) -> dict[str, Any] | None:
    """Read the scores of an earlier measurement that are still valid; None if there are none, or they are damaged."""
    scores = json_files.read(_path(root, name))
    if _SCHEMA.trouble("", scores) or scores.pop("fingerprint") != _fingerprint(root, name):
        return None
    return scores


def _path(root: Path, name: str) -> Path:
    return root / "baselines" / f"{name}.json"
