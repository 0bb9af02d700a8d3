# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the output of `niwt_teach`, to the letter."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from fakes import models
from niwt_tf.cli import teach_flags, teaching_text
from niwt_tf.domains import description
from niwt_tf.method.calibration import gamma as gamma_lib
from niwt_tf.models import effect as effect_lib
from niwt_tf.models import teaching_report

_NEAREST = (("012.Glen_Shrike", 0.494), ("Moor Tanager", 0.4), ("Fen Pipit", -0.1))


def _report(
    understood: tuple[tuple[str, float], ...],
    too_near: bool = False,
    unknown: tuple[str, ...] = (),
    attributes: str = "",
) -> teaching_report.TeachingReport:
    return teaching_report.TeachingReport(
        description.Description("zebra", attributes=tuple(filter(None, [attributes]))),
        description.Reading(np.zeros(3, np.float32), understood, unknown),
        ((118, "crown_color=black", 0.198), (100, None, 0.15)),
        _NEAREST,
        too_near,
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("tail",), "  not described 1 part, taken as in the mean of the seen classes: tail\n"),
        (("tail", "leg"), "  not described 2 parts, taken as in the mean of the seen classes: tail, leg\n"),
    ],
)
def test_a_report_counts_imputed_parts(parts: tuple[str, ...], expected: str) -> None:
    report = _report((("head: red", 0.5),))
    reading = dataclasses.replace(report.reading, imputed=parts)
    assert expected in teaching_text.format_report(dataclasses.replace(report, reading=reading))


def test_a_report_on_attributes() -> None:
    report = _report((("body_color=black", 1.0), ("has_wing_color::yellow", 1.0)), attributes="body color: black")
    assert teaching_text.format_report(report) == (
        "zebra\n"
        "  understood    body color: black, wing color: yellow\n"
        "  will look at  neuron 118 (crown color: black) 0.20, neuron 100 (no clear name) 0.15\n"
        "  nearest       Glen Shrike 0.49, Moor Tanager 0.40, Fen Pipit -0.10"
    )


def test_values_other_than_1_are_printed_even_if_they_are_0() -> None:
    report = _report((("furry", 68.254), ("stripes", 1.0), ("horns", 0.0)), attributes="furry:68.254")
    assert "\n  understood    furry 68.3, stripes 1, horns 0\n" in teaching_text.format_report(report)


def test_a_report_on_text_has_the_strongest_ten_phrases_and_the_unknown_words() -> None:
    phrases = [("red wings", 0.5), ("wings", 0.4), *((f"word{number}", 0.3 - number / 100) for number in range(12))]
    text = teaching_text.format_report(_report(tuple(phrases), unknown=("zorilla", "okapi")))
    assert text.split("  will look at")[0] == (
        "zebra\n"
        "  understood    red wings 0.5, word0 0.3, word1 0.29, word2 0.28, word3 0.27, word4 0.26,\n"
        "                word5 0.25, word6 0.24, word7 0.23, word8 0.22\n"
        "  unknown       zorilla, okapi\n"
    )


def test_a_class_like_one_of_the_models_is_warned_of() -> None:
    assert teaching_text.format_report(_report((("stripes", 1.0),), too_near=True)).splitlines()[-2:] == [
        "  warning       nearly the same as Glen Shrike, so the two may be confused. Describe how they",
        "                differ.",
    ]


def test_the_calibration_of_a_model() -> None:
    model = models.by_attributes()
    margins = gamma_lib.margins(model.classifier.logits(model.features), len(model.seen))
    gamma = float(np.sort(margins)[len(margins) // 5]) + 1e-4
    model, kept = dataclasses.replace(model, gamma=gamma), 1 - (len(margins) // 5 + 1) / len(margins)
    assert teaching_text.format_model(model, Path("zoo.keras")) == (
        "  classes       5, 1 of them learned from descriptions\n"
        f"  calibration   lambda 0.001, scale 0.8, bias level, gamma {gamma:.3f}, which keeps {kept:.1%} of the "
        "training\n                images in a seen class; H on validation classes 0.610"
    )


@pytest.mark.parametrize("folder", [True, False])
def test_a_model_without_names_of_neurons_says_how_to_get_them(folder: bool, tmp_path: Path) -> None:
    model = dataclasses.replace(models.by_attributes(), neuron_names=(None,) * 6)
    text = teaching_text.format_model(model, tmp_path if folder else tmp_path / "zoo.keras")
    assert "\n  neurons       without names; to name them, first run: niwt " in text
    assert f"--workdir={tmp_path if folder else 'DIR'} --stages=explain" in " ".join(text.split())


def test_an_effect() -> None:
    zebra = effect_lib.ClassEffect(
        "zebra", 1200, (("Horse", 1199), ("Moor_Tanager", 1)), ((Path("x/a b.png"), 1.234), (Path("c.png"), -0.04))
    )
    assert teaching_text.format_effect(effect_lib.Effect((zebra,), 3, 2400)) == (
        "  2,400 images  1,200 classified as zebra; before: 1,199 Horse, 1 Moor Tanager\n"
        "                clearest: a b.png +1.23, c.png -0.04\n"
        "                3 more changed class, because gamma changed"
    )


def test_of_many_classes_before_the_most_frequent_are_named() -> None:
    zebra = effect_lib.ClassEffect(
        "zebra", 10, tuple((f"class {number}", count) for number, count in enumerate((3, 2, 1, 1, 1, 1, 1))), ()
    )
    text = teaching_text.format_effect(effect_lib.Effect((zebra,), 0, 10))
    assert "1 class 4, 2 others" in " ".join(text.split()) and "class 5" not in text


def test_an_effect_on_nothing_names_the_nearest() -> None:
    effect = effect_lib.Effect(
        (effect_lib.ClassEffect("zebra", 0, (), ((Path("a.png"), -0.5),)), effect_lib.ClassEffect("gnu", 0, (), ())),
        0,
        1,
    )
    assert teaching_text.format_effect(effect).splitlines()[:3] == [
        "  1 image       0 classified as zebra",
        "                nearest: a.png -0.50",
        "                0 classified as gnu",
    ]


def test_long_lists_break_between_their_items_alone() -> None:
    report = _report(tuple((f"part {number}: red and green", 1.0) for number in range(9)), attributes="x")
    lines = teaching_text.format_report(report).split("  will look at")[0].splitlines()[1:]
    assert len(lines) > 2 and all(len(line) <= 100 for line in lines)
    assert all(line.startswith(("  understood    part", " " * 16 + "part")) for line in lines)
    assert all(line.endswith("green,") for line in lines[:-1])


def test_many_reports_are_summarized_by_what_may_be_wrong() -> None:
    reports = [_report((), too_near=index < 2, unknown=("zorilla",) * (index == 1)) for index in range(30)]
    assert teaching_text.format_summary(reports, Path("zoo.reports.txt")) == (
        "30 classes\n"
        "  unknown       zorilla\n"
        "  warning       2 nearly the same as another class: zebra (Glen Shrike), zebra (Glen Shrike)\n"
        "  reports       zoo.reports.txt"
    )
    assert teaching_text.format_summary(reports[2:], Path("a.txt")) == "28 classes\n  reports       a.txt"


def test_the_effect_of_many_classes_names_those_of_most_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teach_flags, "MOST_PRINTED", 2)
    classes = tuple(
        effect_lib.ClassEffect(name, count, (), ((Path("a.png"), 1.0),))
        for name, count in (("ant", 1), ("bee", 5), ("cow", 0), ("dog", 3))
    )
    assert teaching_text.format_effect(effect_lib.Effect(classes, 0, 9)) == (
        "  9 images      5 classified as bee\n"
        "                clearest: a.png +1.00\n"
        "                3 classified as dog\n"
        "                clearest: a.png +1.00\n"
        "                1 classified as 2 other new classes"
    )
