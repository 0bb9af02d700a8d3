# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read the `.keras` files of networks that this or an earlier version of niwt_tf wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.backbones import flatten, preprocessing, safe_load, saved_model_layers, weights_file
from niwt_tf.util import array_files, array_schemas, json_files, zip_files

_TIMES = 10  # Keras does not compress
_CONFIG = "config.json"


def load(path: Path, runs_programs: bool = True) -> keras.Model:
    """Read the flat network in a file, in Keras' safe mode; layers of old files become layers of Keras.

    Args:
      path: Path of the file.
      runs_programs: True if the network may be a SavedModel of TensorFlow Hub, which is a program.

    Raises:
      errors.UserError: If the file is missing or damaged, or holds layers that Keras does not know.
      OSError: If the file cannot be read.
    """
    network = read(path, saved_model_layers.OBJECTS if runs_programs else {})
    if not any(isinstance(layer, preprocessing.Preprocessing) for layer in network.layers):
        return network
    old = network.input
    images = keras.Input(old.shape[1:], dtype=old.dtype, name=old.name)
    return keras.Model(images, flatten.onto(network, images), name=network.name)


def read(path: Path, objects: Mapping[str, Any] | None = None) -> keras.Model:
    """Read the model with one input and one output, of finite weights, in a file.

    Args:
      path: Path of the file.
      objects: Layers that the model may contain besides Keras' own and registered ones, by name.

    Raises:
      errors.UserError: If the file is missing or damaged, or holds layers that Keras does not know.
      OSError: If the file cannot be read.
    """
    _check_sizes(array_files.require(path))
    try:
        model = safe_load.load_model(path, objects)
    except (errors.UserError, MemoryError, tf.errors.ResourceExhaustedError):
        raise
    except Exception as error:  # its type depends on what is wrong with the file
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _unreadable(path, str(error) or type(error).__name__) from error
    if not isinstance(model, keras.Model) or any(len(getattr(model, name, ())) != 1 for name in ("inputs", "outputs")):
        raise errors.damaged(path, "holds no model with one input and one output")
    if weight := weights_file.not_finite(model):
        raise errors.damaged(path, f"has weights that are not finite: {errors.clipped(weight)}")
    return model


def read_map(path: Path, letters: str, sizes: array_schemas.Sizes) -> keras.Model:
    """Read a network between vectors, whose lengths agree with the model's other files; errors are those of `read`.

    Args:
      path: Path of the file.
      letters: Letters of the lengths of its input and output, see `array_schemas.Sizes`.
      sizes: Sizes of the model's other files.
    """
    network = read(path)
    sizes.require(path, "input and output", letters, [network.input_shape[-1], network.output_shape[-1]])
    return network


def _check_sizes(path: Path) -> None:
    """Check that a file is a whole zip file, and declares no layer that is larger than the file.

    A layer of so many units has as many weights in the file, and memory is allocated before they are read.
    """
    try:
        with zip_files.opened(path, _TIMES) as archive:
            if archive.getinfo(_CONFIG).file_size > json_files.MOST_BYTES:
                raise errors.damaged(path, f"has a {_CONFIG} of more than {json_files.MOST_BYTES:,} bytes")
            config = json_files.parse(archive.read(_CONFIG), only_finite=False)
    except zip_files.DamagedZipError as error:
        raise errors.damaged(path, str(error)) from None
    largest = max(_whole_numbers(config), default=0)
    if largest > path.stat().st_size:
        raise errors.damaged(path, f"declares layers that it does not hold: a size of {largest:,}")


def _whole_numbers(value: Any, name: str = "") -> Iterator[int]:
    """Yield the whole numbers in a description of layers, but not seeds and identifiers, which may have any size."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _whole_numbers(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _whole_numbers(item, name)
    elif isinstance(value, int) and "seed" not in name and not name.endswith("_id"):
        yield abs(value)


def _unreadable(path: Path, trouble: str) -> errors.UserError:
    unknown = re.search(r"Could not locate \w+ '([\w>.]+)'", trouble)
    if not unknown:
        is_code = "Lambda" in trouble or "safe_mode" in trouble or "unsafe" in trouble
        code = "code, such as a Lambda layer, which is not run for safety"
        return errors.damaged(
            path, f"holds {code if is_code else f'a network that Keras does not read: {trouble[:200]}'}"
        )
    return errors.UserError(
        f"A network must be made of layers that Keras knows. Received: {path}, which needs code that is not Keras' "
        f"own: {unknown[1]}. Register it in a file that {errors.setting('import_module', 'mine.py')} names or, in "
        "Python, import the module that registers it."
    )
