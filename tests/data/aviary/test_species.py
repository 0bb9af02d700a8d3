# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the invented species."""

from __future__ import annotations

import collections
import itertools
import re

import hypothesis
import pytest
from hypothesis import strategies

from niwt_tf import errors
from niwt_tf.data.aviary import anatomy, language, species

_SEEDS = strategies.integers(0, 2**31 - 1)
_FEW = hypothesis.settings(max_examples=20, deadline=None, derandomize=True)


def _differences(a: species.Species, b: species.Species) -> int:
    return sum(a.traits[name] != b.traits[name] for name in anatomy.ATTRIBUTES)


def test_the_same_seed_invents_the_same_species() -> None:
    assert species.invent(3) == species.invent(3)


def test_other_seeds_invent_other_names_and_traits() -> None:
    a, b = species.invent(3), species.invent(4)
    assert [kind.name for kind in a] != [kind.name for kind in b]
    assert [kind.traits for kind in a] != [kind.traits for kind in b]


@pytest.mark.parametrize(("classes", "unseen"), [(60, 12), (20, 4), (80, 1), (30, 0)])
def test_seen_species_come_first(classes: int, unseen: int) -> None:
    birds = species.invent(1, classes, unseen)
    assert [kind.seen for kind in birds] == [True] * (classes - unseen) + [False] * unseen


@_FEW
@hypothesis.given(seed=_SEEDS, unseen=strategies.integers(1, 4))
def test_seen_species_show_each_value_of_an_unseen_one_twice(seed: int, unseen: int) -> None:
    birds = species.invent(seed, 20, unseen)
    values = collections.Counter(trait for kind in birds if kind.seen for trait in kind.traits.items())
    assert min(values[trait] for kind in birds if not kind.seen for trait in kind.traits.items()) >= 2


@_FEW
@hypothesis.given(seed=_SEEDS)
def test_species_differ_in_four_attributes_or_more(seed: int) -> None:
    birds = species.invent(seed, 40, 6)
    assert min(_differences(a, b) for a, b in itertools.combinations(birds, 2)) >= 4


@_FEW
@hypothesis.given(seed=_SEEDS)
def test_traits_are_values_of_the_attributes(seed: int) -> None:
    for kind in species.invent(seed, 30, 4):
        assert kind.traits.keys() == anatomy.ATTRIBUTES.keys()
        assert all(value in anatomy.ATTRIBUTES[name] for name, value in kind.traits.items())


def test_every_value_occurs() -> None:
    values = {trait for kind in species.invent(0) for trait in kind.traits.items()}
    assert values == {(name, value) for name, values in anatomy.ATTRIBUTES.items() for value in values}


def test_names_are_unique_and_say_nothing_of_the_looks() -> None:
    shades = " ".join(shade for row in language.COLOR_WORDS.values() for shade in row)
    values = " ".join(" ".join(values) for values in anatomy.ATTRIBUTES.values())
    words = set(re.findall("[a-z]+", f"{shades} {values} {' '.join(anatomy.PARTS)} crest bars head bill beak".lower()))
    names = [kind.name for seed in range(4) for kind in species.invent(seed, 120, 12)]
    assert all(re.fullmatch("[A-Z][a-z]+ [A-Z][a-z]+", name) for name in names)
    assert not words & {word for name in names for word in name.lower().split()}
    for first in range(0, len(names), 120):
        assert len(set(names[first : first + 120])) == 120


def test_too_many_unseen_species_are_an_error() -> None:
    with pytest.raises(errors.UserError) as caught:
        species.invent(0, 12, 9)
    assert str(caught.value) == (
        "Each attribute value of an unseen species of the aviary must occur among seen species. Received: "
        "aviary_classes=12 and aviary_unseen=9, for which no such species were found. Choose fewer unseen classes, or "
        "more classes."
    )


@pytest.mark.parametrize("classes", [-1, 0, 1, 573, 10_000])
def test_counts_of_classes_without_names_are_errors(classes: int) -> None:
    with pytest.raises(
        errors.UserError, match=rf"^`aviary_classes` must be from 2 to 572\. Received: aviary_classes={classes}\. "
    ):
        species.invent(0, classes, 0)


class _Endless(Exception):
    """Raised in place of waiting for ever."""


def test_more_species_than_differ_enough_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = itertools.count()
    differences = species._differences

    def counted(a: anatomy.Traits, b: anatomy.Traits) -> int:
        if next(calls) > 20_000:
            raise _Endless
        return differences(a, b)

    # Of birds that have four attributes with two values each, two at most differ in all four.
    monkeypatch.setattr(anatomy, "ATTRIBUTES", {name: ("no", "yes") for name in "abcd"})
    monkeypatch.setattr(species, "_differences", counted)
    monkeypatch.setattr(species, "_TRIES", 1000)
    with pytest.raises(errors.UserError, match="classes=3, of which only 2 could be invented"):
        species.invent(0, 3, 0)


@pytest.mark.parametrize("seed", range(12))
def test_the_fewest_species_are_found_for_every_seed(seed: int) -> None:
    assert sum(not one.seen for one in species.invent(seed, classes=10, unseen=2)) == 2
