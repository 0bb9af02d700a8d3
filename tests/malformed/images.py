# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Image files: damaged, of every format and mode, too large, and what is no file; read as programs read them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from malformed import mutations
from niwt_tf.data import photographs, user_images
from niwt_tf.data.files import image_files, jpeg

_SIZE = 32  # pixels
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000", "ICO", "TGA", "PCX", "SGI", "AVIF")
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F", "LAB", "HSV", "PA", "La", "RGBa")


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the cases, see `harness`."""
    return mutations.deal(_MAKERS, seed, count, folder)


def _picture(rng: np.random.Generator) -> Image.Image:
    height, width = (int(side) for side in rng.integers(2, 90, 2))
    coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def _encode(picture: Image.Image, format: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format)
    return stream.getvalue()


def _read(rng: np.random.Generator, path: Path) -> object:
    """Read a file in one of the ways of the programs, and check the form of the result."""
    encoding = mutations.choose(rng, (user_images.JPEG, user_images.LOSSLESS))
    result = user_images.read(path, _SIZE, encoding)
    if isinstance(result, jpeg.Corrupt):
        _require_reason(result)
        return "corrupt"
    if result.shape != (_SIZE, _SIZE, 3) or result.dtype != np.uint8:
        raise AssertionError(f"{result.shape} of {result.dtype}")
    return result


def _require_reason(error: jpeg.Corrupt) -> None:
    text = str(error)
    if not text or len(text) > 400 or not text.isprintable():
        raise AssertionError(f"a reason that does not suit a message: {text[:600]!r}")


def _damaged(rng: np.random.Generator, place: Path) -> object:
    format = mutations.choose(rng, _FORMATS)
    path = place / f"image.{format.lower()}"
    path.write_bytes(mutations.damage(rng, _encode(_picture(rng), format)))
    image_files.find(place)
    return _read(rng, path)


def _truncated(rng: np.random.Generator, place: Path) -> object:
    """Cut off the end of a file: the pixels are those of the whole file, or there are none."""
    format = mutations.choose(rng, _FORMATS)
    content, path = _encode(_picture(rng), format), place / "image"
    path.write_bytes(content)
    whole = user_images.read(path, _SIZE, user_images.LOSSLESS)
    path.write_bytes(mutations.truncate(rng, content))
    result = user_images.read(path, _SIZE, user_images.LOSSLESS)
    if isinstance(result, jpeg.Corrupt):
        return "corrupt"
    if not np.array_equal(whole, result):
        raise AssertionError(f"a part of a {format} taken for the whole")
    return "equal"


def _of_mode(rng: np.random.Generator, place: Path) -> object:
    mode = mutations.choose(rng, _MODES)
    height, width = (int(side) for side in rng.integers(1, 40, 2))
    bands = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I": 4, "F": 4}.get(
        mode, len(mode.replace("Cb", "c").replace("Cr", "c"))
    )
    row = (width + 7) // 8 if mode == "1" else width * bands
    picture = Image.frombytes(mode, (width, height), rng.bytes(row * height))
    format = mutations.choose(rng, _FORMATS)
    path = place / f"image.{format.lower()}"
    try:
        path.write_bytes(_encode(picture, format))
    except Exception as error:  # the format does not hold this mode
        path.write_bytes(str(error).encode())
    return _read(rng, path)


def _misplaced(rng: np.random.Generator, place: Path) -> object:
    path = place / "image.jpg"
    mutations.misplace(rng, path)
    found = image_files.find(place)
    result = [_read(rng, path), found.report(), jpeg.is_image(path) if path.is_file() else None]
    if not isinstance(result[0], str):
        mutations.must_refuse(result)
    return result


def _among_others(rng: np.random.Generator, place: Path) -> object:
    """Damage one image, or two, of a dataset: one may be skipped, more must be told."""
    labels = ("ant", "bee")
    for label in labels:
        (place / label).mkdir()
        for number in range(3):
            (place / label / f"{number}.png").write_bytes(_encode(_picture(rng), "PNG"))
    bad = [place / label / "0.png" for label in labels[: rng.integers(1, 3)]]
    for path in bad:
        if rng.random() < 0.5:
            mutations.misplace(rng, path)
        else:
            path.write_bytes(b"\x89PNG" + rng.bytes(20))
    found = photographs.find(place)
    read = [name for name, _ in photographs.examples(found, "images")]
    if len(read) < len(found) - 1:
        mutations.must_refuse(read)
    return read


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, data: bytes, *others: bytes, depth: int = 8, colours: int = 2) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(others) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _bomb(rng: np.random.Generator, place: Path) -> object:
    """Write a small file that claims or unpacks to very many pixels or bytes."""
    zeros = zlib.compress(bytes(2**24), 9)
    side = int(mutations.choose(rng, (20_000, 60_000, 2**31 - 1)))
    bombs = {
        "png of many pixels": lambda: _png(side, side, zeros),
        "png with a large text": lambda: _png(4, 4, zlib.compress(bytes(52)), _chunk(b"zTXt", b"a\0\0" + zeros)),
        "png with a large profile": lambda: _png(4, 4, zlib.compress(bytes(52)), _chunk(b"iCCP", b"a\0\0" + zeros)),
        "gif of many pixels": lambda: b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b";",
        "bmp of many pixels": lambda: (
            b"BM" + struct.pack("<IHHIIiiHHI", 54, 0, 0, 54, 40, 60_000, 60_000, 1, 24, 0) + bytes(20)
        ),
        "one row": lambda: _png(2**30, 1, zeros),
        "ppm of many pixels": lambda: b"P6\n99999999 99999999\n255\n",
        "pgm with a long number": lambda: b"P5\n" + b"9" * 10_000 + b" 1\n255\n",
        "webp of many pixels": lambda: _encode(_picture(rng), "WEBP").replace(b"VP8 ", b"VP8X"),
    }
    path = place / "image.png"
    path.write_bytes(mutations.choose(rng, bombs.values())())
    return [_read(rng, path), jpeg.is_image(path)]


def _large(rng: np.random.Generator, place: Path) -> object:
    """Read an image near the largest number of pixels, of few bytes."""
    path = place / "image.png"
    side = 9_000
    path.write_bytes(_png(side, side, zlib.compress(bytes((side // 8 + 1) * side)), depth=1, colours=0))
    return _read(rng, path)


def _with_exif(rng: np.random.Generator, place: Path) -> object:
    path, stream = place / "image.jpg", io.BytesIO()
    _picture(rng).save(
        stream,
        "JPEG",
        exif=b"Exif\0\0" + mutations.damage(rng, b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"),
    )
    path.write_bytes(stream.getvalue())
    return _read(rng, path)


def _boxed(rng: np.random.Generator, place: Path) -> object:
    """Keep a part of an image that may lie outside it."""
    box = tuple(int(number) for number in rng.choice([-(10**9), -5, 0, 1, 5, 40, 10**9], 4))
    try:
        content = jpeg.to_jpeg(_encode(_picture(rng), "PNG"), box)
    except jpeg.Corrupt as error:
        _require_reason(error)
        return "corrupt"
    with Image.open(io.BytesIO(content)) as image:
        return image.size


def _named_strangely(rng: np.random.Generator, place: Path) -> object:
    name = mutations.choose(rng, mutations.CONTROL_NAMES)
    folder = place / name
    folder.mkdir()
    for number in range(2):
        (folder / f"{name}{number}.png").write_bytes(_encode(_picture(rng), "PNG"))
    (folder / f"{name}.png").write_bytes(b"\x89PNG")
    files = user_images.find([str(place)])
    unreadable: list[str] = []
    images = [image for _, image in user_images.batches(files, _SIZE, user_images.JPEG, unreadable)]
    if len(images[0]) != 2 or len(unreadable) != 1:
        mutations.must_refuse((images, unreadable))
    return unreadable


def _arguments(rng: np.random.Generator, place: Path) -> object:
    """Name images by patterns and paths of any text."""
    (place / "image.png").write_bytes(_encode(_picture(rng), "PNG"))
    text = mutations.choose(rng, mutations.STRANGE_TEXTS)
    chosen = mutations.choose(
        rng, (text, f"{place}/{text}", f"{place}/**/{text}", f"{place}/[", f"{place}/image.png/{text}")
    )
    if chosen.strip("./") in ("", "~"):
        chosen = str(place)
    return len(user_images.find([chosen]))


_MAKERS: dict[str, mutations.Maker] = {
    "damaged": _damaged,
    "damaged again": _damaged,
    "damaged once more": _damaged,
    "truncated": _truncated,
    "of a mode": _of_mode,
    "misplaced": _misplaced,
    "among others": _among_others,
    "a bomb": _bomb,
    "large": _large,
    "with EXIF": _with_exif,
    "boxed": _boxed,
    "named strangely": _named_strangely,
    "arguments": _arguments,
}
