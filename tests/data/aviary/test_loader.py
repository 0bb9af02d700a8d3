# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the aviary as a zero-shot dataset."""

from __future__ import annotations

import collections
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import prepare, zero_shot
from niwt_tf.data.aviary import anatomy, aviary_dataset_builder, draw, loader, species

_SPLITS = ("train", "test_seen", "test_unseen")


@pytest.fixture(scope="module")
def builder(tiny_data_dir: Path, tiny_dataset: zero_shot.ZeroShotDataset) -> tfds.core.DatasetBuilder:
    """What lies on disk, read past the loader."""
    del tiny_dataset
    config = aviary_dataset_builder.config(7, 12, 3, 6)
    return aviary_dataset_builder.Builder(data_dir=tiny_data_dir, config=config)


def test_classes_are_the_species_in_their_order(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    names = tuple(kind.name for kind in species.invent(7, 12, 3))
    assert tiny_dataset.seen == names[:9]
    assert tiny_dataset.unseen == names[9:]
    assert tiny_dataset.class_names == names
    assert tiny_dataset.validation == names[7:9]  # 9 * 3 / 12 = 2.25
    assert tiny_dataset.name == "aviary"
    assert tiny_dataset.split_version == "aviary 1.0.0 seed 7"


def test_splits_have_their_counts(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    assert [len(getattr(tiny_dataset, split)) for split in _SPLITS] == [9 * 6, 9 * 20, 3 * 30]


@pytest.mark.parametrize("split", _SPLITS)
def test_labels_are_in_order_with_the_images(
    tiny_dataset: zero_shot.ZeroShotDataset, builder: tfds.core.DatasetBuilder, split: str
) -> None:
    plain = {
        example["image"].tobytes(): example["label"] for example in builder.as_dataset(split=split).as_numpy_iterator()
    }
    ours: zero_shot.Split = getattr(tiny_dataset, split)
    images, labels = map(np.concatenate, zip(*ours.batches(7).as_numpy_iterator(), strict=True))
    assert images.shape == (len(plain), 64, 64, 3) and images.dtype == np.uint8
    assert labels.dtype == ours.labels.dtype == np.int64
    assert [plain[image.tobytes()] for image in images] == labels.tolist() == ours.labels.tolist()
    assert len(set(labels[:20].tolist())) > 1, "classes are mixed, so that a wrong order shows"


def test_attributes_and_documents_are_by_name(
    tiny_dataset: zero_shot.ZeroShotDataset, builder: tfds.core.DatasetBuilder
) -> None:
    attributes, documents = tiny_dataset.descriptions.attributes(), tiny_dataset.descriptions.documents()
    assert attributes.names == anatomy.FEATURE_NAMES
    assert tuple(attributes.values) == tuple(documents.by_class) == tiny_dataset.class_names
    for kind, entry in zip(species.invent(7, 12, 3), builder.info.metadata["species"], strict=True):
        np.testing.assert_array_equal(attributes.values[kind.name], anatomy.encode_traits(kind.traits))
        assert documents.by_class[kind.name] == (entry["document"],)
    assert attributes.source == documents.source == "the aviary's field guide"
    assert tiny_dataset.descriptions.sentences is None


def test_captions_are_of_training_images_or_the_field_guide(
    tiny_dataset: zero_shot.ZeroShotDataset, builder: tfds.core.DatasetBuilder
) -> None:
    captions = tiny_dataset.descriptions.captions().by_class
    assert tiny_dataset.descriptions.captions().source == "the aviary, ten to a training image"
    assert tuple(captions) == tiny_dataset.class_names
    written: dict[str, list[str]] = collections.defaultdict(list)
    for example in builder.as_dataset(split="train").as_numpy_iterator():
        written[tiny_dataset.class_names[example["label"]]] += [text.decode() for text in example["captions"]]
    for name in tiny_dataset.seen:
        assert len(captions[name]) == 6 * 10
        assert sorted(captions[name]) == sorted(written[name])
    for entry in builder.info.metadata["species"][9:]:
        assert list(captions[entry["name"]]) == entry["captions"]


def test_loading_again_gives_the_same(
    tiny_dataset: zero_shot.ZeroShotDataset, tiny_data_config: config_lib.DataConfig
) -> None:
    again = loader.load(tiny_data_config, 64)
    assert again.split_sha256 == tiny_dataset.split_sha256
    np.testing.assert_array_equal(again.train.labels, tiny_dataset.train.labels)
    first, second = (next(iter(data.train.batches(54).as_numpy_iterator()))[0] for data in (tiny_dataset, again))
    np.testing.assert_array_equal(first, second)


@pytest.mark.slow
def test_birds_are_drawn_once_and_never_half(
    tmp_path: Path,
    tiny_data_config: config_lib.DataConfig,
    tiny_dataset: zero_shot.ZeroShotDataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[Any] = []
    original = draw.draw

    def counted(*args: Any) -> draw.Drawing:
        drawn.append(args)
        if len(drawn) == 40:
            raise KeyboardInterrupt
        return original(*args)

    monkeypatch.setattr(draw, "draw", counted)
    config = dataclasses.replace(tiny_data_config, aviary_seed=8, data_dir=str(tmp_path))  # a folder of its own
    with pytest.raises(KeyboardInterrupt):
        loader.load(config, 64)
    other = loader.load(config, 64)
    everything = 9 * 6 + 9 * 20 + 3 * 30
    assert len(drawn) == 40 + everything
    loader.load(config, 64)
    loader.load(tiny_data_config, 64)
    assert len(drawn) == 40 + everything
    assert other.split_sha256 != tiny_dataset.split_sha256
    assert other.split_version != tiny_dataset.split_version


def test_split_hash_is_of_the_classes_and_the_sizes(
    tiny_data_config: config_lib.DataConfig, tiny_dataset: zero_shot.ZeroShotDataset
) -> None:
    fewer = loader.load(dataclasses.replace(tiny_data_config, aviary_images=5), 64)
    assert len(fewer.train) == 9 * 5
    assert fewer.class_names == tiny_dataset.class_names
    assert fewer.split_sha256 != tiny_dataset.split_sha256


def test_drawing_says_where_and_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aviary_dataset_builder, "_TEST_SEEN_IMAGES", 1)
    monkeypatch.setattr(aviary_dataset_builder, "_TEST_UNSEEN_IMAGES", 1)
    config = config_lib.DataConfig(
        data_dir=str(tmp_path), aviary_seed=7, aviary_classes=12, aviary_unseen=3, aviary_images=5
    )
    loader.load(config, 64)
    folder = tmp_path / "aviary" / "seed7_classes12_unseen3_images5_size64" / "1.0.0"
    assert capsys.readouterr().out == f"  preparing the images in {folder}\n"
    loader.load(config, 64)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("named", ["data_dir", "prepared_dir"])
def test_birds_lie_in_the_folder_of_prepared_datasets_or_else_in_the_one_of_data(
    tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "prepare", lambda builder: None)
    config = config_lib.DataConfig(data_dir=str(tmp_path / "data_dir"))
    config = dataclasses.replace(config, **{named: str(tmp_path / named)})
    assert Path(loader._prepared(config, 64).data_dir).parents[2] == tmp_path / named


def test_too_many_unseen_species_are_an_error_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="Choose fewer unseen classes, or more classes"):
        loader.load(config_lib.DataConfig(data_dir=str(tmp_path), aviary_classes=12, aviary_unseen=9), 64)
