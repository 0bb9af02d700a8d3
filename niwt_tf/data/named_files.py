# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Stamp the files and folders that the settings name, so that a change in them remakes the stages that read them.

Nothing here imports TensorFlow, so that a run with nothing left to do finishes at once.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from pathlib import Path

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.config import text_encoders
from niwt_tf.data.files import image_files
from niwt_tf.util import checksum, paths, user_code

_NO_SAVED_MODEL = (
    "contains no saved_model.pb",
    "Write the folder of a SavedModel, or an https:// handle of TensorFlow Hub, after hub:",
)


def stamps(config: config_lib.DomainConfig) -> dict[str, str]:
    """Compute file -> stamp of all that `config` names on this machine: texts of classes, and the text encoder.

    A stamp is a file's SHA-256, which is remembered for large files: see `checksum.remembered`.

    Raises:
      errors.UserError: If a file or folder does not exist.
    """
    stamp_of: dict[str, str] = {}
    for name in ("captions_dir", "documents_dir"):
        if value := getattr(config, name):
            folder = class_texts(name, value)
            stamp_of |= _stamps(folder, sorted(folder.glob("*.txt")), f"{name} ")
    paths_of_encoders = filter(None, map(encoder_path, text_encoders.split(config.text_encoder)))
    for number, encoder in enumerate(paths_of_encoders):
        stamp_of |= _stamps(encoder, _files(encoder), f"text_encoder {number or ''}".rstrip() + " ")
    return stamp_of


def backbone_stamps(config: config_lib.BackboneConfig) -> dict[str, str]:
    """Compute file -> stamp of the network or weights, and of the Python file, that `config` names on this machine.

    Raises:
      errors.UserError: If one of them does not exist.
    """
    path, code = backbone_path(config), config.import_module
    stamp_of = {} if path is None else _stamps(path, _files(path), "backbone ")
    if code.endswith(user_code.ENDING):
        file = paths.expanded(code)
        if not file.is_file():
            raise _not_found("import_module", code, file, "is not a file", "Name a Python file")
        stamp_of |= _stamps(file, [file], "import_module ")
    return stamp_of


def backbone_path(config: config_lib.BackboneConfig) -> Path | None:
    """Locate the network, or its weights, on this machine; None if a name alone identifies them.

    Raises:
      errors.UserError: If there is nothing usable.
    """
    kind, _, location = config.backbone.partition(":")
    argument, value = ("backbone", config.backbone) if location else ("weights", config.weights)
    if value in ("imagenet", "none") or (kind == "hub" and "://" in location):
        return None
    path = paths.expanded(location or value)
    if not path.exists():
        raise _not_found(argument, value, path, "does not exist", "Name an existing file or folder")
    if not path.is_dir() and (trouble := paths.trouble(path)):
        raise _not_found(argument, value, path, f"is {trouble}", "Name a file or folder")
    if kind == "hub" and not _is_saved_model(path):
        raise _not_found(argument, value, path, *_NO_SAVED_MODEL)
    return path


def transfer_stamps(config: config_lib.TransferConfig, seed: int) -> dict[str, str]:
    """Compute file -> stamp of the images that the transfer takes from a folder, if it takes them from one.

    Raises:
      errors.UserError: If there are none.
    """
    if not config.transfer_source.startswith("images:"):
        return {}
    return _stamps(transfer_folder(config), transfer_images(config, seed))


def transfer_images(config: config_lib.TransferConfig, seed: int) -> list[Path]:
    """Choose at random the images that the transfer takes from the folder that `config` names, and sort them.

    Raises:
      errors.UserError: If there are none.
    """
    folder = transfer_folder(config)
    images = sorted(image_files.find(folder).images)
    if not images:
        raise _not_found(
            "transfer_source",
            config.transfer_source,
            folder,
            "contains no image",
            "Write a folder of photographs after images:",
        )
    return sorted(random.Random(seed).sample(images, min(config.transfer_images, len(images))))


def transfer_folder(config: config_lib.TransferConfig) -> Path:
    """Return the folder that `images:` names."""
    return paths.expanded(config.transfer_source.partition(":")[2])


def stamps_below(root: Path, names: Iterable[str]) -> dict[str, str]:
    """Compute file -> stamp of the files that have these names in `root`, and of those below folders of these names."""
    existing = [root / name for name in names if (root / name).exists()]
    return _stamps(root, [file for path in existing for file in _files(path)])


def class_texts(argument: str, folder: str) -> Path:
    """Check that a setting names a folder of files `<class>.txt`, and return its path.

    Raises:
      errors.UserError: If it is not a folder.
    """
    path = paths.expanded(folder)
    if not path.is_dir():
        raise errors.UserError(
            f"`{errors.setting(argument)}` must be a folder with files <class>.txt. Received: "
            f"{errors.setting(argument, folder)}, which {'is not a folder' if path.exists() else 'does not exist'}. "
            "Name the folder that contains the files."
        )
    return path


def encoder_path(text_encoder: str) -> Path | None:
    """Locate a text encoder on this machine; None for tfidf, and for a handle of TensorFlow Hub.

    Raises:
      errors.UserError: If nothing of its kind is there.
    """
    kind, _, name = text_encoder.partition(":")
    if text_encoder == text_encoders.TFIDF or (kind == "hub" and "://" in name):
        return None
    if kind not in ("word2vec", "hub") or not name:
        raise errors.UserError(
            f"`{errors.setting('text_encoder')}` must be {text_encoders.IN_WORDS}. Received: "
            f"{errors.setting('text_encoder', text_encoder)}. Choose one of them."
        )
    path = paths.expanded(name)
    if kind == "word2vec" and not path.is_file():
        raise _not_found(
            "text_encoder",
            text_encoder,
            path,
            "is not a file",
            "Write a file in a format of word2vec or GloVe after word2vec:",
        )
    if kind == "hub" and not _is_saved_model(path):
        raise _not_found("text_encoder", text_encoder, path, *_NO_SAVED_MODEL)
    return path


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, or of the names and contents of all files below a folder."""
    total = hashlib.sha256()
    for name, file in _relative_names(path, _files(path)):
        total.update(f"{paths.printable(name)}\0{checksum.sha256(file)}\0".encode())
    return total.hexdigest()


def _not_found(argument: str, value: str, path: Path, trouble: str, remedy: str) -> errors.UserError:
    return errors.UserError(
        f"`{errors.setting(argument)}` must name an existing file or folder. Received: "
        f"{errors.setting(argument, value)}, where {path} {trouble if path.exists() else 'does not exist'}. {remedy}."
    )


def _is_saved_model(path: Path) -> bool:
    return any((path / name).is_file() for name in ("saved_model.pb", "saved_model.pbtxt"))


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def _relative_names(root: Path, files: Iterable[Path]) -> Iterable[tuple[str, Path]]:
    """List the files with their paths below `root`."""
    return [(file.relative_to(root).as_posix(), file) for file in files]


def _stamps(root: Path, files: Iterable[Path], prefix: str = "") -> dict[str, str]:
    return {f"{prefix}{name}": stamp(file) for name, file in _relative_names(root, files)}


def stamp(path: Path) -> str:
    """Compute the SHA-256 of a file, or of the names and contents of all files below a folder; see `checksum`.

    For what is neither, return its kind: the code that reads it reports the error.

    Raises:
      OSError: If a file cannot be read.
    """
    if path.is_dir():
        return checksum.remembered_tree(_relative_names(path, _files(path)))
    return paths.trouble(path) or checksum.remembered(path)
