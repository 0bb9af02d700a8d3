# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read the files of aPascal & aYahoo: objects in boxes, so that an image may be listed several times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import class_attributes, photographs, zero_shot
from niwt_tf.data.apy import files as files_lib
from niwt_tf.data.benchmarks import benchmark, class_files, splits
from niwt_tf.data.files import text_files

PASCAL, YAHOO = "VOCdevkit/VOC2008/JPEGImages", "ayahoo_test_images"
_LISTS = {"apascal_train.txt": PASCAL, "apascal_test.txt": PASCAL, "ayahoo_test.txt": YAHOO}


def images(folder: Path) -> list[photographs.Photograph]:
    """List the objects in the order of the three lists, in which the split counts them."""
    objects = [
        _object(folder / images / line.split()[0], line, folder / "attribute_data" / name)
        for name, images in _LISTS.items()
        for line in text_files.lines(folder / "attribute_data" / name)
    ]
    names = splits.number_duplicates([path.name for path, _, _ in objects])
    return [
        photographs.Photograph(path, name, label, box) for name, (path, label, box) in zip(names, objects, strict=True)
    ]


def _object(path: Path, line: str, source: Path) -> tuple[Path, str, photographs.Box]:
    """Parse a line of a list into the path of the object's image, its class, and its box."""
    fields = line.split()
    if len(fields) < 6 or not all(field.lstrip("-").isdigit() for field in fields[2:6]):
        raise errors.UserError(
            f"Each line of {source.name} must be an image, its class, four numbers for its box, and its attributes. "
            f"Received: {line[:80]!r} in {source}. Unpack attribute_data.tar.gz again."
        )
    left, top, right, bottom = map(int, fields[2:6])
    return path, fields[1], (left, top, right, bottom)


def descriptions(
    files: class_files.BenchmarkFiles, class_names: Sequence[str], images_of: Callable[[], benchmark.ImagesOfClasses]
) -> zero_shot.Descriptions:
    """Describe the classes by the 64 attributes."""
    del images_of
    return zero_shot.Descriptions(attributes=lambda: _attributes(files, class_names))


def _attributes(files: class_files.BenchmarkFiles, class_names: Sequence[str]) -> zero_shot.Attributes:
    """Read the attributes of the split, with names if the list of names is available."""
    file = files.find(*files_lib.NAMES)
    return class_attributes.read_mat(files.mat(), class_names, text_files.lines(file) if file else [])
