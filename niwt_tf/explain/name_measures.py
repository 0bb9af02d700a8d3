# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measures how right the names of neurons are on test images, beside shuffled names and names by class labels.

Seen and unseen classes are measured apart: a name was chosen on the seen ones. A class has a feature by the seen
classes' mean, as in the choice. A measure that is not defined, such as the area for a feature that no class of the
split has, is left out of the mean.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf.explain import naming, neurons, roc, simulation
from niwt_tf.numerics import discriminant
from niwt_tf.numerics import unit_vectors as units_lib


@dataclasses.dataclass(frozen=True)
class Images:
    """Images on which names are measured.

    Attributes:
      activations: Mean activations over each image, `[N,K]`.
      labels: True classes, `[N]`.
    """

    activations: np.ndarray
    labels: np.ndarray


def measure(
    names: Sequence[neurons.Neuron],
    train: Images,
    tests: Sequence[Images],
    vectors: np.ndarray,
    seen_classes: int,
) -> dict[str, float | None]:
    """Collect the measures of the neurons' names; None for a measure that is not defined.

    Args:
      names: All neurons.
      train: Training images of seen classes, by which class labels are chosen as names.
      tests: Test images of seen classes, and of unseen ones.
      vectors: Domain vectors of all classes, `[C,M]`, the seen ones first.
      seen_classes: Number of seen classes.
    """
    named = [one for one in names if one.features]
    channels = [one.index for one in named]
    both = Images(*(np.concatenate([getattr(one, name) for one in tests]) for name in ("activations", "labels")))
    by_label = strongest_classes(train.activations, train.labels, seen_classes)[channels]
    measured = {
        "neurons_named": len(named) / len(names),
        "neurons_borne_out": sum(one.is_borne_out for one in named) / len(names),
        "neurons_compound": sum(len(one.features) > 1 for one in named) / len(names),
        "neuron_name_auc_held_out": _mean(np.array([one.held_out_auc for one in named])),
        "neuron_name_simulated_held_out": _mean(np.array([one.simulated for one in named])),
    }
    for ending, test in (("", both), *zip(("_seen", "_unseen"), tests, strict=True)):
        of_names = name_accuracy(names, test, vectors, seen_classes)
        of_labels = class_label_accuracy(by_label, channels, test, vectors, seen_classes)
        measured |= {f"neuron_name_{name}{ending}": value for name, value in dataclasses.asdict(of_names).items()}
        measured |= {f"neuron_class_{name}{ending}": getattr(of_labels, name) for name in ("auc", "simulated")}
    return measured


def last_layer(logits: np.ndarray, labels: np.ndarray, vectors: np.ndarray) -> dict[str, float | None]:
    """Collect the measures of the names of output units; see `last_layer_accuracy` for arguments and meaning."""
    accuracy = dataclasses.asdict(last_layer_accuracy(logits, labels, vectors))
    return {f"last_layer_{name}": value for name, value in accuracy.items()}


@dataclasses.dataclass(frozen=True)
class NameAccuracy:
    """Accuracy of names on images, as means over named neurons; None if no name can be measured.

    Attributes:
      auc: Area under the ROC curve when a neuron's mean activation separates images of the classes that its name is
        true of from others: 0.5 is chance, 1 perfect.
      auc_shuffled: The same, if the names were assigned to the named neurons at random.
      simulated: Correlation of a neuron's mean activation with that which its name alone predicts, -1..1.
      simulated_shuffled: The same, if the names were assigned at random.
    """

    auc: float | None
    auc_shuffled: float | None
    simulated: float | None
    simulated_shuffled: float | None


def name_accuracy(
    names: Sequence[neurons.Neuron], test: Images, vectors: np.ndarray, seen_classes: int
) -> NameAccuracy:
    """Measure how well the neurons' names fit on test images.

    Args:
      names: All neurons.
      test: Test images.
      vectors: Domain vectors of all classes, `[C,M]`, the seen ones first.
      seen_classes: Number of seen classes.
    """
    named = [one for one in names if one.features]
    has, values = roc.class_has_feature(vectors, seen_classes), simulation.scaled(vectors, seen_classes)
    true_of = [np.all(has[:, one.features], axis=1) for one in named]
    simulated = [values[:, one.features].min(1) for one in named]
    return _accuracy(test, [one.index for one in named], true_of, simulated)


def class_label_accuracy(
    classes: np.ndarray, channels: Sequence[int], test: Images, vectors: np.ndarray, seen_classes: int
) -> NameAccuracy:
    """Measure names by class labels: each neuron named after the seen class that drives it most.

    An unseen class is predicted to drive a neuron as far as its domain vector is like that of the named class.

    Args:
      classes: Class that each of `P` neurons is named after, `[P]`.
      channels: Indices of these neurons.
      test: Test images.
      vectors: Domain vectors of all classes, `[C,M]`, the seen ones first.
      seen_classes: Number of seen classes.
    """
    directions = units_lib.units(vectors - vectors[:seen_classes].mean(0))
    likeness = directions @ directions[classes].T
    return _accuracy(test, channels, list(np.eye(len(vectors), dtype=bool)[classes]), list(likeness.T))


def strongest_classes(activations: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Find the class with the highest mean activation of each neuron, `[K]`, from training images `[N,K]`."""
    return discriminant.class_means(activations, labels, classes).argmax(0)


@dataclasses.dataclass(frozen=True)
class LastLayerAccuracy:
    """Accuracy of the names of output units, whose true names are known: their classes.

    The test is that of CLIP-Dissect (Oikarinen and Weng, ICLR 2023). A unit is named by the same procedure as any
    neuron; its name is right if its class has the feature.

    Attributes:
      named: Share of units that get a name, 0..1.
      right: Share of names that are right, 0..1; None without a name.
      shuffled: The same, if the names were assigned to the named units at random.
      right_of_all: Share of right features among those of all units, also where they are not borne out as names.
      chance: Share of classes that have a feature, mean over the features.
      class_right: Share of units that their own class drives most, as naming by class labels assumes.
    """

    named: float
    right: float | None
    shuffled: float | None
    right_of_all: float
    chance: float
    class_right: float


def last_layer_accuracy(
    logits: np.ndarray, labels: np.ndarray, vectors: np.ndarray, rule: naming.Rule = naming.BORNE_OUT
) -> LastLayerAccuracy:
    """Name the output units of the seen classes, and measure how often their class has the feature.

    Args:
      logits: Logits of seen classes for their training images, `[N,C]`.
      labels: Classes of the images, `[N]`, each at least once.
      vectors: Domain vectors of these classes, `[C,M]`.
      rule: What a name needs.
    """
    choices, has = naming.choose(logits, labels, vectors), roc.class_has_feature(vectors)
    is_named = choices.is_named(rule)
    true_of = roc.classes_with(has, choices.features)  # [units, classes]
    right, of_named = np.diag(true_of), true_of[is_named][:, is_named]
    own = strongest_classes(logits, labels, len(has)) == np.arange(len(has))
    return LastLayerAccuracy(
        float(is_named.mean()),
        _mean(right[is_named]),
        _mean(of_named),
        float(right.mean()),
        float(has.mean()),
        float(own.mean()),
    )


def _accuracy(
    test: Images, channels: Sequence[int], true_of: Sequence[np.ndarray], simulated: Sequence[np.ndarray]
) -> NameAccuracy:
    """Measure names, given for each neuron the classes `[C]` that its name is true of, and its value for each class."""
    if not channels or not len(test.labels):
        return NameAccuracy(None, None, None, None)
    activations = test.activations[:, channels]
    areas = roc.ClassRanks.of(activations, test.labels, len(true_of[0])).aucs(np.stack(true_of, 1))
    correlations = simulation.all_correlations(np.stack(simulated, 1)[test.labels], activations)
    return NameAccuracy(_mean(np.diag(areas)), _mean(areas), _mean(np.diag(correlations)), _mean(correlations))


def _mean(values: np.ndarray) -> float | None:
    """Compute the mean over the numbers that are defined; None without one."""
    return float(np.nanmean(values)) if values.size and not np.isnan(values).all() else None
