# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of finding a benchmark's images."""

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
from niwt_tf.data.benchmarks import download_sites
from niwt_tf.data.files import download


@pytest.mark.parametrize("name", kinds.KINDS)
def test_images_are_found_below_the_folder_and_in_their_own(name: str, tmp_path: Path) -> None:
    write, builder = kinds.KINDS[name]
    fake = write(tmp_path)
    folder = builder.BENCHMARK.site.fetch_images(fake.root, tmp_path / "prepared")
    own = {"awa2": "Animals_with_Attributes2", "cub": "CUB_200_2011", "sun": "", "apy": ""}
    assert folder == tmp_path / own[name]
    assert builder.BENCHMARK.site.fetch_images(folder, tmp_path / "prepared") == folder
    assert sorted(one.name for one in builder.BENCHMARK.images(folder)) == sorted(fake.labels)


def test_the_images_of_sun_are_not_taken_for_those_of_cub(tmp_path: Path) -> None:
    cub, sun = (download_sites.SITES[name] for name in ("cub", "sun"))
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
    def fetch(url: str, *_: object) -> None:
        urls.append(url)
        raise requests.ConnectionError

    return fetch


def test_images_of_another_dataset_are_taken_where_there_are_none(tmp_path: Path) -> None:
    calls: list[tuple[Path, Path]] = []

    def reuse(prepared_dir: Path, folder: Path) -> None:
        calls.append((prepared_dir, folder))
        (folder / "images" / "001.Black_footed_Albatross").mkdir(parents=True)

    cub = dataclasses.replace(download_sites.SITES["cub"], reuse=reuse)
    for _ in range(2):
        assert cub.fetch_images(tmp_path, tmp_path / "prepared") == tmp_path / "CUB_200_2011"
    assert calls == [(tmp_path / "prepared", tmp_path / "CUB_200_2011")]


@pytest.mark.parametrize("name", kinds.KINDS)
def test_missing_images_are_reported_with_paths_archives_and_the_page(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = download_sites.SITES[name]
    monkeypatch.setattr(download, "fetch", _unreachable([]))
    with pytest.raises(errors.UserError) as caught:
        site.fetch_images(tmp_path, tmp_path / "prepared")
    message = str(caught.value)
    for folder in site.image_folders:
        assert len(re.findall(rf"\n  {tmp_path}(?:/[\w-]+)?/{re.escape(folder)}\n", message.replace("\n", "\n\n"))) == 2
    for archive in site.archives:
        assert f"\n  {tmp_path}/{archive.name}\n" in message and f"{archive.name} ({archive.size})" in message
    assert f"\n  {site.page}\n" in message
    assert f"into {tmp_path}, packed or unpacked, or name the folder that contains it with data_dir." in message
