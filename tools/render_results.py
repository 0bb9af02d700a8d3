# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Render the lines of the documents about a comparison from its `table.json`, so that no number is copied by hand.

python tools/render_results.py docs/results/compare_aviary/table.json

A test checks that docs/results.md has these lines.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

COLUMNS = (
    "seen_accuracy",
    "unseen_accuracy",
    "harmonic_mean",
    "zsl_accuracy",
    "ausuc",
    "harmonic_mean_expected",
)
_H = "harmonic_mean"
_OTHERS = 3  # best methods shown beside NIWT
_NAMES = {"niwt": "NIWT", "prototype": "prototypes", "devise": "DeViSE", "conse": "ConSE"}


def render(record: Mapping[str, Any]) -> list[str]:
    """Render the lines of a comparison: a table of methods and its tests, or one line for values of a setting.

    Args:
      record: Content of a `table.json` of `niwt_compare`.
    """
    if {row["method"] for row in record["rows"]} == {"niwt"}:
        return [ablation(record)]
    return [*methods(record), *differences(record)]


def methods(record: Mapping[str, Any]) -> list[str]:
    """Render a row for NIWT and each of the best other methods, domain by domain."""
    lines = []
    for domain, rows in _by_domain(record):
        ranked = sorted(rows, key=lambda row: -row["mean"][_H])
        ours = [row for row in ranked if row["method"] == "niwt"]
        others = [row for row in ranked if row["method"] not in ("niwt", "oracle")]
        for place, row in enumerate([*ours, *others[:_OTHERS]]):
            cells = [_number(row, column) for column in COLUMNS]
            label = _NAMES.get(row["method"], row["method"].upper())
            lines.append(f"| {' | '.join([label if place else f'{domain}: {label}', *cells])} |")
    return lines


def differences(record: Mapping[str, Any]) -> list[str]:
    """Render the tests between methods as items of a list."""
    return [
        f"- {domain}: {one['told']}" for domain, differences in record["differences"].items() for one in differences
    ]


def ablation(record: Mapping[str, Any]) -> str:
    """Render the mean H of each value of the setting that was varied, in one line; of domains with the spread."""
    several = len({row["domain"] for row in record["rows"]}) > 1
    parts = []
    for domain, rows in _by_domain(record):
        if not any(row["variant"] for row in rows):
            parts.append(f"{domain} {_number(rows[0], _H).strip('*')}")
            continue
        values = ", ".join(f"{_value(row['variant'])} {row['mean'][_H]:.3f}" for row in rows)
        parts.append(f"{domain}: {values}" if several else values)
    return "; ".join(parts)


def _value(variant: str) -> str:
    """Extract the value of a variant such as `scales=0.8`, without the path in values such as `images:DIR`."""
    return variant.partition("=")[2].partition(":")[0]


def _by_domain(record: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    for domain in dict.fromkeys(row["domain"] for row in record["rows"]):
        yield domain, [row for row in record["rows"] if row["domain"] == domain and row["mean"][_H] is not None]


def _number(row: Mapping[str, Any], column: str) -> str:
    mean, spread = row["mean"][column], row["spread"][column]
    text = f"{mean:.3f}" if spread is None else f"{mean:.3f} ± {spread:.3f}"
    return f"**{text}**" if column == _H and row["method"] == "niwt" else text


if __name__ == "__main__":
    print("\n".join(render(json.loads(Path(sys.argv[1]).read_text("utf-8")))))
