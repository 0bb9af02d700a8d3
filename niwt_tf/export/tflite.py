# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Convert a predictor for LiteRT, formerly TensorFlow Lite, and run it."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from niwt_tf.export import agreement, saved_model, signatures

COUNT = 1  # images at a time; delegates cannot speed up a network that takes any number
_SIGNATURE = "predict"


def convert(predict: signatures.Signature, size: int, labels: str, path: Path) -> None:
    """Write a `.tflite` file that holds `labels.txt`, as TensorFlow Lite's metadata format has it.

    Args:
      predict: Signature from images `[1,H,W,3]` uint8 to scores.
      size: Side of the input images, in pixels, until the client resizes the input.
      labels: Text of `labels.txt`.
      path: Path of the new file.
    """
    with tempfile.TemporaryDirectory() as folder:
        saved_model.archive({_SIGNATURE: predict}, Path(folder))
        converted = bytearray(tf.lite.TFLiteConverter.from_saved_model(folder, [_SIGNATURE]).convert())
    _set_default_size(converted, size)
    path.write_bytes(converted)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labels.txt", labels)


def load(path: Path) -> agreement.Predictor:
    """Load a file into the interpreter, which runs images one by one."""
    from ai_edge_litert import interpreter  # optional

    predict = interpreter.Interpreter(str(path)).get_signature_runner(_SIGNATURE)
    return lambda images: np.concatenate([predict(images=image[None])["scores"] for image in images])


def _set_default_size(converted: bytearray, size: int) -> None:
    """Set the input's shape to `[1,size,size,3]` until a client resizes it; the converter sets it to one pixel."""
    from ai_edge_litert import schema_py_generated as schema  # optional

    graph = schema.Model.GetRootAs(converted).Subgraphs(0)
    graph.Tensors(graph.Inputs(0)).ShapeAsNumpy()[:] = (COUNT, size, size, 3)
