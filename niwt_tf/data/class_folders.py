# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Find a user's images of known classes in folders that have the names of the classes."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.data.files import image_files
from niwt_tf.util import paths, progress


@dataclasses.dataclass(frozen=True)
class LabelledFiles:
    """Image files of known classes.

    Attributes:
      files: Paths of the `N` files, sorted by class and name.
      labels: Class of each file, as its index among the names that were asked for.
    """

    files: tuple[Path, ...]
    labels: tuple[int, ...]


def find(folder: str, class_names: Sequence[str], source: str) -> LabelledFiles:
    """Find the image files of `<class>/` in a folder, at any depth below; other folders and files are told.

    Args:
      folder: Folder that holds a folder for each class.
      class_names: Names of the classes; folders may differ in case and separators.
      source: Source of these names, for messages.

    Raises:
      errors.UserError: If there is no such folder, or a class has no folder of its own with images.
    """
    root = paths.expanded(folder)
    if not root.is_dir():
        raise errors.UserError(
            f"`{errors.setting('images')}` must be one folder that holds <class>/ for each known class. Received: "
            f"{errors.setting('images', folder)}, which is no folder. Give the folder above those of the classes."
        )
    contents = image_files.find(root)
    images = contents.label_images()
    counts = Counter(label for _, label, _ in images)
    if not images:
        raise errors.UserError(
            f"`{errors.setting('images')}` must hold images in <class>/ for each known class. Received: "
            f"{errors.setting('images', folder)}, with {len(contents.images):,} images, none of them in a folder of a "
            "class. Put the images of each class into a folder with its name."
        )
    folder_of = names_lib.join(
        class_names, counts, f"the folders of {folder}", f"Name the folders as the classes in {source}."
    )
    class_of = {name: index for index, name in enumerate(map(folder_of.__getitem__, class_names))}
    _report(folder, contents, {name: count for name, count in counts.items() if name not in class_of}, source)
    own = [(path, class_of[label]) for _, label, path in images if label in class_of]
    return LabelledFiles(tuple(path for path, _ in own), tuple(label for _, label in own))


def _report(folder: str, contents: image_files.FolderImages, others: dict[str, int], source: str) -> None:
    """Print which files and folders are left out."""
    if report := contents.report():
        progress.print_line(report)
    if others:
        listed = errors.listed(f"{name}/ ({count:,})" for name, count in sorted(others.items()))
        progress.print_line(f"  left out of {folder}, since {source} has no such class: {listed}")
