# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write English about an aviary bird: captions of one image, and a field guide's entry on a species."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from niwt_tf.data.aviary import anatomy

_T = TypeVar("_T")

# No word belongs to two colours. The plain word comes first.
COLOR_WORDS: Mapping[str, tuple[str, ...]] = {
    "red": ("red", "bright red", "vivid red", "scarlet", "crimson", "ruby-red"),
    "yellow": ("yellow", "bright yellow", "vivid yellow", "golden", "lemon-yellow", "canary-yellow"),
    "green": ("green", "bright green", "vivid green", "emerald", "grass-green", "fern-green"),
    "blue": ("blue", "bright blue", "vivid blue", "azure", "cobalt", "royal-blue"),
    "black": ("black", "deep black", "inky black", "ebony", "jet-black", "coal-black"),
    "white": ("white", "bright white", "pure white", "ivory", "snow-white", "milk-white"),
}
_SHADES = (0, 0, 0, 0, 1, 2, 3, 4, 5)  # columns of COLOR_WORDS that a writer draws from, most often the first

# Phrases after "has", and clauses after "its", for an adjective {x}.
_FORMS: Mapping[str, tuple[str, str]] = {
    "body_color": (
        "a {x} body|a {x} body|{x} plumage|{x} body feathers|a coat of {x} feathers",
        "body is {x}|body is {x}|plumage is {x}|body feathers are {x}",
    ),
    "wing_color": (
        "{x} wings|{x} wings|{x} wings|{x} wing feathers|wings of {spaced}",
        "wings are {x}|wings are {x}|wing feathers are {x}",
    ),
    "crown_color": (
        "a {x} crown|a {x} crown|a {x} cap|a {x} cap|{spaced} on top of its head",
        "crown is {x}|crown is {x}|cap is {x}|head is {x} on top",
    ),
    "belly_pattern": (
        "a {x} belly|a {x} breast|a {x} underside|{x} underparts",
        "belly is {x}|breast is {x}|underside is {x}|underparts are {x}",
    ),
    "bill_shape": ("a {x} bill|a {x} beak", "bill is {x}|beak is {x}"),
    "tail_shape": ("a {x} tail", "tail is {x}"),
    "leg_length": ("{x} legs", "legs are {x}"),
    "head_crest": ("a {x} head", "head is {x}"),
    "wing_bars": ("{x} on its wings|{x} across its wings", "wings have {x}|wings show {x}"),
}
_COLOR_EPITHETS: Mapping[str, str] = {
    "body_color": "{x}|{x}|{x}|{single}-bodied",
    "wing_color": "{single}-winged",
    "crown_color": "{single}-crowned|{single}-crowned|{single}-capped",
}
# For each value of the other attributes: its adjectives, further phrases after "has", and words before "bird".
_VALUES: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("belly_pattern", "plain"): ("plain|unmarked", "a belly without markings", "plain-bellied"),
    ("belly_pattern", "spotted"): ("spotted|speckled|dotted", "spots on its belly", "spot-breasted"),
    ("belly_pattern", "barred"): (
        "barred|banded|striped",
        "stripes across its belly",
        "bar-breasted|stripe-breasted",
    ),
    ("belly_pattern", "pale"): ("pale|light-coloured|creamy", "", "pale-bellied|pale-breasted"),
    ("bill_shape", "cone"): ("cone-shaped|conical|stout, conical", "", "cone-billed"),
    ("bill_shape", "needle"): ("needle-like|slender|long, thin|thin, pointed", "", "thin-billed"),
    ("bill_shape", "hooked"): ("hooked|curved, hooked", "a hook-tipped beak", "hook-billed"),
    ("bill_shape", "broad"): ("broad|wide|broad, flat", "", "broad-billed|wide-billed"),
    ("tail_shape", "short"): ("short|stubby|stumpy|very short", "", "short-tailed"),
    ("tail_shape", "long"): ("long|elongated|very long", "", "long-tailed"),
    ("tail_shape", "forked"): ("forked|deeply forked|v-shaped", "a tail split in two", "fork-tailed"),
    ("tail_shape", "fan"): ("fan-shaped|fan-like|fanned", "a tail spread like a fan", "fan-tailed"),
    ("leg_length", "short"): ("short|stubby|very short", "", "short-legged"),
    ("leg_length", "long"): ("long|lanky|very long", "", "long-legged"),
    ("head_crest", "smooth"): ("smooth|smooth, rounded", "no crest|a head without a crest", ""),
    ("head_crest", "crested"): ("crested", "a crest|a crest on its head|a feathery crest", "crested"),
    ("wing_bars", "absent"): ("no bars", "no wing bars", ""),
    ("wing_bars", "present"): ("bars|clear bars", "wing bars|clear wing bars", "bar-winged"),
}
# Forms of a wing's colour in phrases that also mention its bars or their absence.
_WINGS_TOGETHER: Mapping[str, tuple[str, str]] = {
    "present": (
        "{x} wings crossed by bars|{x} wings marked with bars",
        "wings are {x} with bars|wings are {x} with clear bars",
    ),
    "absent": ("{x} wings that lack bars", "wings are {x} and have no bars"),
}

# Rate at which people mention an attribute; they rarely mention the values in `_UNREMARKABLE`.
_SALIENCE: Mapping[str, float] = {
    **dict.fromkeys(anatomy.ATTRIBUTES, 0.45),
    **dict.fromkeys(_COLOR_EPITHETS, 1.0),
    "leg_length": 0.2,
}
_UNREMARKABLE = {("belly_pattern", "plain"), ("head_crest", "smooth"), ("wing_bars", "absent")}
_UNREMARKABLE_SALIENCE = 0.07

_MENTIONS = (2, 2, 2, 3, 3, 3, 4, 4)
_IMPRESSIONS = ("", "", "", "", "", "small ", "little ", "pretty ", "handsome ")
_COLORFUL = ("colourful ",)
_NOUNS = ("bird", "bird", "bird", "bird", "bird", "songbird")
_SCENES = tuple(
    "perched on a twig|sitting on a branch|standing on a rock|resting on a fence post|seen from the side|"
    "out in the open".split("|")
)
# {has} is a list of phrases, {also} one clause, {clauses} a list of clauses that each have a determiner.
_HAS_FRAMES = (
    "this {bird} has {has}.",
    "this {bird} has {has}.",
    "this {bird} has {has}.",
    "a {bird} with {has}.",
    "a {bird} with {has}.",
    "a {bird} that has {has}.",
    "the {bird} in the photo has {has}.",
    "this is a {bird} with {has}.",
    "{scene}, this {bird} has {has}.",
    "a {bird} with {has}, {scene}.",
)
_PREDICATE_FRAMES = ("this bird is {epithet} and has {has}.", "this bird is {epithet}, with {has}.")
_MIXED_FRAMES = (
    "this {bird} has {has}, and its {also}.",
    "a {bird} with {has}; its {also}.",
    "the {also} on this {bird}, which has {has}.",
)
_CLAUSE_FRAMES = (
    ("whose", "a {bird} {clauses}."),
    ("the", "{clauses} on this {bird}."),
    ("the", "on this {bird}, {clauses}."),
)
_DRAWS = 24  # random numbers for one caption, at least as many as it uses

_OPENERS = (
    "the {name} is a {epithet} bird of quiet country, with {has}.",
    "a {epithet} songbird with {has}, the {name} is often met in pairs.",
    "birdwatchers know the {name} as an alert, {epithet} bird with {has}.",
)
_ENTRY_FRAMES = (
    "it has {has}.",
    "the adult has {has}.",
    "a clear view shows a bird with {has}.",
    "the {the}.",
    "its {its}.",
    "at close range, the {the}.",
)
_ENTRY_TOPICS = (
    ("crown_color", "head_crest"),
    ("body_color", "belly_pattern"),
    ("wing_color", "wing_bars"),
    ("bill_shape",),
    ("tail_shape", "leg_length"),
)
# Habitat, behaviour, voice, nest, food and numbers: nothing about the appearance.
_LIFE = (
    "it lives in open woodland and beside quiet lanes.|it keeps to damp meadows and overgrown gardens.|"
    "hill farms and old hedgerows suit it best.",
    "pairs forage near the ground and seldom stray from cover.|it joins mixed flocks outside the breeding "
    "season.|it is restless, and flits from perch to perch as it feeds.",
    "the song is a soft jumble of whistles, given mostly at dawn.|the call is a dry double note, often "
    "repeated.|it sings from a high perch until well after sunset.",
    "the nest is a neat cup hidden in a thicket.|both parents build the nest, usually in ivy.|"
    "three or four eggs are laid in a hollow lined with hair.",
    "it eats seeds, insects and the odd spider.|beetles and caterpillars make up most of its diet.|"
    "in winter it lives on seeds and visits feeders.",
    "it is a common resident in most of its range.|numbers have held steady for decades.|"
    "it is a scarce visitor from April to September.",
)
_A_BEFORE_VOWEL = re.compile(r"\ba (?=[aeiou])")


@dataclasses.dataclass(frozen=True)
class _Wording:
    """Ways to mention one trait: after "has", after "its", and before "bird"."""

    has: tuple[str, ...]
    its: tuple[str, ...]
    epithets: tuple[str, ...] = ()


def captions(traits: anatomy.Traits, rng: np.random.Generator, count: int = 10) -> list[str]:
    """Write captions as different people would for one image of the bird: one true sentence each.

    Each caption mentions two to four of the attributes, the colours more often than small details.

    Args:
      traits: One value for each attribute of `anatomy.ATTRIBUTES`.
      rng: Generator of all random choices.
      count: Number of captions, at least 0.

    Raises:
      KeyError: If an attribute is missing from `traits`.
    """
    names = tuple(anatomy.ATTRIBUTES)
    salience = np.array([_salience(name, traits[name]) for name in names])
    # Sorting exponential times samples without replacement, in proportion to the rates.
    orders = np.argsort(rng.standard_exponential((count, len(names))) / salience, axis=1)
    draws = rng.random((count, _DRAWS))
    impressions = _IMPRESSIONS + _COLORFUL * _is_colorful(traits)
    return [
        _caption(traits, [names[i] for i in order], impressions, _Dice(row))
        for order, row in zip(orders.tolist(), draws.tolist(), strict=True)
    ]


def document(species_name: str, traits: anatomy.Traits, rng: np.random.Generator) -> str:
    """Write a field guide's entry of 8 to 12 sentences that describes every attribute of the species.

    Args:
      species_name: Name of the species in the entry.
      traits: One value for each attribute of `anatomy.ATTRIBUTES`.
      rng: Generator of all random choices.

    Raises:
      KeyError: If an attribute is missing from `traits`.
    """
    dice = _Dice(rng.random(100).tolist())
    topics = [_ENTRY_TOPICS[i] for i in rng.permutation(len(_ENTRY_TOPICS))]
    frames = [_ENTRY_FRAMES[i] for i in rng.permutation(len(_ENTRY_FRAMES))]
    appearance = [_entry_sentence(traits, topic, frame, dice) for topic, frame in zip(topics, frames, strict=False)]
    life = [dice.pick(_LIFE[i].split("|")) for i in sorted(rng.permutation(len(_LIFE))[: rng.integers(2, 7)])]
    first, *others = _wordings(traits, rng.permutation(list(_COLOR_EPITHETS)).tolist(), dice.pick(_SHADES))
    has = " and ".join(dice.pick(wording.has) for wording in others)
    opener = dice.pick(_OPENERS).format(name=species_name, epithet=dice.pick(first.epithets), has=has)
    body = appearance + life if dice.pick((True, True, False)) else life + appearance
    return " ".join(_capitalized(_with_articles(sentence)) for sentence in [opener, *body])


class _Dice:
    """Random choices from numbers that are drawn in advance, because single draws from a generator are slow."""

    def __init__(self, draws: Iterable[float]) -> None:
        self._draws = iter(draws)

    def pick(self, options: Sequence[_T]) -> _T:
        return options[int(next(self._draws) * len(options))]


def _caption(traits: anatomy.Traits, names: list[str], impressions: Sequence[str], dice: _Dice) -> str:
    wordings = _wordings(traits, names[: dice.pick(_MENTIONS)], dice.pick(_SHADES))
    epithet = ""
    if wordings[0].epithets and dice.pick("yn") == "y":  # wings with bars can be the only wording, and have none
        epithet = dice.pick(wordings.pop(0).epithets)
    bird = dice.pick(impressions) + (f"{epithet} " if epithet else "") + dice.pick(_NOUNS)
    return _with_articles(_framed(bird, epithet, wordings, dice))


def _framed(bird: str, epithet: str, wordings: list[_Wording], dice: _Dice) -> str:
    style = dice.pick(("has", "has", "has", "has", "mixed", "clauses"))
    if style == "clauses":
        determiner, frame = dice.pick(_CLAUSE_FRAMES)
        clauses = [f"{determiner} {dice.pick(wording.its)}" for wording in wordings]
        return frame.format(bird=bird, clauses=_listed(clauses, dice))
    things = [dice.pick(wording.has) for wording in wordings]
    if style == "mixed" and len(wordings) > 1:
        has = _listed(things[:-1], dice)
        return dice.pick(_MIXED_FRAMES).format(bird=bird, has=has, also=dice.pick(wordings[-1].its))
    frames = _HAS_FRAMES + _PREDICATE_FRAMES if epithet else _HAS_FRAMES
    scene = dice.pick(_SCENES)
    return dice.pick(frames).format(bird=bird, epithet=epithet, has=_listed(things, dice), scene=scene)


def _entry_sentence(traits: anatomy.Traits, topic: Sequence[str], frame: str, dice: _Dice) -> str:
    wordings = _wordings(traits, topic, dice.pick(_SHADES))
    has = " and ".join(dice.pick(wording.has) for wording in wordings)
    clauses = [dice.pick(wording.its) for wording in wordings]
    return frame.format(has=has, the=" and the ".join(clauses), its=" and its ".join(clauses))


def _wordings(traits: anatomy.Traits, names: Sequence[str], shade: int) -> list[_Wording]:
    """Choose a wording for each name; a wing's colour and its bars share one wording if both are named."""
    together = "wing_color" in names and "wing_bars" in names
    wordings = []
    for name in names:
        if name == "wing_color" and together:
            wordings.append(_WORDINGS_TOGETHER[traits["wing_bars"], traits[name]][shade])
        elif name != "wing_bars" or not together:
            options = _WORDINGS[name, traits[name]]
            wordings.append(options[shade % len(options)])
    return wordings


def _listed(items: list[str], dice: _Dice) -> str:
    if len(items) == 1:
        return items[0]
    conjunction = dice.pick((" and ", " and ", ", and ")) if len(items) > 2 else " and "
    return ", ".join(items[:-1]) + conjunction + items[-1]


def _salience(name: str, value: str) -> float:
    return _UNREMARKABLE_SALIENCE if (name, value) in _UNREMARKABLE else _SALIENCE[name]


def _is_colorful(traits: anatomy.Traits) -> bool:
    colors = {traits[name] for name in _COLOR_EPITHETS} - {"black", "white"}
    return len(colors) > 1


def _with_articles(text: str) -> str:
    return _A_BEFORE_VOWEL.sub("an ", text)


def _capitalized(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _filled(forms: str, **words: str) -> tuple[str, ...]:
    return tuple(form.format(**words) for form in forms.split("|") if form)


def _color_wordings(forms: tuple[str, str], epithets: str, color: str) -> tuple[_Wording, ...]:
    """Build one wording for each shade. "Scarlet-winged" but not "ruby-red-winged"; "it is ruby red"."""
    shades = [(x, x.replace("-", " "), x if x.isalpha() else color) for x in COLOR_WORDS[color]]
    return tuple(
        _Wording(
            has=_filled(forms[0], x=x, spaced=spaced),
            its=_filled(forms[1], x=spaced),
            epithets=_filled(epithets, x=x, single=single),
        )
        for x, spaced, single in shades
    )


def _value_wording(name: str, adjectives: str, things: str, epithets: str) -> _Wording:
    has, its = _FORMS[name]
    words = adjectives.split("|")
    return _Wording(
        has=sum((_filled(has, x=x) for x in words), _filled(things)),
        its=sum((_filled(its, x=x.replace(", ", " and ")) for x in words), ()),
        epithets=_filled(epithets),
    )


_WORDINGS: Mapping[tuple[str, str], tuple[_Wording, ...]] = {
    (name, color): _color_wordings(_FORMS[name], epithets, color)
    for name, epithets in _COLOR_EPITHETS.items()
    for color in COLOR_WORDS
} | {key: (_value_wording(key[0], *words),) for key, words in _VALUES.items()}
_WORDINGS_TOGETHER: Mapping[tuple[str, str], tuple[_Wording, ...]] = {
    (bars, color): _color_wordings(forms, "", color) for bars, forms in _WINGS_TOGETHER.items() for color in COLOR_WORDS
}
