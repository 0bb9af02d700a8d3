# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Outcome of a comparison, with the facts that are needed to trust it and to repeat it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from niwt_tf import errors
from niwt_tf.baselines import registry
from niwt_tf.compare import significance, table

_MOST_LISTED = 20
_MOST_SPLITS = 2  # in an aviary each seed has its own, and the seeds are listed anyway
_OF_RUN = ("dataset", "split_version", "backbone", "fine_tuned", "layer")
_MACHINE = "machine"
_NO_MACHINE = "unknown"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Outcome of a comparison.

    Attributes:
      rows: Rows of the table, in their order.
      noun: Noun for what is repeated, such as `seed`.
      units: Names of the seeds or choices.
      about: Facts that the scores depend on: `dataset`, `split_version`, `backbone`, `fine_tuned`, `layer` and
        `machine`, each with the values that the runs have, as text.
      command: Command that makes this outcome.
      wall_seconds: Seconds that this call took.
      made_seconds: Seconds that all stages and baselines took, in this call or before it; shared work counts once.
      processes: Most processes at a time.
      threads: Number of threads of each process in this call.
      notes: Further remarks that the reader must know.
      logs: Files with the output of each run in which something failed.
    """

    rows: Sequence[table.Row]
    noun: str
    units: Sequence[str]
    about: Mapping[str, Sequence[str]]
    command: str
    wall_seconds: float
    made_seconds: float
    processes: int
    threads: int
    notes: Sequence[str] = ()
    logs: Sequence[Path] = ()

    @property
    def failed(self) -> bool:
        """Whether anything failed."""
        return any(row.failures for row in self.rows)

    def head(self) -> list[tuple[str, str]]:
        """Describe what the table depends on, as pairs of label and text."""
        listed = {name: errors.listed(values, _MOST_LISTED) for name, values in self.about.items()}
        splits = errors.listed(self.about["split_version"], _MOST_SPLITS)
        network = f"{listed['backbone']}, fine-tuned: {listed['fine_tuned']}, importances at {listed['layer']}"
        return [
            ("dataset", f"{listed['dataset']}; split {splits}"),
            ("backbone", network),
            (_MACHINE, "; ".join(self.about[_MACHINE])),
            (f"{self.noun}s", errors.listed(self.units, _MOST_LISTED)),
            ("scores", _scores(len(self.units), self.noun)),
            (
                "wall-clock",
                f"{self.wall_seconds:,.0f} s by the clock for this call, {self._processes()}; "
                f"{self.made_seconds:,.0f} s for all stages and baselines, made now or before",
            ),
        ]

    def differences(self) -> dict[str, list[significance.Difference]]:
        """Test the differences between the best methods of each domain, domain -> differences."""
        return {domain: significance.of_domain(rows) for domain, rows in table.by_domain(self.rows).items()}

    def remarks(self) -> list[str]:
        """List the remarks that readers must know besides the numbers, in any form of the table."""
        remarks = list(self.notes)
        if len(self.about[_MACHINE]) > 1:
            remarks.append(
                "runs were made on several machines, or with several numbers of threads, which round otherwise: what "
                "differs by little may differ by that"
            )
        if any(row.place.method == registry.ORACLE for row in self.rows):
            remarks.append("oracle is an upper bound: it is trained on images of unseen classes, and never best")
        if any(found.interval for all_found in self.differences().values() for found in all_found):
            remarks.append(
                "p by Holm is corrected for comparing the first method with each other one; pairs are picked by the "
                "scores that are tested, so p is still somewhat too small"
            )
            if self.noun.startswith("choice"):
                remarks.append(
                    "choices overlap, as all of them draw from the same classes: they are not independent, so p is too "
                    "small, and says how sure the order is for these classes, not for others"
                )
        return remarks

    def failures(self) -> list[str]:
        """Describe what failed: a line for each seed, domain and error, with the methods that it affected."""
        names: dict[tuple[str, str, str], list[str]] = {}
        for row in self.rows:
            for unit, line in row.failures.items():
                names.setdefault((unit, row.place.domain, line), []).append(row.name)
        return [
            f"{self.noun} {unit}, {domain}, {errors.listed(failed)}: {line}"
            for (unit, domain, line), failed in names.items()
        ]

    def _processes(self) -> str:
        return f"at most {self.processes} process{'es' if self.processes > 1 else ''} of {of_threads(self.threads)}"


def about(metrics: Iterable[Mapping[str, Any]], dataset: str) -> dict[str, list[str]]:
    """Collect the facts that scores depend on: name -> the values that the runs have, each once.

    Args:
      metrics: Metrics of each run that has its scores, as its `metrics.json` holds them.
      dataset: Name of the dataset, if no run has scores.
    """
    runs = list(metrics) or [dict.fromkeys(_OF_RUN, "unknown") | {"dataset": dataset}]
    named = {name: list(dict.fromkeys(str(one[name]) for one in runs)) for name in _OF_RUN}
    return named | {_MACHINE: list(dict.fromkeys(machine(one.get(_MACHINE)) for one in runs))}


def machine(record: Mapping[str, Any] | None) -> str:
    """Describe a record of `devices.record` in words, such as `AMD EPYC, 2 threads, without oneDNN`.

    Args:
      record: Record of the machine that a run was measured on; None if unknown.
    """
    if not record:
        return _NO_MACHINE
    threads = record["threads"]
    same = len(set(threads.values())) == 1
    told = of_threads(next(iter(threads.values()))) if same else f"threads {_listed(threads)}"
    of_gpu = [record["gpu"]] if record["gpu"] else []
    return ", ".join([record["processor"], *of_gpu, told, f"{'with' if record['onednn'] else 'without'} oneDNN"])


def of_threads(count: int) -> str:
    """Format a number of threads in words."""
    return f"{count} thread{'s' if count > 1 else ''}"


def _listed(threads: Mapping[str, int]) -> str:
    return " ".join(f"{name} {count}" for name, count in threads.items())


def _scores(units: int, noun: str) -> str:
    if units == 1:
        return f"of one {noun}: no spread, and nothing to tell significance by"
    return f"means ± sample standard deviations over {units} {noun}s; H is the one that methods are compared by"
