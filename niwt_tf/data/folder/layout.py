# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A folder of the user's: which classes it has, which of them are seen, and which image is for what.

DIR/images/<class>/*          images; a class without any is simply unseen
DIR/seen.txt, DIR/unseen.txt  a class on a line; either will do, and so will --unseen=a,b
DIR/attributes.csv            class,<attribute>,... and a row for each class; or attributes.xlsx
DIR/captions/<class>.txt      a sentence on a line; or <class>/<image>.txt for those of one image
DIR/documents/<class>.txt     a longer text
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import class_texts, image_files, text_files
from niwt_tf.data import names as names_lib
from niwt_tf.data.folder import table

IMAGES, CAPTIONS, DOCUMENTS = "images", "captions", "documents"
_TEST_SHARE = 0.2
_FEWEST_SEEN = 3  # one plays unseen, and of the two left one does again


@dataclasses.dataclass(frozen=True)
class Layout:
    """What a folder holds.

    Attributes:
      root: the folder.
      seen: names of the classes that training shows, sorted.
      unseen: names of the others, sorted.
      images: class -> `(name, path)` of its images, sorted by name; classes without any are left out.
      unnamed: unseen classes of which there is a description alone: no image, and no list that names them.
    """

    root: Path
    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    images: Mapping[str, Sequence[tuple[str, Path]]]
    unnamed: Sequence[str] = ()

    def parts(self) -> dict[str, list[tuple[str, str, Path]]]:
        """Returns `(name, class, path)` of the images of `train`, `test_seen` and `test_unseen`.

        A fifth of each seen class is for the test, the same images whatever else the folder holds: those whose names
        have the lowest hashes.
        """
        parts: dict[str, list[tuple[str, str, Path]]] = {"train": [], "test_seen": [], "test_unseen": []}
        for label in (*self.seen, *self.unseen):
            held_out = _held_out([name for name, _ in self.images.get(label, ())])
            for name, path in self.images.get(label, ()):
                seen_part = "test_seen" if name in held_out else "train"
                parts[seen_part if label in self.seen else "test_unseen"].append((name, label, path))
        return parts

    def names(self) -> list[str]:
        """Returns the names of all images, sorted."""
        return sorted(name for images in self.images.values() for name, _ in images)

    def digest(self) -> str:
        """Returns the SHA-256 of the classes, and of each image's name, size and time of change."""
        files = [
            (name, p.stat().st_size, p.stat().st_mtime_ns) for images in self.images.values() for name, p in images
        ]
        return config_lib.fingerprint(self.seen, self.unseen, sorted(files))


def read(root: Path, unseen: Sequence[str] = ()) -> Layout:
    """Returns what lies in `root`.

    Args:
      root: the user's folder.
      unseen: names of unseen classes, in place of `unseen.txt`.

    Raises:
      errors.UserError: if the folder lacks images, classes overlap or are not there, or a seen class has fewer than two
        images.
      OSError: if the folder cannot be read.
    """
    images = _images(root)
    seen_list = _listed(root / "seen.txt")
    unseen_list = unseen or _listed(root / "unseen.txt")
    known = names_lib.merged([images, seen_list, unseen_list, *_described(root)])
    seen_names, unseen_names = ({known[name] for name in names} for names in (seen_list, unseen_list))
    _require_disjoint(root, seen_names & unseen_names)
    if not unseen_list:
        unseen_names = set(known.values()) - seen_names if seen_list else set(known.values()) - images.keys()
    if not seen_list:
        seen_names = images.keys() - unseen_names
        unseen_names |= set(known.values()) - images.keys()
    unnamed = unseen_names - images.keys() - {known[name] for name in unseen_list}
    layout = Layout(root, tuple(sorted(seen_names)), tuple(sorted(unseen_names)), images, sorted(unnamed))
    _require_whole(layout)
    return layout


def _described(root: Path) -> Iterator[Iterable[str]]:
    """Yield the names of the classes of which `root` holds knowledge, as its files spell them, kind by kind."""
    attributes = table.find(root)
    if attributes.is_file():
        yield table.class_names(attributes)
    for folder in (root / CAPTIONS, root / DOCUMENTS):
        if folder.is_dir():
            yield class_texts.entries(folder)


def _images(root: Path) -> dict[str, list[tuple[str, Path]]]:
    folder = root / IMAGES
    found: dict[str, list[tuple[str, Path]]] = {}
    for name, label, path in image_files.by_class_folder(folder) if folder.is_dir() else ():
        found.setdefault(label, []).append((name, path))
    if not found:
        raise errors.UserError(
            f"`--data_dir` must hold images/<class>/ with image files. Received: --data_dir={root}, with "
            f"{'no image file in' if folder.is_dir() else 'no folder'} {folder}. Image files end in "
            f"{', '.join(sorted(image_files.SUFFIXES))}."
        )
    return found


def _listed(path: Path) -> list[str]:
    return text_files.lines(path) if path.is_file() else []


def _held_out(names: Sequence[str]) -> set[str]:
    count = max(1, round(len(names) * _TEST_SHARE))
    return set(sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())[:count])


def _require_disjoint(root: Path, both: Collection[str]) -> None:
    if both:
        raise errors.UserError(
            f"Seen and unseen classes must differ. Received: {errors.listed(sorted(both))} in both lists of {root}. "
            "Take them out of seen.txt, or of unseen.txt or --unseen."
        )


def _require_whole(layout: Layout) -> None:
    few = [name for name in layout.seen if len(layout.images.get(name, ())) < 2]
    if few:
        raise errors.UserError(
            "Seen classes must have two images at least, one for training and one for the test. Received: "
            f"{errors.listed(few)} with fewer in {layout.root / IMAGES}. Add images, or make them unseen with "
            f"--unseen={','.join(few)}."
        )
    if not layout.unseen:
        raise errors.UserError(
            f"A class must be unseen. Received: {len(layout.seen)} classes in {layout.root / IMAGES}, all seen. "
            "Name unseen ones with --unseen=a,b or in unseen.txt, or describe a class that has no images."
        )
    if len(layout.seen) < _FEWEST_SEEN:
        raise errors.UserError(
            f"There must be {_FEWEST_SEEN} seen classes at least, as some play unseen when settings are chosen. "
            f"Received: {errors.listed(layout.seen) or 'none'} in {layout.root / IMAGES}. Add classes with images."
        )
