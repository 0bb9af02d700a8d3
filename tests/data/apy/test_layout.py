# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the files of aPascal & aYahoo."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fakes.apy
from fakes import benchmark
from niwt_tf import errors
from niwt_tf.data import photographs, zero_shot
from niwt_tf.data.apy import layout
from niwt_tf.data.benchmarks import class_files, split_files


@pytest.fixture
def fake(tmp_path: Path) -> benchmark.Fake:
    return fakes.apy.write(tmp_path)


def _attributes(fake: benchmark.Fake) -> zero_shot.Attributes:
    source = class_files.BenchmarkFiles(split_files.folders("apy", fake.root))
    read = layout.descriptions(source, fake.class_names, dict).attributes
    assert read is not None
    return read()


def test_objects_are_in_the_order_of_the_lists_and_have_names_of_their_own(fake: benchmark.Fake) -> None:
    objects = layout.images(fake.root)
    assert [one.name for one in objects] == list(fake.labels)
    assert {one.name: one.label for one in objects} == fake.labels
    assert [one.name for one in objects[:4]] == [
        "2008_000008.jpg", "2008_000008.jpg#2", "2008_000009.jpg", "2008_000009.jpg#2",
    ]  # fmt: skip
    assert objects[0].path == objects[1].path == fake.root / fakes.apy.PASCAL / "2008_000008.jpg"
    assert (objects[0].box, objects[1].box) == fakes.apy.BOXES
    assert objects[-1].path.parent == fake.root / fakes.apy.YAHOO
    assert all(one.path.is_file() for one in objects)


def test_an_object_is_what_its_box_shows(fake: benchmark.Fake) -> None:
    by_name = dict(photographs.examples(layout.images(fake.root), "reading"))
    assert by_name.keys() == fake.labels.keys()
    for name, example in by_name.items():
        image = np.asarray(Image.open(io.BytesIO(example["image"].getvalue())), np.float32)
        assert image.shape == (40, 20, 3)
        np.testing.assert_allclose(image[2:-2, 2:-2].mean((0, 1)), fakes.apy.colour(fake.labels[name]), atol=12)


@pytest.mark.parametrize("line", ["2008_000008.jpg horse 53 87 471", "2008_000008.jpg horse 53 87 471 x 0 1"])
def test_a_line_without_a_box_is_reported(fake: benchmark.Fake, line: str) -> None:
    path = fake.root / "attribute_data" / "apascal_test.txt"
    path.write_text(f"{path.read_text()}{line}\n")
    with pytest.raises(errors.UserError) as caught:
        layout.images(fake.root)
    assert str(caught.value) == (
        "Each line of apascal_test.txt must be an image, its class, four numbers for its box, and its attributes. "
        f"Received: {line!r} in {path}. Unpack attribute_data.tar.gz again."
    )


def test_attributes_are_numbered_without_their_list(fake: benchmark.Fake) -> None:
    attributes = _attributes(fake)
    assert attributes.names == tuple(f"attribute {number}" for number in range(1, 65))
    for label in fake.class_names:
        np.testing.assert_allclose(attributes.values[label], fake.attributes[label], rtol=1e-6)


def test_attributes_are_named_with_their_list(fake: benchmark.Fake) -> None:
    fakes.apy.write_names(fake.root)
    assert _attributes(fake).names == fakes.apy.ATTRIBUTES
