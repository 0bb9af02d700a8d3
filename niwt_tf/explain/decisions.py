# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Selects and draws predictions to look at: right and wrong ones, of seen and unseen classes, each with its reasons."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from niwt_tf.domains import knowledge
from niwt_tf.explain import drawing, explainer, textual
from niwt_tf.method import inverse_map

_EACH = 6  # images of each kind


@dataclasses.dataclass(frozen=True)
class Shown:
    """Test image to show.

    Attributes:
      image: `[S,S,3]` uint8, RGB.
      label: True class.
      predicted: Predicted class.
    """

    image: np.ndarray
    label: int
    predicted: int

    @property
    def right(self) -> bool:
        """Whether the predicted class is the true one."""
        return self.label == self.predicted


@dataclasses.dataclass
class Album:
    """Test images to show: the first of each kind, each of a different class.

    Attributes:
      class_names: Names of all classes, the seen ones first.
      seen: Names of the seen classes.
    """

    class_names: Sequence[str]
    seen: Sequence[str]
    _kept: dict[tuple[bool, bool], dict[int, Shown]] = dataclasses.field(default_factory=dict)

    def add(self, images: np.ndarray, labels: np.ndarray, predictions: np.ndarray) -> None:
        """Keep images of a batch, if their kinds still need some.

        Args:
          images: `[N,S,S,3]` uint8, RGB.
          labels: True classes `[N]`.
          predictions: Predicted classes `[N]`.
        """
        for image, label, predicted in zip(images, labels.tolist(), predictions.tolist(), strict=True):
            kind = self._kept.setdefault((label == predicted, label >= len(self.seen)), {})
            if len(kind) < _EACH:
                kind.setdefault(label, Shown(image, label, predicted))

    def shown(self) -> list[Shown]:
        """List the images that were kept, right predictions first."""
        return [one for _, kind in sorted(self._kept.items(), reverse=True) for one in kind.values()]


def write(
    album: Album,
    inverse: inverse_map.InverseMap,
    known: knowledge.DomainKnowledge,
    explain: explainer.Explainer,
    folder: Path,
) -> list[dict[str, Any]]:
    """Draw the predictions into `decisions/` of `folder`, and describe each as in `decisions.json`.

    A wrong prediction is contrasted with the true class, a right one with the runner-up.
    """
    (folder / "decisions").mkdir(exist_ok=True)
    shown = album.shown()
    if not shown:
        return []
    images = np.stack([one.image for one in shown])
    told = explain(images)
    others = np.where([one.right for one in shown], told.runners_up, [one.label for one in shown])
    against = explain(images, others)
    reasons = textual.reasons(inverse, told.importances, known.feature_names)
    contrasts = textual.contrasts(inverse, told.importances, against.importances, known.feature_names)
    records = []
    for number, one in enumerate(shown):
        picture = f"decisions/{number:03}.png"
        _draw(album, one, told.maps[number], reasons[number]).save(folder / picture)
        record = _record(album, one, reasons[number], int(others[number]), contrasts[number])
        records.append({"picture": picture} | record)
    return records


def _draw(album: Album, one: Shown, values: np.ndarray, reasons: Sequence[textual.Reason]) -> Image.Image:
    title = f"Prediction: {textual.readable(album.class_names[one.predicted])}"
    notes = [f"truly: {textual.readable(album.class_names[one.label])}"]
    notes += ["a class without training images"] if one.label >= len(album.seen) else []
    return drawing.picture(one.image, values, title, notes, _readable(reasons))


def _record(
    album: Album, one: Shown, reasons: Sequence[textual.Reason], other: int, contrast: Sequence[textual.Reason]
) -> dict[str, Any]:
    prediction, held_against = album.class_names[one.predicted], album.class_names[other]
    return {
        "label": album.class_names[one.label],
        "prediction": prediction,
        "unseen": one.label >= len(album.seen),
        "right": one.right,
        "reasons": _readable(reasons),
        "contrast": {"class": held_against, "reasons": _readable(contrast)},
        "words": textual.sentence(prediction, contrast, held_against),
    }


def _readable(reasons: Sequence[textual.Reason]) -> list[tuple[str, float]]:
    return [(textual.readable(feature), round(score, 4)) for feature, score in reasons]
