# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure whether reasons belong to the image, by the aviary's ground truth: the same bird in the same scene, changed.

For each run of the default aviary, 1,000 birds of all species are drawn anew, half of them of unseen species:

- counterfactual: the bird once more, with another value of one attribute. The attribute whose contribution to the class
  predicted for the first picture changes most is the one that was changed. By Grad-CAM, the map changes most there.
- hidden part: the same picture with one part painted over in the picture's mean colour. Features of that part are among
  the five strongest reasons. By Grad-CAM, the map of the painted picture is highest there.
- wrong decisions: the share of the five strongest reasons that the bird truly has. By Grad-CAM, the features that the
  predicted class has on the part under the map's maximum.
- random weights: the mean rank correlation between the contributions on one picture and those by the same network with
  random weights, all layers and classes (J. Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018).
- own reasons: the median rank correlation between the contributions on two pictures of one species, for one class.

python benchmarks/image_reasons.py runs/aviary-attributes ...
"""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch

launch.start_tensorflow()

import keras  # noqa: E402
from scipy import ndimage, stats  # noqa: E402

from niwt_tf.backbones import backbone as backbone_lib  # noqa: E402
from niwt_tf.data.aviary import anatomy, draw, species  # noqa: E402
from niwt_tf.explain import explainer, image_reasons, visual  # noqa: E402
from niwt_tf.models import model as model_lib  # noqa: E402

_COUNT, _STRONGEST, _STREAM = 1000, 5, 21
_ATTRIBUTES = tuple(anatomy.ATTRIBUTES)
_ATTRIBUTE_OF = np.array([_ATTRIBUTES.index(name.split("=")[0]) for name in anatomy.FEATURE_NAMES])
_PARTS = tuple(sorted(set(anatomy.PART_OF_ATTRIBUTE.values())))
_PART_OF = np.array([_PARTS.index(anatomy.part_of(name)) for name in anatomy.FEATURE_NAMES])
_LEAST_PIXELS = 12  # of a part that can be hidden


@dataclasses.dataclass(frozen=True)
class Birds:
    """Drawn birds, `N` of each array's rows.

    Attributes:
      images: The birds, `[N,S,S,3]`.
      changed: The same with one attribute changed.
      hidden: The same as `images` with one part painted over.
      segmentations: Parts in `images`, `[N,S,S]`, as in `_PARTS`; -1 elsewhere.
      truth: Features `[N,M]` of the birds.
      species: Their species.
      attributes: The changed attributes.
      parts: The hidden parts.
    """

    images: np.ndarray
    changed: np.ndarray
    hidden: np.ndarray
    segmentations: np.ndarray
    truth: np.ndarray
    species: np.ndarray
    attributes: np.ndarray
    parts: np.ndarray


def main(*runs: str) -> None:
    """Print each run's measures, and their means."""
    rows = []
    for run in runs:
        rows.append(_measure(model_lib.load(run)))
        _print(Path(run).name, rows[-1])
    if len(rows) > 1:
        _print("mean", {name: float(np.mean([row[name] for row in rows])) for name in rows[0]})


def _print(title: str, row: dict[str, float]) -> None:
    print(f"\n{title}")
    for name, value in row.items():
        print(f"  {name:72s} {value:6.3f}", flush=True)


def _measure(model: model_lib.Model) -> dict[str, float]:
    seen, birds = len(model.seen), _draw(model.config.data.aviary_seed, len(model.class_names))
    whole = model.explain(birds.images)
    changed = _explain_same(model, birds.changed, whole.classes)
    hidden = model.explain(birds.hidden)
    is_seen, is_wrong = birds.species < seen, whole.classes != birds.species
    before, after = _contributions(model, whole), _contributions(model, changed)
    found = _ATTRIBUTE_OF[np.abs(after - before).argmax(1)] == birds.attributes
    moved = _part_at(np.abs(changed.maps - whole.maps), birds.segmentations)
    changed_part = np.array([_PARTS.index(anatomy.PART_OF_ATTRIBUTE[_ATTRIBUTES[one]]) for one in birds.attributes])
    counts = np.bincount(_ATTRIBUTE_OF)[birds.attributes] / len(_ATTRIBUTE_OF)
    row: dict[str, float] = {}
    for name, rows in (("seen", is_seen), ("unseen", ~is_seen)):
        row |= {
            f"counterfactual, {name} species: image reasons": found[rows].mean(),
            f"counterfactual, {name} species: Grad-CAM, part": (moved == changed_part)[rows].mean(),
            f"counterfactual, {name} species: chance": counts[rows].mean(),
        }
    of_class = model.inverse(hidden.importances)
    row |= {
        "hidden part among five strongest: image reasons": _names_part(_support(model, hidden), birds.parts),
        "hidden part among five strongest: class reasons": _names_part(of_class, birds.parts),
        "hidden part under the map's maximum: Grad-CAM": (
            _part_at(hidden.maps, birds.segmentations) == birds.parts
        ).mean(),
    }
    pointed = _part_at(whole.maps, birds.segmentations)
    has = model.knowledge.vectors[whole.classes] > 0.5
    on_part = has & (pointed[:, None] == _PART_OF)
    by_map = [birds.truth[i][on_part[i]].mean() for i in np.flatnonzero(is_wrong) if on_part[i].any()]
    row |= {
        "wrong decisions, true reasons: image reasons": _true(_support(model, whole), birds.truth, is_wrong),
        "wrong decisions, true reasons: class reasons": _true(model.inverse(whole.importances), birds.truth, is_wrong),
        "wrong decisions, true reasons: the class's on the part under Grad-CAM": float(np.mean(by_map)),
        "wrong decisions, true reasons: chance": birds.truth[is_wrong].mean(),
        "rank correlation with those of a network of random weights": _unlike_random(
            model, birds, before, whole.classes
        ),
        "rank correlation of two images of one class: image reasons": _alike(model, birds),
        "processor time to explain with reasons, of that to predict": _time(model, birds.images),
    }
    return {name: float(value) for name, value in row.items()}


def _draw(seed: int, classes: int) -> Birds:
    kinds, rows = species.invent(seed), []
    unseen = [index for index, kind in enumerate(kinds) if not kind.seen]
    for number in range(_COUNT):
        rng = np.random.default_rng([seed, _STREAM, number])
        label = int(rng.choice(unseen)) if number % 2 else int(rng.integers(classes - len(unseen)))
        traits, stream = kinds[label].traits, [seed, _STREAM, number, 1]
        drawing = draw.draw(traits, np.random.default_rng(stream))
        attribute = int(rng.integers(len(_ATTRIBUTES)))
        name = _ATTRIBUTES[attribute]
        others = [value for value in anatomy.ATTRIBUTES[name] if value != traits[name]]
        other = draw.draw({**traits, name: str(rng.choice(others))}, np.random.default_rng(stream))
        parts = _segmentation(drawing.segmentation)
        visible = [part for part in range(len(_PARTS)) if (parts == part).sum() >= _LEAST_PIXELS]
        hidden = int(rng.choice(visible))
        covered = drawing.image.copy()
        covered[ndimage.binary_dilation(parts == hidden, iterations=2)] = drawing.image.mean((0, 1)).astype(np.uint8)
        truth = anatomy.encode_traits(traits) > 0
        rows.append((drawing.image, other.image, covered, parts, truth, label, attribute, hidden))
    return Birds(*(np.stack(column) for column in zip(*rows, strict=True)))


def _segmentation(painted: np.ndarray) -> np.ndarray:
    """Convert a segmentation of the aviary to indices of `_PARTS`; -1 for other parts and the background."""
    places = [_PARTS.index(part) if part in _PARTS else -1 for part in anatomy.PARTS]
    return np.array([-1, *places])[painted]


def _contributions(model: model_lib.Model, explanations: explainer.Explanations) -> np.ndarray:
    shown = model.explained_model.shown(explanations.features)
    return image_reasons.contributions(model.inverse(explanations.importances), shown)


def _support(model: model_lib.Model, explanations: explainer.Explanations) -> np.ndarray:
    shown = model.explained_model.shown(explanations.features)
    return np.where(shown > 0, _contributions(model, explanations), -np.inf)


def _explain_same(model: model_lib.Model, images: np.ndarray, classes: np.ndarray) -> explainer.Explanations:
    """Explain, on each image, the class that was predicted for another one."""
    return model._explainer(images, classes)


def _part_at(maps: np.ndarray, segmentations: np.ndarray) -> np.ndarray:
    """Find the part at each map's maximum, `[N]`; -1 for none."""
    points = np.nan_to_num(visual.peaks(maps), nan=0.0)
    rows, columns = (np.minimum((points * segmentations.shape[1]).astype(int), segmentations.shape[1] - 1)).T
    return segmentations[np.arange(len(maps)), rows, columns]


def _strongest(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    top = np.argsort(-scores, axis=1, kind="stable")[:, :_STRONGEST]
    return top, np.take_along_axis(scores, top, 1) > 0


def _names_part(scores: np.ndarray, parts: np.ndarray) -> float:
    top, counts = _strongest(scores)
    return float(((_PART_OF[top] == parts[:, None]) & counts).any(1).mean())


def _true(scores: np.ndarray, truth: np.ndarray, rows: np.ndarray) -> float:
    top, counts = _strongest(scores[rows])
    return float(np.take_along_axis(truth[rows], top, 1)[counts].mean())


def _alike(model: model_lib.Model, birds: Birds) -> float:
    """Compute the median rank correlation between contributions on two images of one species, to that species."""
    values = _contributions(model, _explain_same(model, birds.images, birds.species))
    pairs = [np.flatnonzero(birds.species == one)[:2] for one in np.unique(birds.species)]
    return float(np.median([stats.spearmanr(*values[pair]).statistic for pair in pairs if len(pair) == 2]))


def _unlike_random(model: model_lib.Model, birds: Birds, values: np.ndarray, classes: np.ndarray) -> float:
    classifier, rng = model.classifier, np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    network = keras.models.clone_model(classifier.backbone.network)
    kernel = rng.normal(0, classifier.kernel.std(), classifier.kernel.shape).astype(np.float32)
    backbone = backbone_lib.Backbone(network, classifier.backbone.layer)
    explain = explainer.Explainer(dataclasses.replace(classifier, backbone=backbone, kernel=kernel))
    others = _contributions(model, explain(birds.images, classes))
    return float(np.mean([stats.spearmanr(*rows).statistic for rows in zip(values, others, strict=True)]))


def _time(model: model_lib.Model, images: np.ndarray) -> float:
    """Measure the processor time of explaining with all reasons, as a multiple of predicting: the median of five."""
    ratios = []
    for _ in range(6):
        begun = time.process_time()
        model.predict(images)
        between = time.process_time()
        model.image_reasons(model.explain(images))
        ratios.append((time.process_time() - between) / (between - begun))
    return float(np.median(ratios[1:]))


if __name__ == "__main__":
    main(*sys.argv[1:])
