# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Add classes to a model so that its seen classes lose no more than a limit.

A new class is scored by its mean features, which its description predicts and its photographs correct. The length of
the mean and the offset of its scores are chosen on images that are left out of everything that was fitted to them, and
on seen classes that play new ones. No image of a new class is needed. All classes taught this way share one offset, so
that the limit holds for them together, however many were taught before.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from niwt_tf import errors
from niwt_tf.domains import description as description_lib
from niwt_tf.method.calibration import pseudo_unseen, seen_loss
from niwt_tf.method.class_means import confusion
from niwt_tf.method.class_means import evidence as evidence_lib
from niwt_tf.models import gate, known_means, limited_classes, state

State = TypeVar("State", bound=state.ModelState)
_LEAST_COSINE = 0.13  # of predicted and true means of known classes, below which descriptions do not carry over
_MOST_CHANCE = 0.03  # share of random descriptions that may predict as well
_LEAST_PERMUTED = 5  # classes; four have 24 orders, of which the right one alone is more than this share


@dataclasses.dataclass(frozen=True)
class NewClass:
    """A class to add.

    Attributes:
      description: Description of the class, which may be empty if there are photographs.
      vector: Domain vector `[M]` that was read from it.
      photographs: Features `[P,D]` of photographs of the class.
      is_described: True if the vector comes from a description.
    """

    description: description_lib.Description
    vector: np.ndarray
    photographs: np.ndarray
    is_described: bool = True


@dataclasses.dataclass(frozen=True)
class Outlook:
    """What to expect of a new class.

    Attributes:
      name: Name of the class.
      shares: Pairs `(class, share)` of what its images are expected to be taken for, the largest share first.
    """

    name: str
    shares: tuple[tuple[str, float], ...]


def carries_over(promise: limited_classes.Promise) -> bool:
    """Check whether descriptions predict known classes well enough for a new one; True if none is by words alone."""
    if promise.cosine is None:
        return True
    return promise.cosine >= _LEAST_COSINE and (promise.chance or 0.0) <= _MOST_CHANCE


def doubt(promise: limited_classes.Promise) -> str:
    """Word the doubt about descriptions that do not carry over from known classes to new ones."""
    share = f"{promise.recognised:.0%} of its images" if promise.recognised is not None else "little"
    chance = "" if promise.chance is None else f"; random descriptions do as well in {promise.chance:.0%} of trials"
    return (
        "these descriptions do not carry over to new classes: known classes that are predicted from the others' "
        f"descriptions are missed (mean cosine {promise.cosine:.2f}, where {_LEAST_COSINE} is the least that is good"
        f"{chance}). Expect {share} to be recognised. Describe all classes by how they look, or add photographs."
    )


def add(
    model: State, classes: Sequence[NewClass], limit: float, images: evidence_lib.LabelledFeatures | None = None
) -> tuple[State, tuple[Outlook, ...]]:
    """Add classes to a model, within a limit.

    Args:
      model: Model to which the classes are added.
      classes: The `U` new classes, whose names are new to the model.
      limit: Largest loss of balanced accuracy on seen classes, by all classes taught within a limit together.
      images: Images of seen classes to which nothing was fitted; by default the training images, each left out.

    Returns:
      The model with the classes, and what to expect of each.
    """
    model = _prepared(model)
    known = known_of(model)
    evidence = _evidence(known, images)
    sources = [pseudo_unseen.Source(one.is_described, len(one.photographs)) for one in classes]
    is_described = any(one.is_described for one in classes)
    expected = pseudo_unseen.expect(
        evidence, known.prediction if is_described else None, known.doubts, sources, limit, model.config.seed
    )
    means, expected_means, errors_of_means = _means(known, classes, expected.length)
    is_by_words = any(one.is_described and not len(one.photographs) for one in classes)
    promise = limited_classes.Promise(
        limit=expected.limit,
        recognised=expected.recognised,
        low=expected.low,
        high=expected.high,
        cosine=known.prediction.cosine if is_by_words else None,
        chance=known.prediction.chance if is_by_words and len(model.seen) >= _LEAST_PERMUTED else None,
    )
    kernel, bias = known.weights(means)
    old = model.limited
    owners = [np.full(len(one.photographs), index + len(old.names)) for index, one in enumerate(classes)]
    limited = limited_classes.LimitedClasses(
        (*old.names, *(one.description.name for one in classes)),
        limit,
        old.offset,
        promise,
        _stacked([old.photographs, *(one.photographs for one in classes)], len(known.evidence.statistics.center)),
        np.concatenate([old.owners, *owners]).astype(np.int64),
    )
    grown = _with_classes(model, classes, kernel, bias + known.factor * old.offset - model.gamma, limited)
    taught = settle(grown, evidence)
    return taught, _outlooks(taught, evidence, classes, means, expected_means, errors_of_means)


def settle(model: State, evidence: evidence_lib.Evidence | None = None) -> State:
    """Choose the offset of all classes that were taught within a limit; after one was removed, for example.

    Args:
      model: Model that has such classes.
      evidence: Images on which the loss is estimated; by default the training images, each left out.
    """
    if not model.limited.names:
        return dataclasses.replace(model, limited=limited_classes.LimitedClasses())
    model = dataclasses.replace(model, known_means=known_of(model))
    known = known_of(model)
    evidence = evidence or known.evidence
    count, means = len(model.limited.names), limited_means(model, known)
    new = evidence.new(means, known.coefficients_of(means))
    is_right = evidence.known.argmax(1) == evidence.labels
    curve = seen_loss.curve(evidence.known.max(1) - new.max(1), is_right, evidence.labels)
    offset = curve.offset(model.limited.expected.limit)
    loss, error = curve.loss(offset)
    _, raw = known.weights(means)
    bias = model.classifier.bias.copy()
    bias[-count:] = raw + known.factor * offset - model.gamma
    return dataclasses.replace(
        model,
        classifier=dataclasses.replace(model.classifier, bias=bias),
        limited=dataclasses.replace(
            model.limited,
            offset=offset,
            expected=dataclasses.replace(model.limited.expected, loss=loss, loss_error=error),
        ),
    )


def known_of(model: state.ModelState) -> known_means.KnownMeans:
    """Return the class means of a model's seen classes, and compute them if they are not there yet."""
    if model.known_means is not None:
        return model.known_means
    seen = len(model.seen)
    features = gate.own_features(model.classifier, model.features)
    labels = state.training_labels(model)
    if missing := [name for index, name in enumerate(model.seen) if not (labels == index).any()]:
        raise errors.UserError(
            f"`{errors.setting('model')}` must know training images of each class. Received: a model of an earlier "
            f"format, without any of {errors.listed(missing)}. Make it again with niwt, or give "
            f"{errors.setting('max_seen_loss', None)}."
        )
    if np.bincount(labels).max() < 2:
        raise errors.UserError(
            f"`{errors.setting('model')}` must know two training images of some class, on which a loss can be "
            f"estimated. Received: a model with one of each. Give {errors.setting('max_seen_loss', None)}."
        )
    return known_means.build(
        model.classifier,
        features,
        labels,
        model.knowledge.vectors[:seen],
        model.config.backbone.classifier_shrinkage,
        gate.has(model.classifier),
        model.knowledge.blocks,
    )


def limited_means(model: state.ModelState, known: known_means.KnownMeans) -> np.ndarray:
    """Return the whitened means `[L,D]` of classes that were taught within a limit, of which there are some."""
    size, limited = len(known.evidence.statistics.center), len(model.limited.names)
    return known.means_of(model.classifier.kernel[:size, -limited:].astype(np.float64))


def _prepared(model: State) -> State:
    """Compute the class means, and add a gate if the head is not by these means."""
    known = known_of(model)
    if known.is_head or gate.has(model.classifier):
        return dataclasses.replace(model, known_means=known)
    kernel, bias = known.evidence.statistics.weights(known.evidence.statistics.means)
    classifier, weights = gate.add(model.classifier, known.factor * kernel, known.factor * bias)
    operator = model.operator
    if operator is not None:
        operator = np.concatenate([operator, np.zeros((1, operator.shape[1]), operator.dtype)])
    return dataclasses.replace(
        model,
        classifier=classifier,
        features=gate.with_gate(model.features, weights),
        operator=operator,
        known_means=known,
    )


def _evidence(known: known_means.KnownMeans, images: evidence_lib.LabelledFeatures | None) -> evidence_lib.Evidence:
    if images is None:
        return known.evidence
    size = len(known.evidence.statistics.center)
    statistics, constants = known.evidence.statistics, known.evidence.constants
    return evidence_lib.fresh(statistics, constants, images.features[:, :size], images.labels)


def _means(
    known: known_means.KnownMeans, classes: Sequence[NewClass], length: float
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Compute the means of new classes.

    Returns:
      The whitened means `[U,D]` by which they are scored, those that are expected, and the errors `[C,D]` that each
      expected one may have.
    """
    statistics = known.evidence.statistics
    count = len(statistics.means)
    centers = np.full((len(classes), count), 1 / count)
    vectors = np.stack([one.vector for one in classes])
    described = np.array([[one.is_described] for one in classes])
    coefficients = np.where(described, known.prediction.coefficients(vectors), centers)
    _, means = pseudo_unseen.lengthened(statistics.means, coefficients, centers, length)
    expected = coefficients @ statistics.means
    misses = known.doubts[True].without_own(statistics.means - known.prediction.left_out @ statistics.means)
    doubtful = [misses] * len(classes)
    for row, one in enumerate(classes):
        if len(one.photographs):
            doubt = known.doubts[one.is_described]
            white = statistics.whiten(one.photographs[:, : len(statistics.center)])
            means[row] = expected[row] = doubt.posterior(expected[row], white)
            doubtful[row] = misses * np.sqrt(1 - doubt.gains(len(white))[0])
    return means, expected, doubtful


def _with_classes(
    model: State,
    classes: Sequence[NewClass],
    kernel: np.ndarray,
    bias: np.ndarray,
    limited: limited_classes.LimitedClasses,
) -> State:
    """Build the model with new columns `kernel [D,U]` and `bias [U]`."""
    old, names = model.classifier, tuple(one.description.name for one in classes)
    if gate.has(old):
        kernel = np.concatenate([kernel, np.ones((1, kernel.shape[1]))])
    classifier = dataclasses.replace(
        old,
        kernel=np.concatenate([old.kernel, kernel.astype(np.float32)], axis=1),
        bias=np.concatenate([old.bias, bias.astype(np.float32)]),
        class_names=old.class_names + names,
        unseen=old.unseen + names,
    )
    knowledge = dataclasses.replace(
        model.knowledge,
        vectors=np.concatenate([model.knowledge.vectors, np.stack([one.vector for one in classes])]),
        class_names=model.knowledge.class_names + names,
    )
    return dataclasses.replace(
        model,
        classifier=classifier,
        knowledge=knowledge,
        taught=model.taught + tuple(one.description for one in classes),
        limited=limited,
    )


def _stacked(parts: Sequence[np.ndarray], size: int) -> np.ndarray:
    """Stack features of photographs, without the gate's."""
    kept = [part[:, :size] for part in parts if len(part)]
    return np.concatenate([np.zeros((0, size), np.float32), *kept]).astype(np.float32)


def _outlooks(
    model: state.ModelState,
    evidence: evidence_lib.Evidence,
    classes: Sequence[NewClass],
    means: np.ndarray,
    expected: np.ndarray,
    doubtful: Sequence[np.ndarray],
) -> tuple[Outlook, ...]:
    names = (*model.seen, *(one.description.name for one in classes))
    outlooks = []
    for row, one in enumerate(classes):
        shares = confusion.shares(evidence, expected[row : row + 1], doubtful[row], means, model.limited.offset)[0]
        order = np.argsort(-shares, kind="stable")
        outlooks.append(
            Outlook(
                one.description.name, tuple((names[index], float(shares[index])) for index in order if shares[index])
            )
        )
    return tuple(outlooks)
