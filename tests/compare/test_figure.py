# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the figure."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from matplotlib import figure as figure_lib
from PIL import Image

from fakes import outcomes
from niwt_tf.compare import figure


def _dots(drawn: figure_lib.Figure, marker: str) -> list[tuple[list[float], list[float], object]]:
    lines = [line for panel in drawn.axes for line in panel.get_lines() if line.get_marker() == marker]
    return [(list(line.get_xdata()), list(line.get_ydata()), line.get_markerfacecolor()) for line in lines]


def _texts(drawn: figure_lib.Figure) -> list[str]:
    return [text.get_text() for panel in drawn.axes for text in panel.texts]


def test_the_figure_is_written_as_png_svg_and_pdf(tmp_path: Path) -> None:
    figure.write(outcomes.four_seeds(), tmp_path)
    with Image.open(tmp_path / "figure.png") as picture:
        assert picture.format == "PNG" and picture.width == 1600
    texts = ["".join(part.itertext()) for part in ET.parse(tmp_path / "figure.svg").iter() if part.tag.endswith("text")]
    assert {"niwt", "eszsl", "oracle", "attributes"} <= set(texts)
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


def test_the_same_outcome_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        figure.write(outcomes.four_seeds(), tmp_path / name)
    for name in figure.NAMES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_every_seed_has_a_dot_and_every_method_a_larger_one() -> None:
    drawn = figure.draw(outcomes.four_seeds())
    small, large = _dots(drawn, "."), _dots(drawn, "o")
    assert [values for values, _, _ in small] == [list(h) for h in (outcomes.ORACLE, outcomes.NIWT, outcomes.ESZSL)]
    assert [values[0] for values, _, _ in large] == pytest.approx([0.9, 0.7125, 0.6525])
    assert [heights for _, heights, _ in large] == [[0], [1], [2]]
    assert [inside == "white" for _, _, inside in large] == [True, False, False]  # the oracle is a ring


def test_methods_are_sorted_and_varied_settings_stay_in_their_order() -> None:
    methods = [outcomes.row("sje", [0.5]), outcomes.row("niwt", [0.7]), outcomes.row("dem", [0.6])]
    values = [outcomes.row("niwt", [h], variant=f"lambdas={h}") for h in (0.5, 0.7, 0.6)]
    for rows, names in (
        (methods, ["niwt", "dem", "sje"]),
        (values, [f"niwt lambdas={h}" for h in (0.5, 0.7, 0.6)]),
    ):
        (panel,) = figure.draw(outcomes.build(rows)).axes
        assert [label.get_text() for label in panel.get_yticklabels()] == names
        assert panel.get_ylim() == (2.5, -0.5)  # the first on top


@pytest.mark.parametrize(
    ("values", "limits"),
    [((0.81, 0.83), (0.5, 0.9)), ((0.42, 0.83), (0.0, 0.9)), ((0.1, 0.2), (0.0, 1.0)), ((0.97, 1.0), (0.5, 1.0))],
)
def test_the_axis_starts_at_zero_or_a_half(values: tuple[float, ...], limits: tuple[float, float]) -> None:
    (panel,) = figure.draw(outcomes.build([outcomes.row("niwt", values)])).axes
    assert panel.get_xlim() == pytest.approx(limits)


def test_each_domain_has_a_panel_on_the_same_axis() -> None:
    rows = [outcomes.row("niwt", [0.5], "attributes"), outcomes.row("niwt", [0.6], "captions")]
    panels = figure.draw(outcomes.build(rows)).axes
    assert [panel.get_title(loc="left") for panel in panels] == ["attributes", "captions"]
    assert panels[0].get_xlim() == panels[1].get_xlim()


def test_no_text_is_cut_off(tmp_path: Path) -> None:
    variant = "transfer_source=images:../shared/photographs"
    result = outcomes.build([outcomes.row("niwt", [0.5, 0.6], variant=variant)])
    figure.write(result, tmp_path)
    with Image.open(tmp_path / "figure.png") as picture:
        edge = picture.convert("L").crop((0, 0, 4, picture.height)).getextrema()
        other = picture.convert("L").crop((picture.width - 4, 0, picture.width, picture.height)).getextrema()
    assert edge == other == (255, 255)


def test_failed_methods_have_no_dot() -> None:
    rows = [outcomes.row("niwt", [0.5]), outcomes.row("sje", [])]
    rows[1].failures["0"] = "no memory"
    drawn = figure.draw(outcomes.build(rows, seeds=1))
    assert len(_dots(drawn, "o")) == 1 and not _dots(drawn, ".")
    assert _texts(drawn) == ["0.500", "failed"] and drawn.axes[-1].get_xlabel() == "H in the one seed"


def test_an_outcome_of_failures_alone_can_be_drawn(tmp_path: Path) -> None:
    row = outcomes.row("niwt", [])
    row.failures["0"] = "no memory"
    figure.write(outcomes.build([row], seeds=1), tmp_path)
    assert (tmp_path / "figure.png").is_file()
