# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reads the results of the stage `explain` for the page: explained predictions and a dictionary of neurons."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from niwt_tf.report import pictures
from niwt_tf.runs import run_files

_PHOTO_WIDTH, _MAP_WIDTH = 224, 96  # pixels; a map is smooth, and stays so when it is enlarged
_CROPS_WIDTH = 268  # pixels: four of the crops, each as large as it was cut
_NEURON_WIDTH = 128  # pixels
MOST_PICTURED = 128  # neurons, so that the page stays below 2 MB


@dataclasses.dataclass(frozen=True)
class Bar:
    """Feature with its score.

    Attributes:
      feature: Name of the feature.
      score: Score, negative for evidence against the class.
      share: Size of the score as a share of the largest beside it, 0..1.
    """

    feature: str
    score: float
    share: float


@dataclasses.dataclass(frozen=True)
class ImageEvidence:
    """What an image shows for and against a class.

    Attributes:
      support: Evidence for the class, the strongest first.
      opposition: Evidence against it, the strongest first.
    """

    support: list[Bar]
    opposition: list[Bar]


@dataclasses.dataclass(frozen=True)
class View:
    """One class on one image.

    Attributes:
      name: Name of the class.
      role: "predicted", "true" or "runner-up".
      map: Map of the class, to be laid over the photo.
      class_reasons: Features that the model looks for in the class, the strongest first.
      image_evidence: What this image shows for and against the class; None if that was not computed.
    """

    name: str
    role: str
    map: pictures.Picture
    class_reasons: list[Bar]
    image_evidence: ImageEvidence | None


@dataclasses.dataclass(frozen=True)
class Decision:
    """Explained prediction.

    Attributes:
      label: Name of the true class.
      prediction: Name of the predicted class.
      right: True if they are the same.
      words: Reasons in a sentence.
      photo: Image.
      views: Predicted class, then the class that it is contrasted with.
    """

    label: str
    prediction: str
    right: bool
    words: str
    photo: pictures.Picture
    views: list[View]


@dataclasses.dataclass(frozen=True)
class Group:
    """Explained predictions of one kind.

    Attributes:
      title: Name of the kind.
      decisions: Its predictions.
    """

    title: str
    decisions: list[Decision]


def gallery(folder: Path) -> list[Group]:
    """Read the explained predictions, those on new classes first; no group is empty."""
    listed = run_files.decisions(folder)
    groups = [
        Group(
            f"{'Right' if right else 'Wrong'} on {'new' if unseen else 'known'} classes",
            [_decision(folder, one) for one in listed if (one["right"], one["unseen"]) == (right, unseen)],
        )
        for unseen in (True, False)
        for right in (True, False)
    ]
    return [group for group in groups if group.decisions]


def dictionary(folder: Path) -> list[dict[str, Any]]:
    """Read the neurons of `neurons.json`: named ones first, by falling confidence.

    `images` and `maximal` become a `pictures.Picture`; None after the first `MOST_PICTURED`, to bound the page. `words`
    is added, for the search.
    """
    listed = run_files.neurons(folder)
    order = sorted(listed, key=lambda one: (one["name"] is None, -one["confidence"], one["index"]))
    return [
        one
        | {"borne_out": one.get("borne_out", False), "words": " ".join(_words(one)).lower()}
        | _pictures(folder, one if place < MOST_PICTURED else {})
        for place, one in enumerate(order)
    ]


def bars(*lists: Sequence[tuple[str, float]]) -> list[list[Bar]]:
    """Scale lists of features with scores to the largest score of them all.

    Args:
      *lists: Features with their scores.
    """
    largest = max((abs(score) for one in lists for _, score in one), default=0.0) or 1.0
    return [[Bar(feature, score, abs(score) / largest) for feature, score in one] for one in lists]


def _decision(folder: Path, record: dict[str, Any]) -> Decision:
    names = {name: record[name] for name in ("label", "prediction", "right", "words")}
    photo = pictures.read(folder / record["photo"], _PHOTO_WIDTH)
    return Decision(**names, photo=photo, views=[_view(folder, one) for one in record["views"]])


def _view(folder: Path, record: dict[str, Any]) -> View:
    evidence, (class_reasons,) = record["image_reasons"], bars(record["class_reasons"])
    return View(
        name=record["class"],
        role=record["role"],
        map=pictures.read(folder / record["map"], _MAP_WIDTH),
        class_reasons=class_reasons,
        image_evidence=evidence and ImageEvidence(*bars(evidence["for"], evidence["against"])),
    )


def _words(neuron: dict[str, Any]) -> Iterable[str]:
    """List the words by which the search finds a neuron."""
    yield f"neuron {neuron['index']}"
    yield neuron["name"] or "no clear name"
    yield from (name for name, _ in neuron["candidates"])


def _pictures(folder: Path, neuron: dict[str, Any]) -> dict[str, pictures.Picture | None]:
    """Read the pictures that a neuron has."""
    images, maximal = neuron.get("images"), neuron.get("maximal")
    return {
        "images": pictures.read_left(folder / images, _CROPS_WIDTH) if images else None,
        "maximal": pictures.read(folder / maximal, _NEURON_WIDTH) if maximal else None,
    }
