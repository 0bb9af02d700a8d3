# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Describe a zero-shot benchmark: its published counts, files, images and descriptions of classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from niwt_tf.data import photographs, zero_shot
from niwt_tf.data.benchmarks import class_files, download_sites

ImagesOfClasses = Mapping[str, Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Counts:
    """Published sizes of a proposed split: numbers of images and of classes."""

    train: int
    test_seen: int
    test_unseen: int
    seen: int
    unseen: int


def _no_annotations(files: class_files.BenchmarkFiles) -> None:
    del files


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """A dataset with a proposed split.

    Attributes:
      name: Name of the dataset, a value of the setting `dataset`.
      counts: Published sizes of the split.
      images: Function that lists all images below their folder, in the order in which a split without names counts
        them.
      descriptions: Function that builds the descriptions of classes from the files, the names of the classes, and a
        function that lists, for each class, the names of the images whose text may be read.
      annotations: Function from the files to a function that reads the boxes of images by name; None instead of the
        latter if there are no boxes.
      part_of: Function from the name of a feature to a part, as in `ZeroShotDataset`.
    """

    name: str
    counts: Counts
    images: Callable[[Path], Sequence[photographs.Photograph]]
    descriptions: Callable[
        [class_files.BenchmarkFiles, Sequence[str], Callable[[], ImagesOfClasses]], zero_shot.Descriptions
    ]
    annotations: Callable[[class_files.BenchmarkFiles], Callable[[Sequence[str]], zero_shot.Annotations] | None] = (
        _no_annotations
    )
    part_of: Callable[[str], str | None] = zero_shot.no_part

    @property
    def site(self) -> download_sites.Site:
        """Site that publishes the images."""
        return download_sites.SITES[self.name]
