# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choose and check where an export is written: a new path, filled completely or not at all."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from niwt_tf import errors
from niwt_tf.models import bundle

SAVED_MODEL, LITERT, ONNX, OPENVINO, KERAS = "savedmodel", "litert", "onnx", "openvino", "keras"
FORMATS = (SAVED_MODEL, LITERT, ONNX, OPENVINO, KERAS)
_FORMER = {"tflite": LITERT}
# Packages that a format's converter and runtime import; the extra of pip has the format's name.
_IMPORTED = {LITERT: ("ai_edge_litert",), ONNX: ("tf2onnx", "onnx", "onnxruntime"), OPENVINO: ("openvino",)}


def require_format(format: str) -> str:
    """Check that a format exists and that its packages are installed, and return its current name.

    Args:
      format: Name of the format from the user, current or former.

    Raises:
      errors.UserError: If there is no such format, or a package is not installed.
    """
    name = _FORMER.get(format, format)
    if name not in FORMATS:
        raise errors.unknown_value("format", format, FORMATS)
    lacking = [one for one in _IMPORTED.get(name, ()) if importlib.util.find_spec(one) is None]
    if lacking:
        raise errors.UserError(
            f"`{errors.setting('format', format)}` must have its converter and its runtime installed. Received: no "
            f"{errors.listed(lacking)} in this environment. Run pip install 'niwt_tf[{name}]'."
        )
    return name


def default(name: str, format: str) -> Path:
    """Choose the path of an export if the user names none.

    Args:
      name: Name of the model.
      format: Name of the format from the user; a SavedModel's folder is a version number, as TensorFlow Serving needs.
    """
    below = {SAVED_MODEL: Path(name, "1"), KERAS: Path(name + bundle.ENDING)}
    return Path("exported") / below.get(format, Path(f"{name}-{format}"))


def require_new(out: Path, format: str) -> None:
    """Check that an export can be created at `out`, and raise errors.UserError if not.

    An existing folder is allowed only if it is empty and the format needs a folder.

    Args:
      out: Folder of the export; for the format keras the file.
      format: One of `FORMATS`.
    """
    is_file = format == KERAS
    if is_file and out.suffix != bundle.ENDING:
        raise errors.UserError(
            f"`{errors.setting('out')}` must end in {bundle.ENDING} for {errors.setting('format', KERAS)}. Received: "
            f"{errors.setting('out', out)}. Name another {errors.setting('out')}."
        )
    if os.path.lexists(out) and (is_file or not out.is_dir() or any(out.iterdir())):
        what, trouble = "a new file" if is_file else "an empty or a new folder", "is there"
        if out.is_dir() and not is_file:
            trouble = f"holds {errors.listed(sorted(path.name for path in out.iterdir()), 3)}"
        raise errors.UserError(
            f"`{errors.setting('out')}` must be {what}: nothing is written over. Received: "
            f"{errors.setting('out', out)}, which {trouble}. Name another, such as "
            f"{errors.setting('out', _unused(out))}"
        )
    nearest = next(path for path in (out.absolute(), *out.absolute().parents) if path.exists())
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        trouble = "cannot be written" if nearest.is_dir() else "is no folder"
        raise errors.UserError(
            f"`{errors.setting('out')}` must be a place that can be written. Received: {errors.setting('out', out)}, "
            f"where {nearest} {trouble}. Name another {errors.setting('out')}."
        )


@contextlib.contextmanager
def writing(out: Path) -> Iterator[Path]:
    """Create a temporary folder beside `out`, and rename it to `out` if the block raises no exception.

    Raises:
      OSError: If it cannot be written, or something exists at `out` by then.
    """
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.{os.getpid()}")  # not a number, so that TensorFlow Serving ignores it
    try:
        temporary.mkdir()
        yield temporary
        if out.is_dir():
            out.rmdir()  # only an empty one
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _unused(out: Path) -> Path:
    """Choose a path like `out` where nothing exists; for a version number the next one."""
    if out.name.isdecimal():
        versions = [int(path.name) for path in out.parent.iterdir() if path.name.isdecimal()]
        return out.with_name(str(max(versions) + 1))
    number = 2
    while os.path.lexists(out.with_name(f"{out.stem}-{number}{out.suffix}")):
        number += 1
    return out.with_name(f"{out.stem}-{number}{out.suffix}")
