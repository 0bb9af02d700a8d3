# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the aviary's TFDS builder."""

from __future__ import annotations

import inspect
import json
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds

from niwt_tf.data.aviary import anatomy, aviary_dataset_builder, species

_SPLITS = {"train": 2 * 9, "test_seen": 20 * 9, "test_unseen": 30 * 3}
_SIZE = 32
_SEED = 7  # of so few species, not every seed can give three that share all values


def _prepare(folder: Path, seed: int = _SEED) -> tfds.core.DatasetBuilder:
    config = aviary_dataset_builder.config(seed, classes=12, unseen=3, train_images=2, image_size=_SIZE)
    builder = aviary_dataset_builder.Builder(data_dir=folder, config=config)
    builder.download_and_prepare()
    return builder


@pytest.fixture(scope="module")
def look_ups() -> list[Any]:
    """The hosts whose addresses were looked up while the fixture `builder` was made."""
    return []


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory, look_ups: list[Any]) -> tfds.core.DatasetBuilder:
    def look_up(host: Any, *args: Any, **kwargs: Any) -> None:
        look_ups.append(host)
        raise OSError(args, kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        patch.setattr(socket.socket, "connect", lambda self, address: look_up(address))
        return _prepare(tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def examples(builder: tfds.core.DatasetBuilder) -> dict[str, list[dict[str, Any]]]:
    return {split: list(builder.as_dataset(split=split).as_numpy_iterator()) for split in _SPLITS}


def _records(builder: tfds.core.DatasetBuilder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(builder.data_dir).glob("*.tfrecord*")}


def test_prepares_without_a_network(builder: tfds.core.DatasetBuilder, look_ups: list[Any]) -> None:
    assert builder.info.splits.keys() == _SPLITS.keys()
    assert not look_ups


@pytest.mark.parametrize("split", _SPLITS)
def test_counts_of_each_split(
    builder: tfds.core.DatasetBuilder, examples: dict[str, list[dict[str, Any]]], split: str
) -> None:
    assert builder.info.splits[split].num_examples == len(examples[split]) == _SPLITS[split]
    seen = split != "test_unseen"
    counts = np.bincount([example["label"] for example in examples[split]], minlength=12)
    assert counts.tolist() == [_SPLITS[split] // 9 if seen else 0] * 9 + [0 if seen else _SPLITS[split] // 3] * 3


def test_no_image_is_drawn_twice(examples: dict[str, list[dict[str, Any]]]) -> None:
    images = [example["image"].tobytes() for split in _SPLITS for example in examples[split]]
    assert len(set(images)) == len(images) == sum(_SPLITS.values())


def test_labels_are_the_species_seen_ones_first(builder: tfds.core.DatasetBuilder) -> None:
    kinds = species.invent(_SEED, 12, 3)
    assert builder.info.features["label"].names == [kind.name for kind in kinds]
    assert [entry["name"] for entry in builder.info.metadata["species"]] == [kind.name for kind in kinds]
    assert [entry["seen"] for entry in builder.info.metadata["species"]] == [True] * 9 + [False] * 3


@pytest.mark.parametrize("split", _SPLITS)
def test_attributes_and_documents_are_those_of_the_species(
    builder: tfds.core.DatasetBuilder, examples: dict[str, list[dict[str, Any]]], split: str
) -> None:
    kinds, guide = species.invent(_SEED, 12, 3), builder.info.metadata["species"]
    for example in examples[split]:
        label = example["label"]
        np.testing.assert_array_equal(example["attributes"], anatomy.encode_traits(kinds[label].traits))
        assert guide[label]["traits"] == kinds[label].traits
        assert example["document"].decode("utf-8") == guide[label]["document"]
        assert kinds[label].name in guide[label]["document"]


def test_each_image_has_ten_captions_of_its_own(examples: dict[str, list[dict[str, Any]]]) -> None:
    captions = [tuple(example["captions"]) for split in _SPLITS for example in examples[split]]
    assert {len(sentences) for sentences in captions} == {10}
    assert len(set(captions)) == len(captions)
    assert all(sentence.endswith(b".") for sentences in captions for sentence in sentences)


def test_boxes_and_segmentation_agree(examples: dict[str, list[dict[str, Any]]]) -> None:
    for example in examples["test_unseen"]:
        assert (example["image"].shape, example["image"].dtype) == ((_SIZE, _SIZE, 3), np.uint8)
        assert example["segmentation"].shape == (_SIZE, _SIZE, 1)
        parts = example["segmentation"][..., 0]
        masks = [parts > 0] + [parts == number for number in range(1, 10)]
        for mask, box in zip(masks, [example["box"], *example["part_boxes"]], strict=True):
            ys, xs = np.nonzero(mask)
            extent = [ys.min(), xs.min(), ys.max() + 1, xs.max() + 1] if mask.any() else [0] * 4
            np.testing.assert_allclose(box, np.array(extent) / _SIZE, atol=1e-6)


def test_images_show_their_species(examples: dict[str, list[dict[str, Any]]]) -> None:
    kinds = species.invent(_SEED, 12, 3)
    body = {}
    for example in examples["test_seen"]:
        pixels = example["image"][example["segmentation"][..., 0] == 1 + anatomy.PARTS.index("body")]
        body.setdefault(kinds[example["label"]].traits["body_color"], []).append(pixels)
    means = {color: np.concatenate(pixels).mean(0) for color, pixels in body.items()}
    chosen = {"red": (0, 2), "yellow": (0, 2), "green": (1, 0), "blue": (2, 0)}
    checked = [
        means[color][strong] > means[color][weak] + 20 for color, (strong, weak) in chosen.items() if color in means
    ]
    assert len(checked) >= 2 and all(checked)


def test_the_field_guide_describes_every_species(builder: tfds.core.DatasetBuilder) -> None:
    guide = builder.info.metadata
    assert guide["parts"] == list(anatomy.PARTS)
    assert guide["attributes"] == list(anatomy.FEATURE_NAMES)
    for entry in guide["species"]:
        assert len(entry["captions"]) == 100
        assert set(entry) == {"name", "seen", "traits", "captions", "document"}


def test_the_same_seed_prepares_the_same_bytes(builder: tfds.core.DatasetBuilder, tmp_path: Path) -> None:
    again = _prepare(tmp_path)
    assert Path(again.data_dir) != Path(builder.data_dir)
    assert len(_records(builder)) == len(_SPLITS)
    assert _records(again) == _records(builder)
    guides = [(Path(b.data_dir) / "metadata.json").read_bytes() for b in (again, builder)]
    assert guides[0] == guides[1]
    assert json.loads(guides[0])["species"] == builder.info.metadata["species"]


def test_another_seed_draws_other_birds(
    builder: tfds.core.DatasetBuilder, examples: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    other = _prepare(tmp_path, seed=8)
    assert other.info.features["label"].names != builder.info.features["label"].names
    known = {example["image"].tobytes() for split in _SPLITS for example in examples[split]}
    assert not known & {e["image"].tobytes() for e in other.as_dataset(split="train").as_numpy_iterator()}


def test_config_has_a_name_for_each_setting() -> None:
    defaults = {name: p.default for name, p in inspect.signature(aviary_dataset_builder.config).parameters.items()}
    names = {aviary_dataset_builder.config().name}
    for setting, value in defaults.items():
        config = aviary_dataset_builder.config(**{setting: value + 1})
        assert getattr(config, setting) == value + 1
        names.add(config.name)
    assert len(names) == 1 + len(defaults) == 6


def test_tfds_knows_the_builder_as_aviary() -> None:
    assert aviary_dataset_builder.Builder.name == "aviary"
    assert list(aviary_dataset_builder.Builder.builder_configs) == [aviary_dataset_builder.config().name]
