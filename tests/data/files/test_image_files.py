# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of finding image files."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image, features

from niwt_tf.data.files import image_files, jpeg


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def _below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in image_files.find(folder).images}


def test_images_of_every_kind_are_found_at_any_depth(tmp_path: Path) -> None:
    names = {"a.jpg", "b.JPEG", "c/d.Png", "c/d/e.gif", "c/f g.bmp", "c/h.i.webp", "j.tif", "k.TIFF"}
    _touch(tmp_path, *names)
    assert _below(tmp_path) == names


def test_other_files_and_hidden_ones_are_left_out(tmp_path: Path) -> None:
    _touch(tmp_path, "a.txt", "jpg", "a.jpg.part", "Thumbs.db", ".a.jpg", "b/._a.jpg", ".jpg", "a.npy")
    (tmp_path / "folder.jpg").mkdir()
    assert _below(tmp_path) == set()


def test_hidden_folders_are_left_out(tmp_path: Path) -> None:
    _touch(tmp_path, ".ipynb_checkpoints/a.jpg", "ant/.thumbnails/a.jpg", "ant/a.jpg")
    assert _below(tmp_path) == {"ant/a.jpg"}


def test_a_folder_that_is_hidden_itself_may_be_named(tmp_path: Path) -> None:
    _touch(tmp_path, ".data/ant/a.jpg")
    assert _below(tmp_path / ".data") == {"ant/a.jpg"}


def test_links_are_followed(tmp_path: Path) -> None:
    _touch(tmp_path, "elsewhere/a.jpg")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "ant").symlink_to(tmp_path / "elsewhere")
    assert _below(tmp_path / "images") == {"ant/a.jpg"}


@pytest.mark.parametrize("folder", ["empty", "none", "x" * 300, "loop", "a file"])
def test_an_empty_folder_and_none_have_no_images(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "a file").write_bytes(b"")
    assert image_files.find(tmp_path / folder).images == image_files.find(tmp_path / folder).label_images() == []


def test_the_class_is_the_first_folder_and_names_are_sorted_as_text(tmp_path: Path) -> None:
    names = ["ant/ant_10.jpg", "ant/ant_9.jpg", "ant+x/1.jpg", "Bee/young/1.png", "Bee/old.png", "bee/1.jpg"]
    _touch(tmp_path, *names, "no class.jpg")
    assert image_files.find(tmp_path).label_images() == [
        ("Bee/old.png", "Bee", tmp_path / "Bee/old.png"),
        ("Bee/young/1.png", "Bee", tmp_path / "Bee/young/1.png"),
        ("ant+x/1.jpg", "ant+x", tmp_path / "ant+x/1.jpg"),
        ("ant/ant_10.jpg", "ant", tmp_path / "ant/ant_10.jpg"),
        ("ant/ant_9.jpg", "ant", tmp_path / "ant/ant_9.jpg"),
        ("bee/1.jpg", "bee", tmp_path / "bee/1.jpg"),
    ]


def _image(path: Path, kind: str = "JPEG", colour: tuple[int, int, int] = (200, 30, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (24, 20), colour).save(path, kind)
    return path


def test_content_says_what_is_an_image_whatever_the_name_ends_in(tmp_path: Path) -> None:
    kinds = {
        "a": "JPEG",
        "b.img": "PNG",
        "c.1": "GIF",
        "d.txt": "WEBP",
        "e.jfif": "JPEG",
        "f.ico2": "ICO",
        "g.x": "TIFF",
    }
    for name, kind in kinds.items():
        _image(tmp_path / name, kind)
    assert _below(tmp_path) == set(kinds)


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_images_of_phones_are_images(tmp_path: Path, kind: str) -> None:
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    elif not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    names = {f"a.{kind.lower()}", "b.heic", "no_ending"}
    for name in names:
        _image(tmp_path / name, kind)
    assert _below(tmp_path) == names
    for name in names:
        with Image.open(io.BytesIO(jpeg.to_jpeg((tmp_path / name).read_bytes()))) as image:
            assert image.size == (24, 20)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"red, round and small\n",
        b"P1 is the first of them\n",
        b"\n\n\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        bytes(2000),
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
        b"#define a_width 8\n#define a_height 8\nstatic char a_bits[] = {0x00};\n",
    ],
)
def test_other_files_are_left_out_and_reported(tmp_path: Path, content: bytes) -> None:
    _image(tmp_path / "a.jpg")
    (tmp_path / "b").write_bytes(content)
    found = image_files.find(tmp_path)
    assert [path.name for path in found.images] == ["a.jpg"]
    assert found.report() == f"  left out 1 of the files and links in {tmp_path}: b (not an image)"


def test_of_many_files_that_are_left_out_a_few_are_named(tmp_path: Path) -> None:
    _touch(tmp_path, *(f"{number}.txt" for number in range(9)))
    assert image_files.find(tmp_path).report() == (
        f"  left out 9 of the files and links in {tmp_path}: "
        + ", ".join(f"{number}.txt (not an image)" for number in range(5))
        + " and 4 more"
    )


@pytest.mark.parametrize(
    "name",
    ["@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", "__MACOSX/ant/a.jpg", "#recycle/a.jpg", "$RECYCLE.BIN/a.jpg", ".a.jpg"]
    + ["ant/._a.jpg", "ant/Thumbs.db", "ant/.DS_Store", "desktop.ini"],
)
def test_what_systems_leave_beside_images_is_passed_over_in_silence(tmp_path: Path, name: str) -> None:
    _image(tmp_path / name)
    found = image_files.find(tmp_path)
    assert not found.images and found.report() == ""


@pytest.mark.parametrize("target", [".", "..", "../..", "../bee", "../../images/bee"])
def test_a_link_to_a_folder_that_is_read_anyway_adds_nothing(tmp_path: Path, target: str) -> None:
    names = {"ant/1.jpg", "ant/2.jpg", "bee/1.jpg"}
    _touch(tmp_path / "images", *names)
    _touch(tmp_path / "other", "3.jpg")
    (tmp_path / "images" / "ant" / "again").symlink_to(target)
    found = image_files.find(tmp_path / "images")
    assert _below(tmp_path / "images") == names
    assert found.report() == (
        f"  left out 1 of the files and links in {tmp_path / 'images'}: ant/again (a link to a folder that is "
        "already read, or that contains this one)"
    )


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_a_folder_that_two_links_lead_to_is_read_once(tmp_path: Path, names: tuple[str, str]) -> None:
    _touch(tmp_path / "pool", "1.jpg", "deep/2.jpg", "deep/loop/3.jpg")
    (tmp_path / "pool" / "deep" / "loop" / "back").symlink_to(tmp_path / "pool")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / names[0]).symlink_to(tmp_path / "pool")
    (tmp_path / "images" / names[1]).symlink_to(tmp_path / "pool" / "deep")
    found = _below(tmp_path / "images")
    assert sorted(name.rsplit("/", 1)[1] for name in found) == ["1.jpg", "2.jpg", "3.jpg"]


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "dead").symlink_to("nowhere")
    os.mkfifo(tmp_path / "x.jpg")  # as damaged as any other, which is reported when images are read
    found = image_files.find(tmp_path)
    assert [path.name for path in found.images] == ["x.jpg"]
    assert [(path.name, why) for path, why in found.left_out] == [
        ("dead", "a link to nothing"),
        ("pipe", "a pipe"),
        ("zero", "a device"),
    ]


def test_names_that_are_no_utf8_are_written_so_that_all_can_read_them(tmp_path: Path) -> None:
    (tmp_path / "ant").mkdir()
    place = os.fsencode(tmp_path / "ant") + b"/caf\xe9.jpg"
    with open(place, "wb"):
        pass
    assert image_files.find(tmp_path).label_images() == [(r"ant/caf\xe9.jpg", "ant", Path(os.fsdecode(place)))]
