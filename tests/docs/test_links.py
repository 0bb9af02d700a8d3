# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests that links of the documents lead to files and headings that exist, and that every page can be reached."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_DOCS = [path for path in sorted((_ROOT / "docs").iterdir()) if path.suffix in (".md", ".ipynb")]
_PAGES = [_ROOT / "README.md", _ROOT / "CONTRIBUTING.md", _ROOT / "SECURITY.md", *_DOCS]


def _text(page: Path) -> str:
    """Read a page without its code, whose lines look like links and headings at times."""
    if page.suffix == ".ipynb":
        cells = json.loads(page.read_text("utf-8"))["cells"]
        return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def _links(page: Path) -> list[tuple[str, str]]:
    """Find the path and the anchor of each link that leads to no other site."""
    return re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", _text(page))


def _anchors(page: Path) -> set[str]:
    """List the anchors that GitHub and MkDocs give to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    broken = []
    for path, anchor in _links(page):
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(f"{path}#{anchor}")
    assert broken == []


def test_the_readme_leads_to_every_page() -> None:
    reached = {(_ROOT / path).resolve() for path, _ in _links(_ROOT / "README.md")}
    assert [page.name for page in _PAGES[1:] if page not in reached] == []


@pytest.mark.parametrize("page", _PAGES[1:], ids=lambda page: page.name)
def test_a_page_begins_with_its_title_and_a_sentence(page: Path) -> None:
    assert re.match(r"# .+\n\n[A-Z][^|#]{20,}?[.:]\s", _text(page))
