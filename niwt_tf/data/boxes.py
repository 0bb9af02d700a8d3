# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read a table of boxes, `file,x1,y1,x2,y2` in pixels of the upright image, and carry boxes into the middle square.

A row that cannot be used is left out, counted and named: a box that is reversed or lies outside its image, a file that
does not exist, and a second box of a file.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from niwt_tf import errors
from niwt_tf.data.files import jpeg, spreadsheet
from niwt_tf.util import paths, progress

_IMAGES = "images"  # folder beside a table, in which its files may lie
_COLUMNS = ("file", "x1", "y1", "x2", "y2")
_MOST_NAMED = 3
_MISSING, _REVERSED, _SECOND = "of files that do not exist", "reversed or empty", "a second box of a file"
_OUTSIDE, _BEYOND = "outside the image", "cut off, because they reach beyond the image"


@dataclasses.dataclass(frozen=True)
class Boxes:
    """Boxes of one table.

    Attributes:
      path: Path of the table.
      corners: File, as the table names it -> box `[4]`: ymin, xmin, ymax and xmax in pixels.
    """

    path: Path
    corners: Mapping[str, np.ndarray]

    def within_squares(self, images: Sequence[tuple[str, Path]]) -> np.ndarray:
        """Compute boxes `[N,4]` float32: ymin, xmin, ymax and xmax in 0..1 of the middle square; NaN if there is none.

        Boxes outside their image, and boxes that are cut off at its edge, are counted and named in a line.

        Args:
          images: Name in the table, and path, of each image.
        """
        corners = np.array([self.corners.get(name, np.full(4, np.nan)) for name, _ in images]).reshape(-1, 4)
        has_box = ~np.isnan(corners).any(1)
        sizes = np.ones((len(images), 2))
        for row in np.flatnonzero(has_box).tolist():
            sizes[row] = _size(images[row][1])
        limits = np.tile(sizes, 2)
        is_outside = has_box & ((corners[:, :2] >= sizes).any(1) | (corners[:, 2:] <= 0).any(1))
        is_beyond = has_box & ~is_outside & ((corners < 0) | (corners > limits)).any(1)
        names = np.array([name for name, _ in images], object)
        _report(self.path, int(has_box.sum()), {_OUTSIDE: names[is_outside], _BEYOND: names[is_beyond]})
        inside = np.where(is_outside[:, None], np.nan, np.clip(corners, 0, limits))
        return to_middle_squares(inside, sizes)


def to_middle_squares(corners: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Convert boxes from pixels to shares of the image's middle square, `[N,4]` float32; NaN for those outside it.

    Args:
      corners: ymin, xmin, ymax and xmax in pixels, `[N,4]`.
      sizes: Heights and widths of the images in pixels, `[N,2]`.
    """
    sides = sizes.min(1, keepdims=True)
    start = (sizes - sides) / 2
    shares = np.clip((corners - np.tile(start, 2)) / sides, 0, 1)
    empty = ~(shares[:, 2:] > shares[:, :2]).all(1, keepdims=True)
    return np.where(empty, np.nan, shares).astype(np.float32)


def of_images(table: Path, images: Sequence[Path]) -> np.ndarray:
    """Read the boxes of a user's images, `[N,4]` float32 as `Boxes.within_squares` returns them.

    Args:
      table: Table of boxes; it names files by their paths below its own folder, or below `images/` there.
      images: Paths of the images.

    Raises:
      errors.UserError: If this is not such a table, or none of its boxes is of one of the images.
      OSError: If it cannot be read.
    """
    folders = [table.parent.resolve(), table.parent.resolve() / _IMAGES]
    boxes = read(table, lambda name: any((folder / name).is_file() for folder in folders))
    name_of = {(folder / name).resolve(): name for name in boxes.corners for folder in folders}
    names = [name_of.get(image.resolve(), "") for image in images]
    if not any(names):
        raise errors.UserError(
            f"`{errors.setting('boxes')}` must have a box for at least one of the images. Received: "
            f"{errors.setting('boxes', table)}, with {len(boxes.corners):,} boxes of other files. Name each file by "
            "its path below the folder of the table."
        )
    return boxes.within_squares(list(zip(names, images, strict=True)))


def read(path: Path, exists: Callable[[str], bool]) -> Boxes:
    """Read a table of boxes; other columns are ignored.

    Args:
      path: Path of the table.
      exists: Function from a file's name in the table to True if there is such an image.

    Raises:
      errors.UserError: If this is not such a table, a cell is not a finite number, or no box can be used.
      OSError: If it cannot be read.
    """
    rows, delimiter = spreadsheet.rows(path)
    columns = _find_columns(path, [cell.lower() for cell in rows[0][1]] if rows else [])
    corners: dict[str, np.ndarray] = {}
    unusable: dict[str, list[str]] = {_MISSING: [], _REVERSED: [], _SECOND: []}
    for line, row in rows[1:]:
        name, corner = _parse(path, line, row, columns, delimiter)
        reason = _fault(name, corner, corners, exists)
        if reason:
            unusable[reason].append(name)
        else:
            corners[name] = corner
    _report(path, len(rows) - 1, unusable)
    if not corners:
        raise errors.UserError(
            f"{path.name} must have a box for at least one image. Received: {path} with {max(len(rows) - 1, 0):,} "
            "boxes, none of which can be used. Name each file by its path below the folder of images, and write x1 < "
            "x2 and y1 < y2 in pixels."
        )
    return Boxes(path, corners)


def _find_columns(path: Path, header: Sequence[str]) -> list[int]:
    """Find the places of `file`, `x1`, `y1`, `x2` and `y2`."""
    if any(header.count(name) != 1 for name in _COLUMNS):
        raise errors.UserError(
            f"{path.name} must begin with the line {','.join(_COLUMNS)}; other columns may be among them. Received: "
            f"{path} with {errors.clipped(','.join(header))!r}. Write such a line."
        )
    return [header.index(name) for name in _COLUMNS]


def _parse(path: Path, line: int, row: Sequence[str], columns: Sequence[int], delimiter: str) -> tuple[str, np.ndarray]:
    """Read the file and the corners, ymin, xmin, ymax and xmax, of a row."""
    cells = [row[place] if place < len(row) else "" for place in columns]
    numbers = [_number(cell.replace(",", ".") if delimiter != "," else cell) for cell in cells[1:]]
    if not cells[0] or not all(map(math.isfinite, numbers)):
        raise errors.UserError(
            f"Each row of {path.name} must be a file and four finite numbers. Received: "
            f"{errors.clipped(','.join(cells))!r} in line {line} of {path}. Correct that line."
        )
    left, top, right, bottom = numbers
    return cells[0], np.array([top, left, bottom, right])


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _fault(name: str, corner: np.ndarray, known: Mapping[str, object], exists: Callable[[str], bool]) -> str:
    """Say why a row cannot be used; empty if it can."""
    if not (corner[2:] > corner[:2]).all():
        return _REVERSED
    if name in known:
        return _SECOND
    return "" if exists(name) else _MISSING


def _report(path: Path, count: int, named: Mapping[str, Iterable[str]]) -> None:
    """Print how many boxes are unusable or cut off, and the first files of each kind."""
    kinds = {reason: list(names) for reason, names in named.items()}
    parts = [
        f"{len(names):,} {reason} ({paths.printable(errors.listed(names, _MOST_NAMED))})"
        for reason, names in kinds.items()
        if names
    ]
    if parts:
        progress.print_line(f"  of {count:,} boxes in {path.name}: {'; '.join(parts)}")


def _size(path: Path) -> tuple[int, int]:
    """Read the height and width of an upright image; 1 and 1 of one that cannot be read."""
    try:
        return jpeg.upright_size(path)
    except jpeg.Corrupt:
        return 1, 1
