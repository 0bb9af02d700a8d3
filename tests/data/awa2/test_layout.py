# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of AWA2's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fakes.awa2
from fakes import benchmark
from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.data.awa2 import layout
from niwt_tf.data.benchmarks import benchmark as benchmark_lib
from niwt_tf.data.benchmarks import class_files, split_files


@pytest.fixture
def fake(tmp_path: Path) -> benchmark.Fake:
    return fakes.awa2.write(tmp_path)


def _known(fake: benchmark.Fake) -> zero_shot.Descriptions:
    def no_text_of_images() -> benchmark_lib.ImagesOfClasses:
        raise AssertionError("captions of AWA2 are of no image")

    source = class_files.BenchmarkFiles(split_files.folders("awa2", fake.root))
    return layout.descriptions(source, fake.class_names, no_text_of_images)


def test_photographs_are_named_by_class_and_file(fake: benchmark.Fake) -> None:
    found = layout.images(fake.root / "Animals_with_Attributes2")
    assert [one.name for one in found] == sorted(fake.labels)
    assert {one.name: one.label for one in found} == fake.labels
    assert all(one.path.is_file() and one.box is None for one in found)


def test_attributes_are_joined_by_name_and_missing_ones_are_nan(fake: benchmark.Fake) -> None:
    read = _known(fake).attributes
    assert read is not None
    attributes = read()
    assert attributes.names == fakes.awa2.PREDICATES
    assert attributes.source == str(fake.root / "Animals_with_Attributes2" / "predicate-matrix-continuous.txt")
    for label, row in zip(fakes.awa2.CLASSES, fakes.awa2.matrix(), strict=True):
        np.testing.assert_allclose(attributes.values[label], np.where(row == -1, np.nan, row), rtol=1e-6)
    assert np.isnan(attributes.values["antelope"]).tolist() == [True, True, False, False, False]


def test_without_the_matrix_attributes_are_those_of_the_split(fake: benchmark.Fake) -> None:
    (fake.root / "Animals_with_Attributes2" / "predicate-matrix-continuous.txt").unlink()
    read = _known(fake).attributes
    assert read is not None
    attributes = read()
    assert attributes.source == str(fake.mat)
    assert attributes.names == tuple(f"attribute {number}" for number in range(1, 6))
    for label, row in zip(fakes.awa2.CLASSES, fakes.awa2.matrix(), strict=True):
        np.testing.assert_allclose(attributes.values[label], np.where(row == -1, np.nan, row), rtol=1e-6)


def test_binary_attributes_are_0_and_1(fake: benchmark.Fake) -> None:
    read = _known(fake).binary_attributes
    assert read is not None
    values = read().values
    for label, row in zip(fakes.awa2.CLASSES, fakes.awa2.matrix(), strict=True):
        np.testing.assert_array_equal(values[label], row > 50)


def test_without_their_matrix_binary_attributes_are_reported_as_missing(fake: benchmark.Fake) -> None:
    (fake.root / "Animals_with_Attributes2" / "predicate-matrix-binary.txt").unlink()
    read = _known(fake).binary_attributes
    assert read is not None
    with pytest.raises(errors.UserError, match="Animals_with_Attributes2/predicate-matrix-binary.txt"):
        read()


def test_captions_come_with_the_package(fake: benchmark.Fake) -> None:
    read = _known(fake).captions
    assert read is not None
    texts = read()
    assert texts.source == "written for niwt_tf"
    assert tuple(texts.by_class) == fake.class_names
    assert all(len(sentences) >= 10 for sentences in texts.by_class.values())
    assert any("hump" in sentence for sentence in texts.by_class["grizzly+bear"])
