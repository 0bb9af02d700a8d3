# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of copying CUB's photographs from TFDS' own dataset, with a stand-in for that."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow_datasets as tfds
from PIL import Image

import fakes.cub
from fakes import benchmark, holding, kinds
from niwt_tf import config as config_lib
from niwt_tf.data import prepare
from niwt_tf.data.benchmarks import loader
from niwt_tf.data.cub import reuse
from niwt_tf.util import locks


class _CaltechBirds2011(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    """A stand-in with the features of TFDS' dataset, of the photographs in `FOLDER`."""

    name = "caltech_birds2011"
    VERSION = tfds.core.Version("0.1.1")
    FOLDER = Path()

    def _info(self) -> tfds.core.DatasetInfo:
        features = {
            "image": tfds.features.Image(),
            "image/filename": tfds.features.Text(),
            "label": tfds.features.ClassLabel(num_classes=200),
            "label_name": tfds.features.Text(),
            "bbox": tfds.features.BBoxFeature(),
            "segmentation_mask": tfds.features.Image(shape=(None, None, 1)),
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Iterator[Any]]:
        paths = sorted(self.FOLDER.rglob("*.jpg"))
        return {"train": self._generate_examples(paths[::2]), "test": self._generate_examples(paths[1::2])}

    def _generate_examples(self, paths: list[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
        for path in paths:
            name = path.relative_to(self.FOLDER).as_posix()
            yield (
                name,
                {
                    "image": io.BytesIO(path.read_bytes()),
                    "image/filename": f"CUB_200_2011/images/{name}",
                    "label": int(name[:3]) - 1,
                    "label_name": name[4:].split("/")[0].lower(),
                    "bbox": tfds.features.BBox(0.0, 0.0, 1.0, 1.0),
                    "segmentation_mask": path.parents[1] / "mask.png",
                },
            )


@pytest.fixture
def fake(tmp_path: Path) -> benchmark.Fake:
    return fakes.cub.write(tmp_path / "files")


@pytest.fixture
def prepared(fake: benchmark.Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of prepared datasets with all photographs, which lie nowhere else any more."""
    images = fake.root / "CUB_200_2011" / "images"
    Image.new("L", (benchmark.SIDE, benchmark.SIDE)).save(images / "mask.png")
    monkeypatch.setattr(_CaltechBirds2011, "FOLDER", images)
    prepare.prepare(_CaltechBirds2011(data_dir=tmp_path / "prepared"))
    images.rename(tmp_path / "originals")
    return tmp_path / "prepared"


def test_photographs_are_taken_byte_for_byte(fake: benchmark.Fake, prepared: Path, tmp_path: Path) -> None:
    reuse.images_from_tfds(prepared, tmp_path / "taken")
    taken = {
        path.relative_to(tmp_path / "taken" / "images").as_posix(): path for path in tmp_path.glob("taken/images/*/*")
    }
    assert taken.keys() == fake.labels.keys()
    for name, path in taken.items():
        assert path.read_bytes() == (tmp_path / "originals" / name).read_bytes()
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["images"]


def test_a_call_cut_short_leaves_no_folder_of_images(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", _fails_after(3))
        with pytest.raises(OSError, match="No space left"):
            reuse.images_from_tfds(prepared, tmp_path / "taken")
    assert not (tmp_path / "taken" / "images").exists()
    reuse.images_from_tfds(prepared, tmp_path / "taken")
    assert len(list(tmp_path.glob("taken/images/*/*.jpg"))) == 36


def _fails_after(count: int):  # type: ignore[no-untyped-def]
    write, done = Path.write_bytes, []

    def write_bytes(path: Path, data: bytes) -> int:
        done.append(path)
        if len(done) > count:
            raise OSError("No space left on device")
        return write(path, data)

    return write_bytes


def test_nothing_is_made_where_there_is_nothing_to_take(tmp_path: Path) -> None:
    reuse.images_from_tfds(tmp_path / "prepared", tmp_path / "taken")
    assert not list(tmp_path.iterdir())


def test_the_loader_takes_them_where_no_photographs_are_at_hand(
    fake: benchmark.Fake, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = config_lib.DataConfig(dataset="cub", data_dir=str(fake.root), prepared_dir=str(prepared))
    dataset = loader.load(fake.builder(kinds.KINDS["cub"][1]), config, 16)
    assert {part: len(getattr(dataset, part)) for part in benchmark.PARTS} == fake.sizes
    assert f"copying the photographs from {prepared}/caltech_birds2011/0.1.1" in capsys.readouterr().out


def test_the_second_waits_and_takes_nothing_that_the_first_took(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = tmp_path / "taken" / "images"
    with holding.another_process(locks.beside(images)) as process:
        lines = holding.end_when_waited_for(monkeypatch, process, images.mkdir)
        reuse.images_from_tfds(prepared, tmp_path / "taken")
    assert len(lines) == 1 and lines[0].endswith(f", which writes {images}")
    assert not list(images.iterdir()) and list(images.parent.iterdir()) == [images]
