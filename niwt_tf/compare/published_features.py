# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure baselines on published features, and keep their scores in a folder.

NIWT is left out: it needs the network itself, because features alone do not determine the neurons' importances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.baselines import registry
from niwt_tf.baselines import run as baselines
from niwt_tf.compare import grid as grid_lib
from niwt_tf.data import named_files
from niwt_tf.data.benchmarks import split_files
from niwt_tf.util import checksum, json_files

FEATURES, SEED = "features", "seed"
DOMAIN = "attributes"  # published with the features
NO_NIWT = "niwt is left out, as it needs the network: features alone do not determine importances"
_SCORES, _MACHINE = "scores.json", "machine.json"
_FORMAT = 2  # of the scores; with a new number every baseline is measured again


def methods(grid: grid_lib.Grid) -> tuple[str, ...]:
    """Choose the methods that can be measured on features: all except NIWT.

    Raises:
      errors.UserError: If none is left, or the grid does not suit features.
    """
    if grid.domains != (DOMAIN,):
        raise errors.UserError(
            f"`{errors.setting('features')}` must be used with {errors.setting('domains', (DOMAIN,))}, which are "
            f"published with them. Received: {errors.setting('domains', grid.domains)}. Leave the others out."
        )
    if grid.factors or grid.choices:
        raise errors.UserError(
            f"`{errors.setting('features')}` must be used without {errors.setting('vary')} and "
            f"{errors.setting('choices')}, which apply to runs only. Received: {errors.setting('features')} with "
            f"{errors.setting('vary' if grid.factors else 'choices')}. Leave one of them out."
        )
    if not grid.baselines:
        raise errors.UserError(
            f"`{errors.setting('methods')}` must name a baseline if {errors.setting('features')} is used. Received: "
            f"{errors.setting('methods', grid.methods)}; {NO_NIWT}. Add some of {', '.join(registry.METHODS)}."
        )
    return grid.baselines


def require_folder(features: str) -> None:
    """Check that `features` names a folder that exists; raise errors.UserError if not."""
    folder = baselines.features_folder(features)
    if not folder.is_dir():
        raise errors.UserError(
            f"`{errors.setting('features')}` must name a folder that exists. Received: "
            f"{errors.setting('features', features)}, where {folder} does not exist. Name a folder of xlsa17.zip, such "
            "as xlsa17:xlsa17/data/AWA2."
        )


def measure(root: Path, names: Sequence[str], settings: Mapping[str, Any]) -> None:
    """Measure the baselines that are not yet done, and keep their scores in `root`.

    Args:
      root: Folder that exists.
      names: Names of the baselines.
      settings: `features` and `seed`, see `baselines.run.compare_features`.

    Raises:
      errors.UserError: If the features are not valid.
      OSError: If a file cannot be read or written.
    """
    done = read_scores(root, names, settings)
    missing = [name for name in names if done[name] is None]
    if missing:
        from niwt_tf.util import devices  # starts TensorFlow

        scores = baselines.compare_features(settings[FEATURES], missing, settings[SEED])
        kept = json_files.read(root / _SCORES) or {}
        new = {name: {"fingerprint": _fingerprint(name, settings), "scores": scores[name]} for name in missing}
        json_files.write(root / _SCORES, kept | new)
        json_files.write(root / _MACHINE, devices.record())


def read_scores(root: Path, names: Sequence[str], settings: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """Read the scores in `root` by baseline; None for a baseline that is not done with these settings."""
    kept = json_files.read(root / _SCORES) or {}
    current = {name: kept.get(name, {}).get("fingerprint") == _fingerprint(name, settings) for name in names}
    return {name: kept[name]["scores"] if current[name] else None for name in names}


def describe(root: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Describe what the scores in `root` depend on, as `outcome.collect_facts` takes it."""
    folder = baselines.features_folder(settings[FEATURES])
    split = folder / "att_splits.mat"
    version = f"att_splits.mat, SHA-256 {checksum.sha256(split)[:12]}" if split.is_file() else "unknown"
    return {
        "dataset": folder.resolve().name,
        "split_version": version,
        "backbone": "that of res101.mat",
        "fine_tuned": "as published",
        "layer": "no layer",
        "machine": json_files.read(root / _MACHINE),
    }


def _fingerprint(name: str, settings: Mapping[str, Any]) -> str:
    """Compute the fingerprint of what a baseline's scores depend on."""
    folder = baselines.features_folder(settings[FEATURES])
    names = (*sorted(path.name for path in folder.glob("*.mat")), split_files.VALIDATION_CLASSES)
    files = named_files.stamps_below(folder, names)
    return config_lib.fingerprint(_FORMAT, name, settings[SEED], files, registry.METHODS[name].CANDIDATES)
