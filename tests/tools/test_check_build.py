# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the check of the BUILD files, with and without Bazel."""

from __future__ import annotations

from pathlib import Path

import check_build
import pytest

import build_files


def _bazel(folder: Path, version: str, status: int = 0) -> None:
    path = folder / "bazel"
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{version}" && exit 0\necho broken >&2\nexit {status}\n')
    path.chmod(0o755)


def test_without_bazel_its_checks_are_skipped_with_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert check_build.main() == 0
    assert "skipped the checks by Bazel: no `bazel` on PATH" in capsys.readouterr().out


def test_with_another_bazel_its_checks_are_skipped_with_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _bazel(tmp_path, "bazel 8.1.0")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert check_build.main() == 0
    assert "the stubs suit Bazel 4 only, this is 8.1.0" in capsys.readouterr().out


@pytest.mark.parametrize("version", ["bazel 4.2.3", "bazel no_version"])
def test_a_failure_of_bazel_shows_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    _bazel(tmp_path, version, status=7)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert check_build.main() == 1
    output = capsys.readouterr().err
    assert "failed with exit status 7:\nbroken" in output


def test_a_file_without_a_target_fails_before_bazel_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build_files, "problems", lambda root: ["//niwt_tf:niwt_tf must hold every file"])
    assert check_build.main() == 1
    assert "must hold every file" in capsys.readouterr().err
