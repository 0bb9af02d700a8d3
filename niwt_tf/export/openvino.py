# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Convert a predictor to OpenVINO's intermediate representation, and run it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from niwt_tf.export import agreement, saved_model, signatures

CLASS_NAMES = "class_names"  # the runtime information's key
_PRECISION = {"INFERENCE_PRECISION_HINT": "f32"}  # the default is bfloat16 if the processor has it


def convert(predict: signatures.Signature, class_names: str, path: Path) -> None:
    """Write an `.xml` file and, beside it, a `.bin` file with the weights in float32.

    Args:
      predict: Signature from images `[N,H,W,3]` uint8 to scores.
      class_names: Names of the classes as JSON, in the order of the scores, for the runtime information.
      path: Path of the new `.xml` file.
    """
    import openvino  # optional

    with tempfile.TemporaryDirectory() as folder:
        saved_model.archive({"serving_default": predict}, Path(folder))
        converted = openvino.Core().read_model(folder)  # `convert_model` does the same, but reports its use
        converted.set_rt_info(class_names, [CLASS_NAMES])
        openvino.save_model(converted, path, compress_to_fp16=False)


def load(path: Path) -> agreement.Predictor:
    """Compile a model for the CPU, in float32."""
    import openvino  # optional

    compiled = openvino.compile_model(path, "CPU", _PRECISION)
    return lambda images: compiled({"images": images})["scores"]
