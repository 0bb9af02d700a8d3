# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Texts of the classes in a folder of the user's: a file `<class>.txt` for each."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from niwt_tf import errors, sources


def read(flag: str, folder: str, class_names: Sequence[str]) -> dict[str, str]:
    """Returns class -> what its file holds.

    A file may spell the spaces of a class name as `_`, `-` or `+`, and in capitals or not.

    Args:
      flag: which one names the folder, for messages.
      folder: holds the files; those of other classes are left alone.
      class_names: the classes.

    Raises:
      errors.UserError: if a class has no file or more than one, or a file is no UTF-8.
    """
    path = sources.class_texts(flag, folder)
    files: dict[str, list[Path]] = {}
    for file in sorted(path.glob("*.txt")):
        files.setdefault(_normal(file.stem), []).append(file)
    _require_one(flag, folder, class_names, files)
    return {name: _text(flag, files[_normal(name)][0]) for name in class_names}


def _require_one(flag: str, folder: str, class_names: Sequence[str], files: Mapping[str, Sequence[Path]]) -> None:
    """Raises errors.UserError unless each class has one file, that no other class has."""
    received = f"Received: --{flag}={folder}"
    missing = [f"{name}.txt" for name in class_names if _normal(name) not in files]
    if missing:
        raise errors.UserError(
            f"`--{flag}` must hold <class>.txt for every class. {received}, which lacks {len(missing):,} of "
            f"{len(class_names):,} files: {errors.listed(missing)}. Write them."
        )
    classes = Counter(_normal(name) for name in class_names)
    alike = [name for name in class_names if classes[_normal(name)] > 1]
    alike += [file.name for name in classes if len(files[name]) > 1 for file in files[name]]
    if alike:
        raise errors.UserError(
            f"`--{flag}` must hold one file for each class. {received}, where these are one name but for their "
            f"spelling: {errors.listed(alike)}. Keep one."
        )


def _normal(name: str) -> str:
    """Returns a name without its ways to be spelt: `Grizzly+bear` and `grizzly_bear` become `grizzly bear`."""
    return re.sub(r"[ _+-]+", " ", unicodedata.normalize("NFC", name)).strip().casefold()


def _text(flag: str, file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise errors.UserError(
            f"`--{flag}` must hold text in UTF-8. Received: {file}, where byte {error.start} is none of UTF-8's. "
            "Save the file as UTF-8."
        ) from None
