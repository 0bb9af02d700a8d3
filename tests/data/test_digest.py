# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the fingerprint of a dataset's own files."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import digest
from niwt_tf.runs import stage_table


@pytest.fixture
def config(tmp_path: Path) -> config_lib.DataConfig:
    """A folder of four classes with two images each; dog is unseen."""
    for label in ("ant", "bee", "cat", "dog"):
        (tmp_path / "images" / label).mkdir(parents=True)
        for number in (1, 2):
            (tmp_path / "images" / label / f"{number}.jpg").write_bytes(b"an image")
    (tmp_path / "unseen.txt").write_text("dog\n", "utf-8")
    return config_lib.DataConfig(dataset="folder", data_dir=str(tmp_path))


def _add(root: Path) -> None:
    (root / "images" / "ant" / "3.jpg").write_bytes(b"an image")


def _remove(root: Path) -> None:
    (root / "images" / "dog" / "2.jpg").unlink()


def _rename(root: Path) -> None:
    (root / "images" / "dog" / "2.jpg").rename(root / "images" / "dog" / "3.jpg")


def _lengthen(root: Path) -> None:
    path = root / "images" / "ant" / "1.jpg"
    stat = path.stat()
    path.write_bytes(b"an image, longer")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _change(root: Path) -> None:
    path = root / "images" / "ant" / "1.jpg"
    stat = path.stat()
    path.write_bytes(b"no image")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 10**9))


def _unseen(root: Path) -> None:
    (root / "unseen.txt").write_text("cat\n", "utf-8")


def _new_class(root: Path) -> None:
    (root / "unseen.txt").write_text("dog\neel\n", "utf-8")


@pytest.mark.parametrize("change", [_add, _remove, _rename, _lengthen, _change, _unseen, _new_class])
def test_a_change_of_images_or_classes_changes_it(
    config: config_lib.DataConfig, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    before = digest.images(config)
    change(tmp_path)
    assert digest.images(config) != before


def test_unseen_classes_of_the_flag_change_it_as_the_list_does(config: config_lib.DataConfig, tmp_path: Path) -> None:
    of_flag = digest.images(dataclasses.replace(config, unseen=("cat",)))
    assert of_flag != digest.images(config)
    _unseen(tmp_path)
    assert digest.images(config) == of_flag


def _attributes(root: Path) -> None:
    (root / "attributes.csv").write_text("class,furry\nant,0\nbee,1\ncat,1\ndog,1\n", "utf-8")


def _captions(root: Path) -> None:
    (root / "captions").mkdir()
    (root / "captions" / "ant.txt").write_text("small", "utf-8")


def _documents(root: Path) -> None:
    (root / "documents" / "ant").mkdir(parents=True)
    (root / "documents" / "ant" / "1.txt").write_text("small", "utf-8")


def _other_files(root: Path) -> None:
    (root / "README.md").write_text("mine", "utf-8")
    (root / "images" / "ant" / "notes.txt").write_text("mine", "utf-8")
    (root / "images" / ".cache").mkdir()
    (root / "images" / ".cache" / "1.jpg").write_bytes(b"a thumbnail")


@pytest.mark.parametrize("change", [lambda root: None, _attributes, _captions, _other_files])
def test_nothing_else_changes_that_of_the_images(
    config: config_lib.DataConfig, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    before = digest.images(config)
    change(tmp_path)
    assert digest.images(config) == before


def test_it_is_the_same_wherever_the_folder_lies(config: config_lib.DataConfig, tmp_path: Path) -> None:
    before = digest.images(config)
    tmp_path.rename(tmp_path.with_name("moved"))
    assert digest.images(dataclasses.replace(config, data_dir=str(tmp_path.with_name("moved")))) == before


def test_the_home_folder_may_be_short(
    config: config_lib.DataConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _attributes(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    short = dataclasses.replace(config, data_dir=f"~/{tmp_path.name}")
    assert digest.images(short) == digest.images(config)
    assert (
        digest.knowledge(short, config_lib.DomainConfig()) == digest.knowledge(config, config_lib.DomainConfig()) != {}
    )


def test_a_folder_without_images_is_an_error_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="`data_dir` must contain images/<class>/"):
        digest.images(config_lib.DataConfig(dataset="folder", data_dir=str(tmp_path)))


def test_knowledge_is_stamped_domain_by_domain(config: config_lib.DataConfig, tmp_path: Path) -> None:
    everything = config_lib.DomainConfig(domain="attributes+captions+documents")
    assert digest.knowledge(config, everything) == {}
    for write in (_attributes, _captions, _documents):
        write(tmp_path)
    before = digest.knowledge(config, everything)
    assert before.keys() == {"attributes attributes.csv", "captions captions", "documents documents"}
    assert before["attributes attributes.csv"] == hashlib.sha256((tmp_path / "attributes.csv").read_bytes()).hexdigest()
    for domain, (stamp, value) in zip(("attributes", "captions", "documents"), before.items(), strict=True):
        assert digest.knowledge(config, config_lib.DomainConfig(domain=domain)) == {stamp: value}
    _other_files(tmp_path)
    assert digest.knowledge(config, everything) == before
    (tmp_path / "documents" / "ant" / "1.txt").write_text("large", "utf-8")
    after = digest.knowledge(config, everything)
    assert {stamp for stamp in before if before[stamp] != after[stamp]} == {"documents documents"}


def test_a_change_of_images_remakes_all_stages_and_one_of_knowledge_what_follows_from_it(
    config: config_lib.DataConfig, tmp_path: Path
) -> None:
    run = config_lib.RunConfig(data=config)
    _attributes(tmp_path)
    before = stage_table.fingerprints(run)
    (tmp_path / "attributes.csv").write_text("class,furry\nant,1\nbee,1\ncat,1\ndog,1\n", "utf-8")
    after = stage_table.fingerprints(run)
    remade = {stage for stage in before if before[stage] != after[stage]}
    follow = {"rehearsal", "map", "transfer", "evaluate", "inverse_map", "explain", "report"}
    assert remade == {"knowledge"} | follow
    _add(tmp_path)
    again = stage_table.fingerprints(run)
    assert not any(after[stage] == again[stage] for stage in after)


def test_the_aviary_has_no_files_of_its_own() -> None:
    settings = config_lib.DataConfig(data_dir="nowhere")
    assert digest.images(settings) == ""
    assert digest.knowledge(settings, config_lib.DomainConfig()) == digest.outlines(settings) == {}


def test_boxes_of_a_folder_remake_its_explanations_alone(config: config_lib.DataConfig, tmp_path: Path) -> None:
    run, path = config_lib.RunConfig(data=config), tmp_path / "boxes.csv"
    _attributes(tmp_path)
    before = stage_table.fingerprints(run)
    for content in ("file,x1,y1,x2,y2\nant/1.jpg,1,1,2,2\n", "file,x1,y1,x2,y2\nant/1.jpg,1,1,2,3\n"):
        path.write_text(content, "utf-8")
        assert digest.outlines(config) == {"boxes.csv": hashlib.sha256(path.read_bytes()).hexdigest()}
        after = stage_table.fingerprints(run)
        assert {stage for stage in before if before[stage] != after[stage]} == {"explain", "report"}
        before = after


def _benchmark(root: Path) -> config_lib.DataConfig:
    """Write an image and the split of AWA2."""
    (root / "JPEGImages" / "ox").mkdir(parents=True)
    (root / "JPEGImages" / "ox" / "1.jpg").write_bytes(b"an image")
    (root / "att_splits.mat").write_bytes(b"a split")
    return config_lib.DataConfig(dataset="awa2", data_dir=str(root), prepared_dir=str(root / "prepared"))


@pytest.mark.parametrize("name", ["att_splits.mat", "JPEGImages/ox/1.jpg", "JPEGImages/ox/2.jpg", "valclasses1.txt"])
def test_that_of_a_benchmark_follows_its_split_and_its_images(tmp_path: Path, name: str) -> None:
    settings = _benchmark(tmp_path)
    before = digest.images(settings)
    assert digest.images(settings) == before
    (tmp_path / name).write_bytes(b"changed")
    assert digest.images(settings) != before


def test_the_files_of_a_benchmark_may_lie_with_the_prepared_datasets(tmp_path: Path) -> None:
    named = _benchmark(tmp_path / "downloads" / "manual")
    assert digest.images(config_lib.DataConfig(dataset="awa2", prepared_dir=str(tmp_path))) == digest.images(named)
