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
from niwt_tf.explain import image_reasons as image_reasons_lib

_MOST_OF_A_KIND = 6  # images
_LARGEST_PHOTO = 224  # pixels


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

    A record has two views: of the predicted class, and of the class that it is contrasted with. That is the true class
    for a wrong prediction, and the runner-up for a correct one.

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
    images = np.stack([one.image for one in examples])
    predicted = explain(images)
    others = np.where([one.correct for one in examples], predicted.runners_up, [one.label for one in examples])
    rejected = explain(images, others)
    contrasts = [one.support for one in model.image_contrasts(predicted, rejected)]
    evidence = [_explain_classes(one, model) for one in (predicted, rejected)]
    records = []
    for number, one in enumerate(examples):
        explained = [classes[number] for classes in evidence]
        paths = _draw(folder, f"decisions/{number:03}", selection, one, explained)
        records.append(_record(selection, one, explained, contrasts[number], paths))
    return records


@dataclasses.dataclass(frozen=True)
class _ExplainedClass:
    """One class on one image.

    Attributes:
      index: The class.
      map: Its map over the image, `[H,W]`.
      class_reasons: Reasons for the class, the strongest first.
      image_reasons: Evidence of this image for and against the class.
    """

    index: int
    map: np.ndarray
    class_reasons: Sequence[textual.Reason]
    image_reasons: image_reasons_lib.ImageReasons


@dataclasses.dataclass(frozen=True)
class _Paths:
    """Pictures of one record, by their paths in the folder.

    Attributes:
      picture: Image, map and reasons of the prediction, beside each other.
      photo: Image alone.
      maps: Map of each view, to be laid over the photo.
    """

    picture: str
    photo: str
    maps: list[str]


def _explain_classes(explained: explainer.Explanations, model: explained_model.ExplainedModel) -> list[_ExplainedClass]:
    """Collect map and reasons of the explained class of each image."""
    of_classes = textual.reasons(model.inverse_map, explained.importances, model.knowledge.feature_names)
    columns = (explained.classes.tolist(), explained.maps, of_classes, model.image_reasons(explained))
    return [_ExplainedClass(*row) for row in zip(*columns, strict=True)]


def _draw(
    folder: Path, stem: str, selection: ExampleSelection, example: Example, explained: Sequence[_ExplainedClass]
) -> _Paths:
    """Draw the pictures of one prediction; `explained` begins with the predicted class."""
    paths = _Paths(f"{stem}.png", f"{stem}-photo.png", [f"{stem}-map-{view}.png" for view in range(len(explained))])
    title = f"Prediction: {textual.title(selection.class_names[example.predicted])}"
    notes = [f"true class: {textual.title(selection.class_names[example.label])}"]
    notes += ["a class without training images"] if example.label >= len(selection.seen) else []
    reasons = textual.readable_reasons(explained[0].image_reasons.support)
    drawing.picture(example.image, explained[0].map, title, notes, reasons).save(folder / paths.picture)
    photo = Image.fromarray(example.image)
    photo.thumbnail((_LARGEST_PHOTO, _LARGEST_PHOTO))
    photo.save(folder / paths.photo)
    for path, one in zip(paths.maps, explained, strict=True):
        drawing.layer(one.map, photo.width).save(folder / path)
    return paths


def _record(
    selection: ExampleSelection,
    example: Example,
    explained: Sequence[_ExplainedClass],
    contrast: Sequence[textual.Reason],
    paths: _Paths,
) -> dict[str, Any]:
    prediction, rejected = (selection.class_names[one.index] for one in explained)
    roles = ("predicted", "runner-up" if example.correct else "true")
    return {
        "picture": paths.picture,
        "photo": paths.photo,
        "label": selection.class_names[example.label],
        "prediction": prediction,
        "unseen": example.label >= len(selection.seen),
        "right": example.correct,
        "reasons": textual.readable_reasons(explained[0].class_reasons),
        "contrast": {"class": rejected, "reasons": textual.readable_reasons(contrast)},
        "words": textual.sentence(prediction, contrast, rejected),
        "views": [
            {
                "class": selection.class_names[one.index],
                "role": role,
                "map": path,
                "class_reasons": textual.readable_reasons(one.class_reasons),
                "image_reasons": {
                    "for": textual.readable_reasons(one.image_reasons.support),
                    "against": textual.readable_reasons(one.image_reasons.opposition),
                },
            }
            for one, role, path in zip(explained, roles, paths.maps, strict=True)
        ],
    }
