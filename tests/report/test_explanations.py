# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the page shows of the explanations."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from fakes import explained
from niwt_tf.report import explanations, pictures

_CLASSES = ("Horse", "Tiger", "Zebra")


def _opened(picture: pictures.Picture) -> Image.Image:
    head, data = picture.uri.split(",")
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_pictures_are_brought_down_and_never_up(tmp_path: Path) -> None:
    Image.new("RGBA", (100, 40), (255, 0, 0, 255)).save(tmp_path / "a.png")
    small, whole = pictures.read(tmp_path / "a.png", 50), pictures.read(tmp_path / "a.png", 500)
    assert (small.width, small.height, _opened(small).size) == (50, 20, (50, 20))
    assert (whole.width, whole.height, _opened(whole).size) == (100, 40, (100, 40))
    red, green, blue = _opened(small).convert("RGB").getpixel((25, 10))  # type: ignore[misc]
    assert red > 240 and green < 15 and blue < 15


def test_transparency_stays_and_the_left_part_keeps_its_size(tmp_path: Path) -> None:
    Image.new("RGBA", (100, 40), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert _opened(pictures.read(tmp_path / "a.png", 50)).getextrema()[3] == (0, 0)
    left, whole = pictures.read_left(tmp_path / "a.png", 60), pictures.read_left(tmp_path / "a.png", 500)
    assert (left.width, left.height) == (60, 40) and (whole.width, whole.height) == (100, 40)


def test_gallery_groups_decisions_and_has_no_empty_group(tmp_path: Path) -> None:
    folder = explained.write(tmp_path, _CLASSES, 2, decisions=8)
    groups = explanations.gallery(folder)
    assert [(group.title, len(group.decisions)) for group in groups] == [
        ("Right on new classes", 2),
        ("Wrong on new classes", 2),
        ("Right on known classes", 2),
        ("Wrong on known classes", 2),
    ]
    alone = explanations.gallery(explained.write(tmp_path / "few", _CLASSES, 2, decisions=1))
    assert [group.title for group in alone] == ["Wrong on known classes"]


def test_a_decision_has_a_photo_and_two_classes_with_maps_and_reasons(tmp_path: Path) -> None:
    [group] = explanations.gallery(explained.write(tmp_path, _CLASSES, 2, decisions=1))
    [one] = group.decisions
    assert (one.label, one.prediction, one.right) == ("Horse", "Tiger", False)
    assert _opened(one.photo).size == (192, 192)
    assert [(view.name, view.role, view.map.width) for view in one.views] == [
        ("Tiger", "predicted", 96),
        ("Horse", "true", 96),
    ]
    bars, evidence = one.views[0].class_reasons, one.views[0].image_evidence
    assert [(bar.feature, bar.share) for bar in bars] == [("crown: red", 1.0), ("wing: barred", 0.2 / 0.41)]
    assert evidence is not None  # both lists have one scale
    assert [bar.share for bar in evidence.support] == [0.5, 0.25] and [bar.share for bar in evidence.opposition] == [1]


def test_without_reasons_of_the_image_those_of_the_class_remain(tmp_path: Path) -> None:
    groups = explanations.gallery(explained.write(tmp_path, _CLASSES, 2, decisions=1, image_reasons=False))
    views = [view for group in groups for one in group.decisions for view in one.views]
    assert all(view.image_evidence is None and view.class_reasons for view in views)


def test_bars_of_nothing_or_of_zeros_have_no_length() -> None:
    assert explanations.bars([], []) == [[], []]
    assert explanations.bars([("a", 0.0)]) == [[explanations.Bar("a", 0.0, 0.0)]]


def test_dictionary_begins_with_the_clearest_names(tmp_path: Path) -> None:
    neurons = explanations.dictionary(explained.write(tmp_path, _CLASSES, 2, neurons=6))
    assert [one["index"] for one in neurons] == [0, 1, 3, 4, 2, 5]
    assert [one["name"] is None for one in neurons] == [False] * 4 + [True] * 2
    assert neurons[0]["words"] == "neuron 0 crown: red crown: red wing: barred belly & back"
    assert neurons[4]["words"].startswith("neuron 2 no clear name ")
    assert neurons[-1]["maximal"] is None and neurons[0]["maximal"].width == 64
    assert neurons[0]["images"].width == 268


def test_only_the_first_neurons_have_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "MOST_PICTURED", 2)
    neurons = explanations.dictionary(explained.write(tmp_path, _CLASSES, 2, neurons=4))
    assert [one["images"] is not None for one in neurons] == [True, True, False, False]
