# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Format Markdown for TensorBoard's text page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from niwt_tf import config as config_lib
from niwt_tf.evaluation import summary
from niwt_tf.report import tables
from niwt_tf.runs import finished_run, run_files
from niwt_tf.util import clean, paths

_TITLES = ("accuracy on seen classes", "accuracy on unseen classes", "harmonic mean")


def scores(run: finished_run.FinishedRun) -> str:
    """Format the final scores as one table: value, value by chance and by the most frequent answer."""
    metrics = run.metrics
    accuracies = [
        (f"{letter}, {title}, {gamma}", metrics[name + suffix], None, None)
        for gamma, suffix in ((f"gamma {metrics[summary.GAMMA]:.4g}, chosen", ""), ("gamma 0", summary.UNCALIBRATED))
        for name, letter, title in zip(summary.GZSL, "SUH", _TITLES, strict=True)
    ]
    others = [(title, value, None, None) for title, value in tables.scores(metrics)]
    rows = [*accuracies, *others, *(tables.measures(run.explained_metrics) if run.explained else ())]
    head = ("score", "value", "chance", "most frequent answer")
    return _table(head, [(title, *map(_number, values)) for title, *values in rows])


def settings(run: finished_run.FinishedRun) -> str:
    """Format the command of the run, the settings chosen on validation classes, and all of its settings."""
    chosen = [(name.rstrip("_"), value) for name, value in run.settings.items()]
    values = [(name, value) for name, (value, _) in config_lib.options(run.config).items()]
    return "\n\n".join(
        [
            f"    {run.command()}",
            _table(("chosen on validation classes", "value"), [("gamma", run.metrics["gamma"]), *chosen]),
            _table(("setting", "value"), values),
        ]
    )


def neurons(folder: Path) -> str:
    """Format the names of the neurons in `folder`, the folder of the stage `explain`, as a table."""
    listed = run_files.neurons(folder)
    rows = [
        (
            one["index"],
            one["name"] or "no clear name",
            f"{one['confidence']:.2f}",
            ", ".join(name for name, _ in one["candidates"]),
        )
        for one in listed
    ]
    return _table(("neuron", "name", "confidence", "candidates"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *([clean.markdown(_text(cell)) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _text(value: object) -> str:
    return paths.with_home(", ".join(map(str, value)) if isinstance(value, tuple) else str(value))
