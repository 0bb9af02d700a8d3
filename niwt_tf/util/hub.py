# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load models of TensorFlow Hub, from a handle or from a SavedModel on this machine."""

from __future__ import annotations

import hashlib
import urllib.error
import warnings
from pathlib import Path
from typing import Any

from niwt_tf import errors
from niwt_tf.util import paths

SIGNATURES = ("default", "serving_default")
_GRAPHS = (".pb", ".pbtxt")
_MOST_BYTES = 2**29  # of a graph, which TensorFlow reads whole, into thrice as much memory; weights lie beside it


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
            f"`{errors.setting(argument, 'hub:...')}` must have tensorflow-hub installed, and setuptools older "
            f"than version 82. Received: {error}. Run pip install 'niwt_tf[text]'."
        ) from error
    try:
        _require_readable(path)
        return tensorflow_hub.load(str(path or handle))
    except urllib.error.URLError as error:
        raise errors.UserError(_offline(argument, handle, error)) from error
    except Exception as error:  # damaged files make TensorFlow raise anything, such as IndexError
        raise errors.UserError(
            f"`{errors.setting(argument, 'hub:...')}` must name a model that can be loaded. Received: "
            f"{errors.setting(argument, 'hub:' + handle)}, which gives: {errors.first_line(error)}. Choose another "
            "model, or download it again."
        ) from error


def _require_readable(path: Path | None) -> None:
    """Check that TensorFlow can read the files of a SavedModel on this machine to their ends."""
    for file in sorted(path.rglob("*")) if path else ():
        why = "" if file.is_dir() else paths.trouble(file, _MOST_BYTES if file.suffix in _GRAPHS else None)
        if why:
            raise ValueError(f"{file}, {why}")


def _offline(argument: str, handle: str, error: urllib.error.URLError) -> str:
    folder = hashlib.sha1(handle.encode(), usedforsecurity=False).hexdigest()
    return (
        f"`{errors.setting(argument, 'hub:...')}` must name a model that can be fetched. Received: "
        f"{errors.setting(argument, 'hub:' + handle)}, which gives: {error}. Without a network, unpack the model on "
        f"this machine, either into any folder, which you name after hub:, or into $TFHUB_CACHE_DIR/{folder} (the "
        "SHA-1 of the handle), with TFHUB_CACHE_DIR set."
    )


def output(outputs: Any, preferred: tuple[str, ...] = ("default",)) -> Any:
    """Select the tensor among a model's outputs: in a dictionary by the first preferred name, else the only one.

    Raises:
      ValueError: If a dictionary has several outputs, and none is preferred.
    """
    if isinstance(outputs, (list, tuple)) and len(outputs) == 1:
        return outputs[0]
    if not isinstance(outputs, dict):
        return outputs
    for name in preferred:
        if name in outputs:
            return outputs[name]
    if len(outputs) != 1:
        raise ValueError(f"several outputs, {errors.listed(sorted(outputs))}, and none named {' or '.join(preferred)}")
    return next(iter(outputs.values()))
