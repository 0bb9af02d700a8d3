# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests that files of Keras run no code, whatever the process allows for its own files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras
import pytest
from keras.src.backend.common import global_state

from niwt_tf import errors
from niwt_tf.backbones import keras_reading, network_file, safe_load


@pytest.fixture
def unsafe_process() -> Iterator[None]:
    """A process that allows unsafe files everywhere."""
    keras.config.enable_unsafe_deserialization()
    yield
    global_state.set_global_attribute("safe_mode_saving", None)


def _write(path: Path) -> Path:
    """Writes a network with a Lambda layer."""
    images = keras.Input((8, 8, 3))
    doubled = keras.layers.Lambda(lambda x: x * 2, output_shape=(8, 8, 3))(images)
    keras.Model(images, keras.layers.GlobalAveragePooling2D()(doubled)).save(path)
    return path


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.usefixtures("unsafe_process")
def test_no_code_is_loaded_in_a_process_that_allows_it(ending: str, tmp_path: Path) -> None:
    path = _write(tmp_path / f"code{ending}")
    with pytest.raises((TypeError, ValueError), match="Lambda|lambda"):
        safe_load.load_model(path)
    with pytest.raises(errors.UserError, match="holds code, such as a Lambda layer, which is not run for safety"):
        keras_reading.read(path)
    if ending == ".keras":
        with pytest.raises(errors.UserError, match="holds code, such as a Lambda layer, which is not run for safety"):
            network_file.read(path)


@pytest.mark.usefixtures("unsafe_process")
def test_the_process_may_load_its_own_files_before_and_after(tmp_path: Path) -> None:
    path = _write(tmp_path / "code.keras")
    assert isinstance(keras.saving.load_model(path, compile=False), keras.Model)
    with pytest.raises((TypeError, ValueError), match="Lambda|lambda"):
        safe_load.load_model(path)
    assert isinstance(keras.saving.load_model(path, compile=False), keras.Model)
