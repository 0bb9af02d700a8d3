# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of SUN's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.io

import fakes.sun
from fakes import benchmark
from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.data.benchmarks import class_files, split_files
from niwt_tf.data.sun import layout


@pytest.fixture
def fake(tmp_path: Path) -> benchmark.Fake:
    return fakes.sun.write(tmp_path)


def _attributes(fake: benchmark.Fake) -> zero_shot.Attributes:
    source = class_files.BenchmarkFiles(split_files.folders("sun", fake.root))
    read = layout.descriptions(source, fake.class_names, dict).attributes
    assert read is not None
    return read()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("a/abbey/sun_x.jpg", "abbey"),
        ("a/apse/indoor/sun_x.jpg", "apse_indoor"),
        ("a/access_road/sun_x.jpg", "access_road"),
        ("c/church/outdoor/sun_x.jpg", "church_outdoor"),
    ],
)
def test_a_class_is_the_folders_below_the_letter(name: str, label: str) -> None:
    assert layout.class_of(name) == label


def test_photographs_are_named_by_their_path(fake: benchmark.Fake) -> None:
    found = layout.images(fake.root)
    assert [one.name for one in found] == sorted(fake.labels)
    assert {one.name: one.label for one in found} == fake.labels


def test_attributes_are_numbered_without_the_database(fake: benchmark.Fake) -> None:
    attributes = _attributes(fake)
    assert attributes.names == ("attribute 1", "attribute 2", "attribute 3", "attribute 4")
    for label in fake.class_names:
        np.testing.assert_allclose(attributes.values[label], fake.attributes[label], rtol=1e-6)


def test_attributes_are_named_with_the_database(fake: benchmark.Fake) -> None:
    fakes.sun.write_names(fake.root)
    assert _attributes(fake).names == fakes.sun.ATTRIBUTES


def test_names_of_another_number_of_attributes_are_reported(fake: benchmark.Fake) -> None:
    fakes.sun.write_names(fake.root)
    names = benchmark.cells(fakes.sun.ATTRIBUTES[:3])
    scipy.io.savemat(fake.root / "SUNAttributeDB" / "attributes.mat", {"attributes": names})
    with pytest.raises(errors.UserError, match=f"Received: 3 names for the 4 rows of {fake.mat}."):
        _attributes(fake)
