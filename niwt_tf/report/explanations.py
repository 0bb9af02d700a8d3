# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reads the results of the stage `explain` for the page: a gallery of predictions and a dictionary of neurons."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from niwt_tf.report import pictures
from niwt_tf.runs import run_files

_DECISION_WIDTH = 720  # pixels
_NEURON_WIDTH = 320
MOST_PICTURED = 300  # neurons, so that the page stays a few megabytes


@dataclasses.dataclass(frozen=True)
class Group:
    """Explained predictions of one kind.

    Attributes:
      title: Name of the kind.
      decisions: Records of `decisions.json`; `picture` is a `pictures.Picture`.
    """

    title: str
    decisions: list[dict[str, Any]]


def gallery(folder: Path) -> list[Group]:
    """Read the explained predictions, wrong ones last; no group is empty."""
    listed = run_files.decisions(folder)
    groups = [
        Group(
            f"{'Correct' if right else 'Wrong'} predictions on images of {'unseen' if unseen else 'seen'} classes",
            [
                one | {"picture": pictures.read(folder / one["picture"], _DECISION_WIDTH)}
                for one in listed
                if (one["right"], one["unseen"]) == (right, unseen)
            ],
        )
        for right in (True, False)
        for unseen in (False, True)
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
        | {"words": " ".join(_words(one)).lower()}
        | {name: _picture(folder, one[name], place) for name in ("images", "maximal")}
        for place, one in enumerate(order)
    ]


def _words(neuron: dict[str, Any]) -> Iterable[str]:
    """List the words by which the search finds a neuron."""
    yield f"neuron {neuron['index']}"
    yield neuron["name"] or "no clear name"
    yield from (name for name, _ in neuron["candidates"])


def _picture(folder: Path, name: str | None, place: int) -> pictures.Picture | None:
    return pictures.read(folder / name, _NEURON_WIDTH) if name and place < MOST_PICTURED else None
