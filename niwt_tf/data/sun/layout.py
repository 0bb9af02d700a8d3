# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The files of the SUN Attribute database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from niwt_tf.data import class_attributes, photographs, zero_shot
from niwt_tf.data.benchmarks import benchmark
from niwt_tf.data.files import matlab

_NAMES = ("SUNAttributeDB/attributes.mat", "attributes.mat")


def images(folder: Path) -> list[photographs.Photograph]:
    """Returns the photographs of `images/<letter>/<class>[/<subclass>]/`, by name."""
    return photographs.below(folder / "images", class_of)


def class_of(name: str) -> str:
    """Returns the class of an image, such as `apse_indoor` of `a/apse/indoor/sun_x.jpg`."""
    return "_".join(Path(name).parts[1:-1])


def descriptions(
    source: benchmark.Source, class_names: Sequence[str], texts_of: Callable[[], benchmark.ImagesOfClasses]
) -> zero_shot.Descriptions:
    """Returns the 102 attributes."""
    del texts_of
    return zero_shot.Descriptions(attributes=lambda: _attributes(source, class_names))


def _attributes(source: benchmark.Source, class_names: Sequence[str]) -> zero_shot.Attributes:
    """Returns the split's attributes, named where the database itself is at hand."""
    file = source.find(*_NAMES)
    names = matlab.strings(matlab.read(file, required=("attributes",))["attributes"]) if file else []
    return class_attributes.from_mat(source.mat(), class_names, names)
