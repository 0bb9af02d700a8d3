# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read texts of classes from a folder: `<class>.txt` for each, or a folder `<class>/` with a file for each image."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.data.files import image_files, text_files
from niwt_tf.util import paths

Choosers = Mapping[str, Callable[[Collection[str]], Collection[str]]]


def documents(folder: Path, class_names: Sequence[str], kind: str) -> dict[str, list[str]]:
    """Read class -> a list with its one text, the whole file.

    Args:
      folder: Folder with `<class>.txt`; files of other classes are ignored.
      class_names: Names of the classes; file names may differ from them in case and in the separators of words.
      kind: Name of the texts in error messages, such as `documents_dir`.

    Raises:
      errors.UserError: If a class has no file or two, or a file is not UTF-8 or is empty.
      OSError: If a file cannot be read.
    """
    files = _class_files(folder)
    texts = {name: text_files.text(files[stem]) for name, stem in _join(folder, class_names, files, kind).items()}
    _require_text(folder, {name: text.split() for name, text in texts.items()}, kind)
    return {name: [text] for name, text in texts.items()}


def captions(
    folder: Path,
    class_names: Sequence[str],
    kind: str,
    readable: Choosers | None = None,
) -> dict[str, list[str]]:
    """Read class -> its sentences, one per line of its files.

    Args:
      folder: Folder with `<class>.txt`; or `<class>/<image>.txt`, at any depth, read only if `readable` is not None.
      class_names: Names of the classes, as in `documents`.
      kind: Name of the texts in error messages, such as `captions_dir`.
      readable: Class -> function that chooses, among the files of its images, those that may be read; their names are
        paths relative to the class' folder, without `.txt`. All files of other classes may be read.

    Raises:
      errors.UserError: If a class has no file or two, or a file is not UTF-8, or all files of a class are empty.
      OSError: If a file cannot be read.
    """
    paths_by_name = _class_files(folder) if readable is None else entries(folder)
    sentences: dict[str, list[str]] = {}
    for name, entry in _join(folder, class_names, paths_by_name, kind).items():
        files = _files(paths_by_name[entry], (readable or {}).get(name))
        sentences[name] = [line for file in files for line in text_files.lines(file)]
    _require_text(folder, sentences, kind)
    return sentences


def entries(folder: Path) -> dict[str, Path]:
    """List name -> `<name>.txt`, or else the folder `<name>`, sorted; hidden ones are left out."""
    files = {path.stem: path for path in folder.glob("*.txt") if not path.is_dir()}
    folders = {path.name: path for path in folder.iterdir() if path.is_dir()}
    return {name: path for name, path in sorted((folders | files).items()) if not image_files.is_ignored(name)}


def _class_files(folder: Path) -> dict[str, Path]:
    return {name: path for name, path in entries(folder).items() if not path.is_dir()}


def _files(entry: Path, choose: Callable[[Collection[str]], Collection[str]] | None) -> list[Path]:
    """List the files of a class: its one file, or those files of its folder that `choose` selects."""
    if not entry.is_dir():
        return [entry]
    files = {}
    for path in sorted(entry.rglob("*.txt")):
        name = paths.printable(path.relative_to(entry).with_suffix("").as_posix())
        if not any(map(image_files.is_ignored, name.split("/"))):
            files[name] = path
    return [files[name] for name in sorted(files if choose is None else choose(list(files)))]


def _join(folder: Path, class_names: Sequence[str], available: Collection[str], kind: str) -> Mapping[str, str]:
    return names_lib.join(class_names, available, f"{folder}, for {kind}", "Write <class>.txt for each class.")


def _require_text(folder: Path, texts: Mapping[str, Sequence[str]], kind: str) -> None:
    empty = [name for name, words in texts.items() if not words]
    if empty:
        raise errors.UserError(
            f"{kind} must have a text for every class. Received: {folder}, without text for {errors.listed(empty)}. "
            "Write a text for each."
        )
