# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Rows of the table: for each method the mean and the spread of each score over seeds or choices."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from niwt_tf.baselines import registry
from niwt_tf.baselines import run as baselines
from niwt_tf.compare import plan
from niwt_tf.evaluation import summary

H, GAP = "H", "H expected - H"
_EXPECTED = "H expected"
NAMES = {  # column -> score, as metrics.json names it
    "S": summary.SEEN,
    "U": summary.UNSEEN,
    H: summary.MEAN,
    "ZSL": summary.ZSL,
    "AUSUC": summary.AUSUC,
    "H at gamma 0": summary.MEAN + summary.UNCALIBRATED,
    _EXPECTED: "harmonic_mean_expected",
    "seconds": "seconds",
}
KEYS = NAMES | {GAP: "validation_gap"}  # names of all columns in CSV and JSON
COLUMNS = (*list(NAMES)[:-1], GAP, "seconds")


@dataclasses.dataclass(frozen=True)
class Row:
    """Method in a domain, over all seeds.

    Attributes:
      key: Method, domain and variant of the row.
      scores: Seed or choice -> column -> score; None if there is no score. Seeds or choices that failed are left out.
      failures: Seed or choice -> first line of the error.
      details: Seed or choice -> all scores as measured, and the chosen setting.
    """

    key: plan.RowKey
    scores: dict[str, dict[str, float | None]] = dataclasses.field(default_factory=dict)
    failures: dict[str, str] = dataclasses.field(default_factory=dict)
    details: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the method, with the varied settings."""
        return f"{self.key.method} {self.key.variant}".strip()

    @property
    def counts(self) -> bool:
        """Whether the row can be best: the oracle cannot, because it is trained on images of unseen classes."""
        return self.key.method != registry.ORACLE

    @property
    def is_niwt(self) -> bool:
        """Whether the row is NIWT's."""
        return self.key.method == baselines.NIWT

    def values(self, column: str) -> dict[str, float]:
        """Collect seed or choice -> score in a column, without missing scores."""
        return {replicate: value for replicate, one in self.scores.items() if (value := one[column]) is not None}

    def mean(self, column: str) -> float | None:
        """Compute the mean of a column; None if there is no score."""
        values = list(self.values(column).values())
        return float(np.mean(values)) if values else None

    def spread(self, column: str) -> float | None:
        """Compute the sample standard deviation of a column; None for fewer than two scores."""
        values = list(self.values(column).values())
        return float(np.std(values, ddof=1)) if len(values) > 1 else None


def columns(scores: Mapping[str, Any]) -> dict[str, float | None]:
    """Compute the columns for the scores of a method on a run."""
    values = {column: scores[name] for column, name in NAMES.items()}
    expected, reached = values[_EXPECTED], values[H]
    return values | {GAP: None if expected is None or reached is None else expected - reached}


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Sort the rows with an H, the best first; oracles are left out."""
    scored = [(mean, row) for row in rows if row.counts and (mean := row.mean(H)) is not None]
    return [row for _, row in sorted(scored, key=lambda pair: -round(pair[0], 9))]


def group_by_domain(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Group the rows by domain, oracles last."""
    domains: dict[str, list[Row]] = {row.key.domain: [] for row in rows}
    for row in sorted(rows, key=lambda row: not row.counts):
        domains[row.key.domain].append(row)
    return domains
