# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what `import niwt_tf` offers, and that it does not wait for TensorFlow."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import niwt_tf

_NAMES = sorted(set(niwt_tf.__all__) - {"__version__"})
_TREE = ast.parse(Path(niwt_tf.__file__).read_text("utf-8"))


def _run(code: str) -> str:
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_importing_the_package_does_not_import_tensorflow() -> None:
    used = "import sys, niwt_tf; dir(niwt_tf); niwt_tf.__version__"
    assert _run(f"{used}; print(sorted({{'tensorflow', 'keras', 'numpy'}} & set(sys.modules)))") == "[]"


@pytest.mark.slow
def test_a_name_is_imported_when_it_is_used_and_modules_can_be_beside_it() -> None:
    code = "import niwt_tf; from niwt_tf import errors, fit_map; print(fit_map is niwt_tf.fit_map, errors.__name__)"
    assert _run(code) == "True niwt_tf.errors"


@pytest.mark.parametrize("name", _NAMES)
def test_every_name_is_there_with_its_documentation(name: str) -> None:
    assert inspect.getdoc(getattr(niwt_tf, name))


def test_no_name_is_that_of_a_module_which_would_take_its_place() -> None:
    modules = {module.name for module in pkgutil.iter_modules(niwt_tf.__path__)}
    assert "evaluation" in modules
    assert not modules & set(_NAMES)


def test_type_checkers_are_told_of_the_same_names() -> None:
    (block,) = [node for node in _TREE.body if isinstance(node, ast.If)]
    told = [alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(told) == _NAMES


def test_dir_and_a_star_give_just_these() -> None:
    assert dir(niwt_tf) == sorted(niwt_tf.__all__)
    assert sorted(niwt_tf.__all__) == niwt_tf.__all__


def test_the_version_can_be_read_without_running_the_package() -> None:
    tree = ast.parse((Path(niwt_tf.__file__).parent / "version.py").read_text("utf-8"))
    values = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert ast.literal_eval(values["__version__"]) == niwt_tf.__version__


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'niwt_tf' has no attribute 'fit_maps'"):
        getattr(niwt_tf, "fit_maps")  # noqa: B009
