# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The file format of a model: a `.keras` file that Keras itself opens as a classifier, with further members in `niwt/`.

`niwt/manifest.json` holds the version of the format and the SHA-256 of every other member. All members are checked
before any is read. No member is a pickle, and only members that the manifest lists are unpacked.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from niwt_tf import errors
from niwt_tf.util import checksum, json_files, paths, zip_files
from niwt_tf.util.json_schemas import Number, Record

FORMAT = 4  # 2 added the operator of the closed form, relevance and residuals, 3 the unit of the scale, 4 labels
ENDING = ".keras"
FOLDER = "niwt"
_MANIFEST = f"{FOLDER}/manifest.json"
_TIMES = 10  # neither Keras nor `write` compresses
_MOST_OF_MANIFEST = 2**22  # bytes
_MANIFEST_SCHEMA = Record({"format": Number(1, is_whole=True), "sha256": Record()})
_REMEDY = "Copy the file again, or write it again with niwt_teach or niwt_export --format=keras"


def require(path: str | os.PathLike[str]) -> Path:
    """Check that a bundle exists, and return its path with `~` expanded.

    Raises:
      errors.UserError: If there is no such file.
    """
    file = paths.expanded(path)
    if not file.is_file():
        raise errors.UserError(
            f"`{errors.setting('model')}` must be the folder of a run, or a {ENDING} bundle. Received: "
            f"{errors.setting('model', path)}, which does not exist. Name a folder that niwt made, or a bundle that "
            "niwt_teach or niwt_export wrote."
        )
    return file


def is_plain(path: Path) -> bool:
    """Check whether a file is one of Keras alone: a zip file in which there is nothing of niwt_tf."""
    if path.suffix != ENDING or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return not any(name.startswith(f"{FOLDER}/") for name in archive.namelist())


def write(path: Path, keras_file: Path, folder: Path) -> None:
    """Write a bundle.

    Args:
      path: File to write; an older one is replaced.
      keras_file: `.keras` file that Keras saved.
      folder: Folder of the files that are added, at any depth.

    Raises:
      OSError: If the bundle cannot be written.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    names = {f"{FOLDER}/{file.relative_to(folder).as_posix()}": file for file in files}
    shutil.copyfile(keras_file, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        for name, file in names.items():
            archive.writestr(zipfile.ZipInfo(name), file.read_bytes())
        digests = {name: _digest(archive, name) for name in archive.namelist()}
        manifest = {"format": FORMAT, "sha256": digests}
        archive.writestr(zipfile.ZipInfo(_MANIFEST), json.dumps(manifest, indent=2))


def unpack(path: Path, folder: Path) -> int:
    """Check a bundle, write its members that Keras did not save into `folder`, and return its format.

    Raises:
      errors.UserError: If the file is not a bundle, is damaged, or has a later format.
      OSError: If a file cannot be read or written.
    """
    try:
        with zip_files.opened(path, _TIMES) as archive:
            manifest = _checked_manifest(path, archive)
            for name in manifest["sha256"]:
                if name.startswith(f"{FOLDER}/"):
                    _extract(archive, name, folder)
            return manifest["format"]
    except zip_files.DamagedZipError as error:
        raise broken(path, str(error)) from None


def _checked_manifest(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    """Read the manifest, and check that the archive holds exactly its members, all undamaged."""
    names = archive.namelist()
    if _MANIFEST not in names:
        raise broken(path, f"has no {_MANIFEST}, so Keras alone saved it")
    manifest = _manifest(path, archive)
    if manifest["format"] > FORMAT:
        raise errors.UserError(
            f"`{errors.setting('model')}` must be a bundle of format {FORMAT} or earlier. Received: "
            f"{errors.setting('model', path)}, of format {manifest['format']:,}, which a later niwt_tf wrote. Run pip "
            "install --upgrade niwt_tf"
        )
    digests = manifest["sha256"]
    extra = sorted(name for name in names if name != _MANIFEST and name not in digests)
    if extra:
        raise broken(path, f"has files that its manifest does not list: {errors.listed(extra)}")
    damaged = sorted(name for name in digests if name not in names or _digest(archive, name) != digests[name])
    if damaged:
        raise broken(path, f"is damaged: {errors.listed(damaged)} missing or changed")
    return manifest


def _manifest(path: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        if archive.getinfo(_MANIFEST).file_size <= _MOST_OF_MANIFEST:
            manifest = json_files.parse(archive.read(_MANIFEST))
            if not _MANIFEST_SCHEMA.trouble("", manifest):
                return manifest
    except ValueError:
        pass
    raise broken(path, f"has a {_MANIFEST} that cannot be read")


def _extract(archive: zipfile.ZipFile, name: str, folder: Path) -> None:
    target = folder / PurePosixPath(name).relative_to(FOLDER)
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(name) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file)


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as file:
        return checksum.sha256_of(file)


def broken(path: Path, trouble: str) -> errors.UserError:
    """Build the error for a file that is not a complete bundle.

    Args:
      path: Path of the file.
      trouble: Fault of the file, worded to follow "which".
    """
    return errors.UserError(
        f"`{errors.setting('model')}` must be a complete {ENDING} bundle of niwt_tf. Received: "
        f"{errors.setting('model', path)}, which {trouble}. {_REMEDY}"
    )
