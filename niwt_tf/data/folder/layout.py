# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read the layout of the user's folder: its classes, the choice of seen ones, and the split of the images.

DIR/images/<class>/**         images; a class without any file is unseen
DIR/seen.txt, DIR/unseen.txt  one class per line; one of the lists, or the setting `unseen`, is enough
DIR/attributes.csv            class,<attribute>,... and a row for each class; or attributes.xlsx
DIR/captions/<class>.txt      one sentence per line; or <class>/**/<image>.txt for those of one image
DIR/documents/<class>.txt     a longer text
DIR/boxes.csv                 file,x1,y1,x2,y2: where the object is in an image, in pixels; optional, see `boxes`
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import class_texts
from niwt_tf.data import names as names_lib
from niwt_tf.data.files import image_files, limits, text_files
from niwt_tf.data.folder import equal_images, held_out, table
from niwt_tf.util import checksum, paths

IMAGES, CAPTIONS, DOCUMENTS, BOXES = "images", "captions", "documents", "boxes.csv"
_FEWEST_SEEN = 2  # images of a single class do not show how it differs from others
_MOST_LISTED = 3  # groups of equal images, and images of each, in a message


@dataclasses.dataclass(frozen=True)
class Layout:
    """Classes and images of a folder.

    Attributes:
      root: Path of the folder.
      seen: Names of the classes that have training images, sorted.
      unseen: Names of the other classes, sorted.
      images: Class -> `(name, path)` of its images, sorted by name; classes without any are left out.
      unnamed: Unseen classes that only have a description: no image, and no list that names them.
      equal: Groups of names of images that are equal.
      left_out: Report of the files that are not images, in a line; empty if there are none.
    """

    root: Path
    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    images: Mapping[str, Sequence[tuple[str, Path]]]
    unnamed: Sequence[str] = ()
    equal: tuple[equal_images.Group, ...] = ()
    left_out: str = ""

    def parts(self) -> dict[str, list[tuple[str, str, Path]]]:
        """Split the images into `train`, `test_seen` and `test_unseen`, as `(name, class, path)`.

        A fifth of each seen class is for the test; other contents of the folder matter only through equal images, see
        `held_out`.
        """
        parts: dict[str, list[tuple[str, str, Path]]] = {"train": [], "test_seen": [], "test_unseen": []}
        seen = {label: [name for name, _ in self.images.get(label, ())] for label in self.seen}
        test_names = held_out.choose(seen, self.equal)
        for label in (*self.seen, *self.unseen):
            for name, path in self.images.get(label, ()):
                seen_part = "test_seen" if name in test_names else "train"
                parts[seen_part if label in self.seen else "test_unseen"].append((name, label, path))
        return parts

    def names(self) -> list[str]:
        """List the names of all images, sorted."""
        return sorted(name for images in self.images.values() for name, _ in images)

    def digest(self) -> str:
        """Compute the SHA-256 of the classes, and of the names and contents of the images."""
        files = (image for images in self.images.values() for image in images)
        content = checksum.remembered_tree(files, limits.MOST_IMAGE_BYTES)
        return config_lib.fingerprint(self.seen, self.unseen, content)

    def split_digest(self) -> str:
        """Compute the SHA-256 of everything that determines the split: classes, names of images, and equal images."""
        return config_lib.fingerprint(self.seen, self.unseen, self.names(), *filter(None, [self.equal]))

    def remarks(self) -> list[str]:
        """Describe, in lines, what a user may not expect: files that are not images, and equal images."""
        lines = [self.left_out] if self.left_out else []
        if self.equal:
            copies = sum(len(group) - 1 for group in self.equal)
            lines.append(
                f"  {copies:,} images are copies of others, and in the same part of the split: "
                f"{_list_groups(self.equal)}"
            )
        class_of = {name: label for label, images in self.images.items() for name, _ in images}
        conflicts = [group for group in self.equal if len({class_of[name] for name in group}) > 1]
        if conflicts:
            lines.append(
                f"  warning: {len(conflicts):,} images are in several classes, of which at most one can be right: "
                f"{_list_groups(conflicts)}"
            )
        return lines


def read(root: Path, unseen: Sequence[str] = ()) -> Layout:
    """Read the layout of the folder `root`.

    Args:
      root: Folder of the user.
      unseen: Names of unseen classes, in place of `unseen.txt`.

    Raises:
      errors.UserError: If the folder lacks images, classes overlap or are missing, or a seen class has fewer than two
        images.
      OSError: If the folder cannot be read.
    """
    contents = image_files.find(root / IMAGES)
    images = _images(root, contents)
    seen_list = _read_list(root / "seen.txt")
    unseen_list = unseen or _read_list(root / "unseen.txt")
    spelling_of = names_lib.merge([images, seen_list, unseen_list, *_described_classes(root)])
    classes = set(spelling_of.values())
    seen_names, unseen_names = ({spelling_of[name] for name in names} for names in (seen_list, unseen_list))
    _require_images(root, contents, images, seen_names, unseen_names)
    _require_disjoint(root, seen_names & unseen_names)
    _require_text(root, classes)
    listed_unseen = frozenset(unseen_names)
    if not unseen_list:
        unseen_names = classes - seen_names if seen_list else classes - images.keys()
    if not seen_list:
        seen_names = images.keys() - unseen_names
        unseen_names |= classes - images.keys()
    unnamed = unseen_names - images.keys() - listed_unseen
    used = (images.get(label, ()) for label in seen_names | unseen_names)
    equal = equal_images.groups(image for class_images in used for image in class_images)
    seen_sorted, unseen_sorted = tuple(sorted(seen_names)), tuple(sorted(unseen_names))
    layout = Layout(root, seen_sorted, unseen_sorted, images, sorted(unnamed), equal, contents.report())
    _require_complete(layout)
    return layout


def _described_classes(root: Path) -> Iterator[Iterable[str]]:
    """List the names of the classes that the files of `root` describe, as these spell them, for each kind of file."""
    attributes = table.find(root)
    if attributes.is_file():
        yield table.class_names(attributes)
    for folder in (root / CAPTIONS, root / DOCUMENTS):
        if paths.has_folder(folder):
            yield class_texts.entries(folder)


def _images(root: Path, contents: image_files.FolderImages) -> dict[str, list[tuple[str, Path]]]:
    images: dict[str, list[tuple[str, Path]]] = {}
    for name, _, path in contents.label_images():
        images.setdefault(path.relative_to(contents.folder).parts[0], []).append((name, path))
    if not images:
        trouble = "no image file in" if contents.folder.is_dir() else "no folder"
        left_out = f" Left out: {contents.list_left_out()}." if contents.left_out else ""
        raise errors.UserError(
            f"`{errors.setting('data_dir')}` must contain images/<class>/ with image files. Received: "
            f"{errors.setting('data_dir', root)}, with {trouble} {contents.folder}. Put files there that Pillow can "
            f"open.{left_out}"
        )
    return images


def _list_groups(groups: Sequence[equal_images.Group]) -> str:
    return errors.listed((" = ".join(group[:_MOST_LISTED]) for group in groups), _MOST_LISTED)


def _read_list(path: Path) -> list[str]:
    return text_files.lines(path) if paths.has_file(path) else []


def _require_text(root: Path, names: Iterable[str]) -> None:
    invalid = [name for name in names if not paths.is_text(name)]
    if invalid:
        raise errors.UserError(
            f"Names of classes must be UTF-8. Received: {paths.printable(errors.listed(invalid))} in {root}. Rename "
            f"them, for example with: convmv -f latin1 -t utf-8 -r --notest {root}"
        )


def _require_images(
    root: Path,
    contents: image_files.FolderImages,
    images: Mapping[str, object],
    seen: Collection[str],
    unseen: Collection[str],
) -> None:
    """Check that classes with files have an image among them, except classes that are listed as unseen."""
    normal, folder = names_lib.normal, contents.folder
    labels = {path.relative_to(folder).parts[0] for path, _ in contents.left_out if path.parent != folder}
    declared_seen, declared_unseen = set(map(normal, seen)), set(map(normal, unseen))
    may_be_seen = [
        label
        for label in sorted(labels - images.keys())
        if normal(label) not in declared_unseen and (not seen or normal(label) in declared_seen)
    ]
    if may_be_seen:
        raise errors.UserError(
            f"Seen classes must have images that can be read. Received: {paths.printable(errors.listed(may_be_seen))} "
            f"in {root / IMAGES}, with files of which none is an image. Left out: {contents.list_left_out()}. Add "
            "images, or make these classes unseen with "
            f"{errors.setting('unseen', [paths.printable(name) for name in may_be_seen])}."
        )


def _require_disjoint(root: Path, both: Collection[str]) -> None:
    if both:
        raise errors.UserError(
            f"Seen and unseen classes must differ. Received: {errors.listed(sorted(both))} in both lists of {root}. "
            f"Remove them from seen.txt, or from unseen.txt or {errors.setting('unseen')}."
        )


def _require_complete(layout: Layout) -> None:
    few = [name for name in layout.seen if len(layout.images.get(name, ())) < 2]
    if few:
        raise errors.UserError(
            "Each seen class must have at least two images, one for training and one for the test. Received: fewer "
            f"for {errors.listed(few)} in {layout.root / IMAGES}. Add images, or make these classes unseen with "
            f"{errors.setting('unseen', few)}."
        )
    if not layout.unseen:
        raise errors.UserError(
            f"At least one class must be unseen. Received: {len(layout.seen)} classes in {layout.root / IMAGES}, all "
            f"seen. Name unseen classes with {errors.setting('unseen', ['a', 'b'])} or in unseen.txt, or describe a "
            "class that has no images."
        )
    if len(layout.seen) < _FEWEST_SEEN:
        raise errors.UserError(
            f"There must be at least {_FEWEST_SEEN} seen classes, which a classifier can distinguish. Received: "
            f"{errors.listed(layout.seen) or 'none'} in {layout.root / IMAGES}. Add classes with images."
        )


def require_different(layout: Layout) -> None:
    """Check that each seen class has an image for training and one for the test, which equal images cannot provide.

    Raises:
      errors.UserError: If a class lacks one of them.
    """
    parts = layout.parts()
    labels_of_parts = [{label for _, label, _ in parts[part]} for part in ("train", "test_seen")]
    incomplete = [label for label in layout.seen if not all(label in labels for labels in labels_of_parts)]
    if incomplete:
        raise errors.UserError(
            "Each seen class must have at least two images that differ from each other and from those of other "
            f"classes. Received: {errors.listed(incomplete)} in {layout.root / IMAGES}, whose images are copies of one "
            "another or of other classes' images. Add images, or remove these classes."
        )
