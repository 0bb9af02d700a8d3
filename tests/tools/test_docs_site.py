# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the hooks of the documents' site: its links, and its reference."""

from __future__ import annotations

from pathlib import Path

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
        ("[below](#cite)", "[below](#cite)"),
        ("[a site](https://example.org)", "[a site](https://example.org)"),
        ("![picture](../niwt_tf/method/importance.py)", "![picture](../niwt_tf/method/importance.py)"),
        ("[nothing there](../niwt_tf/missing.py)", "[nothing there](../niwt_tf/missing.py)"),
    ],
)
def test_links_of_a_page_in_docs(link: str, expected: str) -> None:
    assert docs_site.rewritten(f"See {link}.", "docs") == f"See {expected}."


def test_links_of_a_page_from_the_root() -> None:
    page = "[importance](niwt_tf/method/importance.py), [contribute](CONTRIBUTING.md), [licence](LICENSE)"
    expected = "[importance][niwt_tf.method.importance], [contribute](contributing.md), licence"
    assert docs_site.rewritten(page, "") == expected


def test_the_reference_holds_every_module_once() -> None:
    listed = [line.removeprefix("::: ") for page in docs_site.reference().values() for line in page.splitlines()[1:]]
    found = [line for line in listed if line]
    modules = [path.relative_to(_ROOT).with_suffix("") for path in (_ROOT / "niwt_tf").rglob("*.py")]
    assert sorted(found) == sorted(".".join(module.parts).removesuffix(".__init__") for module in modules)
