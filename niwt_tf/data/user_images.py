# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Find the images that a user names (files, patterns, folders), and read them as the dataset's own were read."""

from __future__ import annotations

import functools
import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from niwt_tf import errors
from niwt_tf.data.files import image_files, jpeg, look_ahead
from niwt_tf.util import paths, progress

JPEG, LOSSLESS = "jpeg", "lossless"  # encodings of a dataset's images, see `read`
_BATCH_SIZE = 32


def find(arguments: Sequence[str]) -> list[Path]:
    """Find the files that the arguments name, each once, in the order of the arguments; all images of a folder.

    Args:
      arguments: Files, patterns such as `dir/*.jpg`, and folders, which are searched at any depth.

    Raises:
      errors.UserError: If an argument matches nothing, or there are no arguments.
    """
    files: dict[Path, None] = {}
    empty = []
    for argument in arguments:
        matches = _matches(argument)
        files |= dict.fromkeys(matches)
        empty += [] if matches else [argument]
    if empty or not files:
        raise errors.UserError(
            "Images must be files, patterns such as 'dir/*.jpg', or folders that contain images. Received: "
            f"{'no image in ' + errors.listed(empty) if empty else 'none'}. Name at least one image."
        )
    return list(files)


def _matches(argument: str) -> list[Path]:
    path = paths.expanded(argument)
    matches = [path] if path.exists() else sorted(Path(match) for match in glob.glob(str(path), recursive=True))
    return [file for match in matches for file in (_images(match) if match.is_dir() else [match])]


def _images(folder: Path) -> list[Path]:
    """List the images below a folder, sorted, and print which files are left out."""
    contents = image_files.find(folder)
    if report := contents.report():
        progress.print_line(report)
    return sorted(contents.images)


def read(path: Path, size: int, encoding: str = JPEG) -> np.ndarray | jpeg.Corrupt:
    """Read the middle square of an image, `[size,size,3]` uint8, RGB; or return the error if the file is bad.

    Args:
      path: Image of any kind that Pillow reads.
      size: Side of the square, in pixels.
      encoding: Encoding of the dataset's images: `jpeg`, and this image is compressed like them; or `lossless`, and an
        image of this size stays as it is.
    """
    from niwt_tf.data import photographs  # starts TensorFlow

    try:
        data = jpeg.read(path)
        if encoding == LOSSLESS:
            fitted = ImageOps.fit(jpeg.to_rgb(data), (size, size), Image.Resampling.LANCZOS)
            return np.array(fitted)
        return photographs.middle_square(jpeg.to_jpeg(data), size).numpy()
    except jpeg.Corrupt as error:
        return error
    except OSError as error:
        return jpeg.Corrupt(error.strerror or str(error))


def batches(
    files: Sequence[Path], size: int, encoding: str, unreadable: list[str]
) -> Iterator[tuple[list[Path], np.ndarray]]:
    """Read images in batches: paths and middle squares `[B,size,size,3]` of those that can be read, in order.

    Args:
      files: Paths of the images.
      size: Side of the squares, in pixels.
      encoding: Encoding of the dataset's images, see `read`.
      unreadable: List to which each unreadable file is added, with the reason.
    """
    batch: list[tuple[Path, np.ndarray]] = []
    for path, image in look_ahead.parallel_map(functools.partial(read, size=size, encoding=encoding), files):
        if isinstance(image, jpeg.Corrupt):
            unreadable.append(f"{path} ({image})")
        else:
            batch.append((path, image))
        if len(batch) == _BATCH_SIZE:
            yield [path for path, _ in batch], np.stack([image for _, image in batch])
            batch = []
    if batch:
        yield [path for path, _ in batch], np.stack([image for _, image in batch])
