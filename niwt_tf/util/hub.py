# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Loading of models of TensorFlow Hub, from a handle or from a SavedModel on this machine."""

from __future__ import annotations

import hashlib
import tarfile
import urllib.error
import warnings
from pathlib import Path
from typing import Any

import tensorflow as tf

from niwt_tf import errors

SIGNATURES = ("default", "serving_default")


def load(argument: str, handle: str, path: Path | None = None) -> Any:
    """Load a model; TensorFlow Hub keeps downloads in its own cache.

    Args:
      argument: Name of the setting that holds the handle, such as `backbone`.
      handle: Address of the model on TensorFlow Hub.
      path: SavedModel of the model on this machine, if there is one.

    Raises:
      errors.UserError: If tensorflow-hub is not installed, or the model cannot be fetched or loaded.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pkg_resources, which it imports, warns that it is old
            import tensorflow_hub  # optional: tensorflow-hub
    except ImportError as error:
        raise errors.UserError(
            f"`{errors.setting(argument, 'hub:...')}` must have tensorflow-hub installed, and setuptools before "
            f"version 82. Received: {error}. Run pip install 'niwt_tf[text]'."
        ) from error
    try:
        return tensorflow_hub.load(str(path or handle))
    except urllib.error.URLError as error:
        raise errors.UserError(_offline(argument, handle, error)) from error
    except (OSError, ValueError, RuntimeError, EOFError, tarfile.TarError, tf.errors.OpError) as error:
        raise errors.UserError(
            f"`{errors.setting(argument, 'hub:...')}` must name a model that can be loaded. Received: "
            f"{errors.setting(argument, 'hub:' + handle)}, which gives: {errors.first_line(error)}. Name another, or "
            "fetch it again."
        ) from error


def _offline(argument: str, handle: str, error: urllib.error.URLError) -> str:
    folder = hashlib.sha1(handle.encode(), usedforsecurity=False).hexdigest()
    return (
        f"`{errors.setting(argument, 'hub:...')}` must name a model that can be fetched. Received: "
        f"{errors.setting(argument, 'hub:' + handle)}, which gives: {error}. Without a network, unpack the model on "
        f"this machine: either anywhere, and name that folder after hub:, or into $TFHUB_CACHE_DIR/{folder} (the "
        "SHA-1 of the handle), and set TFHUB_CACHE_DIR."
    )


def output(given: Any, preferred: tuple[str, ...] = ("default",)) -> Any:
    """Choose the tensor among a model's outputs: of a dictionary by the first preferred name, else the only one.

    Raises:
      ValueError: If a dictionary has several outputs, and none is preferred.
    """
    if isinstance(given, (list, tuple)) and len(given) == 1:
        return given[0]
    if not isinstance(given, dict):
        return given
    for name in preferred:
        if name in given:
            return given[name]
    if len(given) != 1:
        raise ValueError(f"several outputs, {errors.listed(sorted(given))}, and none named {' or '.join(preferred)}")
    return next(iter(given.values()))
