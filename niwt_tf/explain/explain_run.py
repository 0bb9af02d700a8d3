# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Explains a finished run: names its neurons, explains predictions on test images, and measures how right both are.

Neurons are named on training images of seen classes alone. Test images are explained, and measure the names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.data import zero_shot
from niwt_tf.explain import (
    activation_maximization,
    decisions,
    drawing,
    explainer,
    gallery,
    metrics,
    neurons,
    pointing,
    roc,
    textual,
    visual,
)
from niwt_tf.explain import subject as subject_lib
from niwt_tf.util import json_files, progress

_BATCH_SIZE = 128
_MOST_PICTURED = 256  # neurons, those with the highest confidence first
_MOST_MAXIMAL = 16
_SPLITS = ("test_seen", "test_unseen")


@dataclasses.dataclass(frozen=True)
class Passed:
    """Explanations of one split, collected in one pass.

    Attributes:
      labels: True classes `[N]`.
      importances: Neuron importances for the predicted class, `[N,K]`.
      activations: Mean activations over each image, `[N,K]`.
      peaks: Highest point of the predicted class's map, `[N,2]`, see `visual.peaks`.
      watched: Highest point of each watched neuron's map, `[N,P,2]`, likewise.
    """

    labels: np.ndarray
    importances: np.ndarray
    activations: np.ndarray
    peaks: np.ndarray
    watched: np.ndarray


def write(
    subject: subject_lib.Subject,
    dataset: zero_shot.ZeroShotDataset,
    folder: Path,
    seed: int,
    jit_compile: bool = False,
    kept: zero_shot.Split | None = None,
) -> None:
    """Write `metrics.json`, `neurons.json`, `decisions.json` and their pictures into `folder`.

    Args:
      subject: The run.
      dataset: Images of the run.
      folder: An existing folder.
      seed: Seed of the maximal images, see `activation_maximization.maximal_images`.
      jit_compile: True to compile the passes with XLA.
      kept: Activations `[H,W,K]` of the training images, if an earlier stage kept them; they replace the images.
    """
    explain = explainer.Explainer(subject.classifier, subject.gamma, jit_compile)
    means, strongest = _train_activations(subject.classifier.backbone, dataset.train, kept)
    vectors = subject.known.vectors[: len(dataset.seen)]
    named = neurons.name_all(subject.inverse, subject.known.feature_names, vectors, means, dataset.train.labels)
    watched = [one.index for one in named if one.name is not None]
    album = decisions.Album(subject.classifier.class_names, dataset.seen)
    passed = [_pass(explain, getattr(dataset, name), name, watched, album) for name in _SPLITS]
    json_files.write(folder / "metrics.json", _measures(subject, dataset, named, passed))
    json_files.write(folder / "decisions.json", decisions.write(album, subject.inverse, subject.known, explain, folder))
    written = _write_neurons(subject.classifier.backbone, dataset.train, named, strongest, folder, seed)
    json_files.write(folder / "neurons.json", written)


def _train_activations(
    backbone: backbone_lib.Backbone, train: zero_shot.Split, kept: zero_shot.Split | None
) -> tuple[np.ndarray, gallery.Strongest]:
    """Compute the mean activations `[N,K]`, and the images that drive each neuron most.

    The trunk runs only if no activations were kept.
    """
    height, width, channels = backbone.activation_shape
    strongest, means, done = gallery.Strongest.nothing(channels, height, width), [np.zeros((0, channels))], 0
    trunk = tf.function(lambda images: backbone.trunk(images, training=False), reduce_retracing=True)
    for batch in _batches(train if kept is None else kept, "naming neurons"):
        activations = (trunk(batch) if kept is None else batch).numpy()
        strongest = strongest.merged(activations, done)
        means.append(activations.mean((1, 2)))
        done += len(activations)
    return np.concatenate(means), strongest


def _pass(
    explain: explainer.Explainer, split: zero_shot.Split, name: str, watched: Sequence[int], album: decisions.Album
) -> Passed:
    parts: list[tuple[np.ndarray, ...]] = []
    done = 0
    for images in _batches(split, f"explaining {name}"):
        told = explain(images.numpy(), watched=watched)
        labels = split.labels[done : done + len(told.classes)]
        album.add(images.numpy(), labels, told.predictions)
        points = [visual.peaks(told.watched[..., index]) for index in range(len(watched))]
        at = np.stack(points, 1) if points else np.zeros((len(labels), 0, 2))
        parts.append((labels, told.importances, told.activations, visual.peaks(told.maps), at))
        done += len(labels)
    if not parts:
        channels = explain.classifier.backbone.activation_shape[-1]
        shapes = ((0, channels), (0, channels), (0, 2), (0, len(watched), 2))
        parts = [(np.zeros(0, np.int64), *map(np.zeros, shapes))]
    return Passed(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _batches(split: zero_shot.Split, title: str) -> Any:
    batches = split.batches(_BATCH_SIZE).map(lambda images, _: images)
    return progress.bar(batches, title, -(-len(split) // _BATCH_SIZE), unit="batch")


def _measures(
    subject: subject_lib.Subject,
    dataset: zero_shot.ZeroShotDataset,
    named: Sequence[neurons.Neuron],
    passed: Sequence[Passed],
) -> dict[str, Any]:
    """Measure how right the explanations are; a measure without ground truth is None."""
    labels, importances, activations = (
        np.concatenate([getattr(one, name) for one in passed]) for name in ("labels", "importances", "activations")
    )
    vectors, seen_classes = subject.known.vectors, len(dataset.seen)
    told = metrics.attribute_accuracy(subject.inverse(importances), labels, vectors, seen_classes)
    names = metrics.name_accuracy(named, activations, labels, vectors)
    return {
        "attribute_accuracy": told.explained,
        "attribute_accuracy_frequent": told.frequent,
        "attribute_accuracy_chance": told.chance,
        "neurons_named": names.named,
        "neuron_name_auc": names.auc,
        "neuron_name_auc_shuffled": names.shuffled,
        "inverse_map_rank_correlation": subject.inverse.rank_correlation,
    } | _pointing(subject, dataset, named, passed)


def _pointing(
    subject: subject_lib.Subject,
    dataset: zero_shot.ZeroShotDataset,
    named: Sequence[neurons.Neuron],
    passed: Sequence[Passed],
) -> dict[str, float | None]:
    names = ("pointing_seen", "pointing_unseen", "pointing_chance", "part_pointing", "part_pointing_chance")
    clear = [(one.name, one.feature) for one in named if one.name is not None and one.feature is not None]
    if dataset.annotations is None:
        return dict.fromkeys(names)
    annotated = [dataset.annotations(split) for split in _SPLITS]
    seen, unseen = (pointing.point(one.peaks, boxes.objects) for one, boxes in zip(passed, annotated, strict=True))
    every = pointing.point(
        np.concatenate([one.peaks for one in passed]), np.concatenate([one.objects for one in annotated])
    )
    has = roc.class_has_feature(subject.known.vectors)[:, [feature for _, feature in clear]]
    parts = pointing.point_at_parts(
        np.concatenate([one.watched for one in passed]),
        [dataset.part_of(name) for name, _ in clear],
        has[np.concatenate([one.labels for one in passed])],
        {part: np.concatenate([one.parts[part] for one in annotated]) for part in annotated[0].parts},
    )
    return dict(zip(names, (seen.inside, unseen.inside, every.chance, parts.inside, parts.chance), strict=True))


def _write_neurons(
    backbone: backbone_lib.Backbone,
    train: zero_shot.Split,
    named: Sequence[neurons.Neuron],
    strongest: gallery.Strongest,
    folder: Path,
    seed: int,
) -> list[dict[str, Any]]:
    """Write pictures of the neurons with the highest confidence, and describe all neurons as in `neurons.json`."""
    (folder / "neurons").mkdir(exist_ok=True)
    surest = sorted(named, key=lambda one: (one.name is None, -one.confidence))
    pictured = [one.index for one in surest[:_MOST_PICTURED]]
    crops = gallery.cut_out(strongest.of(pictured), train)
    images: dict[int, str] = {}
    for row, index in enumerate(pictured):
        images[index] = f"neurons/{index:03}.png"
        drawing.strip(crops.strip(row)).save(folder / images[index])
    most = [one.index for one in surest[:_MOST_MAXIMAL] if one.name is not None]
    maximal = {index: f"neurons/{index:03}-max.png" for index in most}
    for index, image in zip(most, activation_maximization.maximal_images(backbone, most, seed), strict=True):
        drawing.strip([image], len(image)).save(folder / maximal[index])
    return [
        {
            "index": one.index,
            "name": one.name and textual.readable(one.name),
            "confidence": one.confidence,
            "candidates": [(textual.readable(feature), score) for feature, score in one.candidates],
            "images": images.get(one.index),
            "maximal": maximal.get(one.index),
        }
        for one in named
    ]
