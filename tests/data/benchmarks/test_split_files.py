# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of finding proposed splits. Nothing is downloaded: addresses are closed ports of this machine."""

from __future__ import annotations

import hashlib
import http.server
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from niwt_tf import config, errors
from niwt_tf.data.benchmarks import fetch_files, split_files


@pytest.fixture(autouse=True)
def archive(monkeypatch: pytest.MonkeyPatch) -> fetch_files.Archive:
    """The archive of splits, at an address where nothing listens."""
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        archive = fetch_files.Archive(f"http://127.0.0.1:{server.server_port}/xlsa17.zip", 900, "0" * 64)
    monkeypatch.setattr(split_files, "_ARCHIVE", archive)
    return archive


def _write(folder: Path, *names: str, content: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text(content + name, "utf-8")


def test_folders_go_from_the_archive_of_splits_to_the_root_itself() -> None:
    root = Path("r")
    assert split_files.folders("awa2", root) == (
        root / "xlsa17" / "data" / "AWA2",
        root / "data" / "AWA2",
        root / "AWA2",
        root / "Animals_with_Attributes2",
        root,
    )
    assert split_files.folders("cub", root)[2:] == (root / "CUB", root / "CUB_200_2011", root)
    assert split_files.folders("sun", root)[2:] == (root / "SUN", root / "SUNAttributeDB", root)
    assert split_files.folders("apy", root)[2:] == (root / "APY", root / "aPascal-aYahoo", root)


def test_every_benchmark_has_folders() -> None:
    _, field = config.options(config.DataConfig())["dataset"]
    for name in set(field.metadata["choices"]) - {"aviary", "folder"}:
        assert len(split_files.folders(name, Path("r"))) == 5


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("name", split_files.MAT_FILES)
def test_a_matlab_file_is_found_in_each_folder(tmp_path: Path, place: int, name: str) -> None:
    folder = split_files.folders("cub", tmp_path)[place]
    _write(folder, name)
    found = split_files.fetch_split("cub", tmp_path)
    assert found == split_files.SplitFile((folder / name,), hashlib.sha256(name.encode()).hexdigest())
    assert found.folder == folder


def test_the_first_folder_goes_before_the_others_and_attributes_before_sentences(tmp_path: Path) -> None:
    places = split_files.folders("awa2", tmp_path)
    _write(places[0], "sent_splits.mat", *split_files.LISTS)
    _write(places[3], "att_splits.mat", content="third")
    _write(places[4], "att_splits.mat", content="fourth")
    found = split_files.find(places)
    assert found is not None and found.paths == (places[3] / "att_splits.mat",)


def test_lists_are_found_where_all_three_lie_together(tmp_path: Path) -> None:
    places = split_files.folders("awa2", tmp_path)
    _write(places[2], *split_files.LISTS[:2])
    _write(places[3], split_files.LISTS[2])
    assert split_files.find(places) is None
    _write(places[4], *split_files.LISTS)
    found = split_files.find(places)
    assert found is not None and found.paths == tuple(tmp_path / name for name in split_files.LISTS)
    assert found.sha256 == hashlib.sha256("".join(split_files.LISTS).encode()).hexdigest()


def test_a_change_of_any_file_changes_the_hash(tmp_path: Path) -> None:
    hashes = set()
    _write(tmp_path, *split_files.LISTS)
    for name in ("", *split_files.LISTS):
        if name:
            _write(tmp_path, name, content="changed")
        found = split_files.find([tmp_path])
        assert found is not None
        hashes.add(found.sha256)
    assert len(hashes) == 4


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "att_splits.mat").mkdir()
    assert split_files.find([tmp_path]) is None


def test_the_archive_is_unpacked_where_it_lies(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "xlsa17.zip", "w") as packed:
        packed.writestr("xlsa17/data/AWA2/att_splits.mat", "awa2")
        packed.writestr("xlsa17/data/CUB/att_splits.mat", "cub")
    found = split_files.fetch_split("cub", tmp_path)
    assert found.paths == (tmp_path / "xlsa17" / "data" / "CUB" / "att_splits.mat",)
    assert split_files.fetch_split("awa2", tmp_path).sha256 == hashlib.sha256(b"awa2").hexdigest()


def test_all_paths_searched_are_listed(tmp_path: Path, archive: fetch_files.Archive) -> None:
    with pytest.raises(errors.UserError) as caught:
        split_files.fetch_split("cub", tmp_path)
    paths = "".join(
        f"  {folder / name}\n"
        for folder in split_files.folders("cub", tmp_path)
        for name in ("att_splits.mat", "image_label_PS.txt")
    )
    assert str(caught.value) == (
        f"The proposed split of cub must be on disk. Received: none of these paths:\n{paths}"
        f"  {tmp_path / 'xlsa17.zip'}\n"
        f"Could not download {archive.url}: the server cannot be reached.\n"
        f"Download xlsa17.zip (900 MB) from\n  {split_files.PAGE}\n"
        f"into {tmp_path}, packed or unpacked, or name the folder that contains it with data_dir.\n\n"
        f"The images of cub must be on disk. Received: none of these paths:\n"
        f"  {tmp_path}/CUB_200_2011/images/001.Black_footed_Albatross\n"
        f"  {tmp_path}/images/001.Black_footed_Albatross\n  {tmp_path}/CUB_200_2011.tgz\n"
        f"Download CUB_200_2011.tgz (1.2 GB) from\n  https://data.caltech.edu/records/65de6-vp158\n"
        f"into {tmp_path}, packed or unpacked, or name the folder that contains it with data_dir."
    )


def test_no_tensorflow_is_imported() -> None:
    imports = "import sys\nfrom niwt_tf.data import digest\nfrom niwt_tf.data.benchmarks import split_files"
    script = f"{imports}\nassert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).resolve().parents[3])


def test_the_real_splits_are_found(shared_data: Path) -> None:
    awa2, cub = split_files.find([shared_data / "awa2_text"]), split_files.find([shared_data / "cub_text"])
    assert awa2 is not None and awa2.paths[0].name == "att_splits.mat" and len(awa2.sha256) == 64
    assert cub is not None and cub.paths[0].name == "sent_splits.mat" and cub.sha256 != awa2.sha256


@pytest.mark.parametrize("name", [split_files.ORDER, split_files.VALIDATION_CLASSES])
def test_a_link_to_nothing_beside_a_split_is_not_overlooked(tmp_path: Path, name: str) -> None:
    _write(tmp_path / "CUB", split_files.MAT_FILES[0])
    (tmp_path / "CUB" / name).symlink_to("nowhere")
    with pytest.raises(errors.UserError, match=f"{name}, a link to nothing"):
        _ = split_files.fetch_split("cub", tmp_path).content
