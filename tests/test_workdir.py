# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the folder of a run: what is whole stays whole, what is partial can go on."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from fakes import holding
from niwt_tf import config, errors, workdir
from niwt_tf.util import json_files, locks


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _finish(folder: workdir.Workdir, stage: str, fingerprint: str, text: str = "whole") -> None:
    with folder.writing(stage, workdir.Record(fingerprint)) as partial:
        (partial / "artefact.txt").write_text(text, "utf-8")


def _interrupt(folder: workdir.Workdir, stage: str, fingerprint: str, error: BaseException) -> None:
    with pytest.raises(type(error)), folder.writing(stage, workdir.Record(fingerprint)) as partial:
        (partial / "half.txt").write_text("half", "utf-8")
        raise error


def test_a_finished_stage_lies_whole_in_its_place(tmp_path: Path) -> None:
    folder = workdir.Workdir(tmp_path)
    _finish(folder, "map", "f1")
    assert folder.path("map") == tmp_path / "map"
    assert (tmp_path / "map" / "artefact.txt").read_text("utf-8") == "whole"
    assert not (tmp_path / "partial" / "map").exists()


def test_nothing_is_in_place_while_a_stage_writes(tmp_path: Path) -> None:
    folder = workdir.Workdir(tmp_path)
    with folder.writing("map", workdir.Record("f1")) as partial:
        (partial / "artefact.txt").write_text("half", "utf-8")
        assert not folder.path("map").exists()
        assert not folder.is_current("map", "f1")


def test_is_current_only_for_the_fingerprint_that_finished(tmp_path: Path) -> None:
    folder = workdir.Workdir(tmp_path)
    assert not folder.is_current("map", "f1")
    _finish(folder, "map", "f1")
    assert folder.is_current("map", "f1")
    assert not folder.is_current("map", "f2")
    assert not folder.is_current("transfer", "f1")


@pytest.mark.parametrize("error", [RuntimeError(), KeyboardInterrupt()])
def test_an_interrupted_stage_is_not_done_and_keeps_its_part(tmp_path: Path, error: BaseException) -> None:
    folder = workdir.Workdir(tmp_path)
    _interrupt(folder, "map", "f1", error)
    assert not folder.path("map").exists()
    assert not folder.is_current("map", "f1")
    assert (tmp_path / "partial" / "map" / "half.txt").read_text("utf-8") == "half"


def test_the_same_fingerprint_goes_on_with_what_is_there(tmp_path: Path) -> None:
    _interrupt(workdir.Workdir(tmp_path), "map", "f1", RuntimeError())
    with workdir.Workdir(tmp_path).writing("map", workdir.Record("f1")) as partial:
        assert (partial / "half.txt").read_text("utf-8") == "half"
    assert (tmp_path / "map" / "half.txt").exists()
    assert workdir.Workdir(tmp_path).is_current("map", "f1")


def test_checkpoints_stay_until_the_stage_is_done(tmp_path: Path) -> None:
    folder = workdir.Workdir(tmp_path)
    for is_killed in (True, False):
        with contextlib.suppress(KeyboardInterrupt), folder.writing("backbone", workdir.Record("f1")) as partial:
            for checkpoints in (partial / "checkpoints", partial / "0" / "checkpoints"):
                assert checkpoints.exists() != is_killed
                checkpoints.mkdir(parents=True, exist_ok=True)
                (checkpoints / "ckpt-1.index").touch()
            (partial / "weights.npz").touch()
            if is_killed:
                raise KeyboardInterrupt
    assert {path.name for path in tmp_path.rglob("*")} == {
        "backbone", "0", "weights.npz", "fingerprint.json", "partial",
    }  # fmt: skip
    assert set(workdir.Record.read(tmp_path / "backbone").files) == {"weights.npz"}


def test_another_fingerprint_clears_what_is_there(tmp_path: Path) -> None:
    folder = workdir.Workdir(tmp_path)
    _interrupt(folder, "map", "f1", RuntimeError())
    with folder.writing("map", workdir.Record("f2")) as partial:
        assert not (partial / "half.txt").exists()
    assert folder.is_current("map", "f2")


def test_parts_of_other_stages_are_left_alone(tmp_path: Path) -> None:
    folder = workdir.Workdir(tmp_path)
    _interrupt(folder, "map", "f1", RuntimeError())
    _finish(folder, "transfer", "f2")
    assert (tmp_path / "partial" / "map" / "half.txt").exists()


def test_an_old_artefact_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    folder = workdir.Workdir(tmp_path)
    _finish(folder, "map", "f1", "old")
    (folder.path("map") / "only_in_the_old.txt").touch()
    _interrupt(folder, "map", "f2", RuntimeError())
    assert folder.is_current("map", "f1")
    assert (folder.path("map") / "artefact.txt").read_text("utf-8") == "old"
    _finish(folder, "map", "f2", "new")
    assert folder.is_current("map", "f2")
    assert (folder.path("map") / "artefact.txt").read_text("utf-8") == "new"
    assert not (folder.path("map") / "only_in_the_old.txt").exists()


def test_root_may_be_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert workdir.Workdir("~/run").path("map") == tmp_path / "run" / "map"


_OURS = {"map": workdir.Record("f1", settings="ours")}
_OTHERS = {"map": workdir.Record("f2", settings="others")}


def _finished_by(root: Path, run: config.RunConfig) -> workdir.Workdir:
    """Make a folder in which `map` was made by the settings `run`, other than those of `_OURS`."""
    folder = workdir.Workdir(root)
    folder.claim(run)
    with folder.writing("map", _OTHERS["map"]):
        pass
    return folder


def test_claim_takes_a_new_folder_and_the_same_settings_again(tmp_path: Path) -> None:
    root = tmp_path / "new" / "run"
    for _ in range(2):
        workdir.Workdir(root).require_same(config.RunConfig(), _OURS)
        workdir.Workdir(root).claim(config.RunConfig())
    assert _files(root) == {"config.json"}
    record = json.loads((root / "config.json").read_text("utf-8"))
    assert record.keys() == config.options(config.RunConfig()).keys()
    assert (record["seed"], record["lambdas"]) == (0, list(config.ValidationConfig().lambdas))


def test_requiring_the_same_settings_writes_nothing(tmp_path: Path) -> None:
    workdir.Workdir(tmp_path / "run").require_same(config.RunConfig(), _OURS)
    assert not (tmp_path / "run").exists()


def test_other_settings_are_named_with_the_remedy(tmp_path: Path) -> None:
    folder = _finished_by(tmp_path, config.RunConfig(validation=config.ValidationConfig(lambdas=(0.1, 1e-3))))
    other = config.RunConfig(seed=4, validation=config.ValidationConfig(lambdas=(0.5,)))
    with pytest.raises(errors.UserError) as caught:
        folder.require_same(other, _OURS)
    assert caught.value.as_flags() == (
        f"`--workdir` must hold a run with the same settings. Received: --workdir={tmp_path}, made with "
        "other settings:\n"
        "  --lambdas: [0.1, 0.001] there, [0.5] now\n"
        "  --seed: 0 there, 4 now\n"
        "Name another --workdir, or add --overwrite to remake the stages that these settings change."
    )


def test_settings_that_say_only_where_and_how_may_differ(tmp_path: Path) -> None:
    folder = _finished_by(tmp_path, config.RunConfig(jit_compile="on"))
    folder.require_same(config.RunConfig(jit_compile="off", data=config.DataConfig(data_dir="elsewhere")), _OURS)


def test_other_settings_do_not_matter_before_they_have_finished_a_stage(tmp_path: Path) -> None:
    folder = workdir.Workdir(tmp_path)
    folder.claim(config.RunConfig())
    with pytest.raises(RuntimeError), folder.writing("map", _OTHERS["map"]):
        raise RuntimeError
    folder.require_same(config.RunConfig(seed=4), _OURS)


def test_a_finished_stage_that_does_not_depend_on_the_other_settings_does_not_matter(tmp_path: Path) -> None:
    folder = _finished_by(tmp_path, config.RunConfig())
    folder.require_same(config.RunConfig(seed=4), _OTHERS)


def test_other_settings_may_be_overwritten_and_are_then_remembered(tmp_path: Path) -> None:
    folder = _finished_by(tmp_path, config.RunConfig())
    folder.require_same(config.RunConfig(seed=4), _OURS, overwrite=True)
    folder.claim(config.RunConfig(seed=4))
    folder.require_same(config.RunConfig(seed=4), _OURS)
    with pytest.raises(errors.UserError, match=re.escape("seed: 4 there, 0 now")):
        folder.require_same(config.RunConfig(), _OURS)


def test_claim_keeps_the_finished_stages(tmp_path: Path) -> None:
    folder = workdir.Workdir(tmp_path)
    _finish(folder, "map", "f1")
    folder.claim(config.RunConfig())
    assert folder.is_current("map", "f1")


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None]}, [], "ä", 0])
def test_json_comes_back_as_written(tmp_path: Path, value: Any) -> None:
    json_files.write(tmp_path / "x.json", value)
    assert json_files.read(tmp_path / "x.json") == value
    assert _files(tmp_path) == {"x.json"}


@pytest.mark.parametrize("text", ["", '{"a": 1', "{'a': 1}", "\0\0\0"])
def test_read_json_of_broken_text_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text, "utf-8")
    assert json_files.read(tmp_path / "x.json") is None


def test_read_json_of_what_is_no_text_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"\xff\xfe")
    assert json_files.read(tmp_path / "x.json") is None


def test_read_json_of_no_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert json_files.read(tmp_path / "x.json") is None
    assert json_files.read(tmp_path / "file" / "x.json") is None


def test_write_json_that_cannot_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    json_files.write(tmp_path / "x.json", 1)
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_files.write(tmp_path / "x.json", float("nan"))
    assert json_files.read(tmp_path / "x.json") == 1
    assert _files(tmp_path) == {"x.json"}


def test_write_json_killed_before_the_rename_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt(self, target)

    json_files.write(tmp_path / "x.json", 1)
    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        json_files.write(tmp_path / "x.json", 2)
    assert json_files.read(tmp_path / "x.json") == 1
    assert _files(tmp_path) == {"x.json"}


@pytest.mark.parametrize("name", ["file", "file/run"])
def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(errors.UserError) as caught:
        workdir.Workdir(tmp_path / name).require_writable()
    assert caught.value.as_flags() == (
        f"`--workdir` must be a folder that can be written. Received: --workdir={tmp_path / name}, where "
        f"{tmp_path / 'file'} is no folder. Name another --workdir."
    )


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workdir.Workdir(tmp_path / "a" / "b").require_writable()
    monkeypatch.setattr("os.access", lambda *_: False)  # the tests may run as root, whom nothing stops
    with pytest.raises(errors.UserError, match=re.escape(f"where {tmp_path} cannot be written.")):
        workdir.Workdir(tmp_path / "a" / "b").require_writable()
    assert not (tmp_path / "a").exists()


def test_a_folder_must_be_named_in_utf8(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError) as caught:
        workdir.Workdir(tmp_path / "caf\udce9").require_writable()
    assert caught.value.as_flags() == (
        f"`--workdir` must be a folder whose name is UTF-8. Received: --workdir={tmp_path}/caf\\xe9. Name another "
        "--workdir."
    )


def test_settings_of_other_versions_do_not_matter(tmp_path: Path) -> None:
    folder = _finished_by(tmp_path, config.RunConfig())
    record = json_files.read(tmp_path / "config.json")
    json_files.write(tmp_path / "config.json", record | {"retired": 3})
    folder.require_same(config.RunConfig(), _OURS)


def test_one_process_at_a_time_writes_into_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with holding.another_process(locks.within(tmp_path)) as process:
        lines = holding.end_when_waited_for(monkeypatch, process)
        with workdir.Workdir(tmp_path).lock():
            assert _files(tmp_path) == {".lock"}
    assert len(lines) == 1 and lines[0].endswith(f", which writes the run in {tmp_path}")
    assert not _files(tmp_path)
