# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Explains a user's images with a run or a model: the prediction, its reasons and a picture of each."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from niwt_tf import errors
from niwt_tf.data import user_images
from niwt_tf.explain import drawing, explained_model, explainer, keras_vis, textual, visual
from niwt_tf.method import contributions
from niwt_tf.util import atomic, clean, locks, progress
from niwt_tf.util import paths as paths_lib

GRAD_CAM = "gradcam"
LINES = "explanations.jsonl"
PARTIAL = "explanations.partial.jsonl"  # its name until it is complete
_LONGEST_STEM = 200  # bytes; file systems take names of 255
_MOST_PRINTED = 50  # images whose explanations are printed
_LEAST_PRINTED = 0.005  # of a reason
_NONE = "none of these"  # what a rejected image shows
_MARK = ("Software", "niwt_tf")  # text in each picture, by which a later call recognises it


def explain(
    model: explained_model.ExplainedModel,
    paths: Sequence[Path],
    out: Path,
    class_name: str = "",
    method: str = GRAD_CAM,
    top: int = 5,
    encoding: str = user_images.JPEG,
    pictures: int | None = None,
    accept: Callable[[np.ndarray], np.ndarray] | None = None,
) -> None:
    """Explain images: write a line of `explanations.jsonl` for each and pictures into `out`, and print the first ones.

    Files of an earlier call are replaced. No other file is: a picture then gets a number in its name. Until all images
    are explained, the lines are in `explanations.partial.jsonl`, which stays if the call is interrupted.

    Args:
      model: Model that predicts and explains.
      paths: Paths of the images.
      out: An existing folder.
      class_name: Class to explain; the predicted one by default.
      method: Method that draws the map: gradcam, or one of `keras_vis.METHODS`.
      top: Largest number of reasons.
      encoding: Encoding of the images of the model's dataset; see `user_images.read`.
      pictures: Number of images, the first ones, of which pictures are drawn; None for all.
      accept: Function from images `[N,S,S,3]` uint8 to True `[N]` where one of the classes is shown, probably; None to
        give every image a class.

    Raises:
      errors.UserError: If there is no such class or method, or `out` holds lines of something else; at the end, if an
        image cannot be read: all others are explained first.
      OSError: If `out` cannot be written.
    """
    classifier = model.classifier
    index = textual.class_index(class_name, classifier.class_names) if class_name else None
    compute_maps = None if method == GRAD_CAM else keras_vis.TfKerasVisMap(classifier, method)
    explain_batch, names = explainer.Explainer(classifier, model.gamma), _PictureNames(out)
    most = len(paths) if pictures is None else pictures
    unreadable: list[str] = []
    counts: Counter[str] = Counter()
    with (
        locks.hold(locks.within(out), f"the explanations in {out}"),
        _lines(out) as write,
        progress.bar(None, "explaining", len(paths), "image", delay=progress.DELAY) as bar,
    ):
        for batch, images in user_images.batches(paths, classifier.backbone.image_size, encoding, unreadable):
            explanations = explain_batch(images, None if index is None else np.full(len(images), index))
            maps = explanations.maps if compute_maps is None else compute_maps(images, explanations.classes)
            records = _records(model, batch, explanations, top)
            accepted = [None] * len(batch) if accept is None else accept(images).tolist()
            for path, record, image, values, is_accepted in zip(batch, records, images, maps, accepted, strict=True):
                record |= {"accepted": is_accepted} if accept else {}
                record |= {"method": method, "picture": names.choose(path) if counts.total() < most else None}
                record["focus"] = list(visual.focus_box(values)) if values.max() > 0 else None
                if record["picture"]:
                    with atomic.writing(out / record["picture"]) as part:
                        _draw(record, image, values).save(part, "PNG", pnginfo=_mark())
                write(record)
                if counts.total() < _MOST_PRINTED:
                    progress.print_line(_summary(record))
                counts[record["prediction"] if is_accepted is not False else _NONE] += 1
                bar.update()
    if counts.total() > _MOST_PRINTED:
        progress.print_line(_totals(counts))
    if unreadable:
        others = f" The others are explained in {out}." if len(unreadable) < len(paths) else ""
        raise errors.UserError(
            f"Every image must be readable. Received: {len(unreadable):,} of {len(paths):,} that are not: "
            f"{errors.listed(unreadable, _MOST_PRINTED)}.{others} Repair these files, or leave them out."
        )


def _records(
    model: explained_model.ExplainedModel, paths: Sequence[Path], explanations: explainer.Explanations, top: int
) -> Iterator[dict[str, Any]]:
    names, unseen = model.classifier.class_names, set(model.classifier.unseen)
    of_classes = textual.reasons(model.inverse_map, explanations.importances, model.knowledge.feature_names, top)
    of_images, of_neurons = (
        model.image_reasons(explanations, top),
        contributions.strongest(explanations.contributions, top),
    )
    indices = (explanations.predictions, explanations.runners_up, explanations.classes)
    for path, predicted, second, explained, reasons, own, strongest in zip(
        paths, *indices, of_classes, of_images, of_neurons, strict=True
    ):
        yield {
            "image": paths_lib.printable(str(path)),
            "prediction": names[predicted],
            "unseen": names[predicted] in unseen,
            "runner_up": names[second],
            "class": names[explained],
            "reasons": textual.readable_reasons(reasons),
            "words": textual.sentence(names[explained], reasons),
            "image_reasons": {
                "for": textual.readable_reasons(own.support),
                "against": textual.readable_reasons(own.opposition),
            },
            "neurons": [[index, model.neuron_name(index), round(value, 4)] for index, value in strongest],
        }


def _summary(record: dict[str, Any]) -> str:
    kind = ", an unseen class" if record["unseen"] else ""
    none = "" if record.get("accepted", True) else f"{_NONE}, nearest "
    of_class, support, opposition = map(
        _listed, (record["reasons"], record["image_reasons"]["for"], record["image_reasons"]["against"])
    )
    predicted, second, explained = (textual.title(record[name]) for name in ("prediction", "runner_up", "class"))
    return (
        f"{clean.visible(record['image'])}: {none}{predicted}{kind} (runner-up {second})\n"
        f"  {explained} in general: {of_class or 'no feature supports it'}\n"
        f"  in this image, for it: {support or 'no feature'}; against it: {opposition or 'no feature'}"
    )


def _listed(reasons: Sequence[tuple[str, float]]) -> str:
    """Format reasons for the terminal, without those that would be printed as 0.00."""
    return ", ".join(f"{clean.name(feature)} {score:.2f}" for feature, score in reasons if abs(score) >= _LEAST_PRINTED)


def _totals(counts: Counter[str]) -> str:
    """Format how many images each class was predicted for."""
    classes = errors.listed(f"{count:,} {textual.readable(name)}" for name, count in counts.most_common())
    return f"... and {counts.total() - _MOST_PRINTED:,} more\n\n{counts.total():,} images: {classes}"


def _draw(record: dict[str, Any], image: np.ndarray, values: np.ndarray) -> Image.Image:
    explained, predicted = textual.title(record["class"]), textual.title(record["prediction"])
    notes = [f"runner-up: {textual.title(record['runner_up'])}", Path(record["image"]).name]
    notes[:0] = ["a class without training images"] if record["unseen"] else []
    none = "" if record.get("accepted", True) else f"{_NONE}, nearest "
    return drawing.picture(
        image,
        values,
        f"Prediction: {none}{predicted}",
        [*notes, f"What speaks for {explained} here:"],
        record["image_reasons"]["for"],
    )


class _PictureNames:
    """File names of pictures in a folder, unique even where file systems ignore case."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._used: set[str] = set()
        self._next: Counter[str] = Counter()  # number to try next, by stem

    def choose(self, path: Path) -> str:
        """Choose the name of the picture of an image: none of a file that an earlier call did not write."""
        stem = _stem(path)
        while True:
            self._next[stem.lower()] += 1
            number = self._next[stem.lower()]
            name = f"{stem}{f'-{number}' if number > 1 else ''}.explained.png"
            if name.lower() not in self._used and _is_free(self._out / name):
                self._used.add(name.lower())
                return name


def _stem(path: Path) -> str:
    """Return the name of a file without its ending, clean, and short enough to be part of a name."""
    return clean.visible(path.stem).encode()[:_LONGEST_STEM].decode("utf-8", "ignore")


def _is_free(path: Path) -> bool:
    """Check that there is no file at `path`, or a picture of an earlier call."""
    if not os.path.lexists(path):
        return True
    key, value = _MARK
    try:
        with Image.open(paths_lib.require_regular(path)) as image:
            return image.info.get(key) == value
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _mark() -> PngImagePlugin.PngInfo:
    mark = PngImagePlugin.PngInfo()
    mark.add_text(*_MARK)
    return mark


def _require_own_lines(path: Path) -> None:
    """Raise an error if there is a file at `path` that an earlier call did not write."""
    if not os.path.lexists(path):
        return
    try:
        with open(paths_lib.require_regular(path), encoding="utf-8") as file:
            line = file.readline()
        if not line or "picture" in json.loads(line):
            return
    except (OSError, ValueError, TypeError):
        pass
    raise errors.UserError(
        f"`{errors.setting('out')}` must hold no {path.name}, or that of earlier explanations. Received: "
        f"{errors.setting('out', path.parent)}, where {path.name} is another file. Choose another folder."
    )


@contextlib.contextmanager
def _lines(out: Path) -> Iterator[Callable[[Any], None]]:
    """Yield a function that writes a JSON line; the file has its final name only when it is complete.

    The lines of an earlier call are removed first, because its pictures are replaced.
    """
    final, partial = out / LINES, out / PARTIAL
    for path in (final, partial):
        _require_own_lines(path)
    final.unlink(missing_ok=True)
    try:
        with open(partial, "w", encoding="utf-8", buffering=1) as file:
            yield lambda record: print(clean.json_line(record), file=file)
        partial.replace(final)
    except BaseException:
        if partial.is_file() and not partial.stat().st_size:
            partial.unlink()
        elif partial.is_file():
            progress.print_line(f"  the images explained so far are in {partial}")
        raise
