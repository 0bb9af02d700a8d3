# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Messages of the library name settings by `errors.setting`: only the programs know flags."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_PACKAGE = Path(__file__).resolve().parent.parent / "niwt_tf"
_OF_FLAGS = {_PACKAGE / "errors.py", _PACKAGE / "runs" / "command.py"}  # they render flags
_FILES = sorted(path for path in _PACKAGE.rglob("*.py") if path.parent.name != "cli" and path not in _OF_FLAGS)
_FLAG = re.compile(r"(?<![\w}-])--(?:[a-z{]|$)")
_COMMAND = re.compile(r"\b(?:niwt(?:_\w+)?|pip|convmv)\b[^`]*? --")


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """List line and text of all strings but docstrings and the help of settings, with `{}` for each value in them."""
    left_out = {id(part) for node in ast.walk(tree) if _is_help(node) for part in ast.walk(node)}
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            left_out.add(id(body[0].value))
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _is_help(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_option"


def _flags(source: str) -> list[tuple[int, str]]:
    return [(line, text) for line, text in _texts(ast.parse(source)) if _FLAG.search(_COMMAND.sub("", text))]


@pytest.mark.parametrize("path", _FILES, ids=lambda path: str(path.relative_to(_PACKAGE)))
def test_no_message_of_the_library_spells_a_flag(path: Path) -> None:
    assert _flags(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source", ['raise E("Add --layer.")', 'raise E(f"Received: --layer={name}.")', 'raise E(f"`--{name}` must")']
)
def test_a_flag_in_a_message_is_found(source: str) -> None:
    assert len(_flags(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        '"""Documents --layer."""',
        'x = _option("", "Folder; --list_layers lists them.")',
        'raise E(f"Run niwt --workdir={name}")',
        'raise E(f"Add {errors.setting(name)} -- or not.")',
    ],
)
def test_documentation_help_and_commands_may_spell_flags(source: str) -> None:
    assert _flags(source) == []
