# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Format the output of `niwt_teach`: the understood description, changed predictions, and the model's calibration."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from niwt_tf import errors
from niwt_tf.cli import teach_flags
from niwt_tf.explain import textual
from niwt_tf.method.calibration import gamma
from niwt_tf.models import effect as effect_lib
from niwt_tf.models import model as model_lib
from niwt_tf.models import teach as teach_lib
from niwt_tf.models import teaching_report
from niwt_tf.runs import command
from niwt_tf.util import clean

_LABEL = 16  # letters, including the indent
_WIDTH = 100
_PHRASES = 10
_BEFORE = 5  # former classes of the images, at most
_LOOK_ALIKE = 0.3  # share of a class's images that another one gets


def format_report(report: teaching_report.TeachingReport) -> str:
    """Format how a model reads the description of a class: features, strongest neurons and nearest classes.

    Of a class without a description, only the name.
    """
    if not (report.description.is_given or report.reading.understood):
        return clean.name(report.description.name)
    neurons = _listed(
        f"neuron {index} ({textual.title(name) if name else 'no clear name'}) {weight:.2f}"
        for index, name, weight in report.neurons
    )
    rows = [row("understood", _understood(report))]
    rows += [row("unknown", errors.listed(map(clean.name, report.reading.unknown)))] if report.reading.unknown else []
    rows += [row("not described", _imputed(report))] if report.reading.imputed else []
    rows.append(row("will look at", neurons or "none above the mean of the seen classes"))
    rows.append(
        row("nearest", _listed(f"{textual.title(name)} {similarity:.2f}" for name, similarity in report.nearest))
    )
    if report.too_near:
        name = textual.title(report.nearest[0][0])
        text = f"nearly the same as {name}, so the two may be confused. Describe how they differ."
        rows.append(row("warning", text))
    return "\n".join([clean.name(report.description.name), *rows])


def format_summary(reports: Sequence[teaching_report.TeachingReport], file: Path) -> str:
    """Format how a model reads many descriptions: only what may be wrong with them.

    Args:
      reports: Report on each description.
      file: File that holds the reports in full.
    """
    unknown = dict.fromkeys(word for report in reports for word in report.reading.unknown)
    near = [f"{one.description.name} ({textual.readable(one.nearest[0][0])})" for one in reports if one.too_near]
    rows = [row("unknown", errors.listed(unknown))] if unknown else []
    if near:
        rows.append(row("warning", f"{len(near):,} nearly the same as another class: {errors.listed(near)}"))
    return "\n".join([f"{len(reports):,} classes", *rows, row("reports", str(file))])


def format_promise(result: teach_lib.Result[model_lib.Model]) -> str:
    """Format what to expect of classes that were taught within a limit."""
    limited = result.model.limited
    promise = limited.expected
    together = "" if len(limited.names) == 1 else f" by {len(limited.names):,} classes together"
    lost = f"{promise.loss:.1%} ± {promise.loss_error:.1%} of the accuracy on seen classes lost{together}"
    text = f"{lost} (limit {limited.limit:.1%})"
    if promise.recognised is not None:
        text += (
            f"; {promise.recognised:.0%} of a new class's images recognised ({promise.low:.0%} to {promise.high:.0%} "
            "for 8 of 10 seen classes that played a new one)"
        )
    rows = [row("expected", text)]
    for outlook in result.outlooks[: teach_flags.MOST_PRINTED]:
        shares = _listed(
            f"{share:.0%} {textual.title(name)}" for name, share in outlook.shares[:_BEFORE] if share >= 0.01
        )
        rows.append(row("as", f"{clean.name(outlook.name)} may be taken for: {shares}"))
        rows += [
            row("warning", f"{share:.0%} of {clean.name(outlook.name)}'s images may be called {textual.title(name)}.")
            for name, share in outlook.shares
            if share >= _LOOK_ALIKE and name != outlook.name
        ]
    return "\n".join(rows)


def format_photographs(predicted: Sequence[tuple[str, int]]) -> str:
    """Format what the model took photographs of a new class for, before it was taught."""
    total = sum(count for _, count in predicted)
    names = _listed(f"{count:,} {textual.title(name)}" for name, count in predicted[:_BEFORE])
    return row("photographs", f"{total:,}, which the model took before for: {names}")


def format_known_images(images: effect_lib.KnownImages) -> str:
    """Format which images of seen classes the loss is estimated on."""
    text = (
        f"{len(images.labels):,} images of {images.classes:,} seen classes, by the names of their folders, of which "
        f"{images.accuracy:.1%} are classified correctly. The loss is estimated on them: the classifier must not have "
        "been trained on them"
    )
    return row("known images", text)


def format_classifier(counts: np.ndarray, head: str) -> str:
    """Format what a model of the user's own classifier is made of.

    Args:
      counts: Number of photographs `[C]` of each class.
      head: Sentence on the classifier's last layer.
    """
    numbers = (
        f"{counts.min():,} to {counts.max():,} of each" if counts.min() < counts.max() else f"{counts[0]:,} of each"
    )
    return "\n".join(
        [row("known images", f"{counts.sum():,} photographs of {len(counts):,} classes, {numbers}"), row("head", head)]
    )


def format_model(model: model_lib.Model, path: Path) -> str:
    """Format the number of classes of a model, and its calibration.

    Args:
      model: Model after teaching.
      path: Folder of the run, or bundle, that the model was loaded from.
    """
    settings, classes = model.settings, len(model.class_names)
    rows = [
        row("classes", f"{classes}, {len(model.classifier.unseen)} of them learned from descriptions"),
        row(
            "calibration",
            f"lambda {settings.lambda_:g}, scale {settings.scale:g}, bias {settings.bias}, gamma {model.gamma:.3f}, "
            f"which keeps {_seen_fraction(model):.1%} of the training images in a seen class; "
            + ("default values" if settings.expected is None else f"H on validation classes {settings.expected:.3f}"),
        ),
    ]
    if not any(model.neuron_names):
        run = path if path.is_dir() else Path("DIR")
        rows.append(
            row("neurons", f"without names; to name them, first run: {command.command(model.config, run, ['explain'])}")
        )
    return "\n".join(rows)


def _seen_fraction(model: model_lib.Model) -> float:
    """Compute the share of training images that are still classified as a seen class at this gamma, 0..1."""
    if not model.classifier.unseen:
        return 1.0
    margins = gamma.margins(model.classifier.logits(model.features), len(model.seen))
    return gamma.seen_fraction(margins, model.gamma)


def format_effect(effect: effect_lib.Effect) -> str:
    """Format how new classes change the predictions on images."""
    classes = sorted(effect.classes, key=lambda one: -one.count)
    if len(classes) <= teach_flags.MOST_PRINTED:
        classes = list(effect.classes)
    lines = [line for one in classes[: teach_flags.MOST_PRINTED] for line in _class_effect(one)]
    if others := classes[teach_flags.MOST_PRINTED :]:
        lines.append(f"{sum(one.count for one in others):,} classified as {len(others):,} other new classes")
    lines += [f"{effect.other_changes:,} more changed class, because gamma changed"] if effect.other_changes else []
    labels = [f"{effect.images:,} image{'s' * (effect.images != 1)}"] + [""] * (len(lines) - 1)
    return "\n".join(row(label, text) for label, text in zip(labels, lines, strict=True))


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


def _class_effect(effect: effect_lib.ClassEffect) -> list[str]:
    before = _listed(f"{count:,} {textual.title(name)}" for name, count in effect.before[:_BEFORE])
    others = sum(count for _, count in effect.before[_BEFORE:])
    before += f", {others:,} others" if others else ""
    clearest = _listed(f"{clean.name(path.name)} {margin:+.2f}" for path, margin in effect.clearest)
    return [
        f"{effect.count:,} classified as {clean.name(effect.class_name)}" + (f"; before: {before}" if before else ""),
        f"{'clearest' if effect.count else 'nearest'}: {clearest}",
    ]


def _understood(report: teaching_report.TeachingReport) -> str:
    """Format the listed attributes, or the strongest phrases of a text, with their numbers unless all are 1."""
    features = report.reading.understood
    if not report.description.attributes:
        scores, names = np.array([score for _, score in features]), [name for name, _ in features]
        features = textual.best(scores, names, _PHRASES)
    plain = all(value == 1 for _, value in features)
    return _listed(textual.title(name) + ("" if plain else f" {value:.3g}") for name, value in features)


def _imputed(report: teaching_report.TeachingReport) -> str:
    """Count and list the parts that are taken as in the mean of the seen classes."""
    parts = report.reading.imputed
    noun = "part" if len(parts) == 1 else "parts"
    return f"{len(parts):,} {noun}, taken as in the mean of the seen classes: {_listed(map(clean.name, parts))}"


def _listed(items: Iterable[str]) -> str:
    """Join items by commas, so that no item is broken over two lines."""
    return ", ".join(item.replace(" ", "\N{NO-BREAK SPACE}") for item in items)
