# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Finds the image files below a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

SUFFIXES = frozenset(".jpg .jpeg .png .gif .bmp .webp .tif .tiff".split())


def below(folder: Path) -> Iterator[Path]:
    """Yields the image files below `folder`, at any depth, in no order; hidden files and folders are left out."""
    for parent, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(parent, name)
            if path.suffix.lower() in SUFFIXES and not name.startswith("."):
                yield path


def by_class_folder(folder: Path) -> list[tuple[str, str, Path]]:
    """Returns `(name, class, path)` of each image, sorted by its name, which is its path from `folder`."""
    found = ((path.relative_to(folder), path) for path in below(folder))
    return sorted((name.as_posix(), name.parts[0], path) for name, path in found if len(name.parts) > 1)
