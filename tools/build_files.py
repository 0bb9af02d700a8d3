# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check the BUILD files without Bazel: every file must belong to a target, and `deps` must be what files import.

BUILD files are written in a subset of Python: each is executed with rules that record their arguments.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

_NATIVE_RULES = ("alias", "filegroup", "genrule", "test_suite")
_LIBRARY = "niwt_tf"
_PACKAGE = "package_library"  # globs its files itself, see tools/python.bzl
_DECLARATIONS = ("exports_files", "licenses", "package")


@dataclasses.dataclass(frozen=True)
class Target:
    """Target that a call in a BUILD file declares.

    Attributes:
      rule: Rule or macro, such as `py_library`.
      sources: Files of the target, as paths from the root.
      deps: Labels of the targets that it depends on.
    """

    rule: str
    sources: frozenset[Path]
    deps: tuple[str, ...]


def problems(root: Path) -> list[str]:
    """List the problems: a message for files without a target in each part, and for each library with wrong `deps`."""
    targets = read_targets(root)
    library = ["//niwt_tf:niwt_tf"]
    tests = [label for label, target in targets.items() if target.rule == "pytest_tests"]
    programs = [label for label, target in targets.items() if target.rule == "script_binary"]
    parts = (("niwt_tf", "**/*.py", library), ("tests", "**/*.py", tests), ("bin", "*", programs))
    messages = []
    for folder, pattern, labels in parts:
        held = set(_sources(targets, labels))
        left_out = sorted(str(path) for path in _files(root, folder, pattern) if path not in held)
        if left_out:
            messages.append(
                f"{', '.join(labels) or 'A target'} must hold every file {folder}/{pattern}. "
                f"Left out: {', '.join(left_out)}. Add the target of the BUILD file beside or above them "
                "to the `deps` of the next one up."
            )
    return messages + _wrong_deps(root, targets)


def _wrong_deps(root: Path, targets: dict[str, Target]) -> list[str]:
    """List a message for each library whose `deps` are not the targets that its files import."""
    libraries = {label: target for label, target in targets.items() if label.startswith(f"//{_LIBRARY}")}
    owners = {source: label for label, target in libraries.items() for source in target.sources}
    messages = []
    for label, target in libraries.items():
        imported = {owners[path] for source in target.sources for path in _imported(root, source) if path in owners}
        missing, left_over = imported - {label, *target.deps}, {*target.deps} & libraries.keys() - imported
        if label == f"//{_LIBRARY}:{_LIBRARY}":  # holds all of them
            left_over = set()
        if missing or left_over:
            messages.append(
                f"`deps` of {label} must be the targets that its files import. Missing: "
                f"{', '.join(sorted(missing)) or 'none'}; not imported: {', '.join(sorted(left_over)) or 'none'}."
            )
    return messages


def _imported(root: Path, source: Path) -> Iterator[Path]:
    """Yield the files of the library that a file imports, as paths from the root."""
    for node in ast.walk(ast.parse((root / source).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == _LIBRARY:
            for alias in node.names:
                yield _file_of(root, f"{node.module}.{alias.name}") or _file_of(root, str(node.module)) or source


def _file_of(root: Path, module: str) -> Path | None:
    path = Path(*module.split("."))
    return next((one for one in (path.with_suffix(".py"), path / "__init__.py") if (root / one).is_file()), None)


def read_targets(root: Path) -> dict[str, Target]:
    """Read the targets of all BUILD files under `root` by label, such as `//niwt_tf/data:data`."""
    targets: dict[str, Target] = {}
    for folder in _packages(root):
        targets.update(_evaluate(root, folder))
    return targets


def _packages(root: Path) -> Iterator[Path]:
    """Yield the folders with a BUILD file, except those in .bazelignore."""
    lines = (root / ".bazelignore").read_text(encoding="utf-8").splitlines()
    ignored = {root / line for line in lines if line and not line.startswith("#")}
    for name, folders, files in os.walk(root):
        folders[:] = [folder for folder in folders if Path(name, folder) not in ignored]
        if "BUILD" in files:
            yield Path(name)


def _evaluate(root: Path, folder: Path) -> dict[str, Target]:
    """Execute one BUILD file, and return its targets by label."""
    package = folder.relative_to(root).as_posix().removeprefix(".")
    targets: dict[str, Target] = {}

    def declare(rule: str, name: str = "", **attributes: Any) -> None:
        if rule == _PACKAGE:
            attributes["srcs"] = _glob(folder, ["**/*.py"])
        sources = attributes.get("srcs") or filter(None, [attributes.get("script")])
        files = frozenset(Path(package, source) for source in sources)
        deps = tuple(_label(dep, package) for dep in attributes.get("deps", ()))
        targets[f"//{package}:{name}"] = Target(rule, files, deps)

    def load(_: str, *names: str) -> None:
        namespace.update({name: functools.partial(declare, name) for name in names})

    namespace: dict[str, Callable[..., Any]] = {name: lambda *_, **__: None for name in _DECLARATIONS}
    namespace |= {"load": load, "glob": functools.partial(_glob, folder)}
    load("", *_NATIVE_RULES)
    exec(compile((folder / "BUILD").read_text(encoding="utf-8"), folder / "BUILD", "exec"), namespace)
    return targets


def _label(text: str, package: str) -> str:
    """Expand a label: `:a` and `//x/y` become `//package:a` and `//x/y:y`."""
    if text.startswith(":"):
        return f"//{package}{text}"
    return text if ":" in text else f"{text}:{text.rpartition('/')[2]}"


def _glob(folder: Path, include: Iterable[str], exclude: Iterable[str] = (), **_: Any) -> list[str]:
    """List files as Bazel's glob does: those of this package, and none of a package below it."""
    left_out = {path for pattern in exclude for path in folder.glob(pattern)}
    matches = {path for pattern in include for path in folder.glob(pattern) if path.is_file()} - left_out
    return sorted(path.relative_to(folder).as_posix() for path in matches if _package_of(path) == folder)


def _package_of(path: Path) -> Path:
    """Find the nearest folder above `path` that has a BUILD file."""
    return next(folder for folder in path.parents if (folder / "BUILD").is_file())


def _sources(targets: dict[str, Target], labels: Iterable[str]) -> Iterator[Path]:
    """Yield the files of targets and of everything that they depend on."""
    seen: set[str] = set()
    waiting = list(labels)
    while waiting:
        label = waiting.pop()
        if label in targets and label not in seen:
            seen.add(label)
            waiting.extend(targets[label].deps)
            yield from targets[label].sources


def _files(root: Path, folder: str, pattern: str) -> Iterator[Path]:
    """Yield the files of a folder that match, as paths from the root."""
    return (path.relative_to(root) for path in (root / folder).glob(pattern) if path.is_file())
