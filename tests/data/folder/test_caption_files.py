# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of which caption files may be read: never one that may be of a test image."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies

from niwt_tf.data.folder import caption_files


@pytest.mark.parametrize(
    ("files", "train", "test", "readable", "ambiguous"),
    [
        ("1 2 3", "1.jpg 3.png", "2.jpg", "1 3", {}),
        ("1 2 9", "1.jpg", "2.jpg", "1", {}),
        ("1.jpg 2.jpg", "1.jpg", "2.jpg", "1.jpg", {}),
        ("1", "1.jpg 1.png", "", "1", {}),
        ("1", "1.jpg", "1.png", "", {"1": ["1.jpg", "1.png"]}),
        ("1.jpg 1.png", "1.jpg", "1.png", "1.jpg", {}),
        ("1 1.jpg", "1.jpg", "1.png", "1.jpg", {"1": ["1.jpg", "1.png"]}),
        ("a/1 b/1", "a/1.jpg", "b/1.jpg", "a/1", {}),
        ("1", "a/1.jpg", "b/1.jpg", "", {"1": ["a/1.jpg", "b/1.jpg"]}),
        ("1", "a/1.jpg b/1.jpg", "", "1", {}),
        ("1", "a/b/1.jpg", "2.jpg", "1", {}),
        ("1 a/1", "1.jpg", "a/1.jpg", "1", {}),
        ("1 a/1.jpg", "1.jpg", "a/1.jpg", "1", {}),
        ("1", "1.jpg", "a/1.jpg", "", {"1": ["1.jpg", "a/1.jpg"]}),
        ("b/1", "a/1.jpg", "2.jpg", "", {}),
        ("1", "1", "1.jpg", "", {"1": ["1", "1.jpg"]}),
        ("1.0", "1.0.jpg", "1.1.jpg", "1.0", {}),
        ("1", "", "1.jpg", "", {}),
    ],
)
def test_by_hand(files: str, train: str, test: str, readable: str, ambiguous: dict[str, list[str]]) -> None:
    choice = caption_files.choose(files.split(), train.split(), test.split())
    assert (choice.readable, choice.ambiguous) == (set(readable.split()), ambiguous)


_FOLDERS, _STEMS = strategies.sampled_from(["", "a/", "b/", "a/b/"]), strategies.sampled_from(["1", "2"])
_PLACES = strategies.builds("{}{}".format, _FOLDERS, _STEMS)
_IMAGES = strategies.builds("{}{}".format, _PLACES, strategies.sampled_from(["", ".jpg", ".png"]))


@hypothesis.settings(max_examples=300, deadline=None, derandomize=True)
@hypothesis.given(images=strategies.sets(_IMAGES), files=strategies.sets(_IMAGES), data=strategies.data())
def test_no_file_that_lies_at_a_test_images_place_is_read(
    images: set[str], files: set[str], data: strategies.DataObject
) -> None:
    test = data.draw(strategies.sets(strategies.sampled_from(sorted(images)))) if images else set()
    readable = caption_files.choose(files, images - test, test).readable
    assert not readable & {
        place for image in test for place in (image, image.removesuffix(".jpg").removesuffix(".png"))
    }
