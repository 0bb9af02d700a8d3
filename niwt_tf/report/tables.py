# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Collects the rows of the page's tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from niwt_tf.evaluation import confusion, summary
from niwt_tf.runs import finished_run

_SCORES = (
    ("ZSL accuracy: images of unseen classes, among unseen classes alone", summary.ZSL),
    ("AUSUC: area under the curve of S against U", summary.AUSUC),
    ("accuracy of the backbone: images of seen classes, among seen classes alone", "backbone_accuracy"),
    ("rank correlation of the domain map, on classes held out of it", "map_rank_correlation"),
    ("H in validation, on pseudo-unseen classes", "harmonic_mean_expected"),
)
_MEASURES = (
    ("Grad-CAM is highest within the object, seen classes", "pointing_seen", "pointing_chance", ""),
    ("Grad-CAM is highest within the object, unseen classes", "pointing_unseen", "pointing_chance", ""),
    ("a neuron named after a part is most active within that part", "part_pointing", "part_pointing_chance", ""),
    (
        "the five strongest reasons of the class are features of the true class",
        "attribute_accuracy",
        "attribute_accuracy_chance",
        "attribute_accuracy_frequent",
    ),
    (
        "the five strongest reasons of the image are features of the true class",
        "image_attribute_accuracy",
        "attribute_accuracy_chance",
        "attribute_accuracy_frequent",
    ),
    ("importances vary from image to image of a class: share of their variance", "importance_variation", "", ""),
    ("neurons with a name", "neurons_named", "", ""),
    (
        "a named neuron separates images with its feature from others (AUC)",
        "neuron_name_auc",
        "neuron_name_auc_shuffled",
        "",
    ),
)


@dataclasses.dataclass(frozen=True)
class ClassRow:
    """Row of the table of classes.

    Attributes:
      number: Number of the class, from 1, as in the drawing of the confusion.
      name: Name of the class.
      unseen: True if the class is unseen.
      images: Number of test images.
      accuracy: Share of its test images that are classified correctly, 0..1; None without test images.
      rank_correlation: Rank correlation between predicted and observed importances.
      mistake: Most frequent wrong prediction for its images; None if there is none.
    """

    number: int
    name: str
    unseen: bool
    images: int
    accuracy: float | None
    rank_correlation: float
    mistake: confusion.Mistake | None


def classes(run: finished_run.FinishedRun) -> list[ClassRow]:
    """Collect a row for each class."""
    images, commonest = run.confusion.sum(1), confusion.commonest(run.confusion)
    accuracies, correlations = confusion.accuracies(run.confusion), run.vectors.rank_correlations
    return [
        ClassRow(
            number=index + 1,
            name=name,
            unseen=index >= run.seen_classes,
            images=int(images[index]),
            accuracy=None if np.isnan(accuracies[index]) else float(accuracies[index]),
            rank_correlation=float(correlations[index]),
            mistake=commonest[index],
        )
        for index, name in enumerate(run.class_names)
    ]


def scores(metrics: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """List the scores other than S, U and H: title and value, None if it does not exist."""
    return [(title, metrics[name]) for title, name in _SCORES]


def measures(metrics: Mapping[str, Any]) -> list[tuple[str, float | None, float | None, float | None]]:
    """List the measures of explanations: title, value, value by chance, value of the most frequent answer."""
    return [
        (title, metrics.get(value), metrics.get(chance), metrics.get(frequent))
        for title, value, chance, frequent in _MEASURES
    ]


def settings(run: finished_run.FinishedRun) -> list[tuple[str, str, str, str]]:
    """List the settings chosen on pseudo-unseen classes: name, value, values tried, and effect."""
    chosen, tried = run.settings, run.config.validation
    closed = run.config.transfer.transfer_fit == "closed"
    effect = (
        "shrinks new weights along directions in which the map errs"
        if closed
        else "pulls new weights towards the mean of the seen classes' weights"
    )
    share = f"in validation, {chosen['kept_share']:.1%} of the training images stayed with a seen class"
    unit = "the spread of a logit within classes" if chosen.get("scale_unit") == "spread" else "length"
    return [
        (
            "map",
            chosen["map_fit"],
            _listed(tried.map_fits),
            "fits the map from domain vectors to importances",
        ),
        (
            "relevance",
            f"{chosen['map_relevance']}",
            _listed(tried.map_relevances),
            "steps of automatic relevance determination, which weights the attributes or words",
        ),
        (
            "gamma",
            f"{run.metrics['gamma']:.4g}",
            "every value",
            f"is subtracted from the logits of seen classes; {share}",
        ),
        ("lambda", f"{chosen['lambda_']:g}", _listed(tried.lambdas), effect),
        (
            "scale",
            f"{chosen['scale']:g}",
            _listed(tried.scales),
            f"size of new weights by {unit}; 1 is the seen mean",
        ),
        ("bias", chosen["bias"], _listed(tried.biases), "offset of the logits of new classes"),
    ]


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join(str(value) if isinstance(value, str) else f"{value:g}" for value in values)
