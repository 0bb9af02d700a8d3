# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of whether one method is better than another: differences of H, paired over seeds.

With many methods some pair differs by chance. So p is also reported with Holm's correction for all comparisons of the
first method with another: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
Statistics 6 (1979). The pairs are chosen by the same scores that are then tested; no correction accounts for that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from niwt_tf.compare import table

_LEVEL = 0.95
_SAME = 1e-12  # differences with a smaller range have no spread


@dataclasses.dataclass(frozen=True)
class Difference:
    """Difference in H between two methods.

    Attributes:
      first: Name of the method whose H is higher on average over the seeds that both have.
      second: Name of the other method.
      count: Number of seeds that both have.
      mean: Mean of the first's H minus the second's.
      interval: Confidence interval of 95 %, by Student's t; None if the differences have no spread.
      p_t: P-value of the paired t-test, two-sided; None as above.
      p_wilcoxon: P-value of Wilcoxon's signed-rank test, two-sided; None as above.
      comparisons: Number of methods that the first was compared with.
      p_t_holm: `p_t` corrected for these comparisons; None as above.
      p_wilcoxon_holm: `p_wilcoxon` corrected for these comparisons; None as above.
    """

    first: str
    second: str
    count: int
    mean: float
    interval: tuple[float, float] | None
    p_t: float | None
    p_wilcoxon: float | None
    comparisons: int = 1
    p_t_holm: float | None = None
    p_wilcoxon_holm: float | None = None

    def describe(self, noun: str) -> str:
        """Describe the difference in words; `noun` names a replicate, such as `seed`."""
        where = f"over {self.count} {noun}s" if self.count > 1 else f"in the one {noun}"
        difference = f"{self.first} is {self.mean:.3f} above {self.second} in H {where}"
        if self.interval is None:
            return f"{difference}, {'the same in each' if self.count > 1 else 'which gives no spread'}"
        low, high = self.interval
        corrected = (
            f"; by Holm for {self.comparisons} comparisons {_p(self.p_t_holm)} and {_p(self.p_wilcoxon_holm)}"
            if self.comparisons > 1
            else ""
        )
        return (
            f"{difference} (95 % from {low:.3f} to {high:.3f}; paired t-test {_p(self.p_t)}, "
            f"Wilcoxon {_p(self.p_wilcoxon)}{corrected})"
        )

    def record(self) -> dict[str, Any]:
        """Convert the difference for JSON."""
        return dataclasses.asdict(self)


def compare_best(rows: Sequence[table.Row]) -> list[Difference]:
    """Test the two best rows of a domain against each other, and NIWT's best row against the best baseline.

    If both pairs are the same, it is tested once. Oracles are left out. Each p is corrected for the comparisons of the
    pair's first row with every other row.
    """
    best = table.ranked(rows)
    niwt, others = [row for row in best if row.is_niwt], [row for row in best if not row.is_niwt]
    pairs = [best[:2], sorted([*niwt[:1], *others[:1]], key=best.index)]
    unique: list[list[table.Row]] = []
    for pair in pairs:
        if len(pair) == 2 and pair not in unique:
            unique.append(pair)
    return [tested for first, second in unique if (tested := _corrected(first, second, best))]


def _corrected(first: table.Row, second: table.Row, rows: Sequence[table.Row]) -> Difference | None:
    """Test `first` against `second`, corrected for its comparisons with all other `rows`."""
    others = (row for row in rows if row is not first)
    family = {row.name: tested for row in others if (tested := difference(first, row)) is not None}
    if second.name not in family:
        return None
    index = list(family).index(second.name)
    corrected = [holm([getattr(one, name) for one in family.values()])[index] for name in ("p_t", "p_wilcoxon")]
    return dataclasses.replace(
        family[second.name], comparisons=len(family), p_t_holm=corrected[0], p_wilcoxon_holm=corrected[1]
    )


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Correct p-values of several comparisons by Holm's step-down procedure; SciPy has none.

    Args:
      p_values: P-value of each comparison, 0..1; None if there was no test, which does not count as a comparison.

    Returns:
      Corrected p-values in the same order, 0..1; None stays.
    """
    tested = [index for index, p in enumerate(p_values) if p is not None]
    ascending = sorted(tested, key=lambda index: p_values[index] or 0.0)
    corrected: list[float | None] = [None] * len(p_values)
    least = 0.0
    for rank, index in enumerate(ascending):
        least = max(least, min(1.0, (len(ascending) - rank) * float(p_values[index] or 0.0)))
        corrected[index] = least
    return corrected


def difference(first: table.Row, second: table.Row) -> Difference | None:
    """Test the difference in H over the seeds that both rows have; None if there is no such seed."""
    ours, theirs = first.values(table.H), second.values(table.H)
    shared = [replicate for replicate in ours if replicate in theirs]
    differences = np.array([ours[replicate] - theirs[replicate] for replicate in shared])
    if not shared:
        return None
    mean = float(differences.mean())
    if mean < 0:
        return difference(second, first)
    if len(shared) < 2 or np.ptp(differences) < _SAME:
        return Difference(first.name, second.name, len(shared), mean, None, None, None)
    test = stats.ttest_1samp(differences, 0.0)
    interval = test.confidence_interval(_LEVEL)
    signed = stats.wilcoxon(differences)
    return Difference(
        first.name,
        second.name,
        len(shared),
        mean,
        (float(interval.low), float(interval.high)),
        float(test.pvalue),
        float(signed.pvalue),
    )


def _p(value: float | None) -> str:
    return "p < 0.001" if value is not None and value < 0.001 else f"p {value:.3f}"
