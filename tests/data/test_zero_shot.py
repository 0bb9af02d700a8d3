# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of splits, of what makes a dataset valid, and of the validation dataset."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies

from niwt_tf import errors
from niwt_tf.data import zero_shot


def _split(labels: list[int] | np.ndarray, first: int = 0) -> zero_shot.Split:
    """Return a split whose n-th image is the number `first + n`, at every pixel."""
    numbers = np.arange(first, first + len(labels), dtype=np.uint8)
    images = np.broadcast_to(numbers[:, None, None, None], (len(labels), 2, 2, 3))
    return zero_shot.Split(tf.data.Dataset.from_tensor_slices(images), np.array(labels, np.int64))


def _numbers(batches: tf.data.Dataset) -> list[int]:
    """Return which images come, one after the other."""
    return [int(number) for images, _ in batches.as_numpy_iterator() for number in images[:, 0, 0, 0]]


def _pairs(split: zero_shot.Split) -> list[tuple[int, int]]:
    """Return the numbers of the images with their labels."""
    return [
        (int(image[0, 0, 0]), int(label))
        for images, labels in split.batches(4).as_numpy_iterator()
        for image, label in zip(images, labels, strict=True)
    ]


def _untouchable(labels: list[int]) -> zero_shot.Split:
    """Return a split that fails when an image is read."""

    def read() -> Any:
        raise AssertionError("an image of a test split was read")
        yield

    images = tf.data.Dataset.from_generator(read, output_signature=tf.TensorSpec((2, 2, 3), tf.uint8))
    return zero_shot.Split(images, np.array(labels, np.int64))


_DESCRIPTIONS = zero_shot.Descriptions(captions=lambda: zero_shot.Texts({}, "nowhere"))
_LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(5), 10))


def _dataset(**changes: Any) -> zero_shot.ZeroShotDataset:
    """Return five seen classes of ten training images each, two of them for validation, and two unseen."""
    fields: dict[str, Any] = {
        "name": "toy",
        "seen": ("ant", "bee", "cat", "dog", "eel"),
        "unseen": ("fox", "gnu"),
        "validation": ("bee", "dog"),
        "train": _split(_LABELS),
        "test_seen": _split([0, 1, 2, 3, 4], 100),
        "test_unseen": _split([5, 6], 200),
        "descriptions": _DESCRIPTIONS,
        "split_version": "1",
        "split_sha256": "abc",
    }
    return zero_shot.ZeroShotDataset(**(fields | changes))


def test_batches_come_in_the_own_order_with_their_labels() -> None:
    batches = list(_split([4, 3, 2, 1, 0]).batches(2).as_numpy_iterator())
    assert [labels.tolist() for _, labels in batches] == [[4, 3], [2, 1], [0]]
    assert [images[:, 1, 1, 2].tolist() for images, _ in batches] == [[0, 1], [2, 3], [4]]
    assert [images.shape for images, _ in batches] == [(2, 2, 2, 3), (2, 2, 2, 3), (1, 2, 2, 3)]
    assert batches[0][0].dtype == np.uint8 and batches[0][1].dtype == np.int64


def test_len_is_the_number_of_images() -> None:
    assert len(_split([4, 3, 2])) == 3


@pytest.mark.parametrize("skip", [0, 1, 4, 5, 9])
def test_skip_leaves_out_images_at_the_start(skip: int) -> None:
    assert _numbers(_split([4, 3, 2, 1, 0]).batches(2, skip=skip)) == list(range(5))[skip:]
    assert sorted(_numbers(_split([4, 3, 2, 1, 0]).batches(2, shuffle_seed=1, skip=skip))) == list(range(5))[skip:]


@hypothesis.settings(max_examples=15, deadline=None, derandomize=True)
@hypothesis.given(seed=strategies.integers(0, 2**31 - 1), size=strategies.integers(1, 9))
def test_shuffling_keeps_each_image_and_its_label(seed: int, size: int) -> None:
    labels = [3, 1, 4, 1, 5, 9, 2, 6]
    split = _split(labels)
    pairs = [
        (int(image[0, 0, 0]), int(label))
        for images, batch in split.batches(size, shuffle_seed=seed).as_numpy_iterator()
        for image, label in zip(images, batch, strict=True)
    ]
    assert sorted(pairs) == list(enumerate(labels))


def test_shuffling_is_the_same_for_the_same_seed_whatever_the_batch() -> None:
    split = _split([0] * 40)
    order = _numbers(split.batches(8, shuffle_seed=3))
    assert _numbers(split.batches(8, shuffle_seed=3)) == order
    assert _numbers(split.batches(7, shuffle_seed=3)) == order
    assert _numbers(split.batches(8, shuffle_seed=4)) != order
    assert order != sorted(order)
    assert max(abs(place - number) for place, number in enumerate(order)) > 15, "over the whole split"


def test_shuffling_is_by_its_seed_and_the_global_one() -> None:
    orders = []
    for seed in (1, 2, 1):
        tf.random.set_seed(seed)
        orders.append(_numbers(_split([0] * 40).batches(8, shuffle_seed=3)))
    assert orders[0] == orders[2] != orders[1]


def test_subset_keeps_and_relabels_by_hand() -> None:
    kept = _split([2, 0, 1, 0, 2]).subset(np.array([True, False, True, True, False]), np.array([7, 8, 9]))
    assert _pairs(kept) == [(0, 9), (2, 8), (3, 7)]
    assert kept.labels.tolist() == [9, 8, 7]
    assert len(kept) == 3


def test_subset_of_a_subset_counts_its_own_images() -> None:
    odd = _split(list(range(8))).subset(np.arange(8) % 2 == 1, np.arange(8) * 10)
    assert _pairs(odd.subset(np.array([False, True, False, True]), np.arange(80) + 1)) == [(3, 31), (7, 71)]


@hypothesis.settings(max_examples=15, deadline=None, derandomize=True)
@hypothesis.given(keep=strategies.lists(strategies.booleans(), min_size=1, max_size=12))
def test_subset_is_what_numpy_selects(keep: list[bool]) -> None:
    labels = np.arange(len(keep)) % 3
    subset = _split(labels).subset(np.array(keep), np.array([5, 6, 7]))
    assert _pairs(subset) == [(i, 5 + i % 3) for i, kept in enumerate(keep) if kept]


def _encoded(labels: list[int]) -> zero_shot.Split:
    """Return the split of `_split` with its images as numbers, of which 3 cannot be decoded."""

    def decode(number: tf.Tensor) -> tf.Tensor:
        with tf.control_dependencies([tf.debugging.Assert(number != 3, ["3 was decoded"])]):
            return tf.fill([2, 2, 3], tf.cast(number, tf.uint8))

    return zero_shot.Split(tf.data.Dataset.range(len(labels)), np.array(labels, np.int64), decode)


def test_encoded_images_are_decoded_last() -> None:
    split = _encoded([2, 0, 1, 0, 2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="3 was decoded"):
        _pairs(split)
    assert _numbers(split.batches(2, skip=4)) == [4]
    kept = split.subset(np.array([True, True, False, False, True]), np.array([7, 8, 9]))
    assert _pairs(kept) == [(0, 9), (1, 7), (4, 9)]
    assert _pairs(kept.subset(np.array([False, True, True]), np.arange(10))) == [(1, 7), (4, 9)]


def test_encoded_images_are_shuffled_as_decoded_ones() -> None:
    labels = [0, 1, 2] * 13
    keep = np.arange(39) != 3
    plain, encoded = (split.subset(keep, np.arange(3)) for split in (_split(labels), _encoded(labels)))
    orders = [_numbers(split.batches(8, shuffle_seed=5)) for split in (plain, encoded, encoded)]
    assert orders[0] == orders[1] == orders[2] != sorted(orders[0])


def test_class_names_are_the_seen_then_the_unseen() -> None:
    assert _dataset().class_names == ("ant", "bee", "cat", "dog", "eel", "fox", "gnu")


def _message(rule: str, seen: int = 5, unseen: int = 2, validation: int = 2) -> str:
    return (
        f"{rule}. Received: dataset='toy' with {seen} seen, {unseen} unseen and {validation} validation "
        "classes. Prepare the dataset again, or correct its lists of classes."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"unseen": ("fox", "cat", "gnu")},
            _message("`seen` and `unseen` classes must differ", unseen=3),
        ),
        (
            {"validation": ("fox",)},
            _message("`validation` classes must be some, but not all, of the seen classes", validation=1),
        ),
        (
            {"validation": ("ant", "bee", "cat", "dog", "eel")},
            _message("`validation` classes must be some, but not all, of the seen classes", validation=5),
        ),
        (
            {"train": _split([0, 1, 2, 3, 4, 5])},
            _message("Each split must have images of all of its classes, and of no other"),
        ),
        (
            {"train": _split([0, 1, 2, 3])},
            _message("Each split must have images of all of its classes, and of no other"),
        ),
        (
            {"test_seen": _split([0, 1, 2, 4])},
            _message("Each split must have images of all of its classes, and of no other"),
        ),
        ({"test_unseen": _split([5])}, _message("Each split must have images of all of its classes, and of no other")),
        (
            {"test_unseen": _split([4, 5, 6])},
            _message("Each split must have images of all of its classes, and of no other"),
        ),
    ],
)
def test_datasets_that_break_the_split_are_errors(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        _dataset(**changes)
    assert str(caught.value) == message


def test_unseen_classes_may_have_no_image() -> None:
    dataset = _dataset(imageless=("gnu",), test_unseen=_split([5, 5], 200))
    assert dataset.class_names[-1] == "gnu"
    nothing = _dataset(imageless=("fox", "gnu"), test_unseen=_split([]))
    assert len(nothing.test_unseen) == 0


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"imageless": ("gnu",)}, "Each split must have images of all of its classes, and of no other"),
        ({"test_unseen": _split([5])}, "Each split must have images of all of its classes, and of no other"),
        ({"imageless": ("eel",)}, "`imageless` classes must be unseen classes"),
        ({"imageless": ("yak",)}, "`imageless` classes must be unseen classes"),
        (
            {"imageless": ("eel",), "test_seen": _split([0, 1, 2, 3])},
            "`imageless` classes must be unseen classes",
        ),
    ],
)
def test_classes_without_images_are_those_of_the_unseen_that_no_split_shows(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        _dataset(**changes)
    assert str(caught.value) == _message(rule)


def test_a_validation_dataset_has_images_of_all_its_classes() -> None:
    validation = _dataset(imageless=("gnu",), test_unseen=_split([5], 200)).validation_dataset(0)
    assert validation.imageless == ()


def test_no_validation_class_at_all_is_an_error() -> None:
    with pytest.raises(errors.UserError, match="`validation` classes must be some, but not all, of the seen classes"):
        _dataset(validation=())


def test_validation_classes_are_pseudo_unseen() -> None:
    validation = _dataset().validation_dataset(0)
    assert validation.seen == ("ant", "cat", "eel")
    assert validation.unseen == ("bee", "dog")
    assert validation.validation == ("eel",)  # 3 * 2 / 5 = 1.2
    assert validation.descriptions is _DESCRIPTIONS
    assert not set(validation.class_names) & {"fox", "gnu"}


def test_groups_of_pseudo_unseen_classes_share_no_class_as_long_as_there_are_enough() -> None:
    groups = [_dataset().validation_dataset(0, group) for group in range(4)]
    unseen = [set(one.unseen) for one in groups]
    assert unseen == [{"bee", "dog"}, {"ant", "cat"}, {"eel", "bee"}, {"dog", "ant"}]
    for one in groups:
        assert set(one.seen) | set(one.unseen) == {"ant", "bee", "cat", "dog", "eel"}
        assert one.class_names == one.seen + one.unseen


def test_validation_reads_no_test_image() -> None:
    dataset = _dataset(test_seen=_untouchable([0, 1, 2, 3, 4]), test_unseen=_untouchable([5, 6]))
    with pytest.raises(tf.errors.OpError, match="an image of a test split was read"):
        _pairs(dataset.test_seen)
    validation = dataset.validation_dataset(0)
    assert sum(len(_pairs(split)) for split in (validation.train, validation.test_seen, validation.test_unseen)) == 50


def test_validation_shares_out_the_training_images() -> None:
    validation = _dataset().validation_dataset(0)
    parts = [_pairs(split) for split in (validation.train, validation.test_seen, validation.test_unseen)]
    train, test_seen, test_unseen = ([number for number, _ in pairs] for pairs in parts)
    assert sorted(train + test_seen + test_unseen) == list(range(50)), "each image in one part alone"
    assert test_unseen == np.flatnonzero(np.isin(_LABELS, [1, 3])).tolist()
    assert np.bincount(_LABELS[test_seen], minlength=5).tolist() == [2, 0, 2, 0, 2], "a fifth of each class"
    assert np.bincount(_LABELS[train], minlength=5).tolist() == [8, 0, 8, 0, 8]


def test_validation_keeps_the_class_name_of_each_image() -> None:
    dataset = _dataset()
    validation = dataset.validation_dataset(0)
    for split in (validation.train, validation.test_seen, validation.test_unseen):
        for number, label in _pairs(split):
            assert validation.class_names[label] == dataset.class_names[_LABELS[number]]


def test_validation_holds_out_by_the_seed() -> None:
    held_out = [[number for number, _ in _pairs(_dataset().validation_dataset(seed).test_seen)] for seed in (0, 0, 1)]
    assert held_out[0] == held_out[1] != held_out[2]


def test_validation_holds_out_one_image_of_a_small_class() -> None:
    validation = _dataset(train=_split([0, 0, 1, 2, 2, 3, 4, 4])).validation_dataset(0)
    assert [len(split) for split in (validation.train, validation.test_seen, validation.test_unseen)] == [
        3,
        3,
        2,
    ]


def test_a_validation_dataset_has_one_of_its_own() -> None:
    again = _dataset().validation_dataset(0).validation_dataset(0)
    assert (again.seen, again.unseen) == (("ant", "cat"), ("eel",))
    assert all(_LABELS[number] == 4 for number, _ in _pairs(again.test_unseen))


def test_validation_of_the_aviary_shows_other_images(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    validation = tiny_dataset.validation_dataset(0)
    assert [len(s) for s in (validation.train, validation.test_seen, validation.test_unseen)] == [
        7 * 5,
        7,
        2 * 6,
    ]
    name_of = {
        image.tobytes(): tiny_dataset.class_names[label]
        for images, labels in tiny_dataset.train.batches(9).as_numpy_iterator()
        for image, label in zip(images, labels, strict=True)
    }
    images = set()
    for split in (validation.train, validation.test_seen, validation.test_unseen):
        for batch, labels in split.batches(9).as_numpy_iterator():
            for image, label in zip(batch, labels, strict=True):
                assert name_of[image.tobytes()] == validation.class_names[label]
                images.add(image.tobytes())
    assert images == name_of.keys()


@pytest.mark.parametrize(("seen", "unseen", "count"), [(48, 12, 10), (9, 3, 2), (5, 1, 1), (10, 1, 1), (40, 10, 8)])
def test_unseen_again_takes_the_last_in_the_same_share(seen: int, unseen: int, count: int) -> None:
    names = tuple(f"class {number}" for number in range(seen + unseen))
    assert zero_shot.choose_pseudo_unseen(names[:seen], names[seen:]) == names[seen - count : seen]


@pytest.mark.parametrize(("seen", "unseen", "count"), [(2, 5, 1), (3, 4, 1), (4, 20, 1), (5, 50, 2), (10, 100, 7)])
def test_unseen_again_leaves_three_seen_where_there_are_more(seen: int, unseen: int, count: int) -> None:
    names = tuple(f"class {number}" for number in range(seen + unseen))
    assert zero_shot.choose_pseudo_unseen(names[:seen], names[seen:]) == names[seen - count : seen]


def _few(counts: list[int], validation: tuple[str, ...] = ("ant",)) -> zero_shot.ZeroShotDataset:
    """Return seen classes with so many training images, and two unseen."""
    seen = ("ant", "bee", "cat", "dog", "eel")[: len(counts)]
    labels = np.repeat(np.arange(len(counts)), counts).tolist()
    tests = {"test_seen": _split(list(range(len(counts)))), "test_unseen": _split([len(counts), len(counts) + 1])}
    return _dataset(seen=seen, validation=validation, train=_split(labels), **tests)


@pytest.mark.parametrize(
    ("counts", "can", "one_out"),
    [
        ([9, 9], False, False),
        ([1, 1, 1], False, False),
        ([2, 2, 1], False, False),
        ([2, 2, 2], True, True),
        ([2, 2, 2, 1], True, True),
        ([2, 2, 2, 2, 2], True, False),
        ([1, 1, 1, 9, 9], False, False),
        ([1, 1, 9, 9, 9], True, False),
    ],
)
def test_when_validation_is_possible(counts: list[int], can: bool, one_out: bool) -> None:
    dataset = _few(counts)
    assert (dataset.can_validate, dataset.leaves_one_out) == (can, one_out)


@pytest.mark.parametrize("counts", [[2, 2, 2], [3, 2, 1, 2], [5, 5, 5, 5]])
def test_each_of_few_classes_is_pseudo_unseen_in_turn(counts: list[int]) -> None:
    dataset = _few(counts, ("ant", "bee"))
    groups = [dataset.validation_dataset(0, group) for group in range(len(counts))]
    assert sorted(one.unseen for one in groups) == [(name,) for name in dataset.seen]
    whole = {name for name, count in zip(dataset.seen, counts, strict=True) if count > 1}
    for one in groups:
        assert set(one.seen) == whole - set(one.unseen)
        assert set(one.train.labels) == set(one.test_seen.labels) == set(range(len(one.seen)))
        assert set(one.test_unseen.labels) == {len(one.seen)}


def test_classes_of_one_training_image_stay_out_of_validation_unless_they_are_pseudo_unseen() -> None:
    dataset = _few([1, 4, 4, 4, 1], ("ant", "bee", "cat"))
    validation = dataset.validation_dataset(0)
    assert (validation.seen, validation.unseen) == (("cat", "dog"), ("ant", "bee")), "two must stay seen"
    assert np.bincount(validation.train.labels).tolist() == [3, 3]
    images = [number for part in (validation.train, validation.test_seen, validation.test_unseen)
              for number, label in _pairs(part)]  # fmt: skip
    assert sorted(images) == list(range(13)), "all but the one of eel"


def test_types_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        _dataset().seen = ()  # type: ignore[misc]
