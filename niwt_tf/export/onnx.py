# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Convert a predictor to ONNX, and run it with ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from niwt_tf.export import agreement, signatures

CLASS_NAMES = "class_names"  # the metadata's key
_DIMENSIONS = ("N", "H", "W")


def convert(predict: signatures.Signature, class_names: str, path: Path) -> None:
    """Write an `.onnx` file.

    Args:
      predict: Signature from images `[N,H,W,3]` uint8 to scores.
      class_names: Names of the classes as JSON, in the order of the scores, for the metadata.
      path: Path of the new file.
    """
    import onnx  # optional
    import tf2onnx  # optional

    function = tf.function(predict.call, input_signature=predict.inputs)
    converted, _ = tf2onnx.convert.from_function(function, input_signature=list(predict.inputs))
    for place, name in enumerate(_DIMENSIONS):
        converted.graph.input[0].type.tensor_type.shape.dim[place].dim_param = name
    onnx.helper.set_model_props(converted, {CLASS_NAMES: class_names})
    onnx.save(converted, path)


def load(path: Path) -> agreement.Predictor:
    """Load a file into ONNX Runtime, on the CPU."""
    import onnxruntime  # optional

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda images: session.run(["scores"], {"images": images})[0]
