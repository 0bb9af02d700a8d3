# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Find image files that are equal, byte for byte. Only files of equal size are read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from niwt_tf.data.files import limits
from niwt_tf.util import checksum, paths

Group = tuple[str, ...]


def groups(images: Iterable[tuple[str, Path]]) -> tuple[Group, ...]:
    """Group the names of images that are equal; the groups and their names are sorted.

    Args:
      images: Name and path of each image. Files that are empty, not regular, or too large to be read as an image are
        equal to no other.

    Raises:
      OSError: If a file cannot be read.
    """
    by_size: dict[int, list[tuple[str, Path]]] = {}
    for name, path in images:
        if not paths.trouble(path, limits.MOST_IMAGE_BYTES) and (size := path.stat().st_size):
            by_size.setdefault(size, []).append((name, path))
    by_content: dict[str, list[str]] = {}
    for candidates in by_size.values():
        for name, path in candidates if len(candidates) > 1 else ():
            by_content.setdefault(checksum.remembered(path), []).append(name)
    return tuple(sorted(tuple(sorted(names)) for names in by_content.values() if len(names) > 1))
