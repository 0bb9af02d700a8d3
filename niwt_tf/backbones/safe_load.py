# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load files of Keras in safe mode, whatever the process that runs niwt_tf has allowed for its own files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
from keras.src.saving import serialization_lib  # private: what keras.config enables, it cannot disable


def load_model(path: Path, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Load what a .keras or .h5 file holds, and refuse code in it, such as a Lambda layer.

    `keras.config.enable_unsafe_deserialization()` overrides the argument `safe_mode`, so that this needs a scope.

    Args:
      path: Path of the file.
      custom_objects: Layers and functions that the file may name besides Keras' own and registered ones, by name.

    Raises:
      Exception: If the file cannot be read; the type depends on what is wrong with it.
    """
    with serialization_lib.SafeModeScope(safe_mode=True):
        return keras.saving.load_model(path, custom_objects, compile=False, safe_mode=True)
