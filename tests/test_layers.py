# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The layers of the package: what stands lower is imported by what stands higher, never the other way round."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]
_LAYERS = (
    "version", "errors", "config", "util", "numerics", "evaluation", "workdir", "data", "domains", "backbones",
    "training", "method", "explain", "runs", "report", "tensorboard_log", "models", "pipeline", "export", "api",
    "baselines", "compare", "cli", "__init__",
)  # fmt: skip
_MOST_LOOSE = 6
_REASONS = ("starts TensorFlow", "optional")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _modules(root: Path) -> dict[str, Path]:
    """Returns dotted name -> file; `niwt_tf.data` is its `__init__.py`."""
    files = sorted((root / "niwt_tf").rglob("*.py"))
    names = [".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__") for file in files]
    return dict(zip(names, files, strict=True))


def _imports(root: Path) -> Iterator[tuple[str, str]]:
    """Yields (module, module that it imports), wherever the import stands: in a function or for types alone, too."""
    modules = _modules(root)
    for name, file in modules.items():
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "niwt_tf":
                for alias in node.names:
                    full = f"{node.module}.{alias.name}"
                    yield name, full if full in modules else str(node.module)
            elif isinstance(node, ast.Import):
                yield from ((name, alias.name) for alias in node.names if alias.name.split(".")[0] == "niwt_tf")


def _layer(module: str) -> int:
    return _LAYERS.index([*module.split("."), "__init__"][1])


def _climbs(root: Path) -> list[str]:
    return [f"{low} imports {high}" for low, high in _imports(root) if _layer(low) < _layer(high)]


def _in_circles(root: Path) -> set[str]:
    """Returns the modules that import themselves by way of others."""
    above: dict[str, set[str]] = {}
    for name, imported in _imports(root):
        above.setdefault(name, set()).add(imported)
    left = set(_modules(root))
    while True:  # what imports nothing that is left, is in no circle
        free = {name for name in left if not above.get(name, set()) & left - {name}}
        if not free:
            return {name for name in left if _reaches_itself(name, above)}
        left -= free


def _reaches_itself(name: str, above: dict[str, set[str]]) -> bool:
    reached, new = set(), set(above.get(name, ()))
    while new:
        reached |= new
        new = {one for name in new for one in above.get(name, ())} - reached
    return name in reached


def _unmarked(root: Path) -> list[str]:
    """Returns where an import in a function does not say why it stands there."""
    places = set()
    for file in _modules(root).values():
        text = file.read_text("utf-8")
        lines = text.splitlines()
        for function in (node for node in ast.walk(ast.parse(text)) if isinstance(node, _FUNCTIONS)):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    comment = lines[(node.end_lineno or node.lineno) - 1].partition("#")[2]
                    if not any(reason in comment for reason in _REASONS):
                        places.add(f"{file.relative_to(root)}:{node.lineno}")
    return sorted(places)


def test_every_package_and_loose_file_has_its_layer() -> None:
    folder = _ROOT / "niwt_tf"
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    loose = {path.stem for path in folder.glob("*.py")}
    assert packages | loose == set(_LAYERS)
    assert len(loose) <= _MOST_LOOSE


def test_a_layer_imports_only_what_lies_below() -> None:
    assert _climbs(_ROOT) == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert _in_circles(_ROOT) == set()


def test_an_import_in_a_function_says_why() -> None:
    assert _unmarked(_ROOT) == []


@pytest.fixture
def crooked(tmp_path: Path) -> Path:
    """A package that breaks every rule."""
    files = {
        "__init__": "",
        "errors": "def late():\n    from niwt_tf.util import a\n",
        "util/__init__": "",
        "util/a": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from niwt_tf.util import b\n",
        "util/b": "from niwt_tf.util.a import name\n",
        "util/c": "import niwt_tf.util.a\ndef late():\n    import os  # starts TensorFlow\n",
    }
    for name, text in files.items():
        path = tmp_path / "niwt_tf" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_a_crooked_package_is_found_out(crooked: Path) -> None:
    assert _climbs(crooked) == ["niwt_tf.errors imports niwt_tf.util.a"]
    assert _in_circles(crooked) == {"niwt_tf.util.a", "niwt_tf.util.b"}
    assert _unmarked(crooked) == ["niwt_tf/errors.py:2"]
