# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of how the tutorial becomes a page."""

from __future__ import annotations

import render_tutorial

_NOTEBOOK = '''# A licence.
"""A docstring."""

# %% [markdown]
# # Title
#
# Some *text*.

# %%
x = 1

print(f"x is {x}")

# %%
x += 1

# %% [markdown]
# The end.
'''
_TEXT = """<!-- Written by tools/render_tutorial.py from tutorial.py, which opens as a notebook. -->

# Title

Some *text*.

```python
x = 1

print(f"x is {x}")
```
OUTPUT
```python
x += 1
```

The end.
"""


def test_cells_run_in_one_namespace_and_show_what_they_print() -> None:
    cells = render_tutorial.cells(_NOTEBOOK)
    assert [cell.is_text for cell in cells] == [True, False, False, True]
    assert render_tutorial.run(cells) == {1: "x is 1", 2: ""}
    assert render_tutorial.render(cells, {1: "x is 1", 2: ""}) == _TEXT.replace("OUTPUT", "\n```text\nx is 1\n```\n")


def test_output_can_be_left_out_again() -> None:
    cells = render_tutorial.cells(_NOTEBOOK)
    assert render_tutorial.render(cells, {}) == _TEXT.replace("OUTPUT", "")
    assert render_tutorial.without_output(render_tutorial.render(cells, {1: "x\n\n1", 2: "y"})) == _TEXT.replace(
        "OUTPUT", ""
    )


def test_the_path_of_this_machine_s_data_is_not_shown() -> None:
    cells = [render_tutorial.Cell(False, "print('  preparing the images in /home/me\\nready')")]
    assert render_tutorial.run(cells) == {0: "ready"}
