# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the aviary's captions and documents."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pytest

from niwt_tf.data.aviary import anatomy, language, species

_COLOR_OF = {shade.replace("-", " "): color for color, row in language.COLOR_WORDS.items() for shade in row}
_COLOR = "|".join(sorted(_COLOR_OF, key=len, reverse=True))

# Read with hyphens as spaces: what a colour says when it stands right before, or at the end of, these.
_BEFORE = {
    "body_color": r"body\b|bodied\b|plumage|feathers|bird|songbird",
    "wing_color": r"wings?\b|winged",
    "crown_color": r"crown\b|crowned|cap\b|capped|on top of its head",
}
_AFTER = {
    "body_color": r"(?:body|plumage|body feathers|this bird) (?:is|are)",
    "wing_color": r"(?:wings|wing feathers) are|wings of",
    "crown_color": r"(?:crown|cap|head) is",
}
# What tells each other value, in the same reading.
_SIGNS: Mapping[str, str] = {
    "belly_pattern=plain": r"plain\b|unmarked|without markings",
    "belly_pattern=spotted": r"spot|speckle|dotted",
    "belly_pattern=barred": r"barred|band|stripe|bar breasted",
    "belly_pattern=pale": r"\bpale|light coloured|creamy",
    "bill_shape=cone": r"\bcone\b|conical",
    "bill_shape=needle": r"needle|slender|thin\b",
    "bill_shape=hooked": r"hook",
    "bill_shape=broad": r"broad|wide\b",
    "tail_shape=short": r"(short|stubby|stumpy) tail|tail is (very )?(short|stubby|stumpy)",
    "tail_shape=long": r"(long|elongated) tail|tail is (very )?(long|elongated)",
    "tail_shape=forked": r"\bfork|v shaped|split in two",
    "tail_shape=fan": r"\bfan",
    "leg_length=short": r"(short|stubby) leg|legs are (very )?(short|stubby)",
    "leg_length=long": r"(long|lanky) leg|legs are (very )?(long|lanky)",
    "head_crest=smooth": r"smooth|no crest|without a crest",
    "head_crest=crested": r"\b(?<!no )(?<!without a )crest",
    "wing_bars=absent": r"no bars|no wing bars|lack bars",
    "wing_bars=present": r"(?<!no )(?<!no wing )(?<!lack )\bbars|bar winged",
}

_SPECIES = species.invent(0)
_ALL_RED = {
    **{"body_color": "red", "wing_color": "red", "crown_color": "red", "belly_pattern": "spotted"},
    **{"bill_shape": "hooked", "tail_shape": "fan", "leg_length": "long", "head_crest": "crested"},
    "wing_bars": "present",
}


def _colors_said(text: str) -> list[str]:
    """Return a feature for each colour word of the text, or the bare word if no part claims it."""
    said = []
    for match in re.finditer(rf"\b(?:{_COLOR})\b", text):
        before, after = text[: match.start()].rstrip(), text[match.end() :].lstrip()
        parts = [part for part, pattern in _BEFORE.items() if re.match(pattern, after)]
        parts = parts or [part for part, pattern in _AFTER.items() if re.search(rf"(?:{pattern})$", before)]
        said.append(f"{parts[0]}={_COLOR_OF[match.group()]}" if parts else match.group())
    return said


def _features_said(text: str) -> set[str]:
    text = text.lower().replace("-", " ")
    signs = {feature for feature, pattern in _SIGNS.items() if re.search(pattern, text)}
    return signs | set(_colors_said(text))


def _features(traits: anatomy.Traits) -> set[str]:
    return {f"{attribute}={value}" for attribute, value in traits.items()}


def _captions_of_all(seed: int, count: int) -> list[tuple[species.Species, str]]:
    rng = np.random.default_rng(seed)
    return [(bird, text) for bird in _SPECIES for text in language.captions(bird.traits, rng, count)]


def test_color_words_cover_the_colors_and_belong_to_one_each() -> None:
    assert set(language.COLOR_WORDS) == set(anatomy.COLORS)
    assert len(_COLOR_OF) == sum(len(row) for row in language.COLOR_WORDS.values())
    for shade, color in _COLOR_OF.items():
        assert set(shade.split()) & set(anatomy.COLORS) <= {color}


def test_captions_follow_from_the_generator_alone() -> None:
    first, same, other = (language.captions(_ALL_RED, np.random.default_rng(seed), 20) for seed in (3, 3, 4))
    assert first == same
    assert first != other


@pytest.mark.parametrize("count", [0, 1, 10, 37])
def test_captions_are_as_many_requested(count: int) -> None:
    assert len(language.captions(_ALL_RED, np.random.default_rng(0), count)) == count


def test_captions_need_every_attribute() -> None:
    with pytest.raises(KeyError, match="wing_bars"):
        language.captions({k: v for k, v in _ALL_RED.items() if k != "wing_bars"}, np.random.default_rng(0))


def test_captions_are_well_formed_sentences() -> None:
    for _, text in _captions_of_all(seed=0, count=40):
        assert re.fullmatch(r"[a-z][a-z ,;'-]*[a-z]\.", text), text
        assert not re.search(r"  | [,;.]|,,|\b(\w+) \1\b|\ba [aeiou]|\ban [^aeiou]", text), text


def test_captions_never_name_the_species() -> None:
    assert not any(bird.name.lower() in text for bird, text in _captions_of_all(seed=0, count=10))


def test_captions_state_only_what_is_true() -> None:
    for bird, text in _captions_of_all(seed=1, count=60):
        assert _features_said(text) <= _features(bird.traits), text


def test_captions_of_a_red_bird_know_no_other_color() -> None:
    texts = language.captions(_ALL_RED, np.random.default_rng(0), 300)
    colors = {color for text in texts for color in re.findall(_COLOR, text.replace("-", " "))}
    assert {_COLOR_OF[color] for color in colors} == {"red"}


def test_captions_are_partial() -> None:
    for _, text in _captions_of_all(seed=2, count=60):
        assert 2 <= len(_features_said(text)) <= 4, text


def test_captions_vary() -> None:
    texts = language.captions(_ALL_RED, np.random.default_rng(0), 200)
    assert len(set(texts)) >= 190
    assert len({text.split()[0] for text in texts}) >= 4


def test_captions_mention_every_remarkable_trait_and_colors_most() -> None:
    said = [_features_said(text) for text in language.captions(_ALL_RED, np.random.default_rng(0), 200)]
    shares = {feature: np.mean([feature in one for one in said]) for feature in _features(_ALL_RED)}
    assert min(shares.values()) > 0.03
    assert min(shares["body_color=red"], shares["crown_color=red"]) > shares["leg_length=long"]


def test_captions_seldom_mention_what_is_absent() -> None:
    plain = {**_ALL_RED, "belly_pattern": "plain", "head_crest": "smooth", "wing_bars": "absent"}
    said = [_features_said(text) for text in language.captions(plain, np.random.default_rng(0), 600)]
    for feature in ("belly_pattern=plain", "head_crest=smooth", "wing_bars=absent"):
        assert 0 < np.mean([feature in one for one in said]) < 0.15


def test_document_follows_from_the_generator_alone() -> None:
    first, same, other = (language.document("Tarn Wren", _ALL_RED, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first == same
    assert first != other
    assert "Tarn Wren" in first


@pytest.mark.parametrize("seed", range(5))
def test_documents_state_every_trait_and_nothing_false(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for bird in _SPECIES:
        text = language.document("Oddname", bird.traits, rng)
        assert _features_said(text) == _features(bird.traits), text


def test_documents_are_eight_to_twelve_sentences() -> None:
    rng = np.random.default_rng(0)
    lengths = set()
    for bird in _SPECIES:
        sentences = re.findall(r"[^.]+\.", language.document(bird.name, bird.traits, rng))
        assert all(re.fullmatch(r" ?[A-Z][A-Za-z ,;'-]+\.", sentence) for sentence in sentences), sentences
        lengths.add(len(sentences))
    assert lengths == set(range(8, 13))
