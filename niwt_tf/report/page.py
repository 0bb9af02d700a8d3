# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes one page on a finished run; it needs no other file and no network."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import jinja2
import markupsafe

from niwt_tf.evaluation import confusion, summary
from niwt_tf.report import confusion_chart, curve_chart, explanations, tables
from niwt_tf.runs import finished_run
from niwt_tf.util import paths

_MOST_MISTAKES = 20
_TEMPLATES = Path(__file__).parent / "templates"


def write(run: finished_run.FinishedRun, folder: Path) -> Path:
    """Write `index.html` into `folder`, and return its path.

    The page shows the results of the stage `explain` if they exist; if not, it names the command that makes them.

    Args:
      run: Run to report.
      folder: An existing folder.

    Raises:
      OSError: If the page cannot be written.
    """
    page = folder / "index.html"
    page.write_text(paths.printable(html(run)), "utf-8")
    return page


def html(run: finished_run.FinishedRun) -> str:
    """Render the page as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    style, script = (_text(name) for name in ("page.css", "search.js"))
    hashes = {"style_hash": _hash(style), "script_hash": _hash(script)}
    return environment.get_template("page.html").render(_context(run), style=style, script=script, **hashes)


def _context(run: finished_run.FinishedRun) -> dict[str, Any]:
    metrics = run.metrics
    return {
        "metrics": metrics,
        "names": run.class_names,
        "scores": tables.scores(metrics),
        "measures": tables.measures(run.explained_metrics),
        "settings": tables.settings(run),
        "classes": tables.classes(run),
        "curve": curve_chart.path(run.curve) if run.curve else None,
        "operating": _point(metrics, ""),
        "plain": _point(metrics, summary.UNCALIBRATED),
        "side": curve_chart.SIDE,
        "confusion": confusion_chart.chart(run.confusion, run.class_names, run.seen_classes),
        "mistakes": confusion.mistakes(run.confusion, _MOST_MISTAKES),
        "gallery": explanations.gallery(run.explained) if run.explained else None,
        "neurons": explanations.dictionary(run.explained) if run.explained else None,
        "pictured": explanations.MOST_PICTURED,
        "seconds": run.seconds,
        "command": run.command(),
        "explain_command": run.command("inverse_map", "explain", "report"),
    }


def _point(metrics: dict[str, Any], suffix: str) -> curve_chart.Point | None:
    unseen = metrics[summary.UNSEEN + suffix]
    return None if unseen is None else curve_chart.point(unseen, metrics[summary.SEEN + suffix])


def _text(name: str) -> markupsafe.Markup:
    """Read a file of `templates`, to be put into the page without escaping."""
    return markupsafe.Markup((_TEMPLATES / name).read_text("utf-8"))


def _hash(text: str) -> str:
    """Compute the hash that allows an inline style or script in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
