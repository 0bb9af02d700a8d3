# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Invent the aviary's species: their names, their traits, and the choice of the unseen ones."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from niwt_tf import errors
from niwt_tf.data.aviary import anatomy

_PLACES = (
    "Amber Alder Arden Barrow Bramble Calder Cinder Copse Corrie Dell Ember Fallow Fen Garnet Glen Harrow "
    "Hazel Heath Isle Juniper Karst Larch Linden Loch Marram Moor Nettle Orchard Pike Quarry Reed Rill Rowan "
    "Sedge Shingle Sorrel Tarn Thistle Umber Vale Weald Willow Wold Yarrow"
).split()
_FAMILIES = "Bunting Finch Flycatcher Lark Martin Pipit Robin Shrike Sparrow Tanager Thrush Warbler Wren".split()

_MIN_DIFFERENCES = 4  # attributes in which two species differ, at least
_TRIES = 10_000  # to invent one more species; enough for about 220 species
_DRAWN = 20_000  # species in all sets that are drawn until one set can be split
_MIN_SEEN_OCCURRENCES = 2  # seen species that share an attribute value of an unseen one, at least


@dataclasses.dataclass(frozen=True)
class Species:
    """One class of the aviary.

    Attributes:
      name: Invented name that says nothing about the bird's appearance.
      traits: Attribute -> value, as in `anatomy.ATTRIBUTES`.
      seen: True if the training split shows the species.
    """

    name: str
    traits: anatomy.Traits
    seen: bool


def invent(seed: int, classes: int = 60, unseen: int = 12) -> tuple[Species, ...]:
    """Invent `classes` species, the same ones for the same seed, with the unseen ones last.

    Args:
      seed: Any non-negative integer.
      classes: Number of species, at least `unseen + 2`.
      unseen: Number of species that are never shown in training.

    Raises:
      errors.UserError: If a count is out of range, or no set of species fits the counts.
    """
    rng = np.random.default_rng([seed, 0])
    names = _names(rng, classes)
    for _ in range(_DRAWN // classes):  # a draw of few species can rarely be split
        traits = _distinct_traits(rng, classes)
        order = _unseen_last(traits, unseen)
        if order is not None:
            return tuple(
                Species(name, traits[index], seen=rank < classes - unseen)
                for rank, (name, index) in enumerate(zip(names, order, strict=True))
            )
    raise errors.UserError(
        "Each attribute value of an unseen species of the aviary must occur among seen species. Received: "
        f"{errors.setting('aviary_classes', classes)} and {errors.setting('aviary_unseen', unseen)}, for which no such "
        "species were found. Choose fewer unseen classes, or more classes."
    )


def _names(rng: np.random.Generator, count: int) -> list[str]:
    pool = [f"{place} {family}" for place, family in itertools.product(_PLACES, _FAMILIES)]
    if not 2 <= count <= len(pool):
        raise errors.UserError(
            f"`{errors.setting('aviary_classes')}` must be from 2 to {len(pool)}. Received: "
            f"{errors.setting('aviary_classes', count)}. Choose a number in this range."
        )
    return [pool[i] for i in rng.permutation(len(pool))[:count]]


def _distinct_traits(rng: np.random.Generator, count: int) -> list[dict[str, str]]:
    chosen: list[dict[str, str]] = []
    for _ in range(count):
        tries = ({name: str(rng.choice(values)) for name, values in anatomy.ATTRIBUTES.items()} for _ in range(_TRIES))
        traits = next((t for t in tries if all(_differences(t, other) >= _MIN_DIFFERENCES for other in chosen)), None)
        if traits is None:
            raise errors.UserError(
                f"Species of the aviary must differ in {_MIN_DIFFERENCES} attributes or more. Received: "
                f"{errors.setting('aviary_classes', count)}, of which only {len(chosen)} could be invented. Choose "
                "fewer classes."
            )
        chosen.append(traits)
    return chosen


def _differences(a: anatomy.Traits, b: anatomy.Traits) -> int:
    return sum(a[name] != b[name] for name in anatomy.ATTRIBUTES)


def _unseen_last(traits: list[dict[str, str]], unseen: int) -> list[int] | None:
    """Order the species so that the unseen ones are last; None if there are not enough of them.

    Unseen species are chosen from the end. A species can be unseen if the seen ones still show each of its values.
    """
    seen = list(range(len(traits)))
    taken: list[int] = []
    for index in reversed(range(len(traits))):
        rest = [traits[i] for i in seen if i != index]
        counts = [sum(t[name] == value for t in rest) for name, value in traits[index].items()]
        if len(taken) < unseen and min(counts) >= _MIN_SEEN_OCCURRENCES:
            seen.remove(index)
            taken.append(index)
    return seen + taken if len(taken) == unseen else None
