# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Compares NIWT with baselines on a finished run: the same features, validation classes and calibration.

Each baseline's scores lie in `<run>/baselines/<method>.json`. One that is done is not done again, as long as the run's
scores and the baseline's candidates are the same. Nothing here imports TensorFlow, unless there is something to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.baselines import registry
from niwt_tf.evaluation import summary
from niwt_tf.runs import run_files, run_folder
from niwt_tf.util import json_files, progress

NEEDED = ("data", "knowledge", "rehearsal_backbone", "rehearsal", "importances", "map", "transfer", "evaluate")
NIWT = "niwt"
_FORMAT = 3  # of the files; a new one makes every baseline anew
_SECONDS_OF_NIWT = ("rehearsal", "map", "transfer")
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


def compare(root: Path, methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Returns the scores of NIWT and of baselines: name -> scores as `metrics.json` names them, setting and seconds.

    Args:
      root: the folder of a finished run.
      methods: names of baselines.

    Raises:
      errors.UserError: if a name is no baseline's or makes no sense with the run's domain, or the run lacks a stage.
      OSError: if the folder cannot be written.
    """
    root = run_folder.require(str(root), NEEDED)
    registry.require(methods, run_files.RunFiles(root).setting("domain"))
    scores = found(root, methods)
    missing = [name for name in methods if scores[name] is None]
    scores |= _measure(root, missing) if missing else {}
    return {NIWT: of_niwt(root)} | {name: scores[name] or {} for name in methods}


def compare_features(features: str, methods: Sequence[str], seed: int = 0) -> dict[str, dict[str, Any]]:
    """Returns the scores of baselines on published features, by the same names; nothing is kept.

    Args:
      features: `xlsa17:DIR`, see `xlsa17.load`.
      methods: names of baselines.
      seed: starts what is random.

    Raises:
      errors.UserError: if `features` or a method is none, or a file is missing or damaged.
      OSError: if a file cannot be read.
    """
    folder = features_folder(features)
    registry.require(methods, "attributes")
    from niwt_tf.baselines import measure, xlsa17  # starts TensorFlow

    material = xlsa17.load(folder, seed)
    return {name: measure.measure(name, material) for name in methods}


def features_folder(features: str) -> Path:
    """Returns the folder of published features that `xlsa17:DIR` names.

    Raises:
      errors.UserError: if `features` is not of that form.
    """
    kind, _, folder = features.partition(":")
    if kind != "xlsa17" or not folder:
        raise errors.UserError(f"`--features` must be xlsa17:DIR. Received: --features={features}.")
    return Path(folder).expanduser()


def found(root: Path, methods: Sequence[str]) -> dict[str, dict[str, Any] | None]:
    """Returns the scores of the baselines that are done on a run, by their names; None for one that is not."""
    return {name: _done(root, name, _fingerprint(root, name)) for name in methods}


def of_niwt(root: Path) -> dict[str, Any]:
    """Returns NIWT's own scores by the same names; its seconds are those of the rehearsal, the map and the transfer."""
    files = run_files.RunFiles(root)
    metrics, seconds = files.metrics, [files.seconds(stage) or 0.0 for stage in _SECONDS_OF_NIWT]
    return {
        "method": NIWT,
        "setting": {name: metrics[name] for name in _SETTING_OF_NIWT},
        **{name: metrics[name] for name in _SCORES},
        "seconds": round(sum(seconds), 2),
    }


def _measure(root: Path, methods: Sequence[str]) -> dict[str, dict[str, Any] | None]:
    """Returns name -> scores of baselines, and keeps each as soon as it is there."""
    from niwt_tf.baselines import from_run, measure  # starts TensorFlow

    material = from_run.load(root)
    (root / "baselines").mkdir(exist_ok=True)
    measured: dict[str, dict[str, Any] | None] = {}
    for name in methods:
        scores = measure.measure(name, material)
        json_files.write(_path(root, name), {"fingerprint": _fingerprint(root, name)} | scores)
        progress.say(f"  {name}: {scores['seconds']:.1f} s")
        measured[name] = scores
    return measured


def _fingerprint(root: Path, name: str) -> str:
    """Returns what a baseline's scores follow from."""
    run = run_files.RunFiles(root).fingerprint_record("evaluate")
    return config_lib.fingerprint(_FORMAT, name, run, registry.METHODS[name].CANDIDATES)


def _done(root: Path, name: str, fingerprint: str) -> dict[str, Any] | None:
    """Returns the scores that were found before by just what `fingerprint` stands for."""
    found = json_files.read(_path(root, name)) or {}
    return (
        {key: found[key] for key in found if key != "fingerprint"} if found.get("fingerprint") == fingerprint else None
    )


def _path(root: Path, name: str) -> Path:
    return root / "baselines" / f"{name}.json"
