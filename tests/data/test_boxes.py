# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of tables of boxes, by hand: what they hold, what is left out and named, and the middle square."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from niwt_tf import errors
from niwt_tf.data import boxes

_NAMES = ("a/wide.png", "b/square.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photographs of 200 x 100 and of 100 x 100 pixels (width x height)."""
    for name, size in zip(_NAMES, ((200, 100), (100, 100)), strict=True):
        (tmp_path / name).parent.mkdir()
        Image.new("RGB", size).save(tmp_path / name)
    return tmp_path


def _read(folder: Path, *rows: str, header: str = "file,x1,y1,x2,y2") -> boxes.Boxes:
    path = folder / "boxes.csv"
    path.write_text("\n".join((header, *rows)), "utf-8")
    return boxes.read(path, lambda name: (folder / name).is_file())


def _squares(folder: Path, *rows: str, names: Sequence[str] = _NAMES, header: str = "file,x1,y1,x2,y2") -> np.ndarray:
    return _read(folder, *rows, header=header).within_squares([(name, folder / name) for name in names])


def test_boxes_are_carried_into_the_middle_square(folder: Path) -> None:
    # The middle square of the wide one is 50..150. Order of the result: ymin, xmin, ymax, xmax.
    found = _squares(folder, "b/square.png,10,20,60,90", "a/wide.png,70,20,130.5,60")
    np.testing.assert_allclose(found, [[0.2, 0.2, 0.6, 0.805], [0.2, 0.1, 0.9, 0.6]], atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("File;X1;Y1;X2;Y2", "b/square.png;10;20,5;60;90"),
        ("y2,file,width,x1,y1,x2", "90,b/square.png,33,10,20.5,60"),
    ],
    ids=["semicolons", "columns"],
)
def test_columns_may_be_in_any_order_among_others(folder: Path, header: str, row: str) -> None:
    found = _squares(folder, row, header=header, names=_NAMES[1:])
    np.testing.assert_allclose(found, [[0.205, 0.1, 0.9, 0.6]], atol=1e-6)


def test_an_image_without_a_box_or_with_one_beside_the_square_has_none(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _squares(folder, "a/wide.png,0,20,40,60")
    assert np.isnan(found).all() and found.shape == (2, 4)
    assert _read(folder, "a/wide.png,0,20,40,60").within_squares([]).shape == (0, 4)
    assert capsys.readouterr().out == ""


def test_unusable_boxes_are_counted_and_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["b/square.png,10,20,60,90", "a/wide.png,60,20,10,90", "a/wide.png,1,9,3,9", "c/none.png,1,1,2,2"]
    _read(folder, *rows, "b/square.png,1,1,2,2")
    assert capsys.readouterr().out == (
        "  of 5 boxes in boxes.csv: 1 of files that do not exist (c/none.png); 2 reversed or empty (a/wide.png, "
        "a/wide.png); 1 a second box of a file (b/square.png)\n"
    )


def test_boxes_outside_are_left_out_and_others_cut_off(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _squares(folder, "a/wide.png,200,0,240,50", "b/square.png,-10,50,60,130")
    assert np.isnan(found[0]).all()
    np.testing.assert_allclose(found[1], [0.5, 0, 1, 0.6], atol=1e-6)
    assert capsys.readouterr().out == (
        "  of 2 boxes in boxes.csv: 1 outside the image (a/wide.png); 1 cut off, because they reach beyond the image "
        "(b/square.png)\n"
    )


def test_boxes_are_of_the_upright_image(folder: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6  # turned by 90 degrees
    Image.new("RGB", (100, 200)).save(folder / "a" / "turned.jpg", exif=turned)
    found = _squares(folder, "a/turned.jpg,70,20,130,60", names=["a/turned.jpg"])
    np.testing.assert_allclose(found, [[0.2, 0.2, 0.6, 0.8]], atol=1e-6)


@pytest.mark.parametrize("below", ["", "images"])
def test_boxes_of_a_users_images_are_found_by_their_paths(
    folder: Path, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = folder / "boxes.csv"
    table.write_text("file,x1,y1,x2,y2\na/wide.png,70,20,130,60\nb/square.png,1,1,2,2\n", "utf-8")
    if below:
        (folder / below).mkdir()
        for name in ("a", "b"):
            (folder / name).rename(folder / below / name)
    monkeypatch.chdir(folder / below / "a")
    found = boxes.of_images(table, [Path("wide.png"), Path("none.png")])
    np.testing.assert_allclose(found, [[0.2, 0.2, 0.6, 0.8], [np.nan] * 4], atol=1e-6)


def test_boxes_of_other_images_are_an_error(folder: Path) -> None:
    table = folder / "boxes.csv"
    table.write_text("file,x1,y1,x2,y2\na/wide.png,70,20,130,60\n", "utf-8")
    with pytest.raises(
        errors.UserError, match=r"`boxes` must have a box for at least one of the images\. .*1 boxes of"
    ):
        boxes.of_images(table, [folder / "b" / "square.png"])


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        ("file,x1,y1,x2", "a/wide.png,1,1,2", r"must begin with the line file,x1,y1,x2,y2; .* 'file,x1,y1,x2'"),
        ("file,x1,y1,x2,y2", "a/wide.png,1,1,2", r"Received: 'a/wide.png,1,1,2,' in line 2 of "),
        ("file,x1,y1,x2,y2", "a/wide.png,1,nan,2,3", r"must be a file and four finite numbers"),
        ("file,x1,y1,x2,y2", ",1,1,2,3", r"must be a file and four finite numbers"),
        ("file,x1,y1,x2,y2", "none.png,1,1,2,3", r"with 1 boxes, none of which can be used\. Name each file"),
        ("", "", r"must begin with the line file,x1,y1,x2,y2"),
    ],
)
def test_another_table_is_an_error(folder: Path, header: str, row: str, message: str) -> None:
    with pytest.raises(errors.UserError, match=message):
        _read(folder, row, header=header)
