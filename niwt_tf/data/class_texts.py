# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reads texts of classes from a folder: `<class>.txt` for each, or a folder `<class>/` with a file for each image."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.data.files import image_files, text_files
from niwt_tf.util import paths

Choosers = Mapping[str, Callable[[Collection[str]], Collection[str]]]


def documents(folder: Path, class_names: Sequence[str], what: str) -> dict[str, list[str]]:
    """Read class -> a list with its one text, the whole file.

    Args:
      folder: Folder with `<class>.txt`; files of other classes are ignored.
      class_names: Names of the classes; file names may differ from them in case and in the separators of words.
      what: Name of the texts in error messages, such as `documents_dir`.

    Raises:
      errors.UserError: If a class has no file or two, or a file is not UTF-8 or is empty.
      OSError: If a file cannot be read.
    """
    files = _class_files(folder)
    texts = {name: text_files.text(files[stem]) for name, stem in _join(folder, class_names, files, what).items()}
    _require_filled(folder, {name: text.split() for name, text in texts.items()}, what)
    return {name: [text] for name, text in texts.items()}


def captions(
    folder: Path,
    class_names: Sequence[str],
    what: str,
    readable: Choosers | None = None,
) -> dict[str, list[str]]:
    """Read class -> its sentences, one per line of its files.

    Args:
      folder: Folder with `<class>.txt`; or `<class>/<image>.txt`, at any depth, read only if `readable` is not None.
      class_names: Names of the classes, as in `documents`.
      what: Name of the texts in error messages, such as `captions_dir`.
      readable: Class -> function that chooses, among the files of its images, those that may be read; their names are
        paths relative to the class' folder, without `.txt`. All files of other classes may be read.

    Raises:
      errors.UserError: If a class has no file or two, or a file is not UTF-8, or all files of a class are empty.
      OSError: If a file cannot be read.
    """
    there = _class_files(folder) if readable is None else entries(folder)
    found: dict[str, list[str]] = {}
    for name, entry in _join(folder, class_names, there, what).items():
        files = _files(there[entry], (readable or {}).get(name))
        found[name] = [line for file in files for line in text_files.lines(file)]
    _require_filled(folder, found, what)
    return found


def entries(folder: Path) -> dict[str, Path]:
    """List name -> `<name>.txt`, or else the folder `<name>`, sorted; hidden ones are left out."""
    files = {path.stem: path for path in folder.glob("*.txt") if path.is_file()}
    folders = {path.name: path for path in folder.iterdir() if path.is_dir()}
    named = sorted((folders | files).items())
    return {name: path for name, path in named if not image_files.is_passed_over(name)}


def _class_files(folder: Path) -> dict[str, Path]:
    return {name: path for name, path in entries(folder).items() if path.is_file()}


def _files(entry: Path, choose: Callable[[Collection[str]], Collection[str]] | None) -> list[Path]:
    if entry.is_file():
        return [entry]
    found = {
        paths.printable(path.relative_to(entry).with_suffix("").as_posix()): path
        for path in sorted(entry.rglob("*.txt"))
    }
    files = {name: path for name, path in found.items() if not any(map(image_files.is_passed_over, name.split("/")))}
    return [files[name] for name in sorted(files if choose is None else choose(list(files)))]


def _join(folder: Path, class_names: Sequence[str], there: Collection[str], what: str) -> Mapping[str, str]:
    return names_lib.join(class_names, there, f"{folder}, for {what}", "Write <class>.txt for each class.")


def _require_filled(folder: Path, texts: Mapping[str, Sequence[str]], what: str) -> None:
    empty = [name for name, words in texts.items() if not words]
    if empty:
        raise errors.UserError(
            f"{what} must tell of every class. Received: {folder}, with no text for {errors.listed(empty)}. Write some."
        )
