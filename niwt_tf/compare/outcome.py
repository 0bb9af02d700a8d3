# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Outcome of a comparison, with the facts that its scores depend on."""

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
      replicate_noun: Noun for a replicate, such as `seed`.
      replicates: Names of the seeds or choices.
      facts: Facts that the scores depend on: `dataset`, `split_version`, `backbone`, `fine_tuned`, `layer` and
        `machine`, each with the values that the runs have, as text.
      command: Command line that gives this outcome.
      wall_seconds: Seconds that this call took.
      made_seconds: Seconds that all stages and baselines took, in this call or before it; shared work counts once.
      processes: Largest number of processes at a time.
      threads: Number of threads of each process in this call.
      notes: Further remarks for the reader.
      logs: Files with the output of each run in which something failed.
    """

    rows: Sequence[table.Row]
    replicate_noun: str
    replicates: Sequence[str]
    facts: Mapping[str, Sequence[str]]
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

    def header(self) -> list[tuple[str, str]]:
        """Describe what the table depends on, as pairs of label and text."""
        listed = {name: errors.listed(values, _MOST_LISTED) for name, values in self.facts.items()}
        splits = errors.listed(self.facts["split_version"], _MOST_SPLITS)
        network = f"{listed['backbone']}, fine-tuned: {listed['fine_tuned']}, importances at {listed['layer']}"
        return [
            ("dataset", f"{listed['dataset']}; split {splits}"),
            ("backbone", network),
            (_MACHINE, "; ".join(self.facts[_MACHINE])),
            (f"{self.replicate_noun}s", errors.listed(self.replicates, _MOST_LISTED)),
            ("scores", _scores(len(self.replicates), self.replicate_noun)),
            (
                "wall-clock",
                f"{self.wall_seconds:,.0f} s by the clock for this call, {self._processes()}; "
                f"{self.made_seconds:,.0f} s for all stages and baselines, made now or before",
            ),
        ]

    def differences(self) -> dict[str, list[significance.Difference]]:
        """Test the differences between the best methods of each domain, domain -> differences."""
        return {domain: significance.compare_best(rows) for domain, rows in table.group_by_domain(self.rows).items()}

    def remarks(self) -> list[str]:
        """List the remarks that every format of the table shows below the numbers."""
        remarks = list(self.notes)
        if len(self.facts[_MACHINE]) > 1:
            remarks.append(
                "runs were made on several machines, or with several numbers of threads, which round differently: "
                "small differences may come from that"
            )
        if any(row.key.method == registry.ORACLE for row in self.rows):
            remarks.append("oracle is an upper bound: it is trained on images of unseen classes, and never best")
        if any(one.interval for differences in self.differences().values() for one in differences):
            remarks.append(
                "p by Holm is corrected for comparing the first method with every other; the pairs are chosen by the "
                "scores that are tested, so p is still somewhat too small"
            )
            if self.replicate_noun.startswith("choice"):
                remarks.append(
                    "choices draw from the same classes, so they are not independent: p is too small, and holds for "
                    "these classes, not for others"
                )
        return remarks

    def failures(self) -> list[str]:
        """Describe what failed: a line for each seed, domain and error, with the methods that it affected."""
        names: dict[tuple[str, str, str], list[str]] = {}
        for row in self.rows:
            for replicate, line in row.failures.items():
                names.setdefault((replicate, row.key.domain, line), []).append(row.name)
        return [
            f"{self.replicate_noun} {replicate}, {domain}, {errors.listed(methods)}: {line}"
            for (replicate, domain, line), methods in names.items()
        ]

    def _processes(self) -> str:
        return f"at most {self.processes} process{'es' if self.processes > 1 else ''} of {format_threads(self.threads)}"


def collect_facts(metrics: Iterable[Mapping[str, Any]], dataset: str) -> dict[str, list[str]]:
    """Collect the facts that scores depend on: for each name the values that the runs have, each once.

    Args:
      metrics: Metrics of each run that has its scores, as its `metrics.json` holds them.
      dataset: Name of the dataset, if no run has scores.
    """
    runs = list(metrics) or [dict.fromkeys(_OF_RUN, "unknown") | {"dataset": dataset}]
    named = {name: list(dict.fromkeys(str(one[name]) for one in runs)) for name in _OF_RUN}
    return named | {_MACHINE: list(dict.fromkeys(describe_machine(one.get(_MACHINE)) for one in runs))}


def describe_machine(record: Mapping[str, Any] | None) -> str:
    """Describe a record of `devices.record` in words, such as `AMD EPYC, 2 threads, without oneDNN`.

    Args:
      record: Record of the machine that a run was measured on; None if unknown.
    """
    if not record:
        return _NO_MACHINE
    threads = record["threads"]
    same = len(set(threads.values())) == 1
    counts = format_threads(next(iter(threads.values()))) if same else f"threads {_listed(threads)}"
    gpu = [record["gpu"]] if record["gpu"] else []
    return ", ".join([record["processor"], *gpu, counts, f"{'with' if record['onednn'] else 'without'} oneDNN"])


def format_threads(count: int) -> str:
    """Format a number of threads in words."""
    return f"{count} thread{'s' if count > 1 else ''}"


def _listed(threads: Mapping[str, int]) -> str:
    return " ".join(f"{name} {count}" for name, count in threads.items())


def _scores(count: int, noun: str) -> str:
    if count == 1:
        return f"of one {noun}: no spread, and no test of significance"
    return f"means ± sample standard deviations over {count} {noun}s; methods are compared by H"
