# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Formats of the table: text for the terminal, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from niwt_tf.compare import outcome as outcome_lib
from niwt_tf.compare import table
from niwt_tf.util import clean

_SECONDS = "seconds"


def terminal(outcome: outcome_lib.Outcome) -> str:
    """Format the table for the terminal."""
    lines = [f"  {label:<10} {clean.line(text)}" for label, text in outcome.header()]
    differences = outcome.differences()
    for domain, rows in table.group_by_domain(outcome.rows).items():
        cells = [[domain, "n", *table.COLUMNS], *([clean.name(row.name), *_cells(row)] for row in rows)]
        lines += ["", *_aligned(cells)]
        lines += _paragraph([f"  {clean.line(one.describe(outcome.replicate_noun))}" for one in differences[domain]])
    lines += _paragraph([f"  {remark}" for remark in outcome.remarks()])
    lines += _paragraph([f"  failed: {clean.line(line)}" for line in outcome.failures()])
    return "\n".join(lines)


def markdown(outcome: outcome_lib.Outcome) -> str:
    """Format the table as Markdown, with the facts that it depends on."""
    lines = [f"# Methods compared on {clean.markdown(outcome.facts['dataset'][0])}", ""]
    lines += [f"- {label}: {clean.markdown(text)}" for label, text in outcome.header()]
    lines += [f"- command: {clean.code(outcome.command)}"]
    differences = outcome.differences()
    for domain, rows in table.group_by_domain(outcome.rows).items():
        best = table.ranked(rows)[:1]
        lines += ["", f"## {domain}", "", _line(["method", "n", *table.COLUMNS, *_failed_title(outcome)])]
        lines += [_line(["---"] * (2 + len(table.COLUMNS) + len(_failed_title(outcome))))]
        lines += [_line(_markdown_cells(row, row in best, outcome)) for row in rows]
        lines += _paragraph([f"{clean.markdown(one.describe(outcome.replicate_noun))}." for one in differences[domain]])
    lines += _paragraph([f"{clean.markdown(remark[0].upper() + remark[1:])}." for remark in outcome.remarks()])
    return "\n".join(lines) + "\n"


def comma_separated(outcome: outcome_lib.Outcome) -> str:
    """Format the table as CSV: the mean of each score, and its spread, at full precision."""
    text = io.StringIO()
    keys = [table.KEYS[column] for column in table.COLUMNS]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["domain", "method", "variant", "n", *(f"{key}{end}" for key in keys for end in ("", "_spread")), "failed"]
    )
    for row in outcome.rows:
        numbers = [number for column in table.COLUMNS for number in (row.mean(column), row.spread(column))]
        variant, failed = clean.cell(row.key.variant), clean.cell(_failed(row, outcome))
        writer.writerow([row.key.domain, row.key.method, variant, len(row.scores), *numbers, failed])
    return text.getvalue()


def record(outcome: outcome_lib.Outcome) -> dict[str, Any]:
    """Convert the whole outcome for JSON: means, spreads, the scores of each seed, and the chosen settings."""
    differences = outcome.differences()
    return {
        **{name: list(values) for name, values in outcome.facts.items()},
        "repeated": outcome.replicate_noun,
        "units": list(outcome.replicates),
        "command": outcome.command,
        "wall_seconds": round(outcome.wall_seconds, 2),
        "made_seconds": round(outcome.made_seconds, 2),
        "processes": outcome.processes,
        "threads_per_process": outcome.threads,
        "remarks": outcome.remarks(),
        "rows": [_record(row) for row in outcome.rows],
        "differences": {
            domain: [one.record() | {"told": one.describe(outcome.replicate_noun)} for one in tested]
            for domain, tested in differences.items()
        },
    }


def _record(row: table.Row) -> dict[str, Any]:
    return {
        "domain": row.key.domain,
        "method": row.key.method,
        "variant": row.key.variant,
        "n": len(row.scores),
        "mean": {table.KEYS[column]: row.mean(column) for column in table.COLUMNS},
        "spread": {table.KEYS[column]: row.spread(column) for column in table.COLUMNS},
        "scores": {
            replicate: {table.KEYS[column]: one[column] for column in table.COLUMNS}
            for replicate, one in row.scores.items()
        },
        "settings": {replicate: one.get("setting") for replicate, one in row.details.items()},
        "failed": dict(row.failures),
    }


def _paragraph(lines: list[str]) -> list[str]:
    """Put an empty line before `lines`, if there are any."""
    return ["", *lines] if lines else []


def _cells(row: table.Row, plus: str = "±") -> list[str]:
    """Format the number of seeds or choices with scores in a row, and its columns."""
    return [str(len(row.scores)), *(_number(row, column, plus) for column in table.COLUMNS)]


def _number(row: table.Row, column: str, plus: str) -> str:
    mean, spread = row.mean(column), row.spread(column)
    if mean is None:
        return "-"
    digits = 1 if column == _SECONDS else 3
    return f"{mean:.{digits}f}" + ("" if spread is None or column == _SECONDS else f"{plus}{spread:.{digits}f}")


def _aligned(cells: Sequence[Sequence[str]]) -> list[str]:
    """Align cells into lines: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  "
        + line[0].ljust(widths[0])
        + "".join(f"  {cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True))
        for line in cells
    ]


def _markdown_cells(row: table.Row, best: bool, outcome: outcome_lib.Outcome) -> list[str]:
    cells = [clean.markdown(row.name), *_cells(row, " ± ")]
    marked = [f"**{cell}**" for cell in cells] if best else cells
    return [*marked, *([clean.markdown(_failed(row, outcome))] if outcome.failed else [])]


def _failed_title(outcome: outcome_lib.Outcome) -> list[str]:
    return ["failed"] if outcome.failed else []


def _failed(row: table.Row, outcome: outcome_lib.Outcome) -> str:
    return "; ".join(f"{outcome.replicate_noun} {replicate}: {line}" for replicate, line in row.failures.items())


def _line(cells: Sequence[str]) -> str:
    """Format a line of a Markdown table."""
    return f"| {' | '.join(cells)} |"
