# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs the tutorial and writes docs/tutorial.md, with what its cells print: `python tools/render_tutorial.py`."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent
SOURCE, RENDERED = _ROOT / "docs" / "tutorial.py", _ROOT / "docs" / "tutorial.md"
_HEAD = "<!-- Written by tools/render_tutorial.py from tutorial.py, which opens as a notebook. -->"
_OUTPUT = re.compile(r"\n```text\n.*?\n```\n", re.DOTALL)
_PREPARING = "  preparing the images in "  # said once a machine, with a path of its own


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a notebook in percent format.

    Attributes:
      is_text: whether it is Markdown; code otherwise.
      source: its text, without the mark and the `#` of Markdown.
    """

    is_text: bool
    source: str


def cells(notebook: str) -> list[Cell]:
    """Returns the cells of a notebook; what stands before the first mark is none."""
    found = []
    for part in re.split(r"^# %%", notebook, flags=re.MULTILINE)[1:]:
        mark, _, body = part.partition("\n")
        is_text = mark.strip() == "[markdown]"
        text = re.sub(r"^# ?", "", body, flags=re.MULTILINE) if is_text else body
        found.append(Cell(is_text, text.strip("\n")))
    return found


def run(notebook: Sequence[Cell]) -> dict[int, str]:
    """Returns what each cell of code printed by its number, having run all in turn where the process stands."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = {}
    for number, cell in enumerate(notebook):
        if not cell.is_text:
            with contextlib.redirect_stdout(io.StringIO()) as output:
                exec(compile(cell.source, f"cell {number}", "exec"), namespace)
            lines = [line for line in output.getvalue().splitlines() if not line.startswith(_PREPARING)]
            printed[number] = "\n".join(lines)
    return printed


def render(notebook: Sequence[Cell], printed: Mapping[int, str]) -> str:
    """Returns the notebook as Markdown, below each cell of code what it printed."""
    parts = [_HEAD]
    for number, cell in enumerate(notebook):
        parts.append(cell.source if cell.is_text else f"```python\n{cell.source}\n```")
        if printed.get(number):
            parts.append(f"```text\n{printed[number]}\n```")
    return "\n\n".join(parts) + "\n"


def without_output(rendered: str) -> str:
    """Returns what `render` gave of cells that print nothing."""
    return _OUTPUT.sub("", rendered)


def main() -> None:
    """Writes `docs/tutorial.md` and the pictures beside it."""
    sys.path.insert(0, str(_ROOT))
    os.chdir(SOURCE.parent)
    notebook = cells(SOURCE.read_text("utf-8"))
    RENDERED.write_text(render(notebook, run(notebook)), "utf-8")


if __name__ == "__main__":
    main()
