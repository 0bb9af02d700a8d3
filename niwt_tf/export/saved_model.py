# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write a model as a SavedModel, which TensorFlow alone loads and TensorFlow Serving serves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from niwt_tf.export import card, signatures, target, warmup
from niwt_tf.models import model as model_lib

_DIMENSIONS = "NHW"


def write(model: model_lib.Model, out: Path, name: str) -> None:
    """Write a SavedModel with its card and its warm-up requests, all or nothing.

    Args:
      model: Model to be written.
      out: Folder, which is empty or does not exist.
      name: Name of the model.

    Raises:
      OSError: If it cannot be written.
    """
    with target.writing(out) as folder:
        endpoints = signatures.Signatures(model).all()
        functions = archive(endpoints, folder)
        told = {key: _told(one, functions[key]) for key, one in endpoints.items()}
        (folder / "assets").mkdir(exist_ok=True)
        card.write(folder / "assets", model, name, {"format": target.SAVED_MODEL, "signatures": told})
        warmup.write(folder, name, model.image_size)


def archive(endpoints: Mapping[str, signatures.Signature], folder: Path) -> dict[str, Any]:
    """Write signatures into `folder`, and return their concrete functions by name."""
    written = keras.export.ExportArchive()  # finds variables itself; `track` would store them twice
    functions = {
        name: written.add_endpoint(name, one.call, input_signature=list(one.inputs)) for name, one in endpoints.items()
    }
    written.write_out(folder, verbose=False)
    return {name: function.get_concrete_function() for name, function in functions.items()}


def _told(signature: signatures.Signature, function: Any) -> dict[str, Any]:
    """Describe a signature for the card: its purpose, inputs and outputs."""
    outputs = function.structured_outputs
    return {
        "purpose": signature.purpose,
        "inputs": {one.name: _tensor(one, signatures.INPUTS[one.name]) for one in signature.inputs},
        "outputs": {name: _tensor(one, signatures.OUTPUTS[name]) for name, one in outputs.items()},
    }


def _tensor(spec: tf.TensorSpec, meaning: str) -> dict[str, Any]:
    shape = [_DIMENSIONS[place] if size is None else size for place, size in enumerate(spec.shape)]
    return {"dtype": spec.dtype.name, "shape": shape, "meaning": meaning}
