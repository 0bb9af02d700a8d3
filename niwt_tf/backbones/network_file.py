# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read the `.keras` files of networks that this or an earlier version of niwt_tf wrote."""

from __future__ import annotations

import re
from pathlib import Path

import keras

from niwt_tf import errors
from niwt_tf.backbones import flatten, preprocessing, saved_model_layers


def load(path: Path, runs_programs: bool = True) -> keras.Model:
    """Read the flat network in a file, in Keras' safe mode; layers of old files become layers of Keras.

    Args:
      path: Path of the file.
      runs_programs: True if the network may be a SavedModel of TensorFlow Hub, which is a program.

    Raises:
      errors.UserError: If it holds layers that Keras does not know.
    """
    objects = saved_model_layers.OBJECTS if runs_programs else {}
    try:
        network = keras.saving.load_model(path, custom_objects=objects, compile=False, safe_mode=True)
    except TypeError as error:
        raise _unreadable(path, str(error)) from error
    if not any(isinstance(layer, preprocessing.Preprocessing) for layer in network.layers):
        return network
    old = network.input
    images = keras.Input(old.shape[1:], dtype=old.dtype, name=old.name)
    return keras.Model(images, flatten.onto(network, images), name=network.name)


def _unreadable(path: Path, trouble: str) -> errors.UserError:
    unknown = re.search(r"Could not locate \w+ '([\w>.]+)'", trouble)
    reason = f"needs code that is not Keras' own: {unknown[1]}" if unknown else f"Keras does not read: {trouble[:200]}"
    return errors.UserError(
        f"A network must be made of layers that Keras knows. Received: {path}, which {reason}. Register it "
        f"in a file that {errors.setting('import_module', 'mine.py')} names or, in Python, import the module that "
        "registers it."
    )
