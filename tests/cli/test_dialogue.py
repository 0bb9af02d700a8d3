# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of describing a class line by line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from fakes import models
from niwt_tf import errors
from niwt_tf.cli import dialogue, questions
from niwt_tf.domains import description, knowledge
from niwt_tf.models import effect, teach
from niwt_tf.models import model as model_lib


def _quick(model: model_lib.Model) -> model_lib.Model:
    """Returns a model that learns for one step alone, as what it learns does not matter here."""
    transfer = dataclasses.replace(model.config.transfer, transfer_steps=1)
    return dataclasses.replace(model, config=dataclasses.replace(model.config, transfer=transfer))


@pytest.fixture(scope="module")
def by_attributes() -> model_lib.Model:
    return _quick(models.by_attributes())


@pytest.fixture(scope="module")
def by_captions() -> model_lib.Model:
    return _quick(models.by_captions())


def _hold(
    model: model_lib.Model, *lines: str, given: tuple[str, ...] = (), probes: effect.Probes | None = None
) -> tuple[teach.Result | None, list[str]]:
    """Returns what was saved and all that was said."""
    said: list[str] = []
    talk = dialogue.Dialogue(model, "zebra", probes, said.append)
    return talk.hold(iter(lines), given), said


def test_what_is_saved_is_what_all_lines_teach(by_attributes: model_lib.Model) -> None:
    result, said = _hold(by_attributes, "coat: striped", " ", "horns, weight:0.4", "SAVE", "coat: plain")
    told = description.Description("zebra", ("coat: striped", "horns", "weight:0.4"))
    assert result is not None and result.model.taught == (told,)
    expected = teach.teach(by_attributes, [told]).model.classifier.kernel
    np.testing.assert_array_equal(result.model.classifier.kernel, expected)
    assert said[0] == (
        "Attributes of zebra, commas between them, such as coat: plain, weight. Commands: undo takes back the\n"
        "last line, show repeats them all, save writes the model, quit does not."
    )
    lessons = [text for text in said if text.startswith("zebra\n  understood")]
    assert len(lessons) == 2 and "coat: striped 1, horns 1, weight 0.4" in lessons[1]
    assert said[-1].startswith("  taught in     ") and said[-1].endswith(" s")


@pytest.mark.parametrize("ending", [("quit",), ("Quit", "save"), ()])
def test_without_save_nothing_is_returned(ending: tuple[str, ...], by_attributes: model_lib.Model) -> None:
    result, _ = _hold(by_attributes, "horns", *ending)
    assert result is None


def test_undo_takes_back_the_last_line_and_what_it_taught(by_attributes: model_lib.Model) -> None:
    result, said = _hold(by_attributes, "coat: striped", "horns", "undo", "save")
    assert result is not None and result.model.taught[0].attributes == ("coat: striped",)
    assert said[-1] == "  coat: striped"


def test_with_all_taken_back_there_is_nothing_to_save(by_attributes: model_lib.Model) -> None:
    result, said = _hold(by_attributes, "save", "undo", "horns", "undo", "show", "save")
    assert result is None
    assert said[1:3] == ["Nothing is told yet."] * 2 and said[-3:] == ["Nothing is told yet."] * 3


def test_show_repeats_the_lines(by_attributes: model_lib.Model) -> None:
    _, said = _hold(by_attributes, "horns,weight:0.4", "coat: striped", "show")
    assert said[-1] == "  horns,weight:0.4\n  coat: striped"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hornz", "Did you mean 'horns'?"),
        ("coat: plain", "`--attributes` must not contradict one another. Received: coat=plain and coat=striped"),
        ("weight:9", "`--attributes` must have numbers in the table's unit"),
        ('"weight', "`--attributes` must have commas between them, and quotes in pairs."),
    ],
)
def test_a_mistake_is_told_and_left_out(line: str, message: str, by_attributes: model_lib.Model) -> None:
    result, said = _hold(by_attributes, "coat: striped", line, "save")
    assert result is not None and result.model.taught[0].attributes == ("coat: striped",)
    assert message in said[-1] and said[-1].endswith("\nThis line is left out.")


@pytest.mark.parametrize(
    "lines", [("a zorilla", "black stripes"), ("black stripes", "a zorilla"), ("black stripes", "...")]
)
def test_a_line_of_unknown_words_is_told_and_left_out(lines: tuple[str, ...], by_captions: model_lib.Model) -> None:
    result, said = _hold(by_captions, *lines, "save")
    assert result is not None and result.model.taught[0].captions == ("black stripes",)
    refused = [text for text in said if text.endswith("\nThis line is left out.")]
    assert len(refused) == 1 and "none but" in refused[0]


def test_a_line_with_some_unknown_words_is_taken_and_they_are_told(by_captions: model_lib.Model) -> None:
    result, said = _hold(by_captions, "black stripes", "brown like a zorilla", "save")
    assert result is not None and result.model.taught[0].captions == ("black stripes", "brown like a zorilla")
    assert "\n  unknown       like, zorilla\n" in said[-2]


def test_a_document_grows_line_by_line(by_captions: model_lib.Model) -> None:
    (share,) = by_captions.known.slices
    known = dataclasses.replace(by_captions.known, shares=(dataclasses.replace(share, domain="documents"),))
    result, _ = _hold(dataclasses.replace(by_captions, known=known), "black stripes", "long legs", "save")
    assert result is not None and result.model.taught[0].documents == ("black stripes\nlong legs",)


def test_lines_that_were_given_come_first_and_can_be_taken_back(by_captions: model_lib.Model) -> None:
    given = ("black stripes", "long legs")
    result, said = _hold(by_captions, "save", given=given)
    assert result is not None and result.model.taught[0].captions == given
    assert sum(text.startswith("zebra\n") for text in said) == 1
    result, _ = _hold(by_captions, "undo", "save", given=given)
    assert result is not None and result.model.taught[0].captions == given[:1]


def test_given_lines_that_say_nothing_alone_can_be_taken_back(by_captions: model_lib.Model) -> None:
    result, said = _hold(by_captions, "undo", "undo", "black stripes", "save", given=("a zorilla", "long legs"))
    assert result is not None and result.model.taught[0].captions == ("black stripes",)
    assert "Nothing is told yet." in said


def test_the_effect_on_images_follows_each_line(by_attributes: model_lib.Model) -> None:
    probes = effect.Probes((Path("a.png"), Path("b.png")), by_attributes.features[:2], ())
    _, said = _hold(by_attributes, "horns", "coat: striped", probes=probes)
    effects = [text for text in said if text.startswith("  2 images      ")]
    assert len(effects) == 2 and all("taken for zebra" in text for text in effects)


def test_a_name_that_the_model_knows_is_asked_again(by_attributes: model_lib.Model) -> None:
    said: list[str] = []
    lines = iter(["  ", "okapi", " Zebra ", "horns"])
    assert questions.ask_name(by_attributes, "tiger", lines, said.append) == "Zebra"
    assert said == [
        "The model knows Tiger. Another name:",
        "The new class's name:",
        "The model knows Okapi. Another name:",
    ]
    assert next(lines) == "horns"


def test_a_new_name_is_not_asked_for(by_attributes: model_lib.Model) -> None:
    assert questions.ask_name(by_attributes, " zebra", iter(()), pytest.fail) == "zebra"


def test_a_name_that_never_comes_is_none(by_attributes: model_lib.Model) -> None:
    assert questions.ask_name(by_attributes, "", iter(["cow"]), lambda text: None) == ""


def test_what_flags_tell_begins_the_description(by_attributes: model_lib.Model, by_captions: model_lib.Model) -> None:
    texts = {"captions": ("a coat, black",), "attributes": ()}
    assert questions.beginning(by_captions, texts) == ("a coat, black",)
    assert questions.beginning(by_attributes, {}) == ()
    assert questions.beginning(by_attributes, {"attributes": ("horns", "big, heavy")}) == ("horns", '"big, heavy"')
    with pytest.raises(errors.UserError) as caught:
        questions.beginning(by_attributes, texts)
    assert str(caught.value) == (
        "A class must be described as the model knows its classes: by attributes. Received: captions. Leave the flags "
        "of others out."
    )


@pytest.mark.parametrize(
    ("domains", "expected"),
    [(("binary_attributes",), "attributes"), (("attributes", "binary_attributes"), "attributes")],
)
def test_kinds_of_attributes_are_attributes(
    domains: tuple[str, ...], expected: str, by_attributes: model_lib.Model
) -> None:
    shares = tuple(knowledge.DomainSlice(domain, 4) for domain in domains)
    known = dataclasses.replace(by_attributes.known, shares=shares)
    assert questions.kind(dataclasses.replace(by_attributes, known=known)) == expected


@pytest.mark.parametrize("domains", [("attributes", "captions"), ("sentences",)])
def test_a_model_of_several_kinds_is_not_described_line_by_line(
    domains: tuple[str, ...], by_attributes: model_lib.Model
) -> None:
    shares = tuple(knowledge.DomainSlice(domain, 4) for domain in domains)
    known = dataclasses.replace(by_attributes.known, shares=shares)
    with pytest.raises(errors.UserError, match=r"Received: one that knows them by \w+(\+\w+)?\. Describe the class"):
        questions.kind(dataclasses.replace(by_attributes, known=known))
