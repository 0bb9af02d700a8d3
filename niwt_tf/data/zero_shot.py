# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The types of a zero-shot dataset: images of seen and unseen classes, and what is known of each class."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from niwt_tf import errors

_SHUFFLE_BUFFER = 8192
_HELD_OUT_SHARE = 0.2
_FEW = 4  # seen classes or fewer: one group of them says too little, so each plays unseen in turn
_STAY = 3  # seen classes that stay seen at least where there are more


@dataclasses.dataclass(frozen=True)
class Split:
    """Images with labels, always in the same order.

    Attributes:
      images: a `tf.data.Dataset` of `[H,W,3]` uint8, RGB, or of what `decode` makes such an image of.
      labels: `[N]` int64, in the order of `images`.
      decode: makes one element of `images` an image; called in parallel, and only for the images that are asked for.
    """

    images: tf.data.Dataset
    labels: np.ndarray
    decode: Callable[[Any], tf.Tensor] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def batches(self, batch_size: int, shuffle_seed: int | None = None, skip: int = 0) -> tf.data.Dataset:
        """Returns batches `(images [B,H,W,3] uint8, labels [B] int64)`, the last one perhaps smaller.

        Args:
          batch_size: images in a batch.
          shuffle_seed: shuffles, the same way for the same seed and the same global seed of TensorFlow; the split's own
            order by default.
          skip: images to leave out at the start.
        """
        pairs = tf.data.Dataset.zip(self.images, tf.data.Dataset.from_tensor_slices(self.labels)).skip(skip)
        if shuffle_seed is not None:
            pairs = pairs.shuffle(min(len(self), _SHUFFLE_BUFFER), seed=shuffle_seed)
        decode = self.decode
        if decode is not None:  # last, so that what is skipped is not decoded, and the buffer holds no decoded image
            pairs = pairs.map(
                lambda image, label: (decode(image), label), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
            )
        return pairs.batch(batch_size).prefetch(tf.data.AUTOTUNE)

    def subset(self, keep: np.ndarray, relabel: np.ndarray) -> Split:
        """Returns the images where `keep` `[N]` bool is true; label `y` becomes `relabel[y]`."""
        kept = tf.constant(keep)
        images = self.images.enumerate().filter(lambda index, _: kept[index]).map(lambda _, image: image)
        return Split(images, relabel[self.labels[keep]], self.decode)


@dataclasses.dataclass(frozen=True)
class Attributes:
    """Attributes of the classes.

    Attributes:
      names: `M` names.
      values: class -> `[M]` float32; NaN where a value is missing.
      source: where they come from, in words.
      coded: class -> `[M]` bool, where -1 stands in the source, whether that is missing or not.
    """

    names: tuple[str, ...]
    values: Mapping[str, np.ndarray]
    source: str
    coded: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Texts:
    """Texts of the classes: captions, or documents.

    Attributes:
      by_class: class -> its texts. Captions of a seen class are those of its training images, or of no image at all.
      source: where they come from, in words.
    """

    by_class: Mapping[str, Sequence[str]]
    source: str


@dataclasses.dataclass(frozen=True)
class Embeddings:
    """Vectors of the classes that a text encoder gave before.

    Attributes:
      values: class -> `[M]` float32.
      source: where they come from, in words.
    """

    values: Mapping[str, np.ndarray]
    source: str


@dataclasses.dataclass(frozen=True)
class Descriptions:
    """What is known of the classes, by their names: read when called, and None where a dataset has no such thing.

    Attributes:
      attributes: the attributes.
      binary_attributes: the same as 0 or 1.
      captions: sentences on how the class looks.
      documents: longer texts, such as an encyclopedia's.
      sentences: embeddings of captions that come with the dataset.
    """

    attributes: Callable[[], Attributes] | None = None
    binary_attributes: Callable[[], Attributes] | None = None
    captions: Callable[[], Texts] | None = None
    documents: Callable[[], Texts] | None = None
    sentences: Callable[[], Embeddings] | None = None


@dataclasses.dataclass(frozen=True)
class Annotations:
    """Where things are in the images of a split, in their order: what explanations are measured against.

    A box is ymin, xmin, ymax and xmax in 0..1 of the image that the network sees; NaN where there is nothing to see.

    Attributes:
      objects: `[N,4]` float32, what the image is of.
      parts: part -> `[N,4]` float32.
    """

    objects: np.ndarray
    parts: Mapping[str, np.ndarray]


def no_part(feature: str) -> None:
    """Returns None: of a dataset's features none is known to speak of a part."""
    del feature


@dataclasses.dataclass(frozen=True)
class ZeroShotDataset:
    """A dataset with its zero-shot split. Labels count `class_names`: first the seen classes, then the unseen.

    Attributes:
      name: of the dataset.
      seen: names of the classes that training shows.
      unseen: names of the classes that it does not.
      validation: those of `seen` that play unseen in the rehearsal.
      train: images of seen classes.
      test_seen: other images of seen classes.
      test_unseen: images of unseen classes.
      descriptions: what is known of every class.
      split_version: which split this is.
      split_sha256: of the lists that make the split.
      imageless: those of `unseen` that have no image at all, and so no test.
      annotations: reads those of `test_seen` or `test_unseen` when called; None where a dataset has none.
      part_of: the name of a feature -> the part in `annotations` that it speaks of, or None.
    """

    name: str
    seen: tuple[str, ...]
    unseen: tuple[str, ...]
    validation: tuple[str, ...]
    train: Split
    test_seen: Split
    test_unseen: Split
    descriptions: Descriptions
    split_version: str
    split_sha256: str
    imageless: tuple[str, ...] = ()
    annotations: Callable[[str], Annotations] | None = None
    part_of: Callable[[str], str | None] = no_part

    def __post_init__(self) -> None:
        _require(not set(self.seen) & set(self.unseen), "`seen` and `unseen` classes must differ", self)
        _require(set() < set(self.validation) < set(self.seen), "`validation` classes must be some of the seen", self)
        _require(set(self.imageless) <= set(self.unseen), "`imageless` classes must be some of the unseen", self)
        tested = set(self.unseen) - set(self.imageless)
        for split, allowed in (
            (self.train, set(self.seen)),
            (self.test_seen, set(self.seen)),
            (self.test_unseen, tested),
        ):
            present = {self.class_names[label] for label in np.unique(split.labels)}
            _require(present == allowed, "a split must show each of its classes, and no other", self)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The seen classes' names, then the unseen ones': a label is an index into them."""
        return self.seen + self.unseen

    @property
    def imageless_columns(self) -> tuple[int, ...]:
        """Labels of the imageless classes."""
        return tuple(self.class_names.index(name) for name in self.imageless)

    @functools.cached_property
    def rehearsable(self) -> tuple[str, ...]:
        """The seen classes that can stay seen in a rehearsal: with an image to train on and one to hold out."""
        counts = np.bincount(self.train.labels, minlength=len(self.seen))
        return tuple(name for name, count in zip(self.seen, counts, strict=True) if count > 1)

    @property
    def can_rehearse(self) -> bool:
        """Whether two classes can stay seen while another plays unseen."""
        return len(self.rehearsable) > 2

    @property
    def plays_in_turn(self) -> bool:
        """Whether the seen classes are so few that each plays unseen in turn, alone."""
        return self.can_rehearse and len(self.seen) <= _FEW

    def rehearsal(self, seed: int, group: int = 0) -> ZeroShotDataset:
        """Returns a zero-shot dataset made of this one's training images alone, to choose settings on.

        The validation classes play unseen; in another group, as many others do. The other seen classes stay seen, with
        a held-out fifth of their training images in the part of `test_seen`; those with one training image are left
        out. No test image and no unseen class is touched.

        Args:
          seed: chooses the held-out fifth.
          group: which classes play unseen; groups share none as long as there are enough seen classes.
        """
        plays = self._group(group)
        seen = tuple(name for name in self.rehearsable if name not in plays)
        unseen = tuple(name for name in self.seen if name in plays)
        label_of = {name: label for label, name in enumerate(seen + unseen)}
        relabel = np.array([label_of.get(name, -1) for name in self.seen], np.int64)
        stays_seen, plays_unseen = (
            np.isin(self.train.labels, [self.seen.index(n) for n in of]) for of in (seen, unseen)
        )
        tested = held_out(self.train.labels, seed) & stays_seen
        return dataclasses.replace(
            self,
            seen=seen,
            unseen=unseen,
            validation=unseen_again(seen, unseen),
            imageless=(),
            annotations=None,
            train=self.train.subset(stays_seen & ~tested, relabel),
            test_seen=self.train.subset(tested, relabel),
            test_unseen=self.train.subset(plays_unseen, relabel),
        )

    def _group(self, group: int) -> tuple[str, ...]:
        size = 1 if self.plays_in_turn else len(self.validation)
        ring = 2 * (self.validation + tuple(name for name in self.seen if name not in self.validation))
        first = group * size % len(self.seen)
        plays = ring[first : first + size]
        while len(set(self.rehearsable) - set(plays)) < 2:
            plays = plays[:-1]
        return plays


def unseen_again(seen: tuple[str, ...], unseen: tuple[str, ...]) -> tuple[str, ...]:
    """Returns which of `seen` would play unseen: the last ones, in the share that the unseen have of all.

    It is one at least, and three stay seen where there are more.
    """
    count = round(len(seen) * len(unseen) / (len(seen) + len(unseen)))
    return seen[-max(1, min(count, len(seen) - _STAY)) :]


def held_out(labels: np.ndarray, seed: int, share: float = _HELD_OUT_SHARE) -> np.ndarray:
    """Returns `[N]` bool: a share of each class, a fifth by default, and at least one image."""
    rng = np.random.default_rng([seed, 0x5EED])
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        chosen[members[: max(1, round(len(members) * share))]] = True
    return chosen


def _require(condition: bool, rule: str, dataset: Any) -> None:
    if not condition:
        raise errors.UserError(
            f"{rule}. Received: dataset={dataset.name}, {len(dataset.seen)} seen, {len(dataset.unseen)} unseen and "
            f"{len(dataset.validation)} validation classes. Prepare the dataset anew, or mend its class lists."
        )
