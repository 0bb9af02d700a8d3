# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of which images of seen classes are for the test."""

from __future__ import annotations

import hashlib

import pytest

from niwt_tf.data.folder import held_out


def _names(label: str, count: int) -> list[str]:
    return [f"{label}/{number}.jpg" for number in range(count)]


def _by_hash(names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())


@pytest.mark.parametrize(("images", "tested"), [(1, 1), (2, 1), (5, 1), (7, 1), (8, 2), (23, 5), (100, 20)])
def test_a_fifth_is_held_out_those_of_the_lowest_hashes(images: int, tested: int) -> None:
    names = _names("ant", images)
    assert held_out.choose({"ant": names}, []) == set(_by_hash(names)[:tested])


def test_it_is_the_same_on_every_machine() -> None:
    assert held_out.choose({"ant": _names("ant", 10)}, []) == {"ant/3.jpg", "ant/7.jpg"}


@pytest.mark.parametrize("images", [8, 20, 31])
def test_equal_images_are_on_one_side(images: int) -> None:
    names = _names("ant", images)
    ordered = _by_hash(names)
    for first in range(images - 1):
        group = sorted([ordered[first], ordered[-1]])
        found = held_out.choose({"ant": names}, [group])
        assert len(found & set(group)) in (0, 2)
        assert 0 < len(found) <= round(images / 5)


def test_equal_images_of_another_class_move_nothing() -> None:
    seen = {"ant": _names("ant", 20), "bee": _names("bee", 20)}
    found = held_out.choose(seen, [_by_hash(seen["bee"])[3:5]])
    assert {name for name in found if name.startswith("ant")} == held_out.choose({"ant": seen["ant"]}, [])


def test_groups_that_are_all_too_large_give_the_smallest() -> None:
    names = _names("ant", 10)
    assert held_out.choose({"ant": names}, [names[:6], names[6:]]) == set(names[6:])


def test_an_image_of_an_unseen_class_too_is_for_the_test() -> None:
    names = _names("ant", 20)
    for one in names:
        found = held_out.choose({"ant": names}, [[one, "okapi/1.jpg"]])
        assert one in found and len(found) == 4


def test_an_image_of_several_seen_classes_is_for_training() -> None:
    seen = {"ant": _names("ant", 20), "bee": _names("bee", 5)}
    for one in seen["ant"]:
        found = held_out.choose(seen, [[one, "bee/3.jpg"]])
        assert not found & {one, "bee/3.jpg"} and len(found) == 5


def test_a_class_of_one_image_many_times_has_but_one_side() -> None:
    names = _names("ant", 5)
    assert held_out.choose({"ant": names}, [names]) == set(names)
    seen = {"ant": names, "bee": _names("bee", 5)}
    groups = [[f"ant/{number}.jpg", f"bee/{number}.jpg"] for number in range(5)]
    assert held_out.choose(seen, groups) == set()
