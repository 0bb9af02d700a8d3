# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes a model for others to use, in one of several formats."""

from __future__ import annotations

from pathlib import Path

from niwt_tf import errors, model_files
from niwt_tf import model as model_lib
from niwt_tf.export import saved_model, target, tflite


def export(model: model_lib.Model, out: str | Path, format: str = target.SAVED_MODEL, name: str = "niwt") -> None:
    """Writes a model, whole or not at all.

    Args:
      model: to be written.
      out: the folder, which is empty or not there; of the format keras the file.
      format: `savedmodel`, `tflite`, or `keras`, a bundle that `model_files.load` reads again.
      name: the model's, for its card.

    Raises:
      errors.UserError: if there is no such format, something lies at `out`, or TensorFlow Lite lacks an operation.
      OSError: if it cannot be written.
    """
    if format not in target.FORMATS:
        raise errors.unknown_value("--format", format, target.FORMATS)
    path = Path(out).expanduser()
    target.require_new(path, format)
    if format == target.KERAS:
        model_files.save(model, path)
    elif format == target.TFLITE:
        tflite.write(model, path, name)
    else:
        saved_model.write(model, path, name)
