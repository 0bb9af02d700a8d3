# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Convert image files to JPEGs of one kind: 8-bit RGB, upright, with a shorter side of at most 256 pixels."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import PIL
from PIL import ExifTags, Image, ImageOps

from niwt_tf import errors
from niwt_tf.data.files import limits
from niwt_tf.util import paths

SHORTER_SIDE = 256  # at most, in pixels
_QUALITY = 95
_FIRST_TURNED = 5  # EXIF orientations from here on exchange height and width
_NO_PHOTOGRAPHS = {"EPS"}  # Pillow would start another program to draw it
# Formats that can be drawn and that their first bytes identify.
_KNOWN_BY_CONTENT = frozenset("AVIF BMP GIF HEIF ICNS ICO JPEG JPEG2000 MPO PNG PPM PSD QOI SGI TIFF WEBP".split())
_HEIF_BRANDS = frozenset(b"heic heix heim heis hevc hevx mif1 msf1".split())
# Candidates for white in modes with more than 8 bits: the first that no value exceeds is used.
_WHITES: dict[str, tuple[float, ...]] = {"I;16": (65_535,), "I": (65_535, 2**31 - 1), "F": (1, 255, 65_535)}
_PILLOW = r"PIL\."  # the modules that warn
_lock = threading.Lock()

Box = tuple[int, int, int, int]
_T = TypeVar("_T")


class Corrupt(ValueError):
    """Error for a file that is not a complete image; the message gives the reason."""


def read(path: Path) -> bytes:
    """Read an image file.

    Raises:
      Corrupt: If it is not a regular file, or has more than 512 MiB.
      OSError: If it cannot be read.
    """
    if trouble := paths.trouble(path):
        raise Corrupt(trouble)
    if (size := path.stat().st_size) > limits.MOST_IMAGE_BYTES:
        raise Corrupt(f"{size:,} bytes, more than {limits.MOST_IMAGE_BYTES:,}")
    return path.read_bytes()


def to_jpeg(data: bytes, box: Box | None = None) -> bytes:
    """Convert an image file to a JPEG; a file that is such a JPEG already is returned unchanged.

    Transparent parts become white, 16-bit grey is scaled to 8 bits, and of an animation the first frame is used.

    Args:
      data: Content of the file, in any format that Pillow reads.
      box: Part of the upright image to keep: left, top, right and bottom in pixels, the latter two exclusive. Anything
        beyond the image is left out.

    Raises:
      Corrupt: If the image cannot be read completely, or is too large.
    """
    return _opened(data, lambda image: _convert(image, data, box))


def is_image(path: Path) -> bool:
    """Check whether a file begins like an image; only its head is read.

    Args:
      path: Path of a regular file with any suffix.
    """
    _silence_warnings()
    try:
        with Image.open(path, formats=[name for name in _formats() if name in _KNOWN_BY_CONTENT]) as image:
            return image.width * image.height > 0
    except Image.DecompressionBombError:
        return True
    except Exception:  # as in `_opened`
        return False


def to_rgb(data: bytes) -> Image.Image:
    """Decode an image file to upright 8-bit RGB, in its own size and without loss; otherwise like `to_jpeg`.

    Args:
      data: Content of the file, in any format that Pillow reads.

    Raises:
      Corrupt: If the image cannot be read completely, or is too large.
    """
    return _opened(data, _upright)


def upright_size(path: Path) -> tuple[int, int]:
    """Read the height and width of the upright image from the head of its file, in pixels.

    Raises:
      Corrupt: If it is not a file that Pillow can read.
    """
    _silence_warnings()
    try:
        with Image.open(paths.require_regular(path), formats=_formats()) as image:
            is_turned = _orientation(image) >= _FIRST_TURNED
            return (image.width, image.height) if is_turned else (image.height, image.width)
    except Exception as error:  # as in `_opened`
        raise Corrupt(errors.first_line(error)) from error


def _opened(data: bytes, use: Callable[[Image.Image], _T]) -> _T:
    """Apply `use` to an image file, and return its result; all errors are raised as `Corrupt`."""
    _silence_warnings()
    try:
        with Image.open(io.BytesIO(data), formats=_formats()) as image:
            _require_size(image)
            return use(image)
    except PIL.UnidentifiedImageError:
        raise Corrupt(_unknown(data)) from None
    except Corrupt:
        raise
    except Exception as error:  # a damaged file can make Pillow raise anything, struct.error and KeyError included
        raise Corrupt(errors.first_line(error)) from error


def _unknown(data: bytes) -> str:
    """Explain why Pillow does not recognize a file."""
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS and "HEIF" not in Image.OPEN:
        return "HEIC, which needs: pip install pillow-heif"
    return "not an image that Pillow can read" if data else "an empty file"


def _require_size(image: Image.Image) -> None:
    pixels = image.width * image.height
    if pixels > (Image.MAX_IMAGE_PIXELS or pixels):
        raise Corrupt(f"{image.width} x {image.height} pixels, more than {Image.MAX_IMAGE_PIXELS} in total")
    if pixels == 0:
        raise Corrupt(f"{image.width} x {image.height} pixels")


def _convert(image: Image.Image, data: bytes, box: Box | None) -> bytes:
    orientation, size = _orientation(image), _shrunk(image.size)
    is_small = size == image.size
    if box is None:
        image.draft("RGB", size)  # a JPEG is decoded at 1/2, 1/4 or 1/8 if that is large enough
    image.load()
    if is_small and image.format == "JPEG" and image.mode == "RGB" and orientation == 1 and box is None:
        return data
    rgb = _upright(image)
    if box is not None:
        rgb = rgb.crop(_inside(box, rgb.size))
    stream = io.BytesIO()
    rgb.resize(_shrunk(rgb.size), Image.Resampling.LANCZOS).save(stream, "JPEG", quality=_QUALITY, comment=None)
    return stream.getvalue()


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    if _orientation(image) != 1:
        ImageOps.exif_transpose(image, in_place=True)
    return _to_rgb(image)


def _orientation(image: Image.Image) -> int:
    """Read the EXIF orientation; 1, upright, if it is damaged or missing."""
    with contextlib.suppress(Exception):
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        return orientation if orientation in range(1, 9) else 1
    return 1


def _shrunk(size: tuple[int, int]) -> tuple[int, int]:
    """Compute a width and height with the same aspect ratio and a shorter side of at most `SHORTER_SIDE`."""
    scale = min(1.0, SHORTER_SIDE / min(size))
    return round(size[0] * scale), round(size[1] * scale)


def _inside(box: Box, size: tuple[int, int]) -> Box:
    left, top, right, bottom = max(box[0], 0), max(box[1], 0), min(box[2], size[0]), min(box[3], size[1])
    if left >= right or top >= bottom:
        raise Corrupt(f"the box {box} lies outside the {size[0]} x {size[1]} pixels")
    return left, top, right, bottom


def _to_rgb(image: Image.Image) -> Image.Image:
    whites = _WHITES.get(image.mode[:4])
    if whites:
        values = np.nan_to_num(np.asarray(image, np.float32))
        white = next((white for white in whites if values.max() <= white), values.max())
        return Image.fromarray(np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


@functools.cache
def _formats() -> tuple[str, ...]:
    Image.init()
    with contextlib.suppress(ImportError):  # an optional package
        importlib.import_module("pillow_heif").register_heif_opener()
    return tuple(name for name in Image.OPEN if name not in _NO_PHOTOGRAPHS)


def _silence_warnings() -> None:
    """Suppress Pillow's warnings permanently: restoring them here would not be safe with several threads."""
    with _lock:
        if not any(getattr(entry[3], "pattern", "") == _PILLOW for entry in warnings.filters):
            warnings.filterwarnings("ignore", module=_PILLOW)
