# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Selects example predictions, right and wrong ones of seen and unseen classes, and draws each with its reasons."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from niwt_tf.explain import drawing, explained_model, explainer, textual

_MOST_OF_A_KIND = 6  # images


@dataclasses.dataclass(frozen=True)
class Example:
    """Test image with its prediction.

    Attributes:
      image: `[S,S,3]` uint8, RGB.
      label: True class.
      predicted: Predicted class.
    """

    image: np.ndarray
    label: int
    predicted: int

    @property
    def correct(self) -> bool:
        """Whether the predicted class is the true one."""
        return self.label == self.predicted


@dataclasses.dataclass
class ExampleSelection:
    """Test images of each kind, each of a different class: the first that are added.

    Attributes:
      class_names: Names of all classes, the seen ones first.
      seen: Names of the seen classes.
    """

    class_names: Sequence[str]
    seen: Sequence[str]
    _by_kind: dict[tuple[bool, bool], dict[int, Example]] = dataclasses.field(default_factory=dict)

    def add(self, images: np.ndarray, labels: np.ndarray, predictions: np.ndarray) -> None:
        """Select images of a batch, if their kinds still need some.

        Args:
          images: `[N,S,S,3]` uint8, RGB.
          labels: True classes `[N]`.
          predictions: Predicted classes `[N]`.
        """
        for image, label, predicted in zip(images, labels.tolist(), predictions.tolist(), strict=True):
            kind = self._by_kind.setdefault((label == predicted, label >= len(self.seen)), {})
            if len(kind) < _MOST_OF_A_KIND:
                kind.setdefault(label, Example(image, label, predicted))

    def examples(self) -> list[Example]:
        """List the selected images, correct predictions first."""
        return [example for _, kind in sorted(self._by_kind.items(), reverse=True) for example in kind.values()]


def write(
    selection: ExampleSelection,
    model: explained_model.ExplainedModel,
    explain: explainer.Explainer,
    folder: Path,
) -> list[dict[str, Any]]:
    """Draw the predictions into `decisions/` of `folder`, and return a record of each.

    A wrong prediction is contrasted with the true class, a correct one with the runner-up.

    Args:
      selection: Test images and their predictions.
      model: Model that predicted them.
      explain: Explainer of that model.
      folder: An existing folder.
    """
    (folder / "decisions").mkdir(exist_ok=True)
    examples = selection.examples()
    if not examples:
        return []
    images, feature_names = np.stack([one.image for one in examples]), model.knowledge.feature_names
    predicted = explain(images)
    others = np.where([one.correct for one in examples], predicted.runners_up, [one.label for one in examples])
    rejected = explain(images, others)
    reasons = textual.reasons(model.inverse_map, predicted.importances, feature_names)
    contrasts = textual.contrasts(model.inverse_map, predicted.importances, rejected.importances, feature_names)
    records = []
    for number, one in enumerate(examples):
        picture = f"decisions/{number:03}.png"
        _draw(selection, one, predicted.maps[number], reasons[number]).save(folder / picture)
        record = _record(selection, one, reasons[number], int(others[number]), contrasts[number])
        records.append({"picture": picture} | record)
    return records


def _draw(
    selection: ExampleSelection, example: Example, values: np.ndarray, reasons: Sequence[textual.Reason]
) -> Image.Image:
    title = f"Prediction: {textual.title(selection.class_names[example.predicted])}"
    notes = [f"true class: {textual.title(selection.class_names[example.label])}"]
    notes += ["a class without training images"] if example.label >= len(selection.seen) else []
    return drawing.picture(example.image, values, title, notes, _readable(reasons))


def _record(
    selection: ExampleSelection,
    example: Example,
    reasons: Sequence[textual.Reason],
    other: int,
    contrast: Sequence[textual.Reason],
) -> dict[str, Any]:
    prediction, rejected = selection.class_names[example.predicted], selection.class_names[other]
    return {
        "label": selection.class_names[example.label],
        "prediction": prediction,
        "unseen": example.label >= len(selection.seen),
        "right": example.correct,
        "reasons": _readable(reasons),
        "contrast": {"class": rejected, "reasons": _readable(contrast)},
        "words": textual.sentence(prediction, contrast, rejected),
    }


def _readable(reasons: Sequence[textual.Reason]) -> list[tuple[str, float]]:
    return [(textual.readable(feature), round(score, 4)) for feature, score in reasons]
