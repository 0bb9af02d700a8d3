# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What programs left in a folder, without the times that differ from one call to the next."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

# Files that hold times.
_OF_TIME = ("seconds.json", "checkpoint", "log.txt", "table.md", "table.csv", "figure.*", "README.md", "*.html", "*.pb")
_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"  # in a checkpoint, how its variables hang together, in no certain order
# Fields that hold times, the checksums of such files, or addresses in memory.
_KEYS_OF_TIME = {
    "seconds", "stage_seconds", "wall_seconds", "made_seconds", "date_saved", "files", "sha256", "shared_object_id",
}  # fmt: skip


def contents(folder: Path) -> dict[str, Any]:
    """Read all files below a folder: name -> bytes or value, None for those that hold times."""
    files = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink() or not any(path.iterdir()))
    names = {path: path.relative_to(folder).as_posix() for path in sorted(files)}
    return {name: _read(path) for path, name in names.items() if not path.name.startswith("events.out")}


def _read(path: Path) -> Any:
    if path.is_dir() or any(map(path.match, _OF_TIME)) or path.match("*.data-*"):
        return None
    if path.suffix == ".index":
        return _variables(path.with_suffix(""))
    return _value(path.name, path.read_bytes())


def _variables(prefix: Path) -> list[bytes]:
    """Read the variables of a checkpoint of TensorFlow in a certain order: their names and places vary."""
    from tensorflow.train import load_checkpoint  # inside, so that tests without it need not wait for TensorFlow

    reader = load_checkpoint(str(prefix))
    names = reader.get_variable_to_shape_map().keys() - {_GRAPH}
    return sorted(_bytes(np.asarray(reader.get_tensor(name))) for name in names)


def _bytes(array: np.ndarray) -> bytes:
    """Return what an array holds; one of texts holds addresses of them."""
    return repr(array.tolist()).encode() if array.dtype == object else array.tobytes()


def _value(name: str, content: bytes) -> Any:
    if name.endswith(".json"):
        return _without_times(json.loads(content))
    if name.endswith(".keras"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {member: _value(member, archive.read(member)) for member in archive.namelist()}
    return content


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(one) for key, one in value.items() if key not in _KEYS_OF_TIME}
    return [_without_times(one) for one in value] if isinstance(value, list) else value
