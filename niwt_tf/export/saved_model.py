# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write a model as a SavedModel, which TensorFlow alone loads and TensorFlow Serving serves."""

from __future__ import annotations

import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from niwt_tf.export import card, class_table, served_classes, signatures, target, warmup
from niwt_tf.method.calibration import typicality
from niwt_tf.models import model as model_lib

_DIMENSIONS = {1: "N", 2: "NC", 4: "NHW"}  # letters of the sides that vary, by rank


def write(model: model_lib.Model, out: Path, name: str, reject: float = typicality.SHARE) -> None:
    """Write a SavedModel with its card and its warm-up requests, completely or not at all.

    Args:
      model: Model to export.
      out: Folder, which is empty or does not exist.
      name: Name of the model.
      reject: Share of the seen classes' images that the output `accepted` keeps, above 0 and below 1.

    Raises:
      OSError: If a file cannot be written.
    """
    table = class_table.of(model, reject)
    served = served_classes.ServedClasses(table)
    with target.writing(out) as folder:
        endpoints = signatures.Signatures(model, served).all()
        functions = archive(endpoints, folder, {served_classes.VARIABLE: served.variable, "use_classes": served.use})
        fields = {key: _describe(signature, functions[key]) for key, signature in endpoints.items()}
        (folder / "assets").mkdir(exist_ok=True)
        table.save(folder / "assets" / class_table.FILE)
        card.write(
            folder / "assets", model, name, {"format": target.SAVED_MODEL, "signatures": fields, "reject": reject}
        )
        warmup.write(folder, name, model.image_size)


def archive(
    endpoints: Mapping[str, signatures.Signature],
    folder: Path,
    attributes: Mapping[str, Any] = types.MappingProxyType({}),
) -> dict[str, Any]:
    """Write a SavedModel into a folder.

    Args:
      endpoints: Signatures by name.
      folder: Folder that is written.
      attributes: Variables and functions by the name that they get in the loaded SavedModel; no signatures.

    Returns:
      The signatures' concrete functions by name.
    """
    exporter = keras.export.ExportArchive()  # finds variables itself; `track` would store them twice
    for name, value in attributes.items():
        # Keras has no public way but `add_endpoint`, which would let a server's clients call it.
        setattr(exporter._tf_trackable, name, value)
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
    letters = _DIMENSIONS.get(len(spec.shape), "N")
    shape = [letters[place] if size is None else size for place, size in enumerate(spec.shape)]
    return {"dtype": spec.dtype.name, "shape": shape, "meaning": meaning}
