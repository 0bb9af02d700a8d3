# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the builder that the benchmarks share, on fakes of all four."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import tensorflow_datasets as tfds

from fakes import benchmark, kinds
from niwt_tf import errors
from niwt_tf.data import prepare, zero_shot
from niwt_tf.data.benchmarks import builder as builder_lib
from niwt_tf.data.benchmarks import splits

_NAMES = tuple(kinds.KINDS)


@dataclasses.dataclass(frozen=True)
class _Prepared:
    name: str
    fake: benchmark.Fake
    kind: type[builder_lib.Builder]
    builder: tfds.core.DatasetBuilder

    def examples(self, part: str) -> list[dict[str, Any]]:
        encoded = {"image": tfds.decode.SkipDecoding()}
        return list(tfds.as_numpy(self.builder.as_dataset(split=part, decoders=encoded)))


def _prepare(kind: type[builder_lib.Builder], root: Path, folder: Path) -> tfds.core.DatasetBuilder:
    builder = kind(data_dir=folder)
    prepare.prepare(builder, root)
    return builder


@pytest.fixture(scope="module", params=_NAMES)
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> _Prepared:
    write, base = kinds.KINDS[request.param]
    fake = write(tmp_path_factory.mktemp("files"))
    kind = fake.builder(base)
    return _Prepared(request.param, fake, kind, _prepare(kind, fake.root, tmp_path_factory.mktemp("prepared")))


@pytest.mark.parametrize("part", benchmark.PARTS)
def test_a_part_holds_the_images_that_the_split_names(prepared: _Prepared, part: str) -> None:
    names = [example["name"].decode() for example in prepared.examples(part)]
    assert sorted(names) == sorted(prepared.fake.parts[part])
    assert len(names) == prepared.builder.info.splits[part].num_examples


def test_labels_count_the_seen_classes_and_then_the_unseen(prepared: _Prepared) -> None:
    assert tuple(prepared.builder.info.features["label"].names) == prepared.fake.class_names
    for part in benchmark.PARTS:
        for example in prepared.examples(part):
            assert prepared.fake.class_names[example["label"]] == prepared.fake.labels[example["name"].decode()]


def test_no_unseen_class_is_in_training_and_no_seen_one_among_the_unseen(prepared: _Prepared) -> None:
    classes = {part: {example["label"] for example in prepared.examples(part)} for part in benchmark.PARTS}
    assert classes == {"train": {0, 1, 2, 3, 4}, "test_seen": {0, 1, 2, 3, 4}, "test_unseen": {5, 6}}


def test_no_image_is_in_two_parts(prepared: _Prepared) -> None:
    images = [example["image"] for part in benchmark.PARTS for example in prepared.examples(part)]
    assert len(images) == 36
    assert len(set(images)) == len(images) or prepared.name == "apy"  # whose boxes are of one colour


def test_small_photographs_are_kept_byte_for_byte(prepared: _Prepared) -> None:
    folder = {"awa2": "Animals_with_Attributes2/JPEGImages", "cub": "CUB_200_2011/images", "sun": "images"}
    if prepared.name == "apy":
        pytest.skip("objects are cut out: tests/data/apy/test_layout.py")
    for example in prepared.examples("test_unseen"):
        file = prepared.fake.root / folder[prepared.name] / example["name"].decode()
        assert example["image"] == file.read_bytes()


def test_the_split_is_written_down_and_read_back_without_any_code(prepared: _Prepared) -> None:
    again = tfds.builder_from_directory(prepared.builder.data_dir)
    assert dict(again.info.metadata) == {
        "seen": list(prepared.fake.class_names[:5]),
        "unseen": list(prepared.fake.class_names[5:]),
        "validation": sorted(prepared.fake.validation),
        "split_version": f"{prepared.name} 2017",
        "split_sha256": hashlib.sha256(prepared.fake.mat.read_bytes()).hexdigest(),
        "images_sha256": prepared.kind.BENCHMARK.site.digest(_image_folder(prepared)),
    }
    assert tuple(again.info.features["label"].names) == prepared.fake.class_names


def _image_folder(prepared: _Prepared) -> Path:
    return prepared.kind.BENCHMARK.site.fetch_images(prepared.fake.root, Path("nowhere"))


def test_a_second_builder_finds_it_prepared(prepared: _Prepared) -> None:
    again = prepared.kind(data_dir=prepared.builder._data_dir_root)
    assert prepare.is_prepared(again)
    assert dict(again.info.metadata) == dict(prepared.builder.info.metadata)
    assert again.info.citation == prepared.builder.info.citation != ""


@pytest.mark.parametrize("name", _NAMES)
def test_a_split_of_version_2_names_its_validation_classes_in_a_list(name: str, tmp_path: Path) -> None:
    write, base = kinds.KINDS[name]
    fake = write(tmp_path / "files", version="2.0")
    builder = _prepare(fake.builder(base), fake.root, tmp_path / "prepared")
    assert builder.info.metadata["split_version"] == f"{name} 2.0"
    assert builder.info.metadata["validation"] == sorted(fake.validation)
    found = tfds.as_numpy(builder.as_dataset(split="train"))
    assert sorted(example["name"].decode() for example in found) == sorted(fake.parts["train"])


def test_lists_without_validation_classes_get_the_last_of_the_seen(tmp_path: Path) -> None:
    write, base = kinds.KINDS["awa2"]
    fake = write(tmp_path / "files")
    place = tmp_path / "files" / "AWA2"
    place.mkdir()
    (place / "image_label_PS.txt").write_text(
        "".join(f"{name} 0\n" for name in fake.parts["train"] + fake.parts["test_unseen"])
    )
    (place / "test_seen_PS.txt").write_text("".join(f"{name} 0\n" for name in fake.parts["test_seen"]))
    (place / "testclasses.txt").write_text("rat\ndolphin\n")
    fake.mat.unlink()
    builder = _prepare(fake.builder(base), fake.root, tmp_path / "prepared")
    seen, unseen = fake.class_names[:5], fake.class_names[5:]
    assert builder.info.metadata["validation"] == list(zero_shot.choose_pseudo_unseen(seen, unseen)) == ["persian+cat"]
    assert builder.info.metadata["split_version"] == "awa2 of lists"
    assert builder.info.splits["test_seen"].num_examples == fake.sizes["test_seen"]


@pytest.mark.parametrize("name", _NAMES)
def test_numbers_other_than_the_published_are_reported_and_nothing_is_left(name: str, tmp_path: Path) -> None:
    write, base = kinds.KINDS[name]
    fake = write(tmp_path / "files")
    builder = base(data_dir=tmp_path / "prepared")
    with pytest.raises(errors.UserError) as caught:
        prepare.prepare(builder, fake.root)
    counts = base.BENCHMARK.counts
    assert str(caught.value) == (
        f"The split of {name} must have the published sizes: {counts}. Received: {fake.mat} with "
        "Counts(train=20, test_seen=10, test_unseen=6, seen=5, unseen=2). Download the split from "
        "https://www.mpi-inf.mpg.de/departments/computer-vision-and-machine-learning/research/zero-shot-learning/"
        "zero-shot-learning-the-good-the-bad-and-the-ugly, or use dataset='folder' for images and classes of your own."
    )
    assert not prepare.is_prepared(builder)
    assert not list((tmp_path / "prepared").rglob("*.tfrecord*"))


def _move(fake: benchmark.Fake, source: str, target: str) -> str:
    """Move the first image of a part into another, in the split alone, and returns its class."""
    split = {name: value for name, value in scipy.io.loadmat(fake.mat).items() if not name.startswith("__")}
    split[target] = np.concatenate([split[target], split[source][:1]])
    split[source] = split[source][1:]
    files = scipy.io.loadmat(fake.mat.with_name("res101.mat"))["image_files"]
    scipy.io.savemat(fake.mat, split)
    remote = files[int(split[target][-1, 0]) - 1, 0][0]
    return next(label for name, label in fake.labels.items() if remote.endswith(f"/{name}"))


def test_an_unseen_class_in_training_is_refused(tmp_path: Path) -> None:
    write, base = kinds.KINDS["cub"]
    fake = write(tmp_path / "files")
    label = _move(fake, "test_unseen_loc", "trainval_loc")
    with pytest.raises(errors.UserError, match="An unseen class must not have training images") as caught:
        _prepare(fake.builder(base), fake.root, tmp_path / "prepared")
    assert label in fake.unseen and f"images of {label} both in training and among the unseen" in str(caught.value)


@pytest.mark.parametrize("name", ["awa2", "cub", "sun"])
def test_an_image_of_the_split_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    write, base = kinds.KINDS[name]
    fake = write(tmp_path / "files")
    gone = fake.parts["test_seen"][0]
    next(fake.root.rglob(f"*/{Path(gone).name}")).unlink()
    with pytest.raises(errors.UserError, match="All images of a split must exist") as caught:
        _prepare(fake.builder(base), fake.root, tmp_path / "prepared")
    assert f"with 36 images, of which 1 are not among the 35 on disk, such as {gone}" in str(caught.value)


def test_photographs_that_cannot_be_read_are_reported_and_nothing_is_left(tmp_path: Path) -> None:
    write, base = kinds.KINDS["awa2"]
    fake = write(tmp_path / "files")
    for name in fake.parts["train"][:2]:
        (fake.root / "Animals_with_Attributes2" / "JPEGImages" / name).write_bytes(b"\xff\xd8 not a photograph")
    with pytest.raises(errors.UserError, match="of the images must be readable. Received: 2 of 20 images"):
        _prepare(fake.builder(base), fake.root, tmp_path / "prepared")
    assert not prepare.is_prepared(fake.builder(base)(data_dir=tmp_path / "prepared"))


def test_the_parts_are_those_of_the_split() -> None:
    assert splits.PARTS == benchmark.PARTS
