# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load files of Keras in safe mode, whatever the process that runs niwt_tf has allowed for its own files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
from keras.src.saving import serialization_lib  # private: what keras.config enables, it cannot disable

_SIZES = ("units", "filters", "input_dim", "output_dim")  # arguments of layers that have a weight for each


def load_model(path: Path, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Load what a .keras or .h5 file holds, and refuse code in it, such as a Lambda layer.

    `keras.config.enable_unsafe_deserialization()` overrides the argument `safe_mode`, so that this needs a scope.

    Args:
      path: Path of the file.
      custom_objects: Layers and functions that the file may name besides Keras' own and registered ones, by name.

    Raises:
      ValueError: If a layer is described as larger than all weights of the file; Keras would create it first.
      Exception: If the file cannot be read; the type depends on what is wrong with it.
    """
    _require_weights(path)
    with serialization_lib.SafeModeScope(safe_mode=True):
        return keras.saving.load_model(path, custom_objects, compile=False, safe_mode=True)


def _require_weights(path: Path) -> None:
    """Check that no layer is larger than the weights in the file: each weight takes a byte at least."""
    if h5py.is_hdf5(path):
        with h5py.File(path) as file:
            config, stored = json.loads(file.attrs.get("model_config", "null")), path.stat().st_size
    else:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
            stored = sum(one.file_size for one in archive.infolist())
    for name, size in _sizes(config):
        if size > stored:
            raise ValueError(f"a layer of {size:,} {name} has more weights than the file")


def _sizes(config: Any) -> Iterator[tuple[str, int]]:
    """List the sizes of all layers in the description of a model."""
    pending = [config]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield from ((name, value[name]) for name in _SIZES if isinstance(value.get(name), int))
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
