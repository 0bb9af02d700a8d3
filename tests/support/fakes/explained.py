# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The folder of the stage `explain` as the page reads it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from niwt_tf.util import json_files

NAMES = ("crown: red", "wing: barred", "belly & back", "bill <long>", "tail: forked")
_CROP = 64  # pixels
_CROPS = 5
METRICS = {
    "pointing_seen": 0.95, "pointing_unseen": 0.9, "pointing_chance": 0.3, "part_pointing": 0.4,
    "part_pointing_chance": 0.05, "attribute_accuracy": 0.8, "attribute_accuracy_chance": 0.2,
    "attribute_accuracy_frequent": 0.35, "neurons_named": 0.6, "neuron_name_auc": 0.85, "neuron_name_auc_shuffled": 0.5,
}  # fmt: skip


def write(
    root: Path,
    class_names: Sequence[str],
    seen: int,
    neurons: int = 6,
    decisions: int = 8,
    image_reasons: bool = True,
) -> Path:
    """Writes `<root>/explain`, and returns it.

    Args:
      root: the run's folder.
      class_names: the seen classes' names, then the unseen ones'.
      seen: how many are seen.
      neurons: how many neurons the layer has; one in three has no clear name, the last no maximal image.
      decisions: how many decisions are explained: right and wrong, of seen and unseen classes in turn.
      image_reasons: whether they have reasons of the image beside those of the class.
    """
    folder = root / "explain"
    (folder / "neurons").mkdir(parents=True)
    (folder / "decisions").mkdir()
    json_files.write(folder / "metrics.json", METRICS)
    json_files.write(folder / "seconds.json", 12.5)
    json_files.write(folder / "neurons.json", [_neuron(folder, i, i == neurons - 1) for i in range(neurons)])
    listed = [_decision(folder, index, class_names, seen, image_reasons) for index in range(decisions)]
    json_files.write(folder / "decisions.json", listed)
    return folder


def _neuron(folder: Path, index: int, last: bool) -> dict[str, Any]:
    name = None if index % 3 == 2 else NAMES[index % len(NAMES)]
    images, maximal = f"neurons/{index:03d}.png", None if last else f"neurons/{index:03d}-max.png"
    _picture(folder / images, _CROP, _CROPS, index)
    if maximal:
        _picture(folder / maximal, _CROP, 1, index)
    candidates = [[NAMES[(index + step) % len(NAMES)], round(0.6 / (step + 1), 3)] for step in range(3)]
    return {
        "index": index, "name": name, "confidence": round(0.95 - 0.9 * index / (index + 20), 3),
        "candidates": candidates, "images": images, "maximal": maximal,
    }  # fmt: skip


def _decision(folder: Path, index: int, class_names: Sequence[str], seen: int, image_reasons: bool) -> dict[str, Any]:
    unseen, right = bool(index % 2), bool(index // 2 % 2)
    label = class_names[seen + index % (len(class_names) - seen)] if unseen else class_names[index % seen]
    other = class_names[(class_names.index(label) + 1) % len(class_names)]
    prediction, rival = (label, other) if right else (other, label)
    picture = f"decisions/{index:03d}.png"
    _picture(folder / picture, 3 * _CROP, 3, index)
    stem = f"decisions/{index:03d}"
    _picture(folder / f"{stem}-photo.png", 3 * _CROP, 1, index)
    views = [
        _view(folder, f"{stem}-map-{number}.png", name, role, image_reasons)
        for number, (name, role) in enumerate(((prediction, "predicted"), (rival, "runner-up" if right else "true")))
    ]
    return {
        "picture": picture, "photo": f"{stem}-photo.png", "views": views,
        "label": label, "prediction": prediction, "unseen": unseen, "right": right,
        "reasons": [[NAMES[0], 0.41], [NAMES[1], 0.2]],
        "contrast": {"class": rival, "reasons": [[NAMES[2], 0.3]]},
        "words": f"{prediction} rather than {rival} because {NAMES[2]}",
    }  # fmt: skip


def _view(folder: Path, path: str, name: str, role: str, image_reasons: bool) -> dict[str, Any]:
    overlay = Image.new("RGBA", (3 * _CROP, 3 * _CROP), (255, 0, 0, 0))
    overlay.paste((255, 0, 0, 200), (_CROP, _CROP, 2 * _CROP, 2 * _CROP))
    overlay.save(folder / path)
    own = {"for": [[NAMES[3], 0.5], [NAMES[0], 0.25]], "against": [[NAMES[1], -1.0]]}
    return {
        "class": name, "role": role, "map": path, "class_reasons": [[NAMES[0], 0.41], [NAMES[1], 0.2]],
        "image_reasons": own if image_reasons else None,
    }  # fmt: skip


def _picture(path: Path, side: int, tiles: int, seed: int) -> None:
    """Writes a strip of smooth noise, which compresses about as photographs do."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (8, 8 * tiles, 3), np.uint8))
    coarse.resize((side * tiles, side), Image.Resampling.BICUBIC).save(path)
