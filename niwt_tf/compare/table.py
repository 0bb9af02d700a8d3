# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The numbers of the table: of each method the mean over seeds of each score, and its spread."""

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
KEYS = NAMES | {GAP: "validation_gap"}  # of all columns, as CSV and JSON name them
COLUMNS = (*list(NAMES)[:-1], GAP, "seconds")


@dataclasses.dataclass(frozen=True)
class Row:
    """A method in a domain, over all seeds.

    Attributes:
      place: which.
      scores: seed or choice -> column -> score; None where there is none. Those that failed are left out.
      failures: seed or choice -> the first line of what went wrong.
      details: seed or choice -> all that is known of it, such as the setting that was chosen.
    """

    place: plan.Place
    scores: dict[str, dict[str, float | None]] = dataclasses.field(default_factory=dict)
    failures: dict[str, str] = dataclasses.field(default_factory=dict)
    details: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """The method, with the further settings that it was made with."""
        return f"{self.place.method} {self.place.variant}".strip()

    @property
    def counts(self) -> bool:
        """Whether it can be best: the oracle cheats."""
        return self.place.method != registry.ORACLE

    @property
    def is_niwt(self) -> bool:
        """Whether it is NIWT's."""
        return self.place.method == baselines.NIWT

    def values(self, column: str) -> dict[str, float]:
        """Returns seed or choice -> score, without those where there is none."""
        return {unit: value for unit, one in self.scores.items() if (value := one[column]) is not None}

    def mean(self, column: str) -> float | None:
        """Returns the mean; None where there is no score."""
        values = list(self.values(column).values())
        return float(np.mean(values)) if values else None

    def spread(self, column: str) -> float | None:
        """Returns the sample standard deviation; None for fewer than two scores."""
        values = list(self.values(column).values())
        return float(np.std(values, ddof=1)) if len(values) > 1 else None


def columns(scores: Mapping[str, Any]) -> dict[str, float | None]:
    """Returns the columns for the scores of a method on a run."""
    found = {column: scores[name] for column, name in NAMES.items()}
    expected, reached = found[_EXPECTED], found[H]
    return found | {GAP: None if expected is None or reached is None else expected - reached}


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Returns the rows with an H, those of oracles left out, the best first."""
    scored = [(mean, row) for row in rows if row.counts and (mean := row.mean(H)) is not None]
    return [row for _, row in sorted(scored, key=lambda pair: -round(pair[0], 9))]


def by_domain(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Returns domain -> its rows, oracles last."""
    domains: dict[str, list[Row]] = {row.place.domain: [] for row in rows}
    for row in sorted(rows, key=lambda row: not row.counts):
        domains[row.place.domain].append(row)
    return domains


def is_repeated(rows: Sequence[Row]) -> bool:
    """Returns whether any row has a spread."""
    return any(len(row.scores) > 1 for row in rows)
