# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of finding a benchmark's files and images."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import requests

import fakes.cub
import fakes.sun
from fakes import kinds
from niwt_tf import errors
from niwt_tf.data.benchmarks import benchmark
from niwt_tf.data.files import download


def test_a_file_is_found_in_the_first_folder_under_its_first_name(tmp_path: Path) -> None:
    folders = tuple(tmp_path / name for name in "abc")
    for path in (tmp_path / "b" / "second.txt", tmp_path / "c" / "first.txt", tmp_path / "c" / "second.txt"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    source = benchmark.BenchmarkFiles(folders)
    assert source.find("second.txt") == tmp_path / "b" / "second.txt"
    assert source.find("first.txt", "second.txt") == tmp_path / "c" / "first.txt"
    assert source.find("third.txt") is None


def test_a_missing_file_is_reported_with_every_path(tmp_path: Path) -> None:
    source = benchmark.BenchmarkFiles((tmp_path / "a", tmp_path / "b"))
    with pytest.raises(errors.UserError) as caught:
        source.require("x/names.txt", "names.txt")
    assert str(caught.value) == (
        "The file that describes the classes must exist. Received: none of these paths:\n"
        f"  {tmp_path}/a/x/names.txt\n  {tmp_path}/b/x/names.txt\n  {tmp_path}/a/names.txt\n  {tmp_path}/b/names.txt\n"
        "Put the file there, name its folder with data_dir, or choose another domain."
    )


def test_the_split_of_the_source_is_its_matlab_file(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="att_splits.mat"):
        benchmark.BenchmarkFiles((tmp_path,)).mat()
    (tmp_path / "att_splits.mat").touch()
    assert benchmark.BenchmarkFiles((tmp_path,)).mat() == tmp_path / "att_splits.mat"


@pytest.mark.parametrize("name", kinds.KINDS)
def test_images_are_found_below_the_folder_and_in_their_own(name: str, tmp_path: Path) -> None:
    write, builder = kinds.KINDS[name]
    fake = write(tmp_path)
    folder = builder.BENCHMARK.fetch_images(fake.root, tmp_path / "prepared")
    own = {"awa2": "Animals_with_Attributes2", "cub": "CUB_200_2011", "sun": "", "apy": ""}
    assert folder == tmp_path / own[name]
    assert builder.BENCHMARK.fetch_images(folder, tmp_path / "prepared") == folder
    assert sorted(one.name for one in builder.BENCHMARK.images(folder)) == sorted(fake.labels)


def test_the_images_of_sun_are_not_taken_for_those_of_cub(tmp_path: Path) -> None:
    cub, sun = kinds.KINDS["cub"][1].BENCHMARK, kinds.KINDS["sun"][1].BENCHMARK
    fakes.sun.write(tmp_path)  # leaves images/, as its archive does
    urls: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(download, "fetch", _unreachable(urls))
        with pytest.raises(errors.UserError, match="images of cub must be on disk"):
            cub.fetch_images(tmp_path, tmp_path / "prepared")
    assert len(urls) == 1
    fakes.cub.write(tmp_path)
    assert cub.fetch_images(tmp_path, tmp_path / "prepared") == tmp_path / "CUB_200_2011"
    assert sun.fetch_images(tmp_path, tmp_path / "prepared") == tmp_path


def _unreachable(urls: list[str]):  # type: ignore[no-untyped-def]
    def fetch(url: str, path: Path, sha256: str | None = None) -> None:
        urls.append(url)
        raise requests.ConnectionError

    return fetch


def test_images_of_another_dataset_are_taken_where_there_are_none(tmp_path: Path) -> None:
    calls: list[tuple[Path, Path]] = []

    def reuse(prepared_dir: Path, folder: Path) -> None:
        calls.append((prepared_dir, folder))
        (folder / "images" / "001.Black_footed_Albatross").mkdir(parents=True)

    cub = dataclasses.replace(kinds.KINDS["cub"][1].BENCHMARK, reuse=reuse)
    for _ in range(2):
        assert cub.fetch_images(tmp_path, tmp_path / "prepared") == tmp_path / "CUB_200_2011"
    assert calls == [(tmp_path / "prepared", tmp_path / "CUB_200_2011")]


@pytest.mark.parametrize("name", kinds.KINDS)
def test_missing_images_are_reported_with_paths_archives_and_the_page(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = kinds.KINDS[name][1].BENCHMARK
    monkeypatch.setattr(download, "fetch", _unreachable([]))
    with pytest.raises(errors.UserError) as caught:
        of.fetch_images(tmp_path, tmp_path / "prepared")
    message = str(caught.value)
    for folder in of.site.image_folders:
        assert len(re.findall(rf"\n  {tmp_path}(?:/[\w-]+)?/{re.escape(folder)}\n", message.replace("\n", "\n\n"))) == 2
    for archive in of.site.archives:
        assert f"\n  {tmp_path}/{archive.name}\n" in message and f"{archive.name} ({archive.size})" in message
    assert f"\n  {of.site.page}\n" in message
    assert f"into {tmp_path}, packed or unpacked, or name the folder that contains it with data_dir." in message
