# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choose the caption files that may be read: those of training images alone.

A caption file has the path of its image below the class: `sub/7.txt`, or `sub/7.jpg.txt`, belongs to `sub/7.jpg`. A
file directly in the class' folder may also belong to an image in a folder below. A file that could belong to several
images belongs to all of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from pathlib import PurePosixPath


@dataclasses.dataclass(frozen=True)
class Choice:
    """Choice among the caption files of a class.

    Attributes:
      readable: Caption files of training images alone.
      ambiguous: Caption file -> its images, if some of them are for training and some for the test.
    """

    readable: frozenset[str]
    ambiguous: dict[str, list[str]]


def choose(files: Collection[str], train: Collection[str], test: Collection[str]) -> Choice:
    """Choose the caption files of a class that may be read.

    Args:
      files: Paths of the caption files below the class' folder of captions, without `.txt`.
      train: Paths of the training images below the class' folder of images.
      test: Paths of the other images.
    """
    images = {*train, *test}
    by_path, by_stem = _group(images, _strip_suffix), _group(images, lambda name: PurePosixPath(name).stem)
    captioned = {image for image in images if {image, _strip_suffix(image)} & set(files)}
    readable, ambiguous = set(), {}
    for file in sorted(files):
        owners = by_path.get(file, set()) | ({file} & images)
        if "/" not in file:
            owners |= by_stem.get(file, set()) - captioned
        if owners and owners <= set(train):
            readable.add(file)
        elif owners & set(train):
            ambiguous[file] = sorted(owners)
    return Choice(frozenset(readable), ambiguous)


def _strip_suffix(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def _group(images: Collection[str], key: Callable[[str], str]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for image in images:
        groups.setdefault(key(image), set()).add(image)
    return groups
