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


def test_gallery_groups_decisions_and_has_no_empty_group(tmp_path: Path) -> None:
    folder = explained.write(tmp_path, _CLASSES, 2, decisions=8)
    groups = explanations.gallery(folder)
    assert [(group.title, len(group.decisions)) for group in groups] == [
        ("Correct predictions on images of seen classes", 2),
        ("Correct predictions on images of unseen classes", 2),
        ("Wrong predictions on images of seen classes", 2),
        ("Wrong predictions on images of unseen classes", 2),
    ]
    assert _opened(groups[0].decisions[0]["picture"]).size == (576, 192)
    alone = explanations.gallery(explained.write(tmp_path / "few", _CLASSES, 2, decisions=1))
    assert [group.title for group in alone] == ["Wrong predictions on images of seen classes"]


def test_dictionary_begins_with_the_clearest_names(tmp_path: Path) -> None:
    neurons = explanations.dictionary(explained.write(tmp_path, _CLASSES, 2, neurons=6))
    assert [one["index"] for one in neurons] == [0, 1, 3, 4, 2, 5]
    assert [one["name"] is None for one in neurons] == [False] * 4 + [True] * 2
    assert neurons[0]["words"] == "neuron 0 crown: red crown: red wing: barred belly & back"
    assert neurons[4]["words"].startswith("neuron 2 no clear name ")
    assert neurons[-1]["maximal"] is None and neurons[0]["maximal"].width == 64


def test_only_the_first_neurons_have_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "MOST_PICTURED", 2)
    neurons = explanations.dictionary(explained.write(tmp_path, _CLASSES, 2, neurons=4))
    assert [one["images"] is not None for one in neurons] == [True, True, False, False]
