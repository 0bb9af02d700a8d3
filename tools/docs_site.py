# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""MkDocs hooks: pages from outside docs/, of notebooks and for each package, and links that leave docs/.

The documents are written to be read in the repository, where links lead to source files. On the site, a link to a
Python module leads to its entry in the reference; a link to any other file of the repository becomes plain text. A
notebook becomes a page with the outputs that it holds.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
_PACKAGE = "niwt_tf"
_OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
_NOTEBOOK = ".ipynb"
_DOWNLOAD = '<a href="../{}">This page as a notebook</a>'  # HTML, because a link of Markdown would lead to the page
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Add the reference to the navigation."""
    config.nav.append({"Reference": [*reference()]})
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages from the repository's root, of notebooks, and those of the reference."""
    from mkdocs.structure import files as files_lib  # optional: tests of this module need no MkDocs

    added: dict[str, str | bytes] = {**reference()}
    for name, page in _OUTSIDE.items():
        added[page] = (_ROOT / name).read_text("utf-8").replace("](docs/", "](")
    for notebook in (_ROOT / "docs").glob(f"*{_NOTEBOOK}"):
        added |= notebook_page(notebook)
    for path, content in added.items():
        files.append(files_lib.File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrite the links of a page that leave docs/."""
    folder = "" if page.file.src_uri in _OUTSIDE.values() else "docs"
    return rewritten(markdown, folder)


def notebook_page(notebook: Path) -> dict[str, str | bytes]:
    """Convert a notebook to a page: path -> Markdown, and the path of each picture -> its bytes."""
    import nbconvert  # optional, as MkDocs

    names = {"unique_key": notebook.stem, "output_files_dir": notebook.stem}
    markdown, resources = nbconvert.MarkdownExporter().from_filename(str(notebook), resources=names)
    title, rest = markdown.lstrip().split("\n", 1)
    return {f"{notebook.stem}.md": f"{title}\n\n{_DOWNLOAD.format(notebook.name)}\n{rest}", **resources["outputs"]}


def reference() -> dict[str, str]:
    """Write a reference page for each package: path -> Markdown."""
    packages = sorted(path for path in (_ROOT / _PACKAGE).iterdir() if (path / "__init__.py").is_file())
    pages = {f"reference/{_PACKAGE}.md": _page(_PACKAGE, (_ROOT / _PACKAGE).glob("*.py"))}
    return pages | {f"reference/{one.name}.md": _page(f"{_PACKAGE}.{one.name}", one.rglob("*.py")) for one in packages}


def rewritten(markdown: str, folder: str) -> str:
    """Rewrite links to files of the repository.

    A module becomes its entry in the reference, a notebook its page, and another file plain text.

    Args:
      markdown: Text of a page.
      folder: Folder of the repository that its links start from.
    """

    def replace(link: re.Match[str]) -> str:
        text, path, anchor = link.groups(default="")
        target = posixpath.normpath(posixpath.join(folder, path))
        if target in _OUTSIDE:
            return f"[{text}]({_OUTSIDE[target]}{anchor})"
        if target.endswith(_NOTEBOOK):
            return f"[{text}]({path.removesuffix(_NOTEBOOK)}.md{anchor})"
        if target.startswith("docs/") or not (_ROOT / target).exists():
            return link[0]
        return f"[{text}][{module}]" if (module := _module(_ROOT / target)) else text

    return _LINK.sub(replace, markdown)


def _page(title: str, modules: Iterator[Path]) -> str:
    names = sorted({name for path in modules if (name := _module(path)) is not None})
    return "\n\n".join([f"# `{title}`", *(f"::: {name}" for name in names)]) + "\n"


def _module(path: Path) -> str | None:
    """Name the module or the package at a path of the repository; None for another file."""
    inside = path.relative_to(_ROOT).with_suffix("")
    is_module = path.suffix == ".py" or (path / "__init__.py").is_file()
    return ".".join(inside.parts).removesuffix(".__init__") if is_module and inside.parts[0] == _PACKAGE else None
