# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the captions that ship for AWA2's animals."""

from __future__ import annotations

import collections
import re
from pathlib import Path

import pytest

from niwt_tf.data.awa2 import layout

# As AWA2's classes.txt has them.
_ANIMALS = (
    "antelope grizzly+bear killer+whale beaver dalmatian persian+cat horse german+shepherd blue+whale "
    "siamese+cat skunk mole tiger hippopotamus leopard moose spider+monkey humpback+whale elephant "
    "gorilla ox fox sheep seal chimpanzee hamster squirrel rhinoceros rabbit bat giraffe wolf chihuahua "
    "rat weasel otter buffalo zebra giant+panda deer bobcat pig lion mouse polar+bear collie walrus "
    "raccoon cow dolphin"
).split()
_FOLDER = Path(layout.__file__).parent / "captions"


def _sentences(animal: str) -> list[str]:
    return (_FOLDER / f"{animal}.txt").read_text(encoding="ascii").splitlines()


def _names_in(sentence: str, animals: set[str]) -> set[str]:
    """Return which animals are named, a single one or several."""
    words = " ".join(re.findall(r"[a-z]+", sentence.lower()))
    return {animal for animal in animals if re.search(rf"\b{animal.replace('+', ' ')}(s|es)?\b", words)}


def test_there_is_a_file_for_each_animal_and_no_other() -> None:
    assert len(set(_ANIMALS)) == 50
    assert {path.stem for path in _FOLDER.glob("*.txt")} == set(_ANIMALS)


def test_the_animals_are_those_of_the_dataset(shared_data: Path) -> None:
    listed = (shared_data / "awa2_text" / "classes.txt").read_text().splitlines()
    assert [line.split()[1] for line in listed] == _ANIMALS


@pytest.mark.parametrize("animal", _ANIMALS)
def test_sentences_are_plain_and_of_a_readable_length(animal: str) -> None:
    sentences = _sentences(animal)
    assert len(sentences) >= 10
    for sentence in sentences:
        assert sentence == sentence.strip() and sentence[0].isupper() and sentence.endswith(".")
        assert 8 <= len(sentence.split()) <= 30


@pytest.mark.parametrize("animal", _ANIMALS)
def test_no_sentence_gives_a_class_away_by_name(animal: str) -> None:
    animals = {animal, *(name for name in _ANIMALS if "+" not in name)}
    assert not {name: sentence for sentence in _sentences(animal) for name in _names_in(sentence, animals)}


def test_no_sentence_is_there_twice() -> None:
    count = collections.Counter(sentence for animal in _ANIMALS for sentence in _sentences(animal))
    assert not [sentence for sentence, number in count.items() if number > 1]
