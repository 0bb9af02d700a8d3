# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Text that `niwt_teach` prints: what a model understood of a class, its calibration, and changed predictions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from niwt_tf import errors
from niwt_tf.explain import textual
from niwt_tf.method.calibration import gamma
from niwt_tf.models import effect as effect_lib
from niwt_tf.models import model as model_lib
from niwt_tf.models import teaching_report
from niwt_tf.runs import command

_LABEL = 16  # letters, including the indent
_WIDTH = 100
_PHRASES = 10
_BEFORE = 5  # most classes listed that images were predicted as


def of_lesson(told: teaching_report.Lesson) -> str:
    """Format what a model understood of a class's description, with the strongest neurons and the nearest classes."""
    neurons = _listed(
        f"neuron {index} ({textual.readable(name) if name else 'no clear name'}) {weight:.2f}"
        for index, name, weight in told.neurons
    )
    rows = [row("understood", _understood(told))]
    rows += [row("unknown", errors.listed(told.reading.unknown))] if told.reading.unknown else []
    rows.append(row("will look at", neurons or "no neuron more than usual"))
    rows.append(row("nearest", _listed(f"{textual.readable(name)} {share:.2f}" for name, share in told.nearest)))
    if told.too_near:
        nearest = textual.readable(told.nearest[0][0])
        text = f"nearly the same as {nearest}: the one may be taken for the other. Tell what sets them apart."
        rows.append(row("warning", text))
    return "\n".join([told.told.name, *rows])


def of_model(model: model_lib.Model, path: Path) -> str:
    """Format the number of classes that a model knows, and its calibration.

    Args:
      model: Model that was taught.
      path: Folder of the run, or bundle, that the model was loaded from.
    """
    settings, classes = model.settings, len(model.class_names)
    rows = [
        row("classes", f"{classes}, {len(model.classifier.unseen)} of them from words"),
        row(
            "calibration",
            f"lambda {settings.lambda_:g}, scale {settings.scale:g}, bias {settings.bias}, gamma {model.gamma:.3f}, "
            f"which leaves {_kept_share(model):.1%} of the training images with a seen class; "
            + ("by default" if settings.expected is None else f"on validation classes H was {settings.expected:.3f}"),
        ),
    ]
    if not any(model.neuron_names):
        run = path if path.is_dir() else Path("DIR")
        rows.append(row("neurons", f"without names; first: {command.command(model.config, run, ['explain'])}"))
    return "\n".join(rows)


def _kept_share(model: model_lib.Model) -> float:
    """Compute the share of training images that gamma leaves with a seen class, 0..1."""
    if not model.classifier.unseen:
        return 1.0
    margins = gamma.margins(model.classifier.logits(model.features), len(model.seen))
    return gamma.seen_fraction(margins, model.gamma)


def of_effect(effect: effect_lib.Effect) -> str:
    """Format how new classes change the predictions on images."""
    found = [line for taken in effect.taken for line in _taken(taken)]
    found += [f"{effect.moved:,} more changed class, as gamma changed"] if effect.moved else []
    labels = [f"{effect.images:,} image{'s' * (effect.images != 1)}"] + [""] * (len(found) - 1)
    return "\n".join(row(label, text) for label, text in zip(labels, found, strict=True))


def row(label: str, text: str) -> str:
    """Format a label and a text as one line, or as several if the text is long."""
    indent = f"  {label:{_LABEL - 2}}"
    filled = textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * _LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled.replace("\N{NO-BREAK SPACE}", " ")


def _taken(taken: effect_lib.Taken) -> list[str]:
    before = _listed(f"{count:,} for {textual.readable(name)}" for name, count in taken.before[:_BEFORE])
    others = sum(count for _, count in taken.before[_BEFORE:])
    before += f", {others:,} for others" if others else ""
    clearest = _listed(f"{path.name} {margin:+.2f}" for path, margin in taken.clearest)
    return [
        f"{taken.count:,} taken for {taken.class_name}" + (f"; before: {before}" if before else ""),
        f"{'clearest' if taken.count else 'nearest to it'}: {clearest}",
    ]


def _understood(told: teaching_report.Lesson) -> str:
    """Format the attributes that were listed, or the strongest phrases, with their numbers unless all are 1."""
    found = told.reading.understood
    if not told.told.attributes:
        found = textual.best(np.array([value for _, value in found]), [name for name, _ in found], _PHRASES)
    plain = all(value == 1 for _, value in found)
    return _listed(textual.readable(name) + ("" if plain else f" {value:.3g}") for name, value in found)


def _listed(items: Iterable[str]) -> str:
    """Join items by commas, so that no item is broken over two lines."""
    return ", ".join(item.replace(" ", "\N{NO-BREAK SPACE}") for item in items)
