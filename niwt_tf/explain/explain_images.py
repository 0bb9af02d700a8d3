# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Explains a user's images with a finished run: the prediction, its reasons and a picture of each."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf import errors
from niwt_tf.data import user_images
from niwt_tf.explain import drawing, explainer, keras_vis, textual, visual
from niwt_tf.explain import subject as subject_lib
from niwt_tf.util import paths as paths_lib
from niwt_tf.util import progress

GRAD_CAM = "gradcam"
LINES = "explanations.jsonl"
_BAR_DELAY = 2.0  # seconds


def explain(
    run: subject_lib.Subject,
    paths: Sequence[Path],
    out: Path,
    class_name: str = "",
    method: str = GRAD_CAM,
    top: int = 5,
    encoding: str = user_images.JPEG,
) -> None:
    """Print the prediction for each image and its reasons, and write pictures and `explanations.jsonl` into `out`.

    Args:
      run: The run that predicts and explains.
      paths: Paths of the images.
      out: An existing folder.
      class_name: Class to explain; the predicted one by default.
      method: Method that draws the map: gradcam, or one of `keras_vis.METHODS`.
      top: Largest number of reasons.
      encoding: Encoding of the images of the run's dataset; see `user_images.read`.

    Raises:
      errors.UserError: If there is no such class or method; at the end, if an image cannot be read: all others are
        explained first.
      OSError: If `out` cannot be written.
    """
    names = run.classifier.class_names
    asked = textual.class_index(class_name, names) if class_name else None
    draw_map = None if method == GRAD_CAM else keras_vis.Drawer(run.classifier, method)
    explain_batch, name_of = explainer.Explainer(run.classifier, run.gamma), _picture_names(paths)
    bad: list[str] = []
    with _lines(out / LINES) as write, progress.bar(None, "explaining", len(paths), "image", delay=_BAR_DELAY) as bar:
        for batch, images in user_images.batches(paths, run.classifier.backbone.image_size, encoding, bad):
            classes = None if asked is None else np.full(len(images), asked)
            told = explain_batch(images, classes)
            maps = told.maps if draw_map is None else draw_map(images, told.classes)
            records = _records(run, batch, told, top)
            for path, record, image, values in zip(batch, records, images, maps, strict=True):
                record |= {"method": method, "picture": name_of[path]}
                record["focus"] = list(visual.focus_box(values)) if values.max() > 0 else None
                _picture(record, image, values).save(out / record["picture"])
                write(record)
                progress.say(_told(record))
                bar.update()
    if bad:
        others = f" The others are explained in {out}." if len(bad) < len(paths) else ""
        raise errors.UserError(
            f"Every image must be readable. Received: {len(bad)} of {len(paths)} that are not: "
            f"{errors.listed(bad, len(bad))}.{others} Mend these files, or leave them out."
        )


def _records(
    run: subject_lib.Subject, paths: Sequence[Path], told: explainer.Explanations, top: int
) -> Iterator[dict[str, Any]]:
    names, unseen = run.classifier.class_names, set(run.classifier.unseen)
    reasons = textual.reasons(run.inverse, told.importances, run.known.feature_names, top)
    for path, predicted, second, explained, found in zip(
        paths, told.predictions, told.runners_up, told.classes, reasons, strict=True
    ):
        yield {
            "image": paths_lib.printable(str(path)),
            "prediction": names[predicted],
            "unseen": names[predicted] in unseen,
            "runner_up": names[second],
            "class": names[explained],
            "reasons": [[textual.readable(feature), round(score, 4)] for feature, score in found],
            "words": textual.sentence(names[explained], found),
        }


def _told(record: dict[str, Any]) -> str:
    kind = ", an unseen class" if record["unseen"] else ""
    reasons = ", ".join(f"{feature} {score:.2f}" for feature, score in record["reasons"]) or "nothing that words tell"
    return (
        f"{record['image']}: {textual.readable(record['prediction'])}{kind} (runner-up "
        f"{textual.readable(record['runner_up'])})\n  for {textual.readable(record['class'])}: {reasons}"
    )


def _picture(record: dict[str, Any], image: np.ndarray, values: np.ndarray) -> Any:
    explained, predicted = textual.readable(record["class"]), textual.readable(record["prediction"])
    notes = [f"runner-up: {textual.readable(record['runner_up'])}", Path(record["image"]).name]
    notes[:0] = ["a class without training images"] if record["unseen"] else []
    return drawing.picture(
        image, values, f"Prediction: {predicted}", [*notes, f"What speaks for {explained}:"], record["reasons"]
    )


def _picture_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Choose a file name for the picture of each image, unique even where file systems ignore case."""
    used: set[str] = set()
    names = {}
    for path in paths:
        numbers = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
        stem = paths_lib.printable(path.stem)
        name = next(f"{stem}{n}" for n in numbers if f"{stem}{n}".lower() not in used)
        used.add(name.lower())
        names[path] = f"{name}.explained.png"
    return names


@contextlib.contextmanager
def _lines(path: Path) -> Iterator[Callable[[Any], None]]:
    """Open a file of JSON lines, and yield a function that writes one; the file appears only when it is complete."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            yield lambda record: print(json.dumps(record, ensure_ascii=False), file=file)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
