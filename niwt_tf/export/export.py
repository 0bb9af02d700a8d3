# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Export a model in one of several formats."""

from __future__ import annotations

from pathlib import Path

from niwt_tf.export import class_table, client, saved_model, target, version_folder
from niwt_tf.method.calibration import typicality
from niwt_tf.models import files
from niwt_tf.models import model as model_lib
from niwt_tf.util import locks, paths


def export(
    model: model_lib.Model,
    out: str | Path,
    format: str = target.SAVED_MODEL,
    name: str = "niwt",
    reject: float = typicality.SHARE,
) -> None:
    """Export a model, completely or not at all.

    Args:
      model: Model to export.
      out: Folder, which is empty or does not exist; for the format `keras`, a new file.
      format: `savedmodel`; `litert`, `onnx` or `openvino`, the predictor alone; or `keras`, a bundle that
        `files.load` reads again.
      name: Name of the model, for its card.
      reject: Share of the seen classes' images that the output `accepted` keeps, above 0 and below 1.

    Raises:
      errors.UserError: If there is no such format, a package that it needs is not installed, something exists at `out`,
        `reject` is not valid, or the predictor cannot be converted or fails its check.
      OSError: If a file cannot be written.
    """
    format, path = target.require_format(format), paths.expanded(out)
    typicality.require_share(reject)
    target.require_new(path, format)
    if format == target.KERAS:
        files.save(model, path)
    elif format == target.SAVED_MODEL:
        saved_model.write(model, path, name, reject)
    else:
        client.write(model, path, name, format)


def export_classes(
    model: model_lib.Model, out: str | Path, name: str = "niwt", reject: float = typicality.SHARE
) -> Path:
    """Write the classes of a model for a SavedModel of the same network, completely or not at all.

    Args:
      model: Model whose classes are written.
      out: New file that ends in `.npz`, for running programs; or a folder of versions for TensorFlow Serving, which
        gets the next version.
      name: Name of the model, for the card of the version.
      reject: Share of the seen classes' images that the output `accepted` keeps, above 0 and below 1.

    Returns:
      Path of the file or of the version.

    Raises:
      errors.UserError: If `reject` is not valid, something exists at `out`, or it is no folder of versions, or the
        newest version cannot take in classes, is of another network, or is damaged.
      OSError: If a file cannot be written.
    """
    path = paths.expanded(out)
    typicality.require_share(reject)
    target.require_classes_only(path, target.SAVED_MODEL)
    if not target.is_classes_file(path):
        return version_folder.write_next(model, path, name, reject)
    with locks.hold(locks.beside(path), str(path)):
        target.require_new(path, target.CLASSES)  # again: another process may have written it
        class_table.of(model, reject).save(path)
    return path
