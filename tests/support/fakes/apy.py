# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Seven kinds of objects of aPascal & aYahoo, two in each photograph of Pascal's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from fakes import benchmark

CLASSES = ("horse", "person", "aeroplane", "bag", "pottedplant", "monkey", "centaur")
UNSEEN = ("person", "monkey")
VALIDATION = ("aeroplane",)
PASCAL = "VOCdevkit/VOC2008/JPEGImages"
YAHOO = "ayahoo_test_images"
ATTRIBUTES = tuple(f"Attribute {number}" for number in range(1, 65))
_OF_PASCAL = ("horse", "person", "aeroplane", "pottedplant")
_REMOTE = {PASCAL: "/BS/Deep_Fragments/work/MSc/data/VOC2008/JPEGImages/", YAHOO: "/BS/data/aPY/ayahoo_test_images/"}
# Of an object in the left half of its photograph, and of one in the right half: left, top, right, bottom.
BOXES = ((2, 4, 22, 44), (26, 4, 46, 44))
_SIDE = 48


def colour(label: str) -> tuple[int, int, int]:
    """Returns what a box of this class is filled with."""
    number = CLASSES.index(label)
    return (255 * (number & 1), 255 * (number >> 1 & 1), 255 * (number >> 2 & 1))


def write(root: Path, version: str = "2017") -> benchmark.Fake:
    """Writes the photographs, the three lists and the split into `root`."""
    found = [(label, part) for label in CLASSES for part in benchmark.parts_of_class(label in UNSEEN)]
    pascal = benchmark.shuffled([benchmark.Listed("", *one, "") for one in found if one[0] in _OF_PASCAL])
    yahoo = [benchmark.Listed("", *one, "") for one in found if one[0] not in _OF_PASCAL]
    half = len(pascal) // 4 * 2  # two objects to a photograph
    files = {
        "apascal_train.txt": _write_images(root, PASCAL, pascal[:half], 2, 8),
        "apascal_test.txt": _write_images(root, PASCAL, pascal[half:], 2, 4001),
        "ayahoo_test.txt": _write_images(root, YAHOO, yahoo, 1, 5),
    }
    (root / "attribute_data").mkdir()
    values = np.random.default_rng(9).random((len(CLASSES), len(ATTRIBUTES)))
    for name, objects in files.items():
        lines = (_line(one, box, values) for one, box in objects)
        (root / "attribute_data" / name).write_text("".join(lines))
    listed = [one for objects in files.values() for one, _ in objects]
    return benchmark.write_split(root, "APY", listed, CLASSES, UNSEEN, VALIDATION, values.T, version)


def _write_images(
    root: Path, folder: str, objects: list[benchmark.Listed], per_image: int, first: int
) -> list[tuple[benchmark.Listed, tuple[int, ...]]]:
    """Writes photographs of `per_image` objects each, and returns the objects with their boxes."""
    (root / folder).mkdir(parents=True, exist_ok=True)
    result = []
    for start in range(0, len(objects), per_image):
        group, number = objects[start : start + per_image], first + start // per_image
        name = f"2008_{number:06d}.jpg" if folder == PASCAL else f"{group[0].label}_{number}.jpg"
        image = Image.new("RGB", (_SIDE, _SIDE), "grey")
        for place, (one, box) in enumerate(zip(group, BOXES, strict=False)):
            image.paste(colour(one.label), box)
            own = name if place == 0 else f"{name}#{place + 1}"
            result.append((benchmark.Listed(own, one.label, one.part, _REMOTE[folder] + name), box))
        image.save(root / folder / name, "JPEG", quality=95, subsampling=0)
    return result


def _line(one: benchmark.Listed, box: tuple[int, ...], values: np.ndarray) -> str:
    attributes = (values[CLASSES.index(one.label)] > 0.5).astype(int)
    return f"{one.name.partition('#')[0]} {one.label} {' '.join(map(str, (*box, *attributes)))}\n"


def write_names(root: Path) -> None:
    """Writes the names of the attributes."""
    (root / "attribute_data" / "attribute_names.txt").write_text("".join(f"{name}\n" for name in ATTRIBUTES))
