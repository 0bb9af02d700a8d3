# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of loading a benchmark: from files, archives, or what was prepared before."""

from __future__ import annotations

import dataclasses
import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import requests

from fakes import benchmark, kinds
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import digest, zero_shot
from niwt_tf.data.benchmarks import loader
from niwt_tf.data.files import download
from niwt_tf.util import checksum, json_files

_NAMES = tuple(kinds.KINDS)
_SIZE = 16


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requested addresses; none answers."""
    urls: list[str] = []

    def fetch(url: str, *_: object) -> None:
        urls.append(url)
        raise requests.ConnectionError

    monkeypatch.setattr(download, "fetch", fetch)
    return urls


def _load(name: str, fake: benchmark.Fake, prepared: Path) -> zero_shot.ZeroShotDataset:
    config = config_lib.DataConfig(dataset=name, data_dir=str(fake.root), prepared_dir=str(prepared))
    return loader.load(fake.builder(kinds.KINDS[name][1]), config, _SIZE)


@pytest.mark.parametrize("name", _NAMES)
def test_the_dataset_is_that_of_the_split(name: str, tmp_path: Path, no_network: list[str]) -> None:
    fake = kinds.KINDS[name][0](tmp_path / "files")
    dataset = _load(name, fake, tmp_path / "prepared")
    assert (dataset.name, dataset.split_version) == (name, f"{name} 2017")
    assert dataset.split_sha256 == checksum.sha256(fake.mat)
    assert (dataset.seen, dataset.unseen) == (fake.class_names[:5], fake.class_names[5:])
    assert set(dataset.validation) == fake.validation  # val_loc's, though it holds images of test_seen_loc too
    for part in benchmark.PARTS:
        labels = getattr(dataset, part).labels
        wanted = [fake.class_names.index(fake.labels[image]) for image in fake.parts[part]]
        assert sorted(labels.tolist()) == sorted(wanted)
    images, labels = next(iter(dataset.train.batches(32)))
    assert (images.shape, images.dtype, len(labels)) == ((20, _SIZE, _SIZE, 3), "uint8", 20)
    assert len(np.unique(images, axis=0)) > 1
    assert not no_network


@pytest.mark.parametrize("name", _NAMES)
def test_images_are_not_needed_once_they_are_prepared(
    name: str, tmp_path: Path, no_network: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    fake = kinds.KINDS[name][0](tmp_path / "files")
    first = _load(name, fake, tmp_path / "prepared")
    before = [images.numpy() for images, _ in first.test_unseen.batches(4)]
    assert f"  split {fake.mat}, images " in capsys.readouterr().out
    for path in fake.root.iterdir():
        if path.name != "xlsa17":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    again = _load(name, fake, tmp_path / "prepared")
    assert "images" not in capsys.readouterr().out
    assert (again.class_names, again.validation) == (first.class_names, first.validation)
    np.testing.assert_array_equal([images.numpy() for images, _ in again.test_unseen.batches(4)][0], before[0])
    assert again.descriptions.attributes is not None
    values = again.descriptions.attributes().values
    for label, row in values.items():
        wanted = np.where(fake.attributes[label] == -1, np.nan, fake.attributes[label])
        np.testing.assert_allclose(row, wanted, rtol=1e-6)
    assert not no_network


def _pack(fake: benchmark.Fake, name: str, folder: Path) -> None:
    """Pack a fake as its archives are, and removes it."""
    folder.mkdir()
    packed = {
        "awa2": {"AwA2-data.zip": ["Animals_with_Attributes2"]},
        "cub": {"CUB_200_2011.tgz": ["CUB_200_2011", "attributes.txt"]},
        "sun": {"SUNAttributeDB_Images.tar.gz": ["images"]},
        "apy": {
            "attribute_data.tar.gz": ["attribute_data"],
            "ayahoo_test_images.tar.gz": ["ayahoo_test_images"],
            "VOCtrainval_14-Jul-2008.tar": ["VOCdevkit"],
        },
    }[name]
    for archive, entries in {**packed, "xlsa17.zip": ["xlsa17"]}.items():
        if archive.endswith(".zip"):
            with zipfile.ZipFile(folder / archive, "w") as opened:
                for path in sorted(path for entry in entries for path in (fake.root / entry).rglob("*")):
                    opened.write(path, path.relative_to(fake.root))
        else:
            with tarfile.open(folder / archive, "w" if archive.endswith(".tar") else "w:gz") as opened:
                for entry in entries:
                    opened.add(fake.root / entry, entry)
    shutil.rmtree(fake.root)


@pytest.mark.parametrize("name", _NAMES)
def test_archives_are_unpacked_and_used(name: str, tmp_path: Path, no_network: list[str]) -> None:
    fake = kinds.KINDS[name][0](tmp_path / "files")
    split = checksum.sha256(fake.mat)
    _pack(fake, name, tmp_path / "packed")
    (tmp_path / "packed").rename(fake.root)
    dataset = _load(name, fake, tmp_path / "prepared")
    assert dataset.class_names == fake.class_names
    assert dataset.split_sha256 == split
    assert {part: len(getattr(dataset, part)) for part in benchmark.PARTS} == fake.sizes
    assert not no_network


@pytest.mark.parametrize("name", _NAMES)
def test_missing_files_are_reported_once_with_every_path_the_page_and_the_folder(
    name: str, tmp_path: Path, no_network: list[str]
) -> None:
    config = config_lib.DataConfig(dataset=name, data_dir=str(tmp_path / "files"), prepared_dir=str(tmp_path / "tfds"))
    with pytest.raises(errors.UserError) as caught:
        loader.load(kinds.KINDS[name][1], config, _SIZE)
    message, root = str(caught.value), tmp_path / "files"
    folders = {
        "awa2": ("AWA2", "Animals_with_Attributes2"),
        "cub": ("CUB", "CUB_200_2011"),
        "sun": ("SUN", "SUNAttributeDB"),
        "apy": ("APY", "aPascal-aYahoo"),
    }[name]
    searched = [f"xlsa17/data/{folders[0]}", f"data/{folders[0]}", *folders, "."]
    for folder in searched:
        for file in ("att_splits.mat", "image_label_PS.txt"):
            assert f"\n  {root / folder / file}\n" in message
    assert message.startswith(f"The proposed split of {name} must be on disk. Received: none of these paths:\n")
    assert f"\n  {root}/xlsa17.zip\nCould not download https://datasets.d2.mpi-inf.mpg.de/xian/xlsa17.zip: " in message
    assert "the server cannot be reached" in message and "\n  https://www.mpi-inf.mpg.de/" in message
    assert message.endswith(f"into {root}, packed or unpacked, or name the folder that contains it with data_dir.")
    assert len(no_network) == 1
    assert not (tmp_path / "tfds").exists()


def test_a_split_without_images_asks_for_the_images(tmp_path: Path, no_network: list[str]) -> None:
    fake = kinds.KINDS["awa2"][0](tmp_path / "files")
    shutil.rmtree(fake.root / "Animals_with_Attributes2")
    with pytest.raises(errors.UserError) as caught:
        _load("awa2", fake, tmp_path / "prepared")
    assert str(caught.value) == (
        "The images of awa2 must be on disk. Received: none of these paths:\n"
        f"  {fake.root}/Animals_with_Attributes2/JPEGImages\n  {fake.root}/JPEGImages\n  {fake.root}/AwA2-data.zip\n"
        "Could not download https://cvml.ista.ac.at/AwA2/AwA2-data.zip: the server cannot be reached.\n"
        f"Download AwA2-data.zip (13 GB) from\n  https://cvml.ista.ac.at/AwA2/\ninto {fake.root}, packed or unpacked, "
        "or name the folder that contains it with data_dir."
    )
    assert no_network == ["https://cvml.ista.ac.at/AwA2/AwA2-data.zip"]
    assert not (tmp_path / "prepared").exists()


def test_two_versions_of_a_split_are_two_prepared_datasets(tmp_path: Path) -> None:
    write = kinds.KINDS["awa2"][0]
    old, new = write(tmp_path / "2017"), write(tmp_path / "2.0", version="2.0")
    datasets = [_load("awa2", fake, tmp_path / "prepared") for fake in (old, new, old)]
    assert [dataset.split_version for dataset in datasets] == ["awa2 2017", "awa2 2.0", "awa2 2017"]
    digests = [dataset.split_sha256 for dataset in datasets]
    assert digests[0] == digests[2] != digests[1]
    assert len(_copies("awa2", tmp_path / "prepared")) == 2


def _copies(name: str, prepared: Path) -> set[str]:
    """List the names of the prepared copies of a benchmark."""
    return {path.parents[1].name for path in (prepared / name).glob("*/*/dataset_info.json")}


def _pixels(dataset: zero_shot.ZeroShotDataset) -> np.ndarray:
    return next(iter(dataset.train.batches(32)))[0].numpy()


@pytest.mark.parametrize("name", ["awa2", "cub"])
def test_changed_photographs_are_prepared_anew_and_others_are_not(name: str, tmp_path: Path) -> None:
    fake, prepared = kinds.KINDS[name][0](tmp_path / "files"), tmp_path / "prepared"
    first = _pixels(_load(name, fake, prepared))
    (before,) = _copies(name, prepared)
    shutil.copytree(fake.root, tmp_path / "elsewhere", copy_function=shutil.copyfile)  # with other times
    np.testing.assert_array_equal(
        _pixels(_load(name, dataclasses.replace(fake, root=tmp_path / "elsewhere"), prepared)), first
    )
    assert _copies(name, prepared) == {before}
    for path in fake.root.rglob("*.jpg"):
        benchmark.draw(path, seed=len(path.name) + 7)
    assert (_pixels(_load(name, fake, prepared)) != first).any()
    assert len(_copies(name, prepared)) == 2


@pytest.mark.parametrize("name", _NAMES)
def test_images_that_are_gone_once_prepared_change_no_fingerprint(name: str, tmp_path: Path) -> None:
    fake = kinds.KINDS[name][0](tmp_path / "files")
    _load(name, fake, tmp_path / "prepared")
    config = config_lib.DataConfig(dataset=name, data_dir=str(fake.root), prepared_dir=str(tmp_path / "prepared"))
    before = digest.images(config)
    for path in fake.root.iterdir():
        if path.name != "xlsa17":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert digest.images(config) == before


def test_a_copy_that_an_earlier_version_prepared_serves_if_the_images_are_gone(tmp_path: Path) -> None:
    fake = kinds.KINDS["awa2"][0](tmp_path / "files")
    first = _pixels(_load("awa2", fake, tmp_path / "prepared"))
    (copy,) = _copies("awa2", tmp_path / "prepared")
    folder = tmp_path / "prepared" / "awa2"
    (folder / copy).rename(folder / f"split_{checksum.sha256(fake.mat)[:12]}")
    metadata = next(folder.glob("*/*/metadata.json"))
    record = json_files.read(metadata)
    del record["images_sha256"]
    json_files.write(metadata, record)
    shutil.rmtree(fake.root / "Animals_with_Attributes2")
    np.testing.assert_array_equal(_pixels(_load("awa2", fake, tmp_path / "prepared")), first)


def test_a_benchmark_has_the_domains_that_its_files_tell_of(tmp_path: Path) -> None:
    domains = {
        "awa2": {"attributes", "binary_attributes", "captions"},
        "cub": {"attributes", "captions", "sentences"},
        "sun": {"attributes"},
        "apy": {"attributes"},
    }
    for name, (write, _) in kinds.KINDS.items():
        dataset = _load(name, write(tmp_path / name), tmp_path / "prepared")
        assert {domain for domain, read in vars(dataset.descriptions).items() if read} == domains[name]
