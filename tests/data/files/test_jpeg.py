# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the making of JPEGs: every kind of file, by its pixels, and every kind of damage."""

from __future__ import annotations

import io
import warnings
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies
from PIL import Image, ImageOps

from niwt_tf.data.files import jpeg

_RED, _GREEN, _BLUE, _WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def _file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _corners(width: int = 64, height: int = 48) -> Image.Image:
    """Return a grey image with a red corner at the upper left and a blue one at the lower right, 16 pixels each."""
    image = Image.new("RGB", (width, height), (128, 128, 128))
    image.paste(_RED, (0, 0, 16, 16))
    image.paste(_BLUE, (width - 16, height - 16, width, height))
    return image


def _noise(width: int = 80, height: int = 60) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))


def _converted(data: bytes, **options: Any) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg.to_jpeg(data, **options)))
    assert (image.format, image.mode) == ("JPEG", "RGB")
    image.load()
    return image


def _assert_near(image: Image.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> None:
    np.testing.assert_allclose(image.getpixel(place), colour, atol=6)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}, {"comment": b"hello"}])
def test_small_upright_rgb_jpegs_pass_byte_for_byte(options: dict[str, Any]) -> None:
    data = _file(_noise(), "JPEG", **options)
    assert jpeg.to_jpeg(data) == data
    assert jpeg.to_jpeg(jpeg.to_jpeg(_file(_noise()))) == jpeg.to_jpeg(_file(_noise()))


@pytest.mark.parametrize(
    ("size", "shrunk"),
    [((256, 400), (256, 400)), ((257, 514), (256, 512)), ((1024, 512), (512, 256)), ((2000, 3), (2000, 3))],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_shorter_side_is_at_most_256(size: tuple[int, int], shrunk: tuple[int, int], kind: str) -> None:
    assert _converted(_file(Image.new("RGB", size), kind)).size == shrunk


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_shrinking_averages_and_keeps_places(kind: str) -> None:
    stripes = np.zeros((1024, 1024, 3), np.uint8)
    stripes[:, ::2] = 255
    stripes[:512, :512] = _RED
    image = _converted(_file(Image.fromarray(stripes), kind, **({"quality": 95} if kind == "JPEG" else {})))
    _assert_near(image, (60, 60), _RED)
    np.testing.assert_allclose(np.asarray(image)[150:250, 150:250], 127, atol=8)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_images_become_upright(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"JPEG": {"quality": 95}, "WEBP": {"lossless": True}}.get(kind, {})
    data = _file(_corners(), kind, exif=exif, **lossless)
    image = _converted(data)
    upright = _corners()
    upright.getexif()[0x0112] = orientation
    expected = ImageOps.exif_transpose(upright)
    assert image.size == expected.size == ((64, 48) if orientation < 5 else (48, 64))
    assert np.abs(np.asarray(image, int) - np.asarray(expected, int)).mean() < 3
    assert image.getexif().get(0x0112, 1) == 1
    assert (jpeg.to_jpeg(data) == data) == (kind == "JPEG" and orientation == 1)


def test_orientation_six_brings_the_first_corner_to_the_right() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = _converted(_file(_corners(), "JPEG", exif=exif, quality=95))
    _assert_near(image, (40, 7), _RED)
    _assert_near(image, (7, 56), _BLUE)


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_unknown_orientations_are_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = _file(_corners(), "JPEG", exif=exif)
    assert jpeg.to_jpeg(data) == data


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0rubbish of some length", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_damaged_exif_is_no_damage_to_the_image(exif: bytes) -> None:
    data = _file(_corners(), "JPEG", exif=exif)
    assert jpeg.to_jpeg(data) == data


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    values = np.repeat(np.array([0, 257, 0x8000, 0xC000, 65_535], np.uint16), 16)
    pixels = np.tile(values, (16, 1))
    expected = np.tile(np.repeat(np.array([0, 1, 128, 191, 255], np.uint8), 16), (16, 1))
    for kind in ("PNG", "TIFF"):
        image = _converted(_file(Image.fromarray(pixels), kind))
        np.testing.assert_allclose(np.asarray(image)[..., 0], expected, atol=2)
    big_endian = b"P5 80 16 65535\n" + pixels.astype(">u2").tobytes()
    np.testing.assert_allclose(np.asarray(_converted(big_endian))[..., 1], expected, atol=2)


@pytest.mark.parametrize(
    ("pixels", "grey"),
    [
        (np.float32([0, 0.5, 1]), [0, 128, 255]),
        (np.float32([0, 100, 200]), [0, 100, 200]),
        (np.float32([0, 0x8000, 65_535]), [0, 128, 255]),
        (np.float32([-5, 50_000, 100_000]), [0, 128, 255]),
        (np.float32([0, np.nan, 200]), [0, 0, 200]),
        (np.int32([0, 0x8000, 65_535]), [0, 128, 255]),
        (np.int32([0, 2**30, 2**31 - 1]), [0, 128, 255]),
    ],
)
def test_grey_of_32_bits_is_scaled(pixels: np.ndarray, grey: list[int]) -> None:
    image = _converted(_file(Image.fromarray(np.tile(np.repeat(pixels, 16), (16, 1))), "TIFF"))
    np.testing.assert_allclose(np.asarray(image)[8, 8::16, 2], grey, atol=2)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "GIF", "BMP"])
def test_opaque_modes_keep_their_colours(mode: str, kind: str) -> None:
    image = Image.new("RGB", (32, 16), "white")
    image.paste("black", (0, 0, 16, 16))
    found = _converted(_file(image.convert(mode), kind))
    _assert_near(found, (7, 7), (0, 0, 0))
    _assert_near(found, (24, 7), _WHITE)


def test_grey_jpegs_become_rgb() -> None:
    _assert_near(_converted(_file(Image.new("L", (32, 16), 100), "JPEG")), (5, 5), (100, 100, 100))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_transparent_parts_become_white(mode: str) -> None:
    image = Image.new("RGBA", (48, 16), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (16, 0, 32, 16))
    if mode != "PA":
        image.paste((0, 0, 0, 128), (32, 0, 48, 16))
    data = _file(image.convert(mode) if mode != "PA" else image.quantize(4), "PNG")
    found = _converted(data)
    _assert_near(found, (7, 7), (0, 0, 0))
    _assert_near(found, (24, 7), _WHITE)
    if mode != "PA":
        _assert_near(found, (40, 7), (127, 127, 127))


def test_a_transparent_colour_becomes_white() -> None:
    palette = Image.new("P", (32, 16), 1)
    palette.putpalette([*_GREEN, *_BLUE])
    palette.paste(0, (0, 0, 16, 16))
    for data in (
        _file(palette, "PNG", transparency=0),
        _file(palette, "GIF", transparency=0),
        _file(palette.convert("RGB"), "PNG", transparency=_GREEN),
    ):
        found = _converted(data)
        _assert_near(found, (7, 7), _WHITE)
        _assert_near(found, (24, 7), _BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(kind: str) -> None:
    image = Image.new("CMYK", (48, 16), (0, 0, 0, 0))
    image.paste((0, 255, 255, 0), (16, 0, 32, 16))
    image.paste((0, 0, 0, 255), (32, 0, 48, 16))
    found = _converted(_file(image, kind, **({"quality": 95, "subsampling": 0} if kind == "JPEG" else {})))
    for place, colour in ((7, _WHITE), (24, _RED), (40, (0, 0, 0))):
        _assert_near(found, (place, 7), colour)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_animations_give_their_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (_RED, _GREEN, _BLUE)]
    data = _file(frames[0], kind, save_all=True, append_images=frames[1:])
    assert Image.open(io.BytesIO(data)).n_frames == 3  # type: ignore[attr-defined]
    _assert_near(_converted(data), (5, 5), _RED)


def test_a_box_is_of_the_upright_image_and_inside_it() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = _file(_corners(), "JPEG", exif=exif, quality=95)  # 48 x 64 when upright, red at the upper right
    found = _converted(data, box=(32, 0, 500, 16))
    assert found.size == (16, 16)
    _assert_near(found, (8, 8), _RED)
    assert _converted(_file(Image.new("RGB", (900, 900)), "JPEG"), box=(0, 0, 512, 600)).size == (256, 300)
    with pytest.raises(jpeg.Corrupt, match=r"the box \(70, 0, 80, 9\) lies outside the 48 x 64 pixels"):
        jpeg.to_jpeg(data, (70, 0, 80, 9))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "an empty file"),
        (b"This is a text.\n" * 9, "not an image that Pillow can read"),
        (b"\xff\xd8\xff", "not an image that Pillow can read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "not an image that Pillow can read"),
    ],
)
def test_what_is_no_image_is_corrupt(data: bytes, message: str) -> None:
    with pytest.raises(jpeg.Corrupt) as caught:
        jpeg.to_jpeg(data)
    assert str(caught.value) == message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("size", [(80, 60), (400, 300)])
def test_truncated_files_are_corrupt(kind: str, share: float, size: tuple[int, int]) -> None:
    data = _file(_noise(*size), kind)
    with pytest.raises(jpeg.Corrupt):
        jpeg.to_jpeg(data[: int(len(data) * share)])


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("cut", [1, 2, 3, 10])
def test_jpegs_without_their_last_bytes_are_corrupt(progressive: bool, cut: int) -> None:
    with pytest.raises(jpeg.Corrupt, match="truncated"):
        jpeg.to_jpeg(_file(_noise(), "JPEG", progressive=progressive)[:-cut])


@pytest.mark.parametrize("limit", [1000, 3000])  # Pillow warns up to twice its limit, and raises above
def test_images_that_are_too_large_are_corrupt_without_a_warning(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(jpeg.Corrupt, match=r"80 x 60 pixels|4800 pixels"):
        jpeg.to_jpeg(_file(_noise()))


def test_an_image_that_no_jpeg_can_hold_is_corrupt() -> None:
    with pytest.raises(jpeg.Corrupt):
        jpeg.to_jpeg(_file(Image.new("L", (70_000, 1))))


def test_no_warning_of_pillow_leaks() -> None:
    exif = _file(_corners(), "TIFF")[:-1]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for data in (exif, _file(_corners(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\0\0")):
            try:
                jpeg.to_jpeg(data)
            except jpeg.Corrupt:
                continue
    assert not caught


@hypothesis.settings(max_examples=150, deadline=None, derandomize=True)
@hypothesis.given(
    kind=strategies.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"]),
    changes=strategies.dictionaries(strategies.integers(0, 10**6), strategies.integers(0, 255), min_size=1),
)
def test_damage_gives_an_image_or_corrupt_and_nothing_else(kind: str, changes: dict[int, int]) -> None:
    data = bytearray(_file(_corners(20, 18), kind))
    for place, value in changes.items():
        data[place % len(data)] = value
    try:
        made = jpeg.to_jpeg(bytes(data))
    except jpeg.Corrupt as error:
        assert str(error)
    else:
        assert Image.open(io.BytesIO(made)).format == "JPEG"


def test_heic_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpeg, "_formats", lambda: ("JPEG",))
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    with pytest.raises(jpeg.Corrupt, match=r"^HEIC, which needs: pip install pillow-heif$"):
        jpeg.to_jpeg(b"\0\0\0\x18ftypheic" + bytes(20))
