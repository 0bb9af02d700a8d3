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
    """Write a SavedModel with its card and its warm-up requests, completely or not at all.

    Args:
      model: Model to export.
      out: Folder, which is empty or does not exist.
      name: Name of the model.

    Raises:
      OSError: If a file cannot be written.
    """
    with target.writing(out) as folder:
        endpoints = signatures.Signatures(model).all()
        functions = archive(endpoints, folder)
        fields = {key: _describe(signature, functions[key]) for key, signature in endpoints.items()}
        (folder / "assets").mkdir(exist_ok=True)
        card.write(folder / "assets", model, name, {"format": target.SAVED_MODEL, "signatures": fields})
        warmup.write(folder, name, model.image_size)


def archive(endpoints: Mapping[str, signatures.Signature], folder: Path) -> dict[str, Any]:
    """Write signatures into `folder`, and return their concrete functions by name."""
    exporter = keras.export.ExportArchive()  # finds variables itself; `track` would store them twice
    functions = {
        name: exporter.add_endpoint(name, signature.call, input_signature=list(signature.inputs))
        for name, signature in endpoints.items()
    }
    exporter.write_out(folder, verbose=False)
    return {name: function.get_concrete_function() for name, function in functions.items()}


def _describe(signature: signatures.Signature, function: Any) -> dict[str, Any]:
    """Describe a signature for the card: its purpose, inputs and outputs."""
    outputs = function.structured_outputs
    return {
        "purpose": signature.purpose,
        "inputs": {spec.name: _tensor(spec, signatures.INPUTS[spec.name]) for spec in signature.inputs},
        "outputs": {name: _tensor(spec, signatures.OUTPUTS[name]) for name, spec in outputs.items()},
    }


def _tensor(spec: tf.TensorSpec, meaning: str) -> dict[str, Any]:
    shape = [_DIMENSIONS[place] if size is None else size for place, size in enumerate(spec.shape)]
    return {"dtype": spec.dtype.name, "shape": shape, "meaning": meaning}
