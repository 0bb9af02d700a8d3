# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the figure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakes import outcomes
from niwt_tf.compare import canvas, figure


def test_figure_is_a_picture_and_a_drawing_of_the_same_size(tmp_path: Path) -> None:
    figure.write(outcomes.four_seeds(), tmp_path)
    svg = ET.parse(tmp_path / figure.SVG).getroot()
    width, height = int(svg.attrib["width"]), int(svg.attrib["height"])
    with Image.open(tmp_path / figure.PNG) as picture:
        assert picture.format == "PNG" and picture.size == (2 * width, 2 * height)
    assert 600 < width < 1000 and 150 < height < 250


def test_every_seed_has_a_dot_and_every_method_a_larger_one() -> None:
    dots = [shape for shape in figure.drawing(outcomes.four_seeds()).shapes if isinstance(shape, canvas.Dot)]
    small, large = [dot for dot in dots if dot.radius < 4], [dot for dot in dots if dot.radius > 4]
    assert (len(small), len(large)) == (12, 3)
    niwt, eszsl, oracle = large
    assert oracle.center[0] > niwt.center[0] > eszsl.center[0]
    assert (niwt.filled, oracle.filled) == (True, False)


def test_places_are_in_proportion() -> None:
    """The scale goes from 0.5 to 1.0 along 520 units."""
    dots = [shape for shape in figure.drawing(outcomes.four_seeds()).shapes if isinstance(shape, canvas.Dot)]
    x = {h: dot.center[0] for h, dot in zip(outcomes.NIWT, dots, strict=False)}
    assert np.isclose(x[0.8] - x[0.6], 0.2 / 0.5 * 520)


@pytest.mark.parametrize(
    ("domain", "variant"), [("documents", ""), ("attributes", "transfer_source=images:../shared/photographs")]
)
def test_no_text_reaches_into_the_scale(domain: str, variant: str) -> None:
    drawn = figure.drawing(outcomes.of([outcomes.row("niwt", [0.5], domain, variant)]))
    scale = min(shape.start[0] for shape in drawn.shapes if isinstance(shape, canvas.Line))
    texts = [shape for shape in drawn.shapes if isinstance(shape, canvas.Text) and shape.place[0] < scale]
    named = [shape for shape in texts if shape.anchor == "start"]
    assert [shape.text for shape in named] == [domain, f"niwt {variant}".strip()]
    assert all(shape.place[0] + canvas.text_width(shape.text, shape.size) < scale for shape in named)


def test_what_failed_is_there_without_a_dot() -> None:
    rows = [outcomes.row("niwt", [0.5]), outcomes.row("sje", [])]
    rows[1].failures["0"] = "no memory"
    drawn = figure.drawing(outcomes.of(rows, seeds=1))
    assert sum(isinstance(shape, canvas.Dot) for shape in drawn.shapes) == 1
    texts = [shape.text for shape in drawn.shapes if isinstance(shape, canvas.Text)]
    assert "failed" in texts and "H in the one seed" in texts


def test_nothing_but_failures_can_be_drawn(tmp_path: Path) -> None:
    row = outcomes.row("niwt", [])
    row.failures["0"] = "no memory"
    figure.write(outcomes.of([row], seeds=1), tmp_path)
    assert (tmp_path / figure.PNG).is_file()


def test_text_is_escaped(tmp_path: Path) -> None:
    canvas.write_svg(canvas.Drawing(10, 10, [canvas.Text((1, 1), "<a & b>", "#000000")]), tmp_path / "a.svg")
    assert [part.text for part in ET.parse(tmp_path / "a.svg").getroot()][1] == "<a & b>"


def test_lines_and_dots_are_where_they_must_be(tmp_path: Path) -> None:
    shapes = [canvas.Line((0, 5), (10, 5), "#ff0000", 2), canvas.Dot((15, 15), 3, "#0000ff")]
    canvas.write_png(canvas.Drawing(20, 20, shapes), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.getpixel((10, 10)) == (255, 0, 0)
        assert picture.getpixel((30, 30)) == (0, 0, 255)
        assert picture.getpixel((30, 10)) == (255, 255, 255)
