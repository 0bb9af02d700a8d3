# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Export a model in one of several formats."""

from __future__ import annotations

from pathlib import Path

from niwt_tf.export import client, saved_model, target
from niwt_tf.models import files
from niwt_tf.models import model as model_lib
from niwt_tf.util import paths


def export(model: model_lib.Model, out: str | Path, format: str = target.SAVED_MODEL, name: str = "niwt") -> None:
    """Export a model, completely or not at all.

    Args:
      model: Model to export.
      out: Folder, which is empty or does not exist; for the format `keras`, a new file.
      format: `savedmodel`; `litert`, `onnx` or `openvino`, the predictor alone; or `keras`, a bundle that
        `files.load` reads again.
      name: Name of the model, for its card.

    Raises:
      errors.UserError: If there is no such format, a package that it needs is not installed, something exists at `out`,
        or the predictor cannot be converted or fails its check.
      OSError: If a file cannot be written.
    """
    format, path = target.require_format(format), paths.expanded(out)
    target.require_new(path, format)
    if format == target.KERAS:
        files.save(model, path)
    elif format == target.SAVED_MODEL:
        saved_model.write(model, path, name)
    else:
        client.write(model, path, name, format)
