# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of where things are in images: boxes of the aviary, and of CUB in the middle square that a network sees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.data.aviary import anatomy
from niwt_tf.data.cub import annotations


@pytest.mark.parametrize("split", ["test_seen", "test_unseen"])
def test_parts_of_the_aviarys_birds_lie_within_the_bird(tiny_dataset: zero_shot.ZeroShotDataset, split: str) -> None:
    assert tiny_dataset.annotations is not None
    found = tiny_dataset.annotations(split)
    assert found.objects.shape == (len(getattr(tiny_dataset, split)), 4)
    assert set(found.parts) == set(anatomy.PARTS)
    assert ((found.objects[:, 2:] > found.objects[:, :2]) & (found.objects[:, 2:] <= 1)).all()
    for boxes in found.parts.values():
        seen = ~np.isnan(boxes).any(1)
        assert seen.any()
        assert (boxes[seen, :2] >= found.objects[seen, :2] - 1e-6).all()
        assert (boxes[seen, 2:] <= found.objects[seen, 2:] + 1e-6).all()


def test_features_of_the_aviary_speak_of_its_parts() -> None:
    parts = {feature: anatomy.part_of(feature) for feature in anatomy.FEATURE_NAMES}
    assert set(parts.values()) - {None} <= set(anatomy.PARTS)
    assert len(set(parts.values()) - {None}) >= 6
    assert anatomy.part_of("price=high") is None


@pytest.mark.parametrize(
    ("feature", "part"),
    [
        ("has_crown_color::red", "crown"),
        ("has_bill_shape::hooked", "beak"),
        ("has_under_tail_color::buff", "tail"),
        ("has_size::small", None),
        ("has_primary_color::blue", None),
        ("red", None),
    ],
)
def test_attributes_of_cub_speak_of_parts(feature: str, part: str | None) -> None:
    assert annotations.part_of(feature) == part


@pytest.fixture
def cub(tmp_path: Path) -> Path:
    """Two photographs, 200 x 100 and 100 x 100 (width x height), of which the first one's middle square is 50..150."""
    folder = tmp_path / "CUB_200_2011"
    for name, size in (("a/wide.jpg", (200, 100)), ("b/square.jpg", (100, 100))):
        (folder / "images" / name).parent.mkdir(parents=True)
        Image.new("RGB", size).save(folder / "images" / name)
    (folder / "images.txt").write_text("1 a/wide.jpg\n2 b/square.jpg\n", "utf-8")
    (folder / "bounding_boxes.txt").write_text("1 70.0 20.0 60.0 40.0\n2 0.0 10.0 100.0 50.0\n", "utf-8")
    (folder / "parts").mkdir()
    (folder / "parts" / "parts.txt").write_text("1 beak\n2 left eye\n3 right eye\n", "utf-8")
    locations = "1 1 100.0 50.0 1\n1 2 80.0 30.0 1\n1 3 90.0 40.0 1\n2 1 10.0 10.0 0\n2 2 50.0 20.0 1\n2 3 0.0 0.0 0\n"
    (folder / "parts" / "part_locs.txt").write_text(locations, "utf-8")
    return tmp_path


def _read(root: Path, names: list[str]) -> zero_shot.Annotations:
    source = _Source(root / "CUB_200_2011")
    read = annotations.find(source)  # type: ignore[arg-type]
    assert read is not None
    return read(names)


class _Source:
    """Find files as `benchmark.BenchmarkFiles` does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, name: str) -> Path | None:
        path = self._folder / name
        return path if path.exists() else None


def test_boxes_of_cub_by_hand(cub: Path) -> None:
    found = _read(cub, ["b/square.jpg", "a/wide.jpg"])
    np.testing.assert_allclose(found.objects, [[0.1, 0, 0.6, 1], [0.2, 0.2, 0.6, 0.8]], atol=1e-6)
    assert set(found.parts) == {"beak", "eye"}
    # The wide one's bird is 40 high and 60 wide, so that a part's box reaches 2 up and down and 3 to both sides.
    np.testing.assert_allclose(found.parts["beak"], [[np.nan] * 4, [0.48, 0.47, 0.52, 0.53]], atol=1e-6)
    np.testing.assert_allclose(found.parts["eye"][1], [0.28, 0.27, 0.42, 0.43], atol=1e-6)
    np.testing.assert_allclose(found.parts["eye"][0], [0.175, 0.45, 0.225, 0.55], atol=1e-6)


def test_without_parts_the_birds_boxes_are_read(cub: Path) -> None:
    (cub / "CUB_200_2011" / "parts" / "part_locs.txt").unlink()
    assert _read(cub, ["a/wide.jpg"]).parts == {}


def test_what_lies_outside_the_square_is_nowhere(cub: Path) -> None:
    (cub / "CUB_200_2011" / "bounding_boxes.txt").write_text("1 0.0 20.0 40.0 40.0\n2 0 0 9 9\n", "utf-8")
    assert np.isnan(_read(cub, ["a/wide.jpg"]).objects).all()


def test_a_photograph_that_is_gone_is_reported(cub: Path) -> None:
    (cub / "CUB_200_2011" / "images" / "b" / "square.jpg").unlink()
    with pytest.raises(errors.UserError, match=r"without b/square\.jpg\. Unpack the whole archive of CUB_200_2011\."):
        _read(cub, ["b/square.jpg"])


def test_without_boxes_there_is_nothing_to_read(cub: Path) -> None:
    (cub / "CUB_200_2011" / "bounding_boxes.txt").unlink()
    assert annotations.find(_Source(cub / "CUB_200_2011")) is None  # type: ignore[arg-type]
