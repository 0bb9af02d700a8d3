# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the drawn AWA2, with a few images."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fake_awa2
import fakes.awa2
from niwt_tf.data.awa2 import layout
from niwt_tf.data.benchmarks import split_files, splits


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Folder with the lists of a small AWA2."""
    fake = fakes.awa2.write(tmp_path / "fake")
    folder = tmp_path / "source"
    shutil.copytree(fake.mat.parent, folder)
    for path in (fake.root / "Animals_with_Attributes2").glob("*.txt"):
        shutil.copy(path, folder)
    lists = {"image_label_PS": fake.parts["train"] + fake.parts["test_unseen"], "test_seen_PS": fake.parts["test_seen"]}
    for name, images in lists.items():
        (folder / f"{name}.txt").write_text("".join(f"{image} 0\n" for image in images))
    return folder


def test_every_image_of_the_lists_is_drawn_and_the_split_is_read(source: Path, tmp_path: Path) -> None:
    fake_awa2.main(str(source), str(tmp_path / "target"))
    images = layout.images(tmp_path / "target" / "Animals_with_Attributes2")
    assert len(images) == 36
    file = split_files.find(split_files.folders("awa2", tmp_path / "target"))
    assert file is not None and file.paths == (tmp_path / "target/xlsa17/data/AWA2/att_splits.mat",)
    lists = split_files.SplitFile(tuple(file.folder / name for name in split_files.LISTS), "")
    parts = splits.read(lists, [one.name for one in images], [one.label for one in images]).parts
    assert {part: len(indices) for part, indices in parts.items()} == {"train": 20, "test_seen": 10, "test_unseen": 6}
    with Image.open(images[0].path) as image:
        assert (image.size, image.mode, image.format) == ((64, 64), "RGB", "JPEG")


def test_the_same_lists_give_the_same_bytes(source: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        fake_awa2.main(str(source), str(tmp_path / name))
    written = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*")]
    assert len([path for path in written if path.suffix == ".jpg"]) == 36
    assert all((tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes() for path in written)


def test_an_image_shows_the_attributes_of_its_class_and_no_other() -> None:
    patches = np.full((4, 16, 16, 3), 0, np.float32) + np.array([10, 70, 130, 190], np.float32)[:, None, None, None]
    image = fake_awa2.draw(np.array([1, 3]), patches, np.random.default_rng(0))
    assert (image.shape, image.dtype) == ((64, 64, 3), np.uint8)
    cells = image.reshape(4, 16, 4, 16, 3).mean((1, 3, 4))
    nearest = np.abs(cells[..., None] - np.array([10, 70, 130, 190])).argmin(-1)
    assert set(nearest.ravel()) == {1, 3}


def test_patches_differ() -> None:
    patches = fake_awa2._patches(85)
    assert patches.shape == (85, 16, 16, 3)
    assert 0 <= patches.min() and patches.max() <= 255
    distances = np.abs(patches[:, None] - patches[None]).mean((2, 3, 4))
    assert distances[~np.eye(85, dtype=bool)].min() > 10
