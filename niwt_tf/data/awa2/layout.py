# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read the files of Animals with Attributes 2, and the captions of its animals that ship with this package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from niwt_tf.data import class_attributes, class_texts, photographs, zero_shot
from niwt_tf.data.benchmarks import benchmark

_CONTINUOUS, _BINARY = "predicate-matrix-continuous.txt", "predicate-matrix-binary.txt"
_CLASSES, _NAMES = "classes.txt", "predicates.txt"
_CAPTIONS = Path(__file__).parent / "captions"


def images(folder: Path) -> list[photographs.Photograph]:
    """List the photographs of `JPEGImages/<class>/`, sorted by name."""
    return photographs.find(folder / "JPEGImages")


def descriptions(
    files: benchmark.BenchmarkFiles, class_names: Sequence[str], images_of: Callable[[], benchmark.ImagesOfClasses]
) -> zero_shot.Descriptions:
    """Describe the classes by the 85 attributes, and by the captions of this package, which belong to no image."""
    del images_of
    return zero_shot.Descriptions(
        attributes=lambda: _continuous(files, class_names),
        binary_attributes=lambda: _matrix(files, class_names, _BINARY),
        captions=lambda: zero_shot.Texts(
            class_texts.captions(_CAPTIONS, class_names, "captions of AWA2"), "written for niwt_tf"
        ),
    )


def _continuous(files: benchmark.BenchmarkFiles, class_names: Sequence[str]) -> zero_shot.Attributes:
    """Read the attributes from the archive of the images; if that is no longer there, from the split."""
    if all(map(files.find, (_CONTINUOUS, _CLASSES, _NAMES))):
        return _matrix(files, class_names, _CONTINUOUS)
    return class_attributes.read_mat(files.mat(), class_names)


def _matrix(files: benchmark.BenchmarkFiles, class_names: Sequence[str], name: str) -> zero_shot.Attributes:
    return class_attributes.read_text(files.require(name), files.require(_CLASSES), files.require(_NAMES), class_names)
