# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the hooks of the documents' site: its links, and its reference."""

from __future__ import annotations

import base64
from pathlib import Path

import nbformat
import pytest

import docs_site

_ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[importance](../niwt_tf/method/importance.py)", "[importance][niwt_tf.method.importance]"),
        ("[explanations](../niwt_tf/explain/)", "[explanations][niwt_tf.explain]"),
        ("[SUN](../niwt_tf/data/sun/README.md)", "SUN"),
        ("[presets](../flags/)", "presets"),
        ("[limits](../README.md#limits)", "[limits](index.md#limits)"),
        ("[data](data.md#the-aviary)", "[data](data.md#the-aviary)"),
        ("[tutorial](tutorial.ipynb#save)", "[tutorial](tutorial.md#save)"),
        ("[below](#cite)", "[below](#cite)"),
        ("[a site](https://example.org)", "[a site](https://example.org)"),
        ("![picture](../niwt_tf/method/importance.py)", "![picture](../niwt_tf/method/importance.py)"),
        ("[nothing there](../niwt_tf/missing.py)", "[nothing there](../niwt_tf/missing.py)"),
    ],
)
def test_links_of_a_page_in_docs(link: str, expected: str) -> None:
    assert docs_site.rewritten(f"See {link}.", "docs") == f"See {expected}."


def test_links_of_a_page_from_the_root() -> None:
    page = "[importance](niwt_tf/method/importance.py), [contribute](CONTRIBUTING.md), [licence](LICENSE), [x](x.ipynb)"
    expected = "[importance][niwt_tf.method.importance], [contribute](contributing.md), licence, [x](x.md)"
    assert docs_site.rewritten(page, "") == expected


def test_a_notebook_becomes_a_page_with_its_outputs(tmp_path: Path) -> None:
    pytest.importorskip("nbconvert", reason="needs the extra `docs`")
    cells = [
        nbformat.v4.new_markdown_cell("# Title\n\nSome [text](data.md)."),
        nbformat.v4.new_code_cell(
            "x = 1",
            outputs=[
                nbformat.v4.new_output("stream", text="printed\n"),
                nbformat.v4.new_output("display_data", {"image/png": base64.b64encode(b"picture").decode()}),
            ],
        ),
    ]
    metadata = {"language_info": {"name": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), tmp_path / "walk.ipynb")
    pages = docs_site.notebook_page(tmp_path / "walk.ipynb")
    text = pages.pop("walk.md")
    assert isinstance(text, str)
    assert text.startswith('# Title\n\n<a href="../walk.ipynb">')
    assert "Some [text](data.md)." in text
    assert "```python\nx = 1\n```" in text
    assert "    printed\n" in text
    ((picture, data),) = pages.items()
    assert f"]({picture})" in text
    assert data == b"picture"


def test_the_reference_holds_every_module_once() -> None:
    listed = [line.removeprefix("::: ") for page in docs_site.reference().values() for line in page.splitlines()[1:]]
    found = [line for line in listed if line]
    modules = [path.relative_to(_ROOT).with_suffix("") for path in (_ROOT / "niwt_tf").rglob("*.py")]
    assert sorted(found) == sorted(".".join(module.parts).removesuffix(".__init__") for module in modules)
