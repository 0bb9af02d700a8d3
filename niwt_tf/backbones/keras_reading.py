# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read a model from a Keras file in safe mode; files of Keras 2 as far as Keras 3 can load them."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import keras

from niwt_tf import errors
from niwt_tf.backbones import safe_load
from niwt_tf.config import networks
from niwt_tf.util import zip_files

_CONFIG = "model_config"  # attribute of an .h5 file that describes the layers
_KERAS_2_ARGUMENTS = {
    "DepthwiseConv1D": ("groups",),
    "DepthwiseConv2D": ("groups",),
    "Conv2DTranspose": ("groups",),
    "SeparableConv1D": ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"),
    "SeparableConv2D": ("groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"),
}  # layer -> arguments that Keras 2 writes, that have no effect, and that Keras 3 does not know
_REWRITTEN = (
    "Where tf_keras is installed, run tf_keras.models.load_model('old.keras', compile=False).save('new.h5'), and use "
    "new.h5"
)
_OWN_CODE = (
    f"Register it in a file that {errors.setting('import_module', 'mine.py')} names or, in Python, pass "
    f"custom_objects={{'Name': Name}}; or save the model with Keras' own layers alone"
)


def read(path: Path, custom_objects: Mapping[str, Any] | None = None) -> keras.Model:
    """Read a model from a file.

    Args:
      path: Path of a .keras or .h5 file.
      custom_objects: Layers and functions of the user's own that the model contains, by name.

    Raises:
      errors.UserError: If it cannot be read safely, or is no functional or sequential model with a known input.
    """
    if not (zipfile.is_zipfile(path) or h5py.is_hdf5(path)):
        raise error(path, "Keras did not write", "Use a file that model.save wrote")
    try:
        version = _version(path)
        model = _load(path, version, dict(custom_objects or {}))
    except Exception as trouble:  # its type depends on what is wrong with the file
        raise _unreadable(path, str(trouble) or type(trouble).__name__) from None
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise error(path, "is no functional or sequential model with a known input", "Build it before you save it")
    return model


def error(path: Path, trouble: str, remedy: str = f"Choose another {errors.setting('backbone')}") -> errors.UserError:
    """Build the error for a file that holds no usable model."""
    return errors.UserError(
        f"`{errors.setting('backbone')}` must name a model from images to classes or features. Received: "
        f"{errors.setting('backbone', f'{networks.KERAS_FILE}{path}')}, which {trouble}. {remedy}."
    )


def _load(path: Path, version: str, custom_objects: dict[str, Any]) -> Any:
    if not version.startswith("2.") or not h5py.is_hdf5(path):
        return safe_load.load_model(path, custom_objects)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copyfile(path, Path(folder) / "model.h5"))
        with h5py.File(copy, "a") as file:
            file.attrs[_CONFIG] = json.dumps(_drop_keras_2_arguments(json.loads(file.attrs[_CONFIG])))
        return safe_load.load_model(copy, custom_objects)


def _drop_keras_2_arguments(config: Any) -> Any:
    """Remove from the description of a model's layers the arguments that Keras 3 does not know."""
    if isinstance(config, list):
        return [_drop_keras_2_arguments(item) for item in config]
    if not isinstance(config, dict):
        return config
    inner = {key: _drop_keras_2_arguments(value) for key, value in config.items()}
    dropped = _KERAS_2_ARGUMENTS.get(str(inner.get("class_name")), ())
    if dropped and isinstance(inner.get("config"), dict):
        inner["config"] = {key: value for key, value in inner["config"].items() if key not in dropped}
    return inner


def _version(path: Path) -> str:
    """Read the version of Keras that wrote a file, such as 2.15.0."""
    if h5py.is_hdf5(path):
        with h5py.File(path) as file:
            version = file.attrs.get("keras_version", "")
            return version.decode() if isinstance(version, bytes) else str(version)
    with zipfile.ZipFile(path) as archive:
        return str(json.loads(archive.read("metadata.json"))["keras_version"])


def _unreadable(path: Path, trouble: str) -> errors.UserError:
    unknown = re.search(r"(?:Could not locate \w+|Unknown \w+:) '?([\w>.]+)'?", trouble)
    if "Lambda" in trouble or "safe_mode" in trouble or "unsafe" in trouble:
        return error(
            path, "holds code, such as a Lambda layer, which is not run for safety", "Save it without such layers"
        )
    if _is_keras_2(path):
        return error(path, f"Keras 2 wrote, and Keras 3 does not read: {_cause(trouble)}", _REWRITTEN)
    if unknown:
        return error(path, f"needs code that is not Keras' own: {unknown[1]}", _OWN_CODE)
    return error(path, f"cannot be read: {_cause(trouble)}", "Use a file that model.save wrote")


def _is_keras_2(path: Path) -> bool:
    try:
        return _version(path).startswith("2.")
    except (*zip_files.ERRORS, OSError):  # among them JSON nested too deep, which is a RuntimeError
        return False


def _cause(trouble: str) -> str:
    """Extract the part of Keras' message that says what is wrong; it follows the description of what was read."""
    return trouble.rpartition("Exception encountered: ")[2].splitlines()[0].split(". ")[0].rstrip(".")[:200]
