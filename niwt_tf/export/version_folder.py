# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write the next version of a SavedModel that differs in its classes alone; nothing of it is run or traced.

All files are copies, but for the classes in the checkpoint of the variables, the file of the classes, and the card.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import tensorflow as tf

from niwt_tf import errors
from niwt_tf.export import card, class_table, served_classes, target
from niwt_tf.method.calibration import typicality
from niwt_tf.models import model as model_lib
from niwt_tf.util import json_schemas, locks

_VARIABLES = Path("variables", "variables")
_KEY = f"{served_classes.VARIABLE}/.ATTRIBUTES/VARIABLE_VALUE"
# TensorFlow's fingerprint of a SavedModel, which may be missing, would be that of the version before.
_REPLACED = ("variables", "fingerprint.pb", class_table.FILE, card.README, card.JSON)
_TEXT = json_schemas.Text()
_TENSOR = json_schemas.Record(
    {
        "dtype": _TEXT,
        "shape": json_schemas.List(json_schemas.Either(json_schemas.Number(), _TEXT)),
        "meaning": _TEXT,
    }
)
_SIGNATURE = json_schemas.Record(
    {"purpose": _TEXT, "inputs": json_schemas.Map(_TENSOR), "outputs": json_schemas.Map(_TENSOR)}
)
_CARD = json_schemas.Record(
    {
        "licence": json_schemas.Record(dict.fromkeys(("model", "weights", "data"), json_schemas.Nullable(_TEXT))),
        "signatures": json_schemas.Map(_SIGNATURE),
    }
)


def write_next(model: model_lib.Model, out: Path, name: str, reject: float = typicality.SHARE) -> Path:
    """Write the next version beside the newest one, completely or not at all, and return its path.

    Args:
      model: Model of the same network, whose classes the new version serves.
      out: Folder of versions.
      name: Name of the model, for the card.
      reject: Share of the seen classes' images that the output `accepted` keeps, above 0 and below 1.

    Raises:
      errors.UserError: If there is no version that can take in classes, or it is of another network, or damaged.
      OSError: If a file cannot be read or written.
    """
    table = class_table.of(model, reject)
    with locks.hold(locks.within(out), str(out)):
        old = target.newest_version(out)
        _require_same_network(old, table)
        kept = json_schemas.read(old / "assets" / card.JSON, _CARD)  # users fill in the licences
        fields = {
            "format": target.SAVED_MODEL,
            "reject": reject,
            **{key: kept[key] for key in ("licence", "signatures")},
        }
        new = target.next_version(out)
        with target.writing(new) as folder:
            shutil.copytree(old, folder, ignore=shutil.ignore_patterns(*_REPLACED), dirs_exist_ok=True)
            _write_variables(old, folder, table)
            table.save(folder / "assets" / class_table.FILE)
            card.write(folder / "assets", model, name, fields)
        return new


def _require_same_network(version: Path, table: class_table.ClassTable) -> None:
    old = class_table.ClassTable.load(version / "assets" / class_table.FILE)
    if old.network != table.network:
        raise errors.UserError(
            f"Classes must be of the network that a SavedModel holds, for {errors.setting('classes_only', True)}. "
            f"Received: a model with a network of SHA-256 {table.network[:12]}..., and {version} with "
            f"{old.network[:12]}... Name the model that was exported there, with classes added or removed; or export "
            "this one as a whole."
        )


def _write_variables(old: Path, new: Path, table: class_table.ClassTable) -> None:
    """Copy the checkpoint of a version into another, with the classes of a table."""
    try:
        reader = tf.train.load_checkpoint(str(old / _VARIABLES))
        names = sorted(reader.get_variable_to_shape_map())
        tensors = [reader.get_tensor(name) for name in names if name != _KEY]
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        trouble = f"has variables that cannot be read: {errors.first_line(error)}"
        raise errors.damaged(old, trouble, "Export the model as a whole.") from error
    if _KEY not in names:
        raise errors.damaged(old, "has no classes among its variables", "Export the model as a whole.")
    tensors.insert(names.index(_KEY), served_classes.encode(table))
    (new / _VARIABLES).parent.mkdir()
    tf.raw_ops.SaveV2(
        prefix=str(new / _VARIABLES), tensor_names=names, shape_and_slices=[""] * len(names), tensors=tensors
    )
