# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Choose a baseline's setting and gamma as NIWT does, fit it to all seen classes, and score it on the test images."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np
import threadpoolctl

from niwt_tf import errors
from niwt_tf.baselines import features as features_lib
from niwt_tf.baselines import method, oracle, registry
from niwt_tf.evaluation import gzsl, summary
from niwt_tf.method import validation
from niwt_tf.method.calibration import gamma as gamma_lib
from niwt_tf.numerics import choice
from niwt_tf.util import progress

_LARGE = 10_000_000  # numbers; products of smaller matrices are slower on several threads, above all on busy cores


@dataclasses.dataclass(frozen=True)
class Choice:
    """Setting and gamma that were chosen on pseudo-unseen classes.

    Attributes:
      setting: Setting, one of the method's candidates.
      gamma_transfer: Position of gamma among the margins of the training images.
      harmonic_mean: Harmonic mean of the setting on pseudo-unseen classes, 0..1.
    """

    setting: Any
    gamma_transfer: gamma_lib.GammaTransfer
    harmonic_mean: float


def measure(name: str, dataset: features_lib.FeatureDataset) -> dict[str, Any]:
    """Measure a baseline: scores by the names in `metrics.json`, its setting, and its running time in seconds.

    Args:
      name: Name of the baseline, one of `registry.METHODS`.
      dataset: Data of the comparison.

    Raises:
      errors.UserError: If the method does not suit the domain, or the oracle has too few test images.
    """
    begun = time.monotonic()
    registry.require([name], dataset.problem.domain)
    with threadpoolctl.threadpool_limits(1 if dataset.problem.features.size < _LARGE else None):
        scores = _measure_oracle(dataset) if name == registry.ORACLE else _measure(name, dataset)
    return scores | {"seconds": round(time.monotonic() - begun, 2)}


def choose(name: str, splits: tuple[features_lib.ValidationSplit, ...]) -> Choice:
    """Choose the candidate with the highest harmonic mean at its own best gamma, on average over the validation splits.

    If several are equally good, see `choice`, the first is chosen, which is the simplest.
    """
    choices = []
    for setting in progress.bar(registry.METHODS[name].CANDIDATES, name):
        mean = validation.mean([_validate(split, registry.fit(name, split.problem, setting)) for split in splits])
        choices.append(
            Choice(setting, gamma_lib.GammaTransfer(mean.seen_fraction, mean.synthetic_position), mean.harmonic_mean)
        )
    return choices[choice.first_best([one.harmonic_mean for one in choices])]


def default(name: str) -> Choice:
    """Choose the middle candidate and NIWT's default gamma, for data in which no class can be pseudo-unseen."""
    candidates = registry.METHODS[name].CANDIDATES
    gamma_transfer = gamma_lib.GammaTransfer(validation.SEEN_FRACTION)
    return Choice(candidates[len(candidates) // 2], gamma_transfer, validation.NOT_MEASURED)


def _validate(split: features_lib.ValidationSplit, scores: method.Scores) -> validation.ValidationScore:
    seen, unseen = split.seen, split.unseen
    images = split.problem.features, seen.features, seen.labels, unseen.features, unseen.labels
    return validation.score(scores, *images, split.problem.seen_classes)


def _measure(name: str, dataset: features_lib.FeatureDataset) -> dict[str, Any]:
    seen_classes = dataset.problem.seen_classes
    chosen = default(name) if dataset.protocol == "defaults" else choose(name, dataset.validation_splits)
    if dataset.protocol == "turns":
        by_share = dataclasses.replace(chosen.gamma_transfer, synthetic_position=None)
        chosen = dataclasses.replace(chosen, gamma_transfer=by_share)
    scores = registry.fit(name, dataset.problem, chosen.setting)
    gamma = chosen.gamma_transfer.gamma(scores(dataset.problem.features), seen_classes)
    test = _test_logits(scores, dataset)
    about = {
        "method": name,
        "setting": dataclasses.asdict(chosen.setting),
        "harmonic_mean_expected": None if dataset.protocol == "defaults" else chosen.harmonic_mean,
    }
    return about | summary.summarize(test, gamma)


def _measure_oracle(dataset: features_lib.FeatureDataset) -> dict[str, Any]:
    """Compute the mean scores of two oracles, each trained on one half of the unseen images and tested on the other."""
    if not len(dataset.unseen.labels):
        raise errors.UserError(
            "`oracle` must have test images of unseen classes, on half of which it is trained. Received: none. Leave "
            "the oracle out."
        )
    halves = oracle.halves(dataset.unseen.labels, dataset.problem.seed)
    both = [_fit_and_score(dataset, train, test) for train, test in (halves, halves[::-1])]
    means = {key: float(np.mean([scores[key] for scores in both])) for key in both[0]}
    setting = {key: getattr(dataset.classifier, key) for key in ("classifier", "classifier_shrinkage")}
    return {"method": registry.ORACLE, "setting": setting, "harmonic_mean_expected": None} | means


def _fit_and_score(dataset: features_lib.FeatureDataset, train: np.ndarray, test: np.ndarray) -> dict[str, Any]:
    """Fit the oracle with the unseen classes' images of mask `train [N]`, and score it on those of mask `test [N]`."""
    features = np.concatenate([dataset.problem.features, dataset.unseen.features[train]])
    labels = np.concatenate([dataset.problem.labels, dataset.unseen.labels[train]])
    problem = dataclasses.replace(dataset.problem, features=features, labels=labels)
    scores = registry.fit(registry.ORACLE, problem, dataset.classifier)
    unseen = features_lib.LabelledFeatures(dataset.unseen.features[test], dataset.unseen.labels[test])
    return summary.summarize(_test_logits(scores, dataclasses.replace(dataset, unseen=unseen)), gamma=0.0)


def _test_logits(scores: method.Scores, dataset: features_lib.FeatureDataset) -> gzsl.GzslLogits:
    return gzsl.GzslLogits(
        scores(dataset.seen.features),
        dataset.seen.labels,
        scores(dataset.unseen.features),
        dataset.unseen.labels,
        dataset.problem.seen_classes,
        dataset.imageless,
    )
