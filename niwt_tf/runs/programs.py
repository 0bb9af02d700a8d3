# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Refuse runs and bundles that run a SavedModel of TensorFlow Hub, unless the user trusts it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.config import text_encoders

_HUB = "hub:"


def find(config: config_lib.RunConfig, encoders: Sequence[str] = ()) -> list[str]:
    """List the SavedModels that the network and the text encoders of a run are, each of which is a program.

    Args:
      config: Settings of the run.
      encoders: Text encoders that the run's domain vectors name; the settings need not name the same.
    """
    names = (config.backbone.backbone, *text_encoders.split(config.domain.text_encoder), *encoders)
    return [name for name in dict.fromkeys(names) if name.startswith(_HUB)]


def require_none(
    config: config_lib.RunConfig, path: Path, argument: str = "model", encoders: Sequence[str] = ()
) -> None:
    """Check that a run or bundle runs no SavedModel.

    Args:
      config: Settings of the run, or of the run that made the bundle.
      path: Path of the folder or file.
      argument: Name of the setting that names it.
      encoders: Text encoders that its domain vectors name.

    Raises:
      errors.UserError: If it runs one.
    """
    if programs := find(config, encoders):
        raise errors.UserError(
            f"`{errors.setting(argument)}` must not run a SavedModel of TensorFlow Hub in safe mode: a SavedModel is a "
            f"program. Received: {errors.setting(argument, path)}, which runs {errors.listed(programs)}. Add "
            f"{errors.setting('safe_mode', False)} if you trust the person it comes from."
        )
