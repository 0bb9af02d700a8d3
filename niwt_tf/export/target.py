# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choose and check where an export is written: a new path, filled completely or not at all."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from niwt_tf import errors
from niwt_tf.models import bundle
from niwt_tf.util import atomic, locks

SAVED_MODEL, LITERT, ONNX, OPENVINO, KERAS = "savedmodel", "litert", "onnx", "openvino", "keras"
FORMATS = (SAVED_MODEL, LITERT, ONNX, OPENVINO, KERAS)
CLASSES = "classes"  # no format of a model, but the part of a SavedModel that `classes_only` writes
CLASSES_FILE = f"{CLASSES}.npz"
_FILES = {KERAS: bundle.ENDING, CLASSES: ".npz"}  # endings of what is one file
_FORMER = {"tflite": LITERT}
_GRAPH = "saved_model.pb"
# Packages that a format's converter and runtime import; the extra of pip has the format's name.
_IMPORTED = {LITERT: ("ai_edge_litert",), ONNX: ("tf2onnx", "onnx", "onnxruntime"), OPENVINO: ("openvino",)}


def require_format(format: str) -> str:
    """Check that a format exists and that its packages are installed, and return its current name.

    Args:
      format: Name of the format from the user; a former name is valid, too.

    Raises:
      errors.UserError: If there is no such format, or a package is not installed.
    """
    name = _FORMER.get(format, format)
    if name not in FORMATS:
        raise errors.unknown_value("format", format, FORMATS)
    missing = [package for package in _IMPORTED.get(name, ()) if importlib.util.find_spec(package) is None]
    if missing:
        raise errors.UserError(
            f"`{errors.setting('format')}` must be one whose converter and runtime are installed. Received: "
            f"{errors.setting('format', format)}, without {errors.listed(missing)} in this environment. Run pip "
            f"install 'niwt_tf[{name}]'"
        )
    return name


def default(name: str, format: str) -> Path:
    """Choose the default path of an export.

    Args:
      name: Name of the model.
      format: Name of the format from the user, or `CLASSES`. The folder of a SavedModel is a version number, as
        TensorFlow Serving requires.
    """
    below = {
        SAVED_MODEL: Path(name, "1"),
        KERAS: Path(name + bundle.ENDING),
        CLASSES: Path(name, CLASSES_FILE),
    }
    return Path("exported") / below.get(format, Path(f"{name}-{format}"))


def require_new(out: Path, format: str) -> None:
    """Check that an export can be written at a path: a new file, or a folder that is new or empty.

    Args:
      out: Folder of the export; for the formats of one file, that file.
      format: One of `FORMATS`, or `CLASSES`.

    Raises:
      errors.UserError: If it cannot be written there.
    """
    is_file = format in _FILES
    if is_file and out.suffix != _FILES[format]:
        raise errors.UserError(
            f"`{errors.setting('out')}` must end in {_FILES[format]} for {errors.setting('format', format)}. Received: "
            f"{errors.setting('out', out)}. Choose another {errors.setting('out')}."
        )
    if os.path.lexists(out) and (is_file or not out.is_dir() or any(out.iterdir())):
        kind, trouble = "a new file" if is_file else "a new or empty folder", "exists"
        if out.is_dir() and not is_file:
            trouble = f"holds {errors.listed(sorted(path.name for path in out.iterdir()), 3)}"
        raise errors.UserError(
            f"`{errors.setting('out')}` must be {kind}, because no file is overwritten. Received: "
            f"{errors.setting('out', out)}, which {trouble}. Choose another, such as "
            f"{errors.setting('out', _unused(out))}"
        )
    nearest = next(path for path in (out.absolute(), *out.absolute().parents) if path.exists())
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        trouble = "cannot be written" if nearest.is_dir() else "is not a folder"
        raise errors.UserError(
            f"`{errors.setting('out')}` must be a path that can be written. Received: {errors.setting('out', out)}, "
            f"where {nearest} {trouble}. Choose another {errors.setting('out')}."
        )


def require_classes_only(out: Path, format: str) -> None:
    """Check that the classes alone can be written at a path: a new file, or the next version beside others.

    Args:
      out: New file that ends in `.npz`, or folder of versions.
      format: Format that the user asked for.

    Raises:
      errors.UserError: If they cannot be written there, or the format is another than a SavedModel.
    """
    if format != SAVED_MODEL:
        raise errors.UserError(
            f"`{errors.setting('classes_only')}` must come with {errors.setting('format', SAVED_MODEL)}, because only "
            f"a SavedModel takes in classes. Received: {errors.setting('format', format)}. Leave one of the two out."
        )
    if is_classes_file(out):
        require_new(out, CLASSES)
    else:
        newest_version(out)
        require_new(next_version(out), SAVED_MODEL)


def is_classes_file(out: Path) -> bool:
    """Check whether a path is that of a file of classes, and not of a folder of versions."""
    return out.suffix == _FILES[CLASSES]


def newest_version(out: Path) -> Path:
    """Find the newest SavedModel in a folder of versions, as TensorFlow Serving reads it, which can take in classes.

    Args:
      out: Folder that holds a SavedModel in each folder with a number for a name.

    Raises:
      errors.UserError: If it is no such folder, or the SavedModel was written before class tables were.
    """
    versions = _versions(out) if out.is_dir() else []
    if not versions or not (versions[-1] / _GRAPH).is_file():
        trouble = f"whose version {versions[-1].name} has no {_GRAPH}" if versions else "which holds no version"
        raise errors.UserError(
            f"`{errors.setting('out')}` must be a folder of versions for TensorFlow Serving, such as exported/birds "
            f"with exported/birds/1, or a new file that ends in {_FILES[CLASSES]}, for "
            f"{errors.setting('classes_only', True)}. Received: {errors.setting('out', out)}, {trouble}. Export the "
            f"model as a whole first, or choose another {errors.setting('out')}."
        )
    if not (versions[-1] / "assets" / CLASSES_FILE).exists():
        raise errors.UserError(
            f"A SavedModel must be able to take in classes for {errors.setting('classes_only', True)}. Received: "
            f"{versions[-1]}, without assets/{CLASSES_FILE}, as an earlier niwt_tf wrote it. Export the model as a "
            f"whole once: {errors.setting('out', _unused(versions[-1]))}"
        )
    return versions[-1]


@contextlib.contextmanager
def writing(out: Path) -> Iterator[Path]:
    """Create a temporary folder beside `out`, and rename it to `out` if the block raises no exception.

    TensorFlow Serving, which reads the parent folder, ignores it and the lock, as their names are no numbers.

    Raises:
      errors.UserError: If another process has written something at `out` in the meantime.
      OSError: If the folder cannot be written.
    """
    target = out.resolve()
    with locks.hold(locks.beside(target), str(out)), atomic.writing(target) as part:
        require_new(out, SAVED_MODEL)
        part.mkdir()
        yield part


def next_version(out: Path) -> Path:
    """Return the path of the next version in a folder of versions."""
    return out / str(int(_versions(out)[-1].name) + 1)


def _versions(out: Path) -> list[Path]:
    """List what has a number for a name in a folder of versions, in the order of the numbers."""
    return sorted((path for path in out.iterdir() if path.name.isdecimal()), key=lambda path: int(path.name))


def _unused(out: Path) -> Path:
    """Choose a path like `out` where nothing exists; for a version number the next one."""
    if out.name.isdecimal():
        return next_version(out.parent)
    number = 2
    while os.path.lexists(out.with_name(f"{out.stem}-{number}{out.suffix}")):
        number += 1
    return out.with_name(f"{out.stem}-{number}{out.suffix}")
