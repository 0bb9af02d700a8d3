# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of CUB's files, and of captions of its images."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import fakes.cub
from fakes import benchmark
from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.data.benchmarks import class_files, split_files
from niwt_tf.data.cub import layout


@pytest.fixture
def fake(tmp_path: Path) -> benchmark.Fake:
    return fakes.cub.write(tmp_path)


def _readable(fake: benchmark.Fake) -> dict[str, list[str]]:
    """Return class -> the images whose text may be read."""
    images: dict[str, list[str]] = {label: [] for label in fake.class_names}
    for name in fake.parts["train"] + fake.parts["test_unseen"]:
        images[fake.labels[name]].append(name)
    return images


def _known(fake: benchmark.Fake) -> zero_shot.Descriptions:
    source = class_files.BenchmarkFiles(split_files.folders("cub", fake.root))
    return layout.descriptions(source, fake.class_names, lambda: _readable(fake))


def _captions(fake: benchmark.Fake) -> zero_shot.Texts:
    read = _known(fake).captions
    assert read is not None
    return read()


def _attributes(fake: benchmark.Fake) -> zero_shot.Attributes:
    read = _known(fake).attributes
    assert read is not None
    return read()


def test_photographs_are_named_by_class_and_file(fake: benchmark.Fake) -> None:
    found = layout.images(fake.root / "CUB_200_2011")
    assert [one.name for one in found] == sorted(fake.labels)
    assert {one.name: one.label for one in found} == fake.labels


@pytest.mark.parametrize("at_top", [True, False])
def test_attributes_are_joined_by_name_whatever_order_the_split_has(tmp_path: Path, at_top: bool) -> None:
    fake = fakes.cub.write(tmp_path, attributes_at_top=at_top)
    attributes = _attributes(fake)
    assert attributes.names == fakes.cub.ATTRIBUTES
    assert attributes.source.endswith("CUB_200_2011/attributes/class_attribute_labels_continuous.txt")
    assert fakes.cub.CLASSES != tuple(sorted(fakes.cub.CLASSES))
    for label, row in zip(fakes.cub.CLASSES, fakes.cub.matrix(), strict=True):
        np.testing.assert_allclose(attributes.values[label], row, rtol=1e-6)


def test_without_their_names_attributes_are_those_of_the_split(fake: benchmark.Fake) -> None:
    (fake.root / "attributes.txt").unlink()
    attributes = _attributes(fake)
    assert (attributes.names[0], attributes.source) == ("attribute 1", str(fake.mat))
    for label, row in zip(fakes.cub.CLASSES, fakes.cub.matrix(), strict=True):
        np.testing.assert_allclose(attributes.values[label], row, rtol=1e-6)


def test_captions_are_those_of_training_images_and_of_images_of_unseen_classes(fake: benchmark.Fake) -> None:
    folder = fakes.cub.write_captions(fake)
    texts = _captions(fake)
    assert texts.source == f"{folder}, of training images and of images of unseen classes"
    assert tuple(texts.by_class) == fake.class_names
    numbers = {label: {match[1] for line in lines if (match := re.search(r"of (\S+)\.$", line))}
            for label, lines in texts.by_class.items()}  # fmt: skip
    assert numbers == {label: {Path(name).stem for name in names} for label, names in _readable(fake).items()}
    kept = {Path(name).stem for name in fake.parts["test_seen"]}
    assert not kept & set().union(*numbers.values())
    assert [len(lines) for lines in texts.by_class.values()] == [40] * 5 + [30] * 2


def test_class_folders_of_another_spelling_are_found_by_their_number(fake: benchmark.Fake) -> None:
    folder = fakes.cub.write_captions(fake)
    assert (folder / "093.Clarks_Nutcracker").is_dir() and not (folder / "093.Clark_Nutcracker").exists()
    assert "Clark_Nutcracker" in _captions(fake).by_class["093.Clark_Nutcracker"][0]


def test_captions_may_lie_where_their_archive_unpacks_to(fake: benchmark.Fake) -> None:
    folder = fakes.cub.write_captions(fake)
    (fake.root / "cvpr2016_cub").mkdir()
    moved = folder.rename(fake.root / "cvpr2016_cub" / "text_c10")
    assert _captions(fake).source.startswith(f"{moved}, ")


def test_a_missing_file_of_captions_is_reported(fake: benchmark.Fake) -> None:
    folder = fakes.cub.write_captions(fake)
    path = folder / fake.class_names[0] / f"{Path(_readable(fake)[fake.class_names[0]][0]).stem}.txt"
    path.unlink()
    with pytest.raises(errors.UserError) as caught:
        _captions(fake)
    assert str(caught.value) == (
        f"Each image must have its captions. Received: {folder}, without 1 files, such as {path}. Unpack all captions."
    )


def test_a_test_image_of_a_seen_class_needs_no_captions(fake: benchmark.Fake) -> None:
    folder = fakes.cub.write_captions(fake)
    for name in fake.parts["test_seen"]:
        next(folder.rglob(f"{Path(name).stem}.txt")).unlink()
    assert len(_captions(fake).by_class) == 7


def test_a_missing_class_folder_of_captions_is_reported(fake: benchmark.Fake) -> None:
    folder = fakes.cub.write_captions(fake)
    (folder / "004.Groove-billed_Ani").rename(folder / "Groove-billed_Ani")
    with pytest.raises(errors.UserError, match="without a folder for 004.Groove_billed_Ani. Unpack all captions."):
        _captions(fake)


def test_no_captions_at_all_are_reported_with_the_paths(fake: benchmark.Fake) -> None:
    with pytest.raises(errors.UserError, match=f"\n  {fake.root}/CUB_200_2011/text_c10\n"):
        _captions(fake)


def test_sentences_are_the_embeddings_as_they_are(fake: benchmark.Fake) -> None:
    values = fakes.cub.write_embeddings(fake)
    read = _known(fake).sentences
    assert read is not None
    embeddings = read()
    assert embeddings.source == str(fake.mat.with_name("sent_splits.mat"))
    for label, column in zip(fakes.cub.CLASSES, values.T, strict=True):
        np.testing.assert_allclose(embeddings.values[label], column, rtol=1e-6)
