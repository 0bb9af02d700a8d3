# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes one page about a finished run; the page needs no other file and no network."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import jinja2
import markupsafe

from niwt_tf.evaluation import confusion
from niwt_tf.explain import textual
from niwt_tf.report import confusion_cells, curve_points, explanations, headline, tables
from niwt_tf.runs import finished_run
from niwt_tf.util import clean

_MOST_MISTAKES = 20
_DECISIONS_FIRST, _NEURONS_FIRST = 2, 12  # of a group, and of all: the others open on demand
_TEMPLATES = Path(__file__).parent / "templates"


def write(run: finished_run.FinishedRun, folder: Path) -> Path:
    """Write `index.html` into `folder`, and return its path.

    The page shows the results of the stage `explain` if they exist; if not, it names the command that makes them.

    Args:
      run: Run that the page is about.
      folder: An existing folder.

    Raises:
      OSError: If the page cannot be written.
    """
    page = folder / "index.html"
    page.write_text(html(run), "utf-8")
    return page


def html(run: finished_run.FinishedRun) -> str:
    """Render the page as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=_clean,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "of_hundred": headline.of_hundred, "readable": textual.readable}
    style, script = (_text(name) for name in ("page.css", "page.js"))
    hashes = {"style_hash": _hash(style), "script_hash": _hash(script)}
    return environment.get_template("page.html").render(_context(run), style=style, script=script, **hashes)


def _context(run: finished_run.FinishedRun) -> dict[str, Any]:
    metrics = run.metrics
    return {
        "metrics": metrics,
        "headline": headline.summarize(run),
        "names": run.class_names,
        "scores": tables.scores(metrics),
        "measures": tables.measures(run.explained_metrics),
        "settings": tables.settings(run),
        "classes": tables.classes(run),
        "corners": curve_points.corners(run.curve) if run.curve else None,
        "points": curve_points.select(run.curve, metrics) if run.curve else None,
        "cells": confusion_cells.collect(run.confusion),
        "mistakes": confusion.mistakes(run.confusion, _MOST_MISTAKES),
        "gallery": explanations.gallery(run.explained) if run.explained else None,
        "neurons": explanations.dictionary(run.explained) if run.explained else None,
        "neurons_first": _NEURONS_FIRST,
        "decisions_first": _DECISIONS_FIRST,
        "seconds": run.seconds,
        "command": run.command(),
        "explain_command": run.command("inverse_map", "explain", "report"),
    }


def _clean(value: Any) -> Any:
    """Clean a text before it is escaped; a style or script of ours stays as it is."""
    return clean.lines(value) if isinstance(value, str) and not isinstance(value, markupsafe.Markup) else value


def _text(name: str) -> markupsafe.Markup:
    """Read a file of `templates`, to be put into the page without escaping."""
    return markupsafe.Markup((_TEMPLATES / name).read_text("utf-8"))


def _hash(text: str) -> str:
    """Compute the hash that allows an inline style or script in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
