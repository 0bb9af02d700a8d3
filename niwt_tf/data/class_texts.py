# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Texts of the classes in a folder: `<class>.txt` for each, or a folder `<class>/` with a file for each image."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.data import text_files


def documents(folder: Path, class_names: Sequence[str], what: str) -> dict[str, list[str]]:
    """Returns class -> its one text, the whole file.

    Args:
      folder: holds `<class>.txt`; files of other classes are left alone.
      class_names: the classes, whose files may spell them in other cases and with other joints.
      what: the folder is for, such as `--documents_dir`.

    Raises:
      errors.UserError: if a class has no file or two, or a file is no UTF-8 or empty.
      OSError: if a file cannot be read.
    """
    files = _class_files(folder)
    texts = {name: text_files.text(files[stem]) for name, stem in _join(folder, class_names, files, what).items()}
    _require_filled(folder, {name: text.split() for name, text in texts.items()}, what)
    return {name: [text] for name, text in texts.items()}


def captions(
    folder: Path, class_names: Sequence[str], what: str, readable: Mapping[str, Collection[str]] | None = None
) -> dict[str, list[str]]:
    """Returns class -> its sentences, a line each.

    Args:
      folder: holds `<class>.txt`; or `<class>/<image>.txt`, which are read only where `readable` says which.
      class_names: as in `documents`.
      what: the folder is for, such as `--captions_dir`.
      readable: class -> the images, without suffix, whose files may be read; those of classes left out all may.

    Raises:
      errors.UserError: if a class has no file or two, or a file is no UTF-8, or all of them are empty.
      OSError: if a file cannot be read.
    """
    there = _class_files(folder) if readable is None else entries(folder)
    found: dict[str, list[str]] = {}
    for name, entry in _join(folder, class_names, there, what).items():
        files = _files(there[entry], (readable or {}).get(name))
        found[name] = [line for file in files for line in text_files.lines(file)]
    _require_filled(folder, found, what)
    return found


def entries(folder: Path) -> dict[str, Path]:
    """Returns name -> `<name>.txt`, or the folder `<name>`, sorted; hidden ones are left out."""
    files = {path.stem: path for path in folder.glob("*.txt") if path.is_file()}
    folders = {path.name: path for path in folder.iterdir() if path.is_dir()}
    return {name: path for name, path in sorted((folders | files).items()) if not name.startswith(".")}


def _class_files(folder: Path) -> dict[str, Path]:
    return {name: path for name, path in entries(folder).items() if path.is_file()}


def _files(entry: Path, readable: Collection[str] | None) -> list[Path]:
    if entry.is_file():
        return [entry]
    files = sorted(entry.glob("*.txt"))
    return files if readable is None else [file for file in files if file.stem in readable]


def _join(folder: Path, class_names: Sequence[str], there: Collection[str], what: str) -> Mapping[str, str]:
    return names_lib.join(class_names, there, f"{folder}, for {what}", "Write <class>.txt for each class.")


def _require_filled(folder: Path, texts: Mapping[str, Sequence[str]], what: str) -> None:
    empty = [name for name, words in texts.items() if not words]
    if empty:
        raise errors.UserError(
            f"{what} must tell of every class. Received: {folder}, with no text for {errors.listed(empty)}. Write some."
        )
