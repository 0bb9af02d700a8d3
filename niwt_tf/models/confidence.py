# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How far a model's predictions can be trusted: a temperature for probabilities, and what is typical of each class.

Both follow from the training images of the seen classes. Where the head is a discriminant analysis of these images,
each is left out in turn; a head that was trained on them may look surer than it is.
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
      kernel: Kernel `[D,C]` float32 of the scores by class means that tell what is typical.
      bias: Bias `[C]` float32 of these scores.
      quantiles: Quantiles `[C,Q]` float32 of the scores of each class's own images.
      calibration_error: Expected calibration error on the images of seen classes; None if it was not estimated.
      is_estimated: False if the model has too few training images to tell; every image is typical then.
    """

    temperature: float
    kernel: np.ndarray
    bias: np.ndarray
    quantiles: np.ndarray
    calibration_error: float | None
    is_estimated: bool = True

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Compute the probabilities `[N,C]` of the classes from scores `[N,C]`."""
        return temperature.probabilities(scores, self.temperature)

    def typicality(self, features: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """Compute how typical images are of predicted classes, `[N]` from 0 to 1.

        Args:
          features: Features `[N,D]` of the images.
          predicted: Classes `[N]`.
        """
        scores = (features * self.kernel.T[predicted]).sum(1) + self.bias[predicted]
        return typicality.typicality(scores, self.quantiles[predicted])

    def least(self, share: float) -> np.ndarray:
        """Compute the least score `[C]` float32 by class means with which an image of a class is accepted.

        Args:
          share: Share of the known classes' images that is kept.
        """
        return self.quantiles[:, least_quantile(share)]

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


def least_quantile(share: float) -> int:
    """Return the index of the quantile that an accepted image reaches, if a share of the known images is kept."""
    return int(np.ceil((1 - share) * (typicality.QUANTILES - 1) - 1e-6))


def of(model: state.ModelState) -> Confidence:
    """Estimate how far a model's predictions can be trusted."""
    counts = np.bincount(state.training_labels(model), minlength=len(model.seen))
    if counts.min() < 1 or counts.max() < 2:
        return _unknown(model)
    known = within_limit.known_of(model)
    scores, labels = _left_out_scores(model, known), known.evidence.labels
    heat = temperature.fit(scores, labels)
    probabilities = temperature.probabilities(scores, heat)
    error = temperature.expected_error(probabilities.max(1), probabilities.argmax(1) == labels)
    statistics = known.evidence.statistics
    means = np.concatenate([statistics.means, _new_means(model, known)])
    kernel, bias = statistics.weights(means)
    if gate.has(model.classifier):
        kernel = np.concatenate([kernel, np.zeros((1, kernel.shape[1]))])
    quantiles = np.concatenate([typicality.of_known(known.evidence), _new_quantiles(model, known, means)])
    return Confidence(heat, kernel.astype(np.float32), bias.astype(np.float32), quantiles.astype(np.float32), error)


def _unknown(model: state.ModelState) -> Confidence:
    """Fit the temperature alone, on training images as they are."""
    logits = model.classifier.logits(gate.completed(model.classifier, model.features)).astype(np.float64)
    logits[:, : len(model.seen)] -= model.gamma
    heat = temperature.fit(logits, state.training_labels(model))
    quantiles = np.full((len(model.class_names), typicality.QUANTILES), -np.inf, np.float32)
    bias = np.zeros(len(model.class_names), np.float32)
    return Confidence(heat, np.zeros_like(model.classifier.kernel), bias, quantiles, None, is_estimated=False)


def _left_out_scores(model: state.ModelState, known: known_means.KnownMeans) -> np.ndarray:
    """Compute the scores `[n,C]` of training images, left out where they can be."""
    evidence, seen, limited = known.evidence, len(model.seen), len(model.limited.names)
    features = gate.completed(model.classifier, model.features[evidence.statistics.rows])
    scores = model.classifier.logits(features).astype(np.float64)
    if known.is_head:
        scores[:, :seen] = known.factor * evidence.known
    if limited:
        means = _limited_means(model, known)
        new = known.factor * (evidence.new(means, known.coefficients_of(means)) + model.limited.offset)
        new += scores[:, :seen].max(1, keepdims=True) - known.factor * evidence.known.max(1, keepdims=True)
        scores[:, -limited:] = new - model.gamma
    scores[:, :seen] -= model.gamma
    return scores


def _limited_means(model: state.ModelState, known: known_means.KnownMeans) -> np.ndarray:
    """Return the whitened means `[L,D]` of classes that were taught within a limit."""
    size, limited = len(known.evidence.statistics.center), len(model.limited.names)
    return known.means_of(model.classifier.kernel[:size, -limited:].astype(np.float64))


def _new_means(model: state.ModelState, known: known_means.KnownMeans) -> np.ndarray:
    """Compute the whitened means `[C-S,D]` of classes without training images, as descriptions predict them."""
    seen, classes, limited = len(model.seen), len(model.class_names), len(model.limited.names)
    statistics = known.evidence.statistics
    centers = np.full((classes - seen, seen), 1 / seen)
    coefficients = known.prediction.coefficients(model.knowledge.vectors[seen:])
    _, means = pseudo_unseen.lengthened(statistics.means, coefficients, centers, pseudo_unseen.LENGTH)
    if limited:
        means[-limited:] = _limited_means(model, known)
    return means


def _new_quantiles(model: state.ModelState, known: known_means.KnownMeans, means: np.ndarray) -> np.ndarray:
    """Compute quantiles `[C-S,Q]` of the scores of classes without training images."""
    seen, length = len(model.seen), known.evidence.statistics.length
    center = model.knowledge.vectors[:seen].mean(0)
    found: dict[tuple[pseudo_unseen.Source, float], np.ndarray] = {}
    rows = [np.zeros((0, typicality.QUANTILES))]
    for index, name in enumerate(model.class_names[seen:], seen):
        is_described = not np.allclose(model.knowledge.vectors[index], center, rtol=1e-5)
        source = pseudo_unseen.Source(is_described, len(model.limited.photographs_of(name)))
        offset = model.limited.offset if name in model.limited.names else model.gamma / known.factor
        part = 1.0 if source.photographs else round(float(np.linalg.norm(means[index])) / length, 3)
        if (source, part) not in found:
            scores = pseudo_unseen.played_scores(
                known.evidence, known.prediction, known.doubts, source, part, offset, model.config.seed
            )
            found[source, part] = typicality.of_new(scores)
        rows.append(found[source, part][None])
    return np.concatenate(rows)
