# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the images that a user names."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from niwt_tf import errors
from niwt_tf.data import user_images
from niwt_tf.data.files import jpeg


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with an image of a known ending and one of none, and with what must not be opened."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a.png", "b"):
        Image.new("RGB", (20, 16), (200, 0, 0)).save(folder / name, "PNG")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "zero.jpg").symlink_to("/dev/zero")
    (folder / "dead.jpg").symlink_to("nowhere")
    (folder / "again").symlink_to(folder)
    (folder / "notes.txt").write_text("none", "utf-8")
    return folder


def test_a_folder_gives_its_images_and_says_what_is_none(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = user_images.find([str(images)])
    assert [path.name for path in found] == ["a.png", "b", "dead.jpg", "pipe.jpg", "zero.jpg"]
    assert f"left out 2 of the files and links in {images}: again (a link to" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", [user_images.JPEG, user_images.LOSSLESS])
def test_only_regular_files_are_opened(images: Path, encoding: str) -> None:
    unreadable: list[str] = []
    paths = user_images.find([str(images / "*.jpg"), str(images / "a.png"), str(images / "pipe.jpg")])
    found = [path for batch, _ in user_images.batches(paths, 16, encoding, unreadable) for path in batch]
    assert found == [images / "a.png"]
    assert unreadable == [
        f"{images}/dead.jpg (a link to nothing)",
        f"{images}/pipe.jpg (a pipe)",
        f"{images}/zero.jpg (a device)",
    ]


def test_a_named_file_may_be_called_anything(images: Path) -> None:
    place = Path(os.fsdecode(os.fsencode(images) + b"/caf\xe9.x"))
    Image.new("RGB", (16, 16), (0, 200, 0)).save(place, "PNG")
    image = user_images.read(user_images.find([str(place)])[0], 16, user_images.LOSSLESS)
    np.testing.assert_array_equal(image, np.broadcast_to([0, 200, 0], (16, 16, 3)))
    assert isinstance(user_images.read(images / "notes.txt", 16), jpeg.Corrupt)


def test_what_names_no_image_is_reported(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(errors.UserError) as caught:
        user_images.find([str(tmp_path / "empty"), "none-*.jpg"])
    assert str(caught.value) == (
        "Images must be files, patterns such as 'dir/*.jpg', or folders that contain images. Received: "
        f"no image in {tmp_path}/empty, none-*.jpg. Name at least one image."
    )
