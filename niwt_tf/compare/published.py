# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Baselines on published features, whose scores are kept in a folder so that nothing is measured twice.

NIWT has no row here: it needs the network itself, because features alone do not determine the neurons' importances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.baselines import registry
from niwt_tf.baselines import run as baselines
from niwt_tf.compare import axes as axes_lib
from niwt_tf.data import named_files
from niwt_tf.util import checksum, json_files

FEATURES, SEED = "features", "seed"
DOMAIN = "attributes"  # which come with the features
NO_NIWT = "niwt is left out, as it takes the network itself, whose importances features do not tell"
_SCORES, _MACHINE = "scores.json", "machine.json"
_FORMAT = 2  # of the scores; a new one makes every baseline anew


def methods(axes: axes_lib.Axes) -> tuple[str, ...]:
    """Choose the methods that can be measured on features: all except NIWT.

    Raises:
      errors.UserError: If none is left, or the axes do not suit features.
    """
    if axes.domains != (DOMAIN,):
        raise errors.UserError(
            f"`{errors.setting('features')}` must be compared with {errors.setting('domains', DOMAIN)}, which come "
            f"with them. Received: {errors.setting('domains', axes.domains)}."
        )
    if axes.vary or axes.choices:
        raise errors.UserError(
            f"`{errors.setting('features')}` must be compared without {errors.setting('vary')} and "
            f"{errors.setting('choices')}, which are of runs. Received: {errors.setting('features')} with "
            f"{errors.setting('vary' if axes.vary else 'choices')}. Leave it out."
        )
    if not axes.baselines:
        raise errors.UserError(
            f"`{errors.setting('methods')}` must hold a baseline with {errors.setting('features')}. Received: "
            f"{errors.setting('methods', axes.methods)}; {NO_NIWT}. Add some of {', '.join(registry.METHODS)}."
        )
    return axes.baselines


def require(features: str) -> None:
    """Check that `features` names a folder that exists; raise errors.UserError if not."""
    folder = baselines.features_folder(features)
    if not folder.is_dir():
        raise errors.UserError(
            f"`{errors.setting('features')}` must name a folder that is there. Received: "
            f"{errors.setting('features', features)}, where {folder} does not exist. Name one of xlsa17.zip, such as "
            "xlsa17:xlsa17/data/AWA2."
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
    done = found(root, names, settings)
    missing = [name for name in names if done[name] is None]
    if missing:
        from niwt_tf.util import devices  # starts TensorFlow

        scores = baselines.compare_features(settings[FEATURES], missing, settings[SEED])
        kept = json_files.read(root / _SCORES) or {}
        new = {name: {"fingerprint": _fingerprint(name, settings), "scores": scores[name]} for name in missing}
        json_files.write(root / _SCORES, kept | new)
        json_files.write(root / _MACHINE, devices.record())


def found(root: Path, names: Sequence[str], settings: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """Read the kept scores, by the baselines' names; None for a baseline that is not done with these settings."""
    kept = json_files.read(root / _SCORES) or {}
    current = {name: kept.get(name, {}).get("fingerprint") == _fingerprint(name, settings) for name in names}
    return {name: kept[name]["scores"] if current[name] else None for name in names}


def about(root: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Describe what the scores that are kept in `root` depend on, as `outcome.about` takes it."""
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
    """Compute the fingerprint of all that a baseline's scores follow from."""
    folder = baselines.features_folder(settings[FEATURES])
    files = named_files.stamps_below(folder, sorted(path.name for path in folder.glob("*.mat")))
    return config_lib.fingerprint(_FORMAT, name, settings[SEED], files, registry.METHODS[name].CANDIDATES)
