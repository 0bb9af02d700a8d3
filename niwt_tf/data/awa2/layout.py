# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read the files of Animals with Attributes 2, and the captions of its animals that ship with this package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from niwt_tf.data import class_attributes, class_texts, photographs, zero_shot
from niwt_tf.data.awa2 import files as files_lib
from niwt_tf.data.benchmarks import benchmark, class_files


def images(folder: Path) -> list[photographs.Photograph]:
    """List the photographs of `JPEGImages/<class>/`, sorted by name."""
    return photographs.find(folder / "JPEGImages")


def descriptions(
    files: class_files.BenchmarkFiles, class_names: Sequence[str], images_of: Callable[[], benchmark.ImagesOfClasses]
) -> zero_shot.Descriptions:
    """Describe the classes by the 85 attributes, and by the captions of this package, which belong to no image."""
    del images_of
    return zero_shot.Descriptions(
        attributes=lambda: _continuous(files, class_names),
        binary_attributes=lambda: _matrix(files, class_names, files_lib.BINARY),
        captions=lambda: zero_shot.Texts(
            class_texts.captions(files_lib.CAPTIONS, class_names, "captions of AWA2"), "written for niwt_tf"
        ),
    )


def _continuous(files: class_files.BenchmarkFiles, class_names: Sequence[str]) -> zero_shot.Attributes:
    """Read the attributes from the archive of the images; if that is no longer there, from the split."""
    if all(map(files.find, (files_lib.CONTINUOUS, files_lib.CLASSES, files_lib.NAMES))):
        return _matrix(files, class_names, files_lib.CONTINUOUS)
    return class_attributes.read_mat(files.mat(), class_names)


def _matrix(files: class_files.BenchmarkFiles, class_names: Sequence[str], name: str) -> zero_shot.Attributes:
    classes, names = files.require(files_lib.CLASSES), files.require(files_lib.NAMES)
    return class_attributes.read_text(files.require(name), classes, names, class_names)
