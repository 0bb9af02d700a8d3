# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the stages that are made anew when a benchmark's files change: those that read them, and no other."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import opened_files
import pytest
import scipy.io
from PIL import Image

import fakes.apy
import fakes.cub
from fakes import benchmark, kinds
from niwt_tf import config as config_lib
from niwt_tf import workdir
from niwt_tf.data import digest
from niwt_tf.data.awa2 import files as awa2_files
from niwt_tf.data.benchmarks import class_files, split_files
from niwt_tf.pipeline import runner
from niwt_tf.runs import stage_table

_ALL = {*stage_table.STAGES}
_AFTER_KNOWLEDGE = {
    "knowledge", "rehearsal", "map", "transfer", "evaluate", "inverse_map", "explain", "report",
}  # fmt: skip
_DOMAINS = {
    "awa2": ("attributes", "binary_attributes", "captions"),
    "cub": ("attributes", "captions", "sentences"),
    "sun": ("attributes",),
    "apy": ("attributes",),
}


@pytest.fixture
def awa2_captions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the captions that ship with the package, which is read in place of them."""
    folder = shutil.copytree(awa2_files.CAPTIONS, tmp_path / "captions of the package")
    by_domain = awa2_files.FILES.by_domain | {"captions": ((str(folder),),)}
    monkeypatch.setitem(digest._CLASS_FILES, "awa2", type(awa2_files.FILES)(by_domain))
    return folder


def _write(name: str, root: Path) -> benchmark.Fake:
    fake = kinds.KINDS[name][0](root)
    if name == "cub":
        fakes.cub.write_captions(fake)
        fakes.cub.write_embeddings(fake)
        (root / "CUB_200_2011" / "bounding_boxes.txt").write_text("1 2.0 3.0 4.0 5.0\n")
    if name == "apy":
        fakes.apy.write_names(root)
    return fake


def _runs(name: str, root: Path) -> dict[str, config_lib.RunConfig]:
    data = config_lib.DataConfig(dataset=name, data_dir=str(root), prepared_dir=str(root.parent / "prepared"))
    return {
        domain: config_lib.RunConfig(data=data, domain=config_lib.DomainConfig(domain=domain))
        for domain in _DOMAINS[name]
    }


def _finish(runs: dict[str, config_lib.RunConfig], folder: Path) -> None:
    """Make folders in which all stages of the runs are done."""
    for domain, config in runs.items():
        for stage, record in stage_table.records(config).items():
            with workdir.Workdir(folder / domain).writing(stage, record):
                pass


def _pending(runs: dict[str, config_lib.RunConfig], folder: Path) -> dict[str, set[str]]:
    """List the stages to do again, by domain; a domain without any is left out."""
    pending = {
        domain: _ALL - set(runner._current(stage_table.records(config), workdir.Workdir(folder / domain)))
        for domain, config in runs.items()
    }
    return {domain: stages for domain, stages in pending.items() if stages}


def _rewrite(path: Path) -> None:
    """Change the last digit or letter of a text, at equal size and time of modification."""
    status, text = path.stat(), path.read_bytes()
    place = max(index for index, byte in enumerate(text) if chr(byte).isalnum())
    path.write_bytes(text[:place] + (b"7" if text[place : place + 1] != b"7" else b"3") + text[place + 1 :])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size and path.read_bytes() != text


def _rewrite_texts(folder: Path) -> None:
    for path in folder.rglob("*.txt"):
        _rewrite(path)


def _rewrite_mat(path: Path, variable: str) -> None:
    variables = {name: value for name, value in scipy.io.loadmat(path).items() if not name.startswith("__")}
    variables[variable] = variables[variable][::-1].copy()
    scipy.io.savemat(path, variables)


def _redraw(fake: benchmark.Fake) -> None:
    """Turn every photograph, at equal time of modification."""
    for path in fake.root.rglob("*.jpg"):
        status = path.stat()
        image = Image.open(path).transpose(Image.Transpose.ROTATE_180)
        image.save(path, "JPEG", quality=90)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _in_archive(name: str) -> Callable[[benchmark.Fake], None]:
    return lambda fake: _rewrite(next(fake.root.rglob(name)))


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("cub", lambda fake: _rewrite_texts(fake.root / "text_c10"), {"captions": _AFTER_KNOWLEDGE}),
        ("cub", _in_archive("class_attribute_labels_continuous.txt"), {"attributes": _AFTER_KNOWLEDGE}),
        ("cub", _in_archive("attributes.txt"), {"attributes": _AFTER_KNOWLEDGE}),
        (
            "cub",
            lambda fake: _rewrite_mat(fake.mat.with_name("sent_splits.mat"), "att"),
            {"sentences": _AFTER_KNOWLEDGE},
        ),
        ("cub", _in_archive("bounding_boxes.txt"), dict.fromkeys(_DOMAINS["cub"], {"explain", "report"})),
        ("cub", _redraw, dict.fromkeys(_DOMAINS["cub"], _ALL)),
        ("cub", _in_archive("valclasses1.txt"), dict.fromkeys(_DOMAINS["cub"], _ALL)),
        (
            "cub",
            lambda fake: _rewrite_mat(fake.mat.with_name("res101.mat"), "image_files"),
            dict.fromkeys(_DOMAINS["cub"], _ALL),
        ),
        ("awa2", _in_archive("predicate-matrix-continuous.txt"), {"attributes": _AFTER_KNOWLEDGE}),
        ("awa2", _in_archive("predicate-matrix-binary.txt"), {"binary_attributes": _AFTER_KNOWLEDGE}),
        (
            "awa2",
            _in_archive("predicates.txt"),
            {"attributes": _AFTER_KNOWLEDGE, "binary_attributes": _AFTER_KNOWLEDGE},
        ),
        ("awa2", _redraw, dict.fromkeys(_DOMAINS["awa2"], _ALL)),
        ("sun", _redraw, {"attributes": _ALL}),
        ("sun", lambda fake: _rewrite_mat(fake.mat, "original_att"), {"attributes": _ALL}),
        ("apy", _redraw, {"attributes": _ALL}),
        ("apy", _in_archive("apascal_test.txt"), {"attributes": _ALL}),
        ("apy", _in_archive("attribute_names.txt"), {"attributes": _AFTER_KNOWLEDGE}),
        ("awa2", _in_archive("classes.txt"), dict.fromkeys(("attributes", "binary_attributes"), _AFTER_KNOWLEDGE)),
        ("awa2", lambda fake: (fake.root / "README.txt").write_text("mine"), {}),
    ],
)
def test_changed_files_remake_the_stages_that_read_them_and_nothing_else(
    name: str, change: Callable[[benchmark.Fake], object], expected: dict[str, set[str]], tmp_path: Path
) -> None:
    fake = _write(name, tmp_path / "files")
    runs = _runs(name, fake.root)
    _finish(runs, tmp_path / "runs")
    assert _pending(runs, tmp_path / "runs") == {}
    change(fake)
    assert _pending(runs, tmp_path / "runs") == expected


def test_changed_captions_of_the_package_remake_the_stages_that_read_them(awa2_captions: Path, tmp_path: Path) -> None:
    runs = _runs("awa2", _write("awa2", tmp_path / "files").root)
    _finish(runs, tmp_path / "runs")
    assert _pending(runs, tmp_path / "runs") == {}
    _rewrite_texts(awa2_captions)
    assert _pending(runs, tmp_path / "runs") == {"captions": _AFTER_KNOWLEDGE}


@pytest.mark.parametrize("name", _DOMAINS)
def test_another_folder_with_the_same_files_remakes_nothing(name: str, tmp_path: Path) -> None:
    fake = _write(name, tmp_path / "files")
    _finish(_runs(name, fake.root), tmp_path / "runs")
    shutil.copytree(fake.root, tmp_path / "copy", copy_function=shutil.copyfile)  # with other times
    fake.root.rename(tmp_path / "moved")
    for folder in ("copy", "moved"):
        assert _pending(_runs(name, tmp_path / folder), tmp_path / "runs") == {}


@pytest.mark.parametrize("name", _DOMAINS)
def test_another_folder_with_other_files_is_noticed(name: str, tmp_path: Path) -> None:
    fake = _write(name, tmp_path / "files")
    _finish(_runs(name, fake.root), tmp_path / "runs")
    copy = shutil.copytree(fake.root, tmp_path / "copy")
    first = min(copy.rglob("*.jpg"))
    first.write_bytes(max(copy.rglob("*.jpg")).read_bytes())
    assert _pending(_runs(name, copy), tmp_path / "runs") == dict.fromkeys(_DOMAINS[name], _ALL)


def test_own_texts_in_place_of_the_datasets_make_it_independent_of_these(tmp_path: Path) -> None:
    fake, own = _write("cub", tmp_path / "files"), tmp_path / "own"
    own.mkdir()
    (own / "a.txt").write_text("a red bird")
    domain = config_lib.DomainConfig(domain="captions", captions_dir=str(own))
    runs = {"captions": config_lib.RunConfig(data=_runs("cub", fake.root)["captions"].data, domain=domain)}
    _finish(runs, tmp_path / "runs")
    _rewrite_texts(fake.root / "text_c10")
    assert _pending(runs, tmp_path / "runs") == {}
    _rewrite_texts(own)
    assert _pending(runs, tmp_path / "runs") == {"captions": _AFTER_KNOWLEDGE}


@pytest.mark.parametrize(("name", "domain"), [(name, domain) for name in _DOMAINS for domain in _DOMAINS[name]])
def test_all_that_a_benchmarks_layout_reads_is_in_the_fingerprint(name: str, domain: str, tmp_path: Path) -> None:
    fake = _write(name, tmp_path)
    config = _runs(name, fake.root)[domain]
    stamped = {path for path in digest._find_in_benchmark(config.data, domain)}
    opened = _opened(fake, name, domain)
    unstamped = {path for path in opened if not stamped & {path, *path.parents}}
    assert opened and unstamped == set()


def _opened(fake: benchmark.Fake, name: str, domain: str) -> set[Path]:
    """List the files that reading a domain's descriptions opens below the benchmark's folder, or in the package."""
    files = class_files.BenchmarkFiles(split_files.folders(name, fake.root))
    images = {label: [one for one in fake.labels if fake.labels[one] == label] for label in fake.class_names}
    read = getattr(kinds.KINDS[name][1].BENCHMARK.descriptions(files, fake.class_names, lambda: images), domain)
    with opened_files.note() as opened:
        read()
    roots = {fake.root, awa2_files.CAPTIONS}
    return {path for path in opened if roots & {*path.parents}}


def test_redrawn_photographs_differ(tmp_path: Path) -> None:
    fake = _write("cub", tmp_path)
    first = next(iter(sorted(fake.root.rglob("*.jpg"))))
    before = np.asarray(Image.open(first)).copy()
    _redraw(fake)
    assert (np.asarray(Image.open(first)) != before).any()
