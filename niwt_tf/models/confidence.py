# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How far a model's predictions can be trusted: a temperature for probabilities, and what is typical of each class.

Both follow from the training images of the seen classes. Where the head is a discriminant analysis of these images,
each is left out in turn. A head of another kind may have been trained on them, and is taken for less sure than it
looks.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from niwt_tf import errors
from niwt_tf.method.calibration import pseudo_unseen, temperature, typicality
from niwt_tf.models import gate, known_means, state, within_limit


@dataclasses.dataclass(frozen=True)
class Confidence:
    """What tells how far predictions can be trusted.

    Attributes:
      temperature: Number by which scores are divided to become logits of probabilities.
      kernel: Kernel `[D,C]` float32 of the products of whitened features with the classes' means.
      bias: Bias `[C]` float32 of these products.
      center: Center `[D]` float32 of the features.
      levels: What is typical of each class.
      calibration_error: Expected calibration error on images of seen classes, each left out; None if they cannot be.
      is_estimated: False if the model has too few training images to tell; every image is typical then.
    """

    temperature: float
    kernel: np.ndarray
    bias: np.ndarray
    center: np.ndarray
    levels: typicality.Levels
    calibration_error: float | None
    is_estimated: bool = True

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Compute the probabilities `[N,C]` of the classes from scores `[N,C]`."""
        return temperature.probabilities(scores, self.temperature)

    def typicality(self, features: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """Compute how typical images are of predicted classes, `[N]` from 0 to 1.

        Args:
          features: Features `[N,D]` of the images, with or without the gate's.
          predicted: Classes `[N]`.
        """
        own = features[:, : len(self.center)]
        products = (own * self.kernel.T[predicted]).sum(1) + self.bias[predicted]
        return self.levels.typicality(products, _distances(own, self.center), predicted)

    def require_estimated(self) -> None:
        """Check that it was estimated what is typical.

        Raises:
          errors.UserError: If it was not.
        """
        if not self.is_estimated:
            raise errors.UserError(
                f"`{errors.setting('reject')}` must be given for a model that has training images of each class it was "
                "trained on, and two of some. Received: a model with fewer. Make it again with more images."
            )


def of(model: state.ModelState) -> Confidence:
    """Estimate how far a model's predictions can be trusted."""
    counts = np.bincount(state.training_labels(model), minlength=len(model.seen))
    if counts.min() < 1 or counts.max() < 2:
        return _unknown(model)
    known = within_limit.known_of(model)
    statistics = known.evidence.statistics
    scores = _left_out_scores(model, known)
    heat, error = _temperature(known, scores)
    means = np.concatenate([statistics.means, _new_means(model, known)])
    kernel, bias = statistics.weights(means)
    bias = bias + (means**2).sum(1) / 2
    kernel, bias, center = (part.astype(np.float32) for part in (kernel, bias, statistics.center))
    return Confidence(heat, kernel, bias, center, _levels(model, known, means), error)


def _unknown(model: state.ModelState) -> Confidence:
    """Fit the temperature alone, on training images as they are."""
    logits = model.classifier.logits(gate.completed(model.classifier, model.features)).astype(np.float64)
    logits[:, : len(model.seen)] -= model.gamma
    heat = temperature.fit(logits, state.training_labels(model))
    size, classes = len(model.classifier.kernel) - gate.has(model.classifier), len(model.class_names)
    kernel, bias, center = (np.zeros(shape, np.float32) for shape in ((size, classes), classes, size))
    return Confidence(heat, kernel, bias, center, typicality.unknown(classes), None, is_estimated=False)


def _temperature(known: known_means.KnownMeans, scores: np.ndarray) -> tuple[float, float | None]:
    """Fit the temperature to scores `[n,C]` of training images; return it, and the calibration error if it is known."""
    labels = known.evidence.labels
    if not known.is_head:
        accuracy = float((known.evidence.known.argmax(1) == labels).mean())
        return temperature.of_trained_head(scores, labels, accuracy), None
    heat = temperature.fit(scores, labels)
    probabilities = temperature.probabilities(scores, heat)
    return heat, temperature.expected_error(probabilities.max(1), probabilities.argmax(1) == labels)


def _distances(features: np.ndarray, center: np.ndarray) -> np.ndarray:
    return np.linalg.norm(features - center, axis=1)


def _left_out_scores(model: state.ModelState, known: known_means.KnownMeans) -> np.ndarray:
    """Compute the scores `[n,C]` of training images, left out where they can be."""
    evidence, seen, limited = known.evidence, len(model.seen), len(model.limited.names)
    features = gate.completed(model.classifier, model.features[evidence.statistics.rows])
    scores = model.classifier.logits(features).astype(np.float64)
    if known.is_head:
        scores[:, :seen] = known.factor * evidence.known
    if limited:
        means = within_limit.limited_means(model, known)
        new = known.factor * (evidence.new(means, known.coefficients_of(means)) + model.limited.offset)
        new += scores[:, :seen].max(1, keepdims=True) - known.factor * evidence.known.max(1, keepdims=True)
        scores[:, -limited:] = new - model.gamma
    scores[:, :seen] -= model.gamma
    return scores


def _new_means(model: state.ModelState, known: known_means.KnownMeans) -> np.ndarray:
    """Compute the whitened means `[C-S,D]` of classes without training images, as descriptions predict them."""
    seen, classes, limited = len(model.seen), len(model.class_names), len(model.limited.names)
    statistics = known.evidence.statistics
    centers = np.full((classes - seen, seen), 1 / seen)
    coefficients = known.prediction.coefficients(model.knowledge.vectors[seen:])
    _, means = pseudo_unseen.lengthened(statistics.means, coefficients, centers, pseudo_unseen.LENGTH)
    if limited:
        means[-limited:] = within_limit.limited_means(model, known)
    return means


def _levels(model: state.ModelState, known: known_means.KnownMeans, means: np.ndarray) -> typicality.Levels:
    """Find what is typical of each class; `means [C,D]` are whitened."""
    evidence, statistics, seen = known.evidence, known.evidence.statistics, len(model.seen)
    own = gate.own_features(model.classifier, model.features[statistics.rows])
    lengths = _distances(own, statistics.center)
    products = evidence.known - evidence.constants + (statistics.means**2).sum(1) / 2
    parts = [typicality.of_known(products, lengths, evidence.labels, evidence.known.argmax(1))]
    found: dict[tuple[pseudo_unseen.Source, float], typicality.Levels] = {}
    center = model.knowledge.vectors[:seen].mean(0)
    for index, name in enumerate(model.class_names[seen:], seen):
        is_described = not np.allclose(model.knowledge.vectors[index], center, rtol=1e-5)
        source = pseudo_unseen.Source(is_described, len(model.limited.photographs_of(name)))
        offset = model.limited.offset if name in model.limited.names else model.gamma / known.factor
        part = 1.0 if source.photographs else round(float(np.linalg.norm(means[index])) / statistics.length, 3)
        if (source, part) not in found:
            played, rows = pseudo_unseen.played_products(
                evidence, known.prediction, known.doubts, source, part, offset, model.config.seed
            )
            found[source, part] = typicality.of_new(played, lengths[rows])
        parts.append(found[source, part])
    return typicality.joined(parts)
