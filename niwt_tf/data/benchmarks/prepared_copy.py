# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Name the prepared copy of a benchmark after the content of what it is made from. Imports nothing heavy."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from niwt_tf import config as config_lib
from niwt_tf.data import folders
from niwt_tf.data.benchmarks import download_sites, split_files
from niwt_tf.util import json_files

IMAGES_SHA256 = "images_sha256"  # in the metadata of a prepared copy
_DIGITS = 12


@dataclasses.dataclass(frozen=True)
class Origin:
    """What a prepared copy is made from.

    Attributes:
      split: Files of the split.
      images_sha256: SHA-256 of the names and contents of the images; empty if only a copy is left that an earlier
        version prepared, which did not record it.
    """

    split: split_files.SplitFile
    images_sha256: str

    @property
    def name(self) -> str:
        """Name of the copy: it differs if anything that the copy is made from does."""
        if not self.images_sha256:
            return _earlier_name(self.split)
        return f"{_prefix(self.split)}{self.images_sha256[:_DIGITS]}"


def find_origin(config: config_lib.DataConfig) -> Origin:
    """Find the split and the images of a benchmark; unpack or download what is missing and not prepared yet.

    If the images are gone, those are meant that were prepared last.

    Raises:
      errors.UserError: If files cannot be fetched; the message lists all paths searched.
      OSError: If a folder cannot be read or written.
    """
    site, root = download_sites.SITES[config.dataset], folders.source_folder(config)
    prepared_dir = folders.prepared_folder(config)
    split = split_files.fetch_split(config.dataset, root)
    if site.find_images(root) is None:
        recorded = _recorded(prepared_dir / config.dataset, split)
        if recorded is not None:
            return Origin(split, recorded)
    return Origin(split, site.digest(site.fetch_images(root, prepared_dir)))


def _recorded(copies: Path, split: split_files.SplitFile) -> str | None:
    """Read the checksum of the images that were prepared last with this split; None if none were."""
    patterns = (f"{_prefix(split)}*", _earlier_name(split))
    files = [file for pattern in patterns for file in copies.glob(f"{pattern}/*/metadata.json")]
    if not files:
        return None
    return (json_files.read(max(files, key=lambda file: file.stat().st_mtime_ns)) or {}).get(IMAGES_SHA256, "")


def _prefix(split: split_files.SplitFile) -> str:
    return f"split_{split.content[:_DIGITS]}_images_"


def _earlier_name(split: split_files.SplitFile) -> str:
    return f"split_{split.sha256[:_DIGITS]}"
