# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read boxes of birds and of their parts in CUB_200_2011, within the middle square that the network sees.

The files give positions in pixels of the original photographs. Prepared images are smaller, so the original photographs
must still be there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from niwt_tf import errors
from niwt_tf.data import boxes as boxes_lib
from niwt_tf.data import zero_shot
from niwt_tf.data.benchmarks import class_files
from niwt_tf.data.cub import files as files_lib
from niwt_tf.data.files import text_files
from niwt_tf.util import paths

_FILES = (files_lib.NUMBERS, files_lib.BOXES, "images")
_PARTS = (files_lib.PARTS, files_lib.PART_POINTS)
_PART_SHARE = 0.1  # sides of the box around a part's point, as a share of the sides of the object's box
# Part that an attribute describes, by the name of the part; the left and the right part of the file are one part here.
_PART_OF_WORD = {
    "bill": "beak",
    "upperparts": "back",
    "underparts": "belly",
    "upper_tail": "tail",
    "under_tail": "tail",
}


def find(files: class_files.BenchmarkFiles) -> Callable[[Sequence[str]], zero_shot.Annotations] | None:
    """Find the files of annotations, and return a function from names of images to boxes; None if a file is missing.

    Boxes of parts are left out if only their files are missing.
    """
    required = [files.find(name) for name in _FILES]
    if not all(required):
        return None
    images, boxes, folder = (path for path in required if path)
    parts = [path for path in (files.find(name) for name in _PARTS) if path]
    return lambda names: _read(names, images, boxes, folder, parts if len(parts) == len(_PARTS) else ())


def part_of(feature: str) -> str | None:
    """Derive the part that an attribute such as `has_crown_color::red` describes; None if it is the whole bird."""
    match = re.match(r"has_(.+)_(?:shape|color|pattern|length)::", feature)
    part = _PART_OF_WORD.get(match[1], match[1]) if match else None
    return part if part in _NAMED_PARTS else None


_NAMED_PARTS = frozenset("back beak belly breast crown eye forehead leg nape tail throat wing".split())


def _read(
    names: Sequence[str], images: Path, boxes: Path, folder: Path, parts: Sequence[Path]
) -> zero_shot.Annotations:
    number_of = {name: number for number, name in _rows(images, 2)}
    missing = [name for name in names if name not in number_of or not (folder / name).is_file()]
    if missing:
        raise errors.UserError(
            f"Each image must have its file and its number. Received: {images} and {folder}, without "
            f"{errors.listed(missing, 3)}. Unpack the whole archive of CUB_200_2011."
        )
    numbers = [number_of[name] for name in names]
    box_of = {number: np.array(box, np.float64) for number, *box in _rows(boxes, 5)}
    corners = np.array([box_of[number] for number in numbers]).reshape(-1, 4)
    corners = np.concatenate([corners[:, 1::-1], corners[:, 1::-1] + corners[:, :1:-1]], axis=1)
    sizes = np.array([_size(folder / name) for name in names], np.float64).reshape(-1, 2)
    part_boxes = {part: _part_boxes(points, corners) for part, points in _points(numbers, parts).items()}
    return zero_shot.Annotations(
        boxes_lib.to_middle_squares(corners, sizes),
        {part: boxes_lib.to_middle_squares(box, sizes) for part, box in part_boxes.items()},
    )


def _rows(path: Path, columns: int) -> list[list[str]]:
    return [line.split(maxsplit=columns - 1) for line in text_files.lines(path)]


def _size(path: Path) -> tuple[int, int]:
    """Read the height and width of an image from the head of its file."""
    with Image.open(paths.require_regular(path)) as image:
        return image.height, image.width


def _points(numbers: Sequence[str], parts: Sequence[Path]) -> dict[str, list[np.ndarray]]:
    """Read part -> a list of points `[N,2]`, y and x in pixels, one for each side; NaN if the part is not visible."""
    if not parts:
        return {}
    row_of = {number: row for row, number in enumerate(numbers)}
    name_of = dict(_rows(parts[0], 2))
    points = {number: np.full((len(numbers), 2), np.nan) for number in name_of}
    for image, part, x, y, visible in _rows(parts[1], 5):
        if image in row_of and visible == "1":
            points[part][row_of[image]] = float(y), float(x)
    by_name: dict[str, list[np.ndarray]] = {}
    for number, name in name_of.items():
        by_name.setdefault(re.sub(r"^(left|right) ", "", name), []).append(points[number])
    return by_name


def _part_boxes(points: Sequence[np.ndarray], objects: np.ndarray) -> np.ndarray:
    """Compute boxes `[N,4]` around a part's points; a left and a right side share one box that holds both."""
    half = (objects[:, 2:] - objects[:, :2]) * _PART_SHARE / 2
    lowest, highest = np.fmin.reduce(points), np.fmax.reduce(points)
    return np.concatenate([lowest - half, highest + half], axis=1)
