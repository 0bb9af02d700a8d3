# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The types of a zero-shot dataset: images of seen and unseen classes, and descriptions of each class."""

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
_FEW_SEEN = 4  # at most so many seen classes: a single group is too small a sample, so each is pseudo-unseen in turn
_LEAST_SEEN = 3  # seen classes that stay seen in validation, at least, if there are more of them


@dataclasses.dataclass(frozen=True)
class Split:
    """Images with labels, always in the same order.

    Attributes:
      images: Images `[H,W,3]` uint8, RGB, as a `tf.data.Dataset`, or elements that `decode` converts to such images.
      labels: Labels `[N]` int64, in the order of `images`.
      decode: Function from an element of `images` to an image; called in parallel, only for the images that are used.
    """

    images: tf.data.Dataset
    labels: np.ndarray
    decode: Callable[[Any], tf.Tensor] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def batches(self, batch_size: int, shuffle_seed: int | None = None, skip: int = 0) -> tf.data.Dataset:
        """Build batches `(images [B,H,W,3] uint8, labels [B] int64)`; the last one may be smaller.

        Args:
          batch_size: Number of images in a batch.
          shuffle_seed: Seed of the shuffling, which is the same for the same seed and the same global seed of
            TensorFlow; the split's own order by default.
          skip: Number of images to leave out at the start.
        """
        pairs = tf.data.Dataset.zip(self.images, tf.data.Dataset.from_tensor_slices(self.labels)).skip(skip)
        if shuffle_seed is not None:
            pairs = pairs.shuffle(min(len(self), _SHUFFLE_BUFFER), seed=shuffle_seed)
        decode = self.decode
        if decode is not None:  # last, so that skipped images are not decoded, and the buffer holds no decoded image
            pairs = pairs.map(
                lambda image, label: (decode(image), label), num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
            )
        return pairs.batch(batch_size).prefetch(tf.data.AUTOTUNE)

    def subset(self, keep: np.ndarray, relabel: np.ndarray) -> Split:
        """Select the images whose `keep` `[N]` bool is true; label `y` becomes `relabel[y]`."""
        kept = tf.constant(keep)
        images = self.images.enumerate().filter(lambda index, _: kept[index]).map(lambda _, image: image)
        return Split(images, relabel[self.labels[keep]], self.decode)


@dataclasses.dataclass(frozen=True)
class Attributes:
    """Attributes of the classes.

    Attributes:
      names: Names of the `M` attributes.
      values: Class -> values `[M]` float32; NaN for a missing value.
      source: Description of their source, for the user.
      coded: Class -> `[M]` bool, true for each -1 in the source, no matter whether it means a missing value.
    """

    names: tuple[str, ...]
    values: Mapping[str, np.ndarray]
    source: str
    coded: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Texts:
    """Texts of the classes: captions, or documents.

    Attributes:
      by_class: Class -> its texts. Captions of a seen class are those of its training images, or belong to no image.
      source: Description of their source, for the user.
    """

    by_class: Mapping[str, Sequence[str]]
    source: str


@dataclasses.dataclass(frozen=True)
class Embeddings:
    """Vectors of the classes that a text encoder computed in advance.

    Attributes:
      values: Class -> vector `[M]` float32.
      source: Description of their source, for the user.
    """

    values: Mapping[str, np.ndarray]
    source: str


@dataclasses.dataclass(frozen=True)
class Descriptions:
    """Descriptions of the classes, by name of the class: functions that read them, or None if a dataset has none.

    Attributes:
      attributes: Reader of the attributes.
      binary_attributes: Reader of the same attributes as 0 or 1.
      captions: Reader of sentences about the appearance of the classes.
      documents: Reader of longer texts, such as an encyclopedia's.
      sentences: Reader of the embeddings of captions that come with the dataset.
    """

    attributes: Callable[[], Attributes] | None = None
    binary_attributes: Callable[[], Attributes] | None = None
    captions: Callable[[], Texts] | None = None
    documents: Callable[[], Texts] | None = None
    sentences: Callable[[], Embeddings] | None = None


@dataclasses.dataclass(frozen=True)
class Annotations:
    """Boxes of objects and parts in the images of a split, in their order: the ground truth for explanations.

    A box is ymin, xmin, ymax and xmax in 0..1 of the image that the network sees; NaN if nothing is visible.

    Attributes:
      objects: Boxes `[N,4]` float32 of the main object of each image.
      parts: Part -> boxes `[N,4]` float32.
    """

    objects: np.ndarray
    parts: Mapping[str, np.ndarray]


def no_part(feature: str) -> None:
    """Return None: the default `part_of` of a dataset, whose features are not known to describe parts."""
    del feature


@dataclasses.dataclass(frozen=True)
class ZeroShotDataset:
    """Dataset with its zero-shot split. Labels are indices into `class_names`: the seen classes first, then the unseen.

    Attributes:
      name: Name of the dataset.
      seen: Names of the classes that have training images.
      unseen: Names of the classes that have none.
      validation: Members of `seen` that are pseudo-unseen in validation.
      train: Images of seen classes.
      test_seen: Other images of seen classes.
      test_unseen: Images of unseen classes.
      descriptions: Descriptions of every class.
      split_version: Version of the split, for the user.
      split_sha256: SHA-256 of the lists that define the split.
      imageless: Members of `unseen` that have no image at all, and are therefore not tested.
      annotations: Function that reads the annotations of `test_seen` or `test_unseen`; None if a dataset has none.
      part_of: Function from the name of a feature to the part in `annotations` that it describes, or None.
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
        is_part = set() < set(self.validation) < set(self.seen)
        _require(is_part, "`validation` classes must be some, but not all, of the seen classes", self)
        _require(set(self.imageless) <= set(self.unseen), "`imageless` classes must be unseen classes", self)
        tested = set(self.unseen) - set(self.imageless)
        for split, allowed in (
            (self.train, set(self.seen)),
            (self.test_seen, set(self.seen)),
            (self.test_unseen, tested),
        ):
            present = {self.class_names[label] for label in np.unique(split.labels)}
            _require(present == allowed, "Each split must have images of all of its classes, and of no other", self)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the seen classes, then of the unseen ones: a label is an index into them."""
        return self.seen + self.unseen

    @property
    def imageless_columns(self) -> tuple[int, ...]:
        """Labels of the imageless classes."""
        return tuple(self.class_names.index(name) for name in self.imageless)

    @functools.cached_property
    def multi_image_classes(self) -> tuple[str, ...]:
        """Seen classes that can stay seen in validation: they have an image to train on and one to hold out."""
        counts = np.bincount(self.train.labels, minlength=len(self.seen))
        return tuple(name for name, count in zip(self.seen, counts, strict=True) if count > 1)

    @property
    def can_validate(self) -> bool:
        """Whether two classes can stay seen while another is pseudo-unseen."""
        return len(self.multi_image_classes) > 2

    @property
    def leaves_one_out(self) -> bool:
        """Whether the seen classes are so few that each is pseudo-unseen in turn, alone."""
        return self.can_validate and len(self.seen) <= _FEW_SEEN

    def validation_dataset(self, seed: int, group: int = 0) -> ZeroShotDataset:
        """Build a zero-shot dataset from the training images alone, to choose settings on.

        The validation classes are pseudo-unseen; in another group, as many other seen classes are. The remaining seen
        classes stay seen, and a held-out fifth of their training images becomes `test_seen`; those with only one
        training image are left out. No test image and no unseen class is used.

        Args:
          seed: Seed of the choice of the held-out fifth.
          group: Index of the group of pseudo-unseen classes; groups are disjoint if there are enough seen classes.
        """
        pseudo_unseen = self._pseudo_unseen(group)
        seen = tuple(name for name in self.multi_image_classes if name not in pseudo_unseen)
        unseen = tuple(name for name in self.seen if name in pseudo_unseen)
        label_of = {name: label for label, name in enumerate(seen + unseen)}
        relabel = np.array([label_of.get(name, -1) for name in self.seen], np.int64)
        is_seen, is_unseen = (
            np.isin(self.train.labels, [self.seen.index(name) for name in names]) for names in (seen, unseen)
        )
        is_test = hold_out(self.train.labels, seed) & is_seen
        return dataclasses.replace(
            self,
            seen=seen,
            unseen=unseen,
            validation=choose_pseudo_unseen(seen, unseen),
            imageless=(),
            annotations=None,
            train=self.train.subset(is_seen & ~is_test, relabel),
            test_seen=self.train.subset(is_test, relabel),
            test_unseen=self.train.subset(is_unseen, relabel),
        )

    def _pseudo_unseen(self, group: int) -> tuple[str, ...]:
        """List the pseudo-unseen classes of a group; so few that two classes stay seen."""
        size = 1 if self.leaves_one_out else len(self.validation)
        ring = 2 * (self.validation + tuple(name for name in self.seen if name not in self.validation))
        first = group * size % len(self.seen)
        classes = ring[first : first + size]
        while len(set(self.multi_image_classes) - set(classes)) < 2:
            classes = classes[:-1]
        return classes


def choose_pseudo_unseen(seen: tuple[str, ...], unseen: tuple[str, ...]) -> tuple[str, ...]:
    """Choose the pseudo-unseen classes among `seen`: the last ones, in the proportion of `unseen` to all classes.

    At least one is chosen, and at least three stay seen if there are more than three.
    """
    count = round(len(seen) * len(unseen) / (len(seen) + len(unseen)))
    return seen[-max(1, min(count, len(seen) - _LEAST_SEEN)) :]


def hold_out(labels: np.ndarray, seed: int, share: float = _HELD_OUT_SHARE) -> np.ndarray:
    """Choose the held-out images, `[N]` bool: a share of each class, a fifth by default, and at least one image."""
    rng = np.random.default_rng([seed, 0x5EED])
    is_held_out = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        images = rng.permutation(np.flatnonzero(labels == label))
        is_held_out[images[: max(1, round(len(images) * share))]] = True
    return is_held_out


def _require(condition: bool, rule: str, dataset: Any) -> None:
    if not condition:
        raise errors.UserError(
            f"{rule}. Received: {errors.setting('dataset', dataset.name)} with {len(dataset.seen)} seen, "
            f"{len(dataset.unseen)} unseen and {len(dataset.validation)} validation classes. Prepare the dataset "
            "again, or correct its lists of classes."
        )
