# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Explains a finished run: names its neurons, explains predictions on test images, and measures how right both are.

Neurons are named on training images of seen classes alone. The measures are of test images.
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
    explained_model,
    explainer,
    gallery,
    image_reasons,
    metrics,
    name_measures,
    pointing,
    roc,
    textual,
    visual,
)
from niwt_tf.explain import neurons as neurons_lib
from niwt_tf.method import importance
from niwt_tf.util import progress

_BATCH_SIZE = 128
_MOST_PICTURED = 128  # neurons, those with the highest confidence first: as many as the page has pictures of
_MOST_MAXIMAL = 12  # neurons: those that the page shows before more are asked for
_SPLITS = ("test_seen", "test_unseen")


@dataclasses.dataclass(frozen=True)
class RunExplanations:
    """Records of a run's explanations; pictures are named by their paths in the run's folder `explain`.

    Attributes:
      metrics: Measures of how right the explanations are; None for a measure without ground truth.
      decisions: One record for each explained prediction.
      neurons: One record for each neuron.
    """

    metrics: dict[str, Any]
    decisions: list[dict[str, Any]]
    neurons: list[dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class SplitExplanations:
    """Explanations of one split, collected in one pass.

    Attributes:
      labels: True classes `[N]`.
      predictions: Predicted classes `[N]`.
      importances: Neuron importances for the predicted class, `[N,K]`.
      features: Features `[N,D]` of the images.
      activations: Mean activations over each image, `[N,K]`.
      peaks: Highest point of the predicted class's map, `[N,2]`, see `visual.peaks`.
      tracked_peaks: Highest point of each tracked neuron's map, `[N,P,2]`, likewise.
    """

    labels: np.ndarray
    predictions: np.ndarray
    importances: np.ndarray
    features: np.ndarray
    activations: np.ndarray
    peaks: np.ndarray
    tracked_peaks: np.ndarray


def explain(
    model: explained_model.ExplainedModel,
    dataset: zero_shot.ZeroShotDataset,
    folder: Path,
    seed: int,
    jit_compile: bool = False,
    activations: zero_shot.Split | None = None,
) -> RunExplanations:
    """Name the neurons and explain predictions on test images; write their pictures into `folder`.

    Args:
      model: Model of the run.
      dataset: Images of the run.
      folder: An existing folder.
      seed: Seed of the synthesized images, see `activation_maximization.maximal_images`.
      jit_compile: True to compile the passes with XLA.
      activations: Activations `[H,W,K]` of the training images, which replace them if an earlier stage saved some.
    """
    explain_images = explainer.Explainer(model.classifier, model.gamma, jit_compile, with_contributions=False)
    backbone, train = model.classifier.backbone, dataset.train
    means, strongest = _train_activations(backbone, train, activations)
    vectors = model.knowledge.vectors[: len(dataset.seen)]
    neurons = neurons_lib.name_all(model.inverse_map, model.knowledge.feature_names, vectors, means, train.labels)
    tracked_neurons = [one.index for one in neurons if one.name is not None]
    selection = decisions.ExampleSelection(model.classifier.class_names, dataset.seen)
    splits = [
        _explain_split(explain_images, getattr(dataset, name), name, tracked_neurons, selection) for name in _SPLITS
    ]
    return RunExplanations(
        metrics=_measures(model, dataset, neurons, splits) | _name_measures(model, train, neurons, means, splits),
        decisions=decisions.write(selection, model, explain_images, folder),
        neurons=_describe_neurons(backbone, train, neurons, strongest, folder, seed),
    )


def _train_activations(
    backbone: backbone_lib.Backbone, train: zero_shot.Split, activations: zero_shot.Split | None
) -> tuple[np.ndarray, gallery.Strongest]:
    """Compute the mean activations `[N,K]`, and the images that drive each neuron most.

    The trunk runs only if there are no `activations`.
    """
    height, width, channels = backbone.activation_shape
    strongest, means, done = gallery.Strongest.empty(channels, height, width), [np.zeros((0, channels))], 0
    trunk = tf.function(lambda images: backbone.trunk(images, training=False), reduce_retracing=True)
    for batch in _batches(train if activations is None else activations, "naming neurons"):
        values = (trunk(batch) if activations is None else batch).numpy()
        strongest = strongest.merged(values, done)
        means.append(values.mean((1, 2)))
        done += len(values)
    return np.concatenate(means), strongest


def _explain_split(
    explain_images: explainer.Explainer,
    split: zero_shot.Split,
    name: str,
    tracked_neurons: Sequence[int],
    selection: decisions.ExampleSelection,
) -> SplitExplanations:
    parts: list[tuple[np.ndarray, ...]] = []
    done = 0
    for images in _batches(split, f"explaining {name}"):
        batch = explain_images(images.numpy(), tracked_neurons=tracked_neurons)
        labels = split.labels[done : done + len(batch.classes)]
        selection.add(images.numpy(), labels, batch.predictions)
        peaks = [visual.peaks(batch.tracked_maps[..., index]) for index in range(len(tracked_neurons))]
        tracked_peaks = np.stack(peaks, 1) if peaks else np.zeros((len(labels), 0, 2))
        named = (batch.predictions, batch.importances, batch.features, batch.activations, visual.peaks(batch.maps))
        parts.append((labels, *named, tracked_peaks))
        done += len(labels)
    if not parts:
        network, none = explain_images.classifier.backbone, np.zeros(0, np.int64)
        channels, size = network.activation_shape[-1], network.feature_size
        shapes = ((0, channels), (0, size), (0, channels), (0, 2), (0, len(tracked_neurons), 2))
        parts = [(none, none, *map(np.zeros, shapes))]
    return SplitExplanations(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _batches(split: zero_shot.Split, title: str) -> Any:
    batches = split.batches(_BATCH_SIZE).map(lambda images, _: images)
    return progress.bar(batches, title, -(-len(split) // _BATCH_SIZE), unit="batch")


def _measures(
    model: explained_model.ExplainedModel,
    dataset: zero_shot.ZeroShotDataset,
    neurons: Sequence[neurons_lib.Neuron],
    splits: Sequence[SplitExplanations],
) -> dict[str, Any]:
    """Measure how right the explanations are; a measure without ground truth is None."""
    names = ("labels", "predictions", "importances", "features")
    labels, predictions, importances, features = (
        np.concatenate([getattr(one, name) for one in splits]) for name in names
    )
    vectors, seen_classes = model.knowledge.vectors, len(dataset.seen)
    class_scores, shown = model.inverse_map(importances), model.shown(features)
    accuracy = metrics.attribute_accuracy(class_scores, labels, vectors, seen_classes)
    products = image_reasons.contributions(class_scores, shown)
    support = np.where(shown > 0, products, -np.abs(products))  # after what supports comes what hardly counts
    return {
        "attribute_accuracy": accuracy.explained,
        "attribute_accuracy_frequent": accuracy.frequent,
        "attribute_accuracy_chance": accuracy.chance,
        "image_attribute_accuracy": metrics.attribute_accuracy(support, labels, vectors, seen_classes).explained,
        "importance_variation": importance.variation_within_classes(importances, predictions),
        "inverse_map_rank_correlation": model.inverse_map.rank_correlation,
    } | _pointing(model, dataset, neurons, splits)


def _name_measures(
    model: explained_model.ExplainedModel,
    train: zero_shot.Split,
    neurons: Sequence[neurons_lib.Neuron],
    means: np.ndarray,
    splits: Sequence[SplitExplanations],
) -> dict[str, float | None]:
    """Measure the names of neurons, and those that the output units of the seen classes would get."""
    seen_classes = len(model.classifier.seen)
    logits = model.classifier.logits_of(slice(seen_classes), model.features)
    tests = [name_measures.Images(one.activations, one.labels) for one in splits]
    trained = name_measures.Images(means, train.labels)
    return name_measures.measure(neurons, trained, tests, model.knowledge.vectors, seen_classes) | (
        name_measures.last_layer(logits, train.labels, model.knowledge.vectors[:seen_classes])
    )


def _pointing(
    model: explained_model.ExplainedModel,
    dataset: zero_shot.ZeroShotDataset,
    neurons: Sequence[neurons_lib.Neuron],
    splits: Sequence[SplitExplanations],
) -> dict[str, float | None]:
    feature_names = model.knowledge.feature_names
    names = ("pointing_seen", "pointing_unseen", "pointing_chance", "part_pointing", "part_pointing_chance")
    named = [(feature_names[one.features[0]], one.features[0]) for one in neurons if one.features]
    if dataset.annotations is None:
        return dict.fromkeys(names)
    annotated = [dataset.annotations(split) for split in _SPLITS]
    seen, unseen = (pointing.point(one.peaks, boxes.objects) for one, boxes in zip(splits, annotated, strict=True))
    together = pointing.point(
        np.concatenate([one.peaks for one in splits]), np.concatenate([one.objects for one in annotated])
    )
    has = roc.class_has_feature(model.knowledge.vectors)[:, [feature for _, feature in named]]
    parts = pointing.point_at_parts(
        np.concatenate([one.tracked_peaks for one in splits]),
        [dataset.part_of(name) for name, _ in named],
        has[np.concatenate([one.labels for one in splits])],
        {part: np.concatenate([one.parts[part] for one in annotated]) for part in annotated[0].parts},
    )
    return dict(zip(names, (seen.inside, unseen.inside, together.chance, parts.inside, parts.chance), strict=True))


def _describe_neurons(
    backbone: backbone_lib.Backbone,
    train: zero_shot.Split,
    neurons: Sequence[neurons_lib.Neuron],
    strongest: gallery.Strongest,
    folder: Path,
    seed: int,
) -> list[dict[str, Any]]:
    """Draw the neurons with the highest confidence into `neurons/` of `folder`, and return a record of every neuron."""
    (folder / "neurons").mkdir(exist_ok=True)
    surest = sorted(neurons, key=lambda one: (one.name is None, -one.confidence))
    pictured = [one.index for one in surest[:_MOST_PICTURED]]
    crops = gallery.cut_out(strongest.select(pictured), train)
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
            "held_out_auc": one.held_out_auc,
            "borne_out": one.is_borne_out,
            "p_value": one.p_value,
            "simulated": one.simulated,
            "candidates": [(textual.readable(feature), score) for feature, score in one.candidates],
            "images": images.get(one.index),
            "maximal": maximal.get(one.index),
        }
        for one in neurons
    ]
