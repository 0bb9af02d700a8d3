# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measures maps of a user's images beside random maps, prints a table, and writes metrics.json."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf import errors
from niwt_tf.data import user_images
from niwt_tf.explain import explained_model, textual
from niwt_tf.explain.map_quality import map_methods, registry, scoring
from niwt_tf.explain.map_quality import subject as subject_lib
from niwt_tf.util import json_files, progress

FILE = "metrics.json"
_KEYS = {"images", "class", "methods"}  # of our file, by which a later call recognises it


def require_place(out: Path) -> None:
    """Check that `out` holds no metrics.json, or one that an earlier call wrote.

    Raises:
      errors.UserError: If it holds another one, such as that of a run.
    """
    path = out / FILE
    record = json_files.read(path) if path.is_file() else None
    if os.path.lexists(path) and not (isinstance(record, dict) and record.keys() >= _KEYS):
        raise errors.UserError(
            f"`{errors.setting('out')}` must hold no {FILE}, or that of earlier explanations. Received: "
            f"{errors.setting('out', out)}, where {FILE} is another file. Choose another folder."
        )


def measure(
    model: explained_model.ExplainedModel,
    paths: Sequence[Path],
    out: Path,
    metrics: Sequence[str],
    class_name: str = "",
    method: str = map_methods.GRAD_CAM,
    encoding: str = user_images.JPEG,
    boxes: np.ndarray | None = None,
) -> None:
    """Measure maps of images and, for comparison, random maps; print the scores and write them into `out`.

    Images that cannot be read are left out.

    Args:
      model: Model that predicts.
      paths: Paths of the images.
      out: An existing folder.
      metrics: Keys of `registry.METRICS`.
      class_name: Class that the maps explain; the predicted one of each image by default.
      method: Method that draws the maps, see `map_methods.make`.
      encoding: Encoding of the images of the model's dataset; see `user_images.read`.
      boxes: Boxes `[N,4]` of the objects, see `boxes.of_images`.

    Raises:
      errors.UserError: If there is no such class or method.
      OSError: If `out` cannot be written.
    """
    index = textual.class_index(class_name, model.classifier.class_names) if class_name else None
    subjects = [
        subject_lib.Subject(model.classifier, model.gamma, map_methods.make(name))
        for name in (method, map_methods.RANDOM)
    ]
    scorers = [scoring.MapScorer(subject, metrics) for subject in subjects]
    box_of = dict(zip(paths, np.full((len(paths), 4), np.nan) if boxes is None else boxes, strict=True))
    with progress.bar(None, "measuring maps", len(paths), "image") as bar:
        for batch, images in user_images.batches(paths, model.classifier.backbone.image_size, encoding, []):
            classes = subjects[0].predict(images) if index is None else np.full(len(images), index, np.int64)
            own_boxes = np.stack([box_of[path] for path in batch])
            for subject, scorer in zip(subjects, scorers, strict=True):
                drawn = subject.draw(images, classes)
                scorer.add(subject_lib.MappedImages(images, classes, drawn, own_boxes))
            bar.update(len(batch))
    scores = dict(zip((method, map_methods.RANDOM), (scorer.scores() for scorer in scorers), strict=True))
    progress.print_line(table(scores))
    json_files.write(out / FILE, _record(scores, class_name))


def table(scores: Mapping[str, Mapping[str, scoring.MapScore]]) -> str:
    """Format the scores of methods: a row for each metric, with the direction that is better.

    Args:
      scores: Method -> metric -> score.
    """
    count = max(len(score.values) for scored in scores.values() for score in scored.values())
    lines = [f"\n  maps of {count:,} images{'':10}" + "".join(f"{name:>12}" for name in scores) + "   better"]
    for name in next(iter(scores.values())):
        numbers = [scored[name].mean for scored in scores.values()]
        columns = "".join(f"{'-' if number is None else f'{number:.3f}':>12}" for number in numbers)
        lines.append(f"  {name:<{len(lines[0]) - 12 * len(scores) - 12}}{columns}   {registry.METRICS[name].better}")
    return "\n".join(lines)


def _record(scores: Mapping[str, Mapping[str, scoring.MapScore]], class_name: str) -> dict[str, Any]:
    """Build the content of metrics.json."""
    return {
        "images": max(len(score.values) for scored in scores.values() for score in scored.values()),
        "class": class_name or None,
        "methods": {
            method: {
                name: {"mean": score.mean, "standard_error": score.standard_error, "images": score.count}
                for name, score in scored.items()
            }
            for method, scored in scores.items()
        },
        "definitions": {
            name: {
                "definition": registry.METRICS[name].definition,
                "better": registry.METRICS[name].better,
                "source": registry.METRICS[name].source,
            }
            for name in next(iter(scores.values()))
        },
    }
