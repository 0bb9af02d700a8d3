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
from niwt_tf.cli import dialogue, prompts
from niwt_tf.domains import description, knowledge
from niwt_tf.models import effect, teach, within_limit
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


def _run(
    model: model_lib.Model, *lines: str, initial_lines: tuple[str, ...] = (), images: effect.SampleImages | None = None
) -> tuple[teach.Result | None, list[str]]:
    """Returns the result that was saved, and all printed texts."""
    printed: list[str] = []
    talk = dialogue.Dialogue(model, "zebra", images, printed.append)
    return talk.run(iter(lines), initial_lines), printed


def test_the_saved_model_is_taught_all_lines(by_attributes: model_lib.Model) -> None:
    result, printed = _run(by_attributes, "coat: striped", " ", "horns, weight:0.4", "SAVE", "coat: plain")
    zebra = description.Description("zebra", ("coat: striped", "horns", "weight:0.4"))
    assert result is not None and result.model.taught == (zebra,)
    expected = teach.teach(by_attributes, [zebra]).model.classifier.kernel
    np.testing.assert_array_equal(result.model.classifier.kernel, expected)
    assert printed[0] == (
        "List attributes of zebra, separated by commas, such as coat: plain, weight. Commands: undo removes\n"
        "the last line, show prints all lines, save writes the model, quit ends without writing."
    )
    reports = [text for text in printed if text.startswith("zebra\n  understood")]
    assert len(reports) == 2 and "coat: striped 1, horns 1, weight 0.4" in reports[1]
    assert printed[-1].startswith("  taught in     ") and printed[-1].endswith(" s")


def test_within_a_limit_it_is_told_what_to_expect_and_what_is_doubted(
    by_attributes: model_lib.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(within_limit, "_LEAST_COSINE", 1.01)
    printed: list[str] = []
    talk = dialogue.Dialogue(by_attributes, "zebra", print_line=printed.append, max_seen_loss=0.02)
    result = talk.run(iter(["coat: striped", "save"]))
    assert result is not None and result.model.limited.names == ("zebra",)
    assert [text.split()[0] for text in printed[1:]] == ["zebra", "expected", "warning", "taught"]
    assert " carry over to new classes: " in " ".join(printed[3].split())


@pytest.mark.parametrize("ending", [("quit",), ("Quit", "save"), ()])
def test_without_save_nothing_is_returned(ending: tuple[str, ...], by_attributes: model_lib.Model) -> None:
    result, _ = _run(by_attributes, "horns", *ending)
    assert result is None


def test_undo_removes_the_last_line_and_its_effect(by_attributes: model_lib.Model) -> None:
    result, printed = _run(by_attributes, "coat: striped", "horns", "undo", "save")
    assert result is not None and result.model.taught[0].attributes == ("coat: striped",)
    assert printed[-1] == "  coat: striped"


def test_an_empty_description_cannot_be_saved(by_attributes: model_lib.Model) -> None:
    result, printed = _run(by_attributes, "save", "undo", "horns", "undo", "show", "save")
    assert result is None
    assert printed[1:3] == ["The description is empty."] * 2 and printed[-3:] == ["The description is empty."] * 3


def test_show_repeats_the_lines(by_attributes: model_lib.Model) -> None:
    _, printed = _run(by_attributes, "horns,weight:0.4", "coat: striped", "show")
    assert printed[-1] == "  horns,weight:0.4\n  coat: striped"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hornz", "Did you mean 'horns'?"),
        ("coat: plain", "`--attributes` must not contradict one another. Received: coat=plain and coat=striped"),
        ("weight:9", "`--attributes` must have numbers in the table's unit"),
        ('"weight', "`--attributes` must be separated by commas, with quotes in pairs."),
    ],
)
def test_a_line_with_a_mistake_is_ignored(line: str, message: str, by_attributes: model_lib.Model) -> None:
    result, printed = _run(by_attributes, "coat: striped", line, "save")
    assert result is not None and result.model.taught[0].attributes == ("coat: striped",)
    assert message in printed[-1] and printed[-1].endswith("\nThis line is ignored.")


@pytest.mark.parametrize(
    "lines", [("a zorilla", "black stripes"), ("black stripes", "a zorilla"), ("black stripes", "...")]
)
def test_a_line_of_unknown_words_is_ignored(lines: tuple[str, ...], by_captions: model_lib.Model) -> None:
    result, printed = _run(by_captions, *lines, "save")
    assert result is not None and result.model.taught[0].captions == ("black stripes",)
    refused = [text for text in printed if text.endswith("\nThis line is ignored.")]
    assert len(refused) == 1 and "unknown" in refused[0]


def test_a_line_with_some_unknown_words_is_used_and_they_are_printed(by_captions: model_lib.Model) -> None:
    result, printed = _run(by_captions, "black stripes", "brown like a zorilla", "save")
    assert result is not None and result.model.taught[0].captions == ("black stripes", "brown like a zorilla")
    assert "\n  unknown       like, zorilla\n" in printed[-2]


def test_a_document_grows_line_by_line(by_captions: model_lib.Model) -> None:
    (share,) = by_captions.knowledge.slices
    known = dataclasses.replace(by_captions.knowledge, slices=(dataclasses.replace(share, domain="documents"),))
    result, _ = _run(dataclasses.replace(by_captions, knowledge=known), "black stripes", "long legs", "save")
    assert result is not None and result.model.taught[0].documents == ("black stripes\nlong legs",)


def test_initial_lines_come_first_and_can_be_removed(by_captions: model_lib.Model) -> None:
    initial_lines = ("black stripes", "long legs")
    result, printed = _run(by_captions, "save", initial_lines=initial_lines)
    assert result is not None and result.model.taught[0].captions == initial_lines
    assert sum(text.startswith("zebra\n") for text in printed) == 1
    result, _ = _run(by_captions, "undo", "save", initial_lines=initial_lines)
    assert result is not None and result.model.taught[0].captions == initial_lines[:1]


def test_initial_lines_without_a_known_word_can_be_removed(by_captions: model_lib.Model) -> None:
    result, printed = _run(
        by_captions, "undo", "undo", "black stripes", "save", initial_lines=("a zorilla", "long legs")
    )
    assert result is not None and result.model.taught[0].captions == ("black stripes",)
    assert "The description is empty." in printed


def test_the_effect_on_images_follows_each_line(by_attributes: model_lib.Model) -> None:
    images = effect.SampleImages((Path("a.png"), Path("b.png")), by_attributes.features[:2], ())
    _, printed = _run(by_attributes, "horns", "coat: striped", images=images)
    effects = [text for text in printed if text.startswith("  2 images      ")]
    assert len(effects) == 2 and all("classified as zebra" in text for text in effects)


def test_a_new_name_is_asked_for_if_the_model_has_that_class(by_attributes: model_lib.Model) -> None:
    printed: list[str] = []
    lines = iter(["  ", "okapi", " Zebra ", "horns"])
    assert prompts.ask_name(by_attributes, "tiger", lines, printed.append) == "Zebra"
    assert printed == [
        "The model already has a class Tiger. Another name:",
        "Name of the new class:",
        "The model already has a class Okapi. Another name:",
    ]
    assert next(lines) == "horns"


def test_a_new_name_is_not_asked_for(by_attributes: model_lib.Model) -> None:
    assert prompts.ask_name(by_attributes, " zebra", iter(()), pytest.fail) == "zebra"


def test_without_a_name_the_result_is_empty(by_attributes: model_lib.Model) -> None:
    assert prompts.ask_name(by_attributes, "", iter(["cow"]), lambda text: None) == ""


def test_texts_from_flags_begin_the_description(by_attributes: model_lib.Model, by_captions: model_lib.Model) -> None:
    texts = {"captions": ("a coat, black",), "attributes": ()}
    assert prompts.initial_lines(by_captions, texts) == ("a coat, black",)
    assert prompts.initial_lines(by_attributes, {}) == ()
    assert prompts.initial_lines(by_attributes, {"attributes": ("horns", "big, heavy")}) == ("horns", '"big, heavy"')
    with pytest.raises(errors.UserError) as caught:
        prompts.initial_lines(by_attributes, texts)
    assert str(caught.value) == (
        "A new class must be described like the model's other classes: by attributes. Received: --captions. Leave that "
        "out."
    )


@pytest.mark.parametrize(
    ("domains", "expected"),
    [(("binary_attributes",), "attributes"), (("attributes", "binary_attributes"), "attributes")],
)
def test_kinds_of_attributes_are_attributes(
    domains: tuple[str, ...], expected: str, by_attributes: model_lib.Model
) -> None:
    shares = tuple(knowledge.DomainSlice(domain, 4) for domain in domains)
    known = dataclasses.replace(by_attributes.knowledge, slices=shares)
    assert prompts.description_kind(dataclasses.replace(by_attributes, knowledge=known)) == expected


@pytest.mark.parametrize("domains", [("attributes", "captions"), ("sentences",)])
def test_a_model_of_several_kinds_is_not_described_line_by_line(
    domains: tuple[str, ...], by_attributes: model_lib.Model
) -> None:
    shares = tuple(knowledge.DomainSlice(domain, 4) for domain in domains)
    known = dataclasses.replace(by_attributes.knowledge, slices=shares)
    with pytest.raises(errors.UserError, match=r"whose classes are described by \w+(\+\w+)?\. Describe"):
        prompts.description_kind(dataclasses.replace(by_attributes, knowledge=known))
