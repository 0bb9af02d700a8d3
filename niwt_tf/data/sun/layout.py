# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read the files of the SUN Attribute database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from niwt_tf.data import class_attributes, photographs, zero_shot
from niwt_tf.data.benchmarks import benchmark, class_files
from niwt_tf.data.files import matlab
from niwt_tf.data.sun import files as files_lib


def images(folder: Path) -> list[photographs.Photograph]:
    """List the photographs of `images/<letter>/<class>[/<subclass>]/`, sorted by name."""
    return photographs.find(folder / "images", class_of)


def class_of(name: str) -> str:
    """Derive the class of an image from its name, such as `apse_indoor` from `a/apse/indoor/sun_x.jpg`."""
    return "_".join(Path(name).parts[1:-1])


def descriptions(
    files: class_files.BenchmarkFiles, class_names: Sequence[str], images_of: Callable[[], benchmark.ImagesOfClasses]
) -> zero_shot.Descriptions:
    """Describe the classes by the 102 attributes."""
    del images_of
    return zero_shot.Descriptions(attributes=lambda: _attributes(files, class_names))


def _attributes(files: class_files.BenchmarkFiles, class_names: Sequence[str]) -> zero_shot.Attributes:
    """Read the attributes of the split, with names if the database itself is available."""
    file = files.find(*files_lib.NAMES)
    names = matlab.read(file, texts=("attributes",))["attributes"].tolist() if file else []
    return class_attributes.read_mat(files.mat(), class_names, names)
