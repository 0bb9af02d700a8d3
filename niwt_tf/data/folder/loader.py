# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load the user's folder as a zero-shot dataset, and prepare its images first if that has not been done."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import boxes as boxes_lib
from niwt_tf.data import class_texts, folders, photographs, prepare, zero_shot
from niwt_tf.data import names as names_lib
from niwt_tf.data.folder import caption_files, folder_dataset_builder, table
from niwt_tf.data.folder import layout as layout_lib
from niwt_tf.util import paths, progress


def load(config: config_lib.DataConfig, image_size: int) -> zero_shot.ZeroShotDataset:
    """Load the dataset in `config.data_dir`.

    Args:
      config: Settings with the folder and its unseen classes.
      image_size: Side of the loaded images, in pixels.

    Raises:
      errors.UserError: If the folder is not laid out as required.
      OSError: If a folder cannot be read or written.
    """
    layout = layout_lib.read(paths.expanded(config.data_dir), config.unseen)
    for line in layout.remarks():
        progress.print_line(line)
    _warn_unnamed(layout)
    layout_lib.require_different(layout)
    builder = folder_dataset_builder.Builder(
        data_dir=folders.prepared_folder(config), config=folder_dataset_builder.config(layout)
    )
    if not prepare.is_prepared(builder):
        prepare.prepare(builder)
    train, test_seen = (photographs.split(builder, part, image_size) for part in ("train", "test_seen"))
    _require_readable(layout, {"training": train, "the test": test_seen})
    test_unseen = _test_unseen(builder, image_size)
    test_classes = {(*layout.seen, *layout.unseen)[label] for label in test_unseen.labels}
    return zero_shot.ZeroShotDataset(
        name="folder",
        seen=layout.seen,
        unseen=layout.unseen,
        validation=zero_shot.choose_pseudo_unseen(layout.seen, layout.unseen),
        train=train,
        test_seen=test_seen,
        test_unseen=test_unseen,
        descriptions=_descriptions(layout),
        split_version=f"{paths.printable(layout.root.resolve().name)}, a fifth of each seen class for the test",
        split_sha256=layout.split_digest(),
        imageless=tuple(name for name in layout.unseen if name not in test_classes),
        annotations=_annotations(layout, builder),
    )


def _annotations(
    layout: layout_lib.Layout, builder: tfds.core.DatasetBuilder
) -> Callable[[str], zero_shot.Annotations] | None:
    """Read the table of boxes, and return the function from a split to its images' boxes; None without a table."""
    path = layout.root / layout_lib.BOXES
    if not paths.has_file(path):
        return None
    path_of = {name: file for images in layout.images.values() for name, file in images}
    boxes = boxes_lib.read(path, path_of.__contains__)

    def annotations(split: str) -> zero_shot.Annotations:
        names = photographs.names(builder, split) if split in builder.info.splits else []
        return zero_shot.Annotations(boxes.within_squares([(name, path_of[name]) for name in names]), {})

    return annotations


def _warn_unnamed(layout: layout_lib.Layout) -> None:
    """Warn about classes that are unseen only because they have a description and no image."""
    if layout.unnamed:
        hint = names_lib.nearest(layout.unnamed, layout.images)
        progress.print_line(
            "  warning: these classes are unseen because they have a description and no image: "
            f"{errors.listed(layout.unnamed)}.{hint} To confirm this, list all unseen classes in unseen.txt; else "
            "correct their names, or remove their descriptions."
        )


def _test_unseen(builder: tfds.core.DatasetBuilder, image_size: int) -> zero_shot.Split:
    if "test_unseen" in builder.info.splits:
        return photographs.split(builder, "test_unseen", image_size)
    no_images = np.zeros((0, image_size, image_size, 3), np.uint8)
    return zero_shot.Split(tf.data.Dataset.from_tensor_slices(no_images), np.zeros(0, np.int64))


def _require_readable(layout: layout_lib.Layout, splits: Mapping[str, zero_shot.Split]) -> None:
    """Check that each split has a readable image of every seen class."""
    for use, split in splits.items():
        labels = set(split.labels.tolist())
        missing = [name for label, name in enumerate(layout.seen) if label not in labels]
        if missing:
            raise errors.UserError(
                f"Each seen class must have an image for {use} that can be read. Received: none for "
                f"{errors.listed(missing)} in {layout.root / layout_lib.IMAGES}. Remove damaged files, or add images."
            )


def _choosers(parts: Mapping[str, Sequence[tuple[str, str, Path]]], seen: Sequence[str]) -> class_texts.Choosers:
    """Build, for each seen class, the function that chooses the caption files of its training images alone."""
    names: dict[str, dict[str, list[str]]] = {part: {} for part in parts}
    for part, images in parts.items():
        for name, label, _ in images:
            names[part].setdefault(label, []).append(name.partition("/")[2])
    return {
        label: functools.partial(_choose_files, label, names["train"].get(label, ()), names["test_seen"].get(label, ()))
        for label in seen
    }


def _choose_files(label: str, train: Collection[str], test: Collection[str], files: Collection[str]) -> Collection[str]:
    """Choose the caption files of training images, and print which files may belong to test images, too."""
    choice = caption_files.choose(files, train, test)
    if choice.ambiguous:
        names = errors.listed(f"{file}.txt ({', '.join(images)})" for file, images in choice.ambiguous.items())
        progress.print_line(
            f"  captions of {label} that may describe test images are not read: {names}. Name each file after its "
            "image, such as 7.jpg.txt for 7.jpg, to have it belong to that image alone."
        )
    return choice.readable


def _descriptions(layout: layout_lib.Layout) -> zero_shot.Descriptions:
    """Describe the classes by the kinds of descriptions that the folder has; the others are None."""
    classes, choosers = (*layout.seen, *layout.unseen), _choosers(layout.parts(), layout.seen)
    attributes = table.find(layout.root)
    captions, documents = layout.root / layout_lib.CAPTIONS, layout.root / layout_lib.DOCUMENTS
    readers: dict[str, Callable[[], Any]] = {}
    if attributes.is_file():
        readers["attributes"] = lambda: table.attributes(attributes, classes)
    if paths.has_folder(captions):
        readers["captions"] = functools.cache(
            lambda: zero_shot.Texts(
                class_texts.captions(captions, classes, "`captions`", choosers), paths.printable(str(captions))
            )
        )
    if paths.has_folder(documents):
        readers["documents"] = lambda: zero_shot.Texts(
            class_texts.documents(documents, classes, "`documents`"), paths.printable(str(documents))
        )
    return zero_shot.Descriptions(**readers)
