# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the check of the BUILD files without Bazel."""

from __future__ import annotations

from pathlib import Path

import pytest

import build_files

_ROOT = Path(__file__).resolve().parents[2]
_LIBRARY = """load("@rules_python//python:defs.bzl", "py_library")
py_library(name = "niwt_tf", srcs = glob(["*.py"]), deps = [{deps}])
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Repository with a library of two packages, the lower one in `deps` of the upper."""
    files = {
        ".bazelignore": "# comment\nbuild\n",
        "BUILD": 'load("//tools:python.bzl", "script_binary")\nscript_binary(name = "niwt", script = "bin/niwt")\n',
        "bin/niwt": "",
        "niwt_tf/BUILD": _LIBRARY.format(deps='"//niwt_tf/data"'),
        "niwt_tf/a.py": "",
        "niwt_tf/data/BUILD": 'py_library(name = "data", srcs = glob(["**/*.py"]))\n',
        "niwt_tf/data/b.py": "",
        "tests/BUILD": 'pytest_tests(name = "fast_tests", srcs = glob(["**/test_*.py"]), fast = [])\n',
        "tests/test_a.py": "",
        "build/niwt_tf/BUILD": "this file is ignored\n",
    }
    loads = 'load("@rules_python//python:defs.bzl", "py_library")\nload("//tools:python.bzl", "pytest_tests")\n'
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(loads + text if name in ("niwt_tf/data/BUILD", "tests/BUILD") else text, "utf-8")
    return tmp_path


def test_the_build_files_of_this_repository_hold_every_file() -> None:
    assert build_files.problems(_ROOT) == []


def test_a_correct_repository_has_no_problems(repository: Path) -> None:
    assert build_files.problems(repository) == []


def test_targets_have_labels_sources_and_dependencies(repository: Path) -> None:
    targets = build_files.read_targets(repository)
    assert targets["//niwt_tf:niwt_tf"] == build_files.Target(
        "py_library", frozenset([Path("niwt_tf/a.py")]), ("//niwt_tf/data:data",)
    )
    assert targets.keys() == {"//:niwt", "//niwt_tf:niwt_tf", "//niwt_tf/data:data", "//tests:fast_tests"}


@pytest.mark.parametrize(
    ("name", "labels"),
    [("tests/conftest.py", "//tests:fast_tests"), ("bin/other", "//:niwt"), ("niwt_tf/sub/c.py", "//niwt_tf:niwt_tf")],
)
def test_a_file_without_a_target_is_named(repository: Path, name: str, labels: str) -> None:
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).touch()
    (message,) = build_files.problems(repository)
    assert message.startswith(f"{labels} must hold every file") and f"Left out: {name}. " in message


def test_a_package_outside_all_deps_is_named(repository: Path) -> None:
    (repository / "niwt_tf" / "BUILD").write_text(_LIBRARY.format(deps=""), "utf-8")
    (message,) = build_files.problems(repository)
    assert "Left out: niwt_tf/data/b.py." in message


def test_deps_must_be_what_the_files_import(repository: Path) -> None:
    (repository / "niwt_tf" / "a.py").write_text("def late():\n    from niwt_tf.data import b\n", "utf-8")
    assert build_files.problems(repository) == []
    (repository / "niwt_tf" / "data" / "b.py").write_text("from niwt_tf import a\n", "utf-8")
    assert build_files.problems(repository) == [
        "`deps` of //niwt_tf/data:data must be the targets that its files import. Missing: //niwt_tf:niwt_tf; not "
        "imported: none."
    ]


def test_unused_deps_are_named(repository: Path) -> None:
    path = repository / "niwt_tf" / "data" / "BUILD"
    path.write_text(path.read_text("utf-8").replace("]))", ']), deps = ["//niwt_tf:niwt_tf"])'), "utf-8")
    assert build_files.problems(repository)[0].endswith("Missing: none; not imported: //niwt_tf:niwt_tf.")
