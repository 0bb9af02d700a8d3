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
from niwt_tf.baselines import material as material_lib
from niwt_tf.baselines import method, oracle, registry
from niwt_tf.evaluation import gzsl, summary
from niwt_tf.method import validation
from niwt_tf.method.calibration import gamma as gamma_lib
from niwt_tf.numerics import choice
from niwt_tf.util import progress

_LARGE = 10_000_000  # numbers; products of smaller matrices are slower on several threads, on busy cores by far


@dataclasses.dataclass(frozen=True)
class Choice:
    """Setting and gamma that were chosen on pseudo-unseen classes.

    Attributes:
      setting: Setting, one of the method's candidates.
      place: Position of gamma among the margins of the training images.
      harmonic_mean: Harmonic mean of the setting on pseudo-unseen classes, 0..1.
    """

    setting: Any
    place: gamma_lib.GammaTransfer
    harmonic_mean: float


def measure(name: str, material: material_lib.Material) -> dict[str, Any]:
    """Measure a baseline: scores by the names in `metrics.json`, its setting, and its running time in seconds.

    Args:
      name: Name of the baseline, one of `registry.METHODS`.
      material: Data of the comparison.

    Raises:
      errors.UserError: If the method does not suit the domain, or the oracle has too few test images.
    """
    begun = time.monotonic()
    registry.require([name], material.problem.domain)
    with threadpoolctl.threadpool_limits(1 if material.problem.features.size < _LARGE else None):
        found = _measure_oracle(material) if name == registry.ORACLE else _measure(name, material)
    return found | {"seconds": round(time.monotonic() - begun, 2)}


def choose(name: str, trials: tuple[material_lib.Trial, ...]) -> Choice:
    """Choose the candidate with the highest harmonic mean at its own best gamma, on average over the validation splits.

    If several are equally good, see `choice`, the first is chosen, which is the simplest.
    """
    tried = []
    for setting in progress.bar(registry.METHODS[name].CANDIDATES, name):
        found = validation.mean([_outcome(trial, registry.fit(name, trial.problem, setting)) for trial in trials])
        tried.append(Choice(setting, gamma_lib.GammaTransfer(*found[:2]), found.harmonic_mean))
    return tried[choice.first_best([one.harmonic_mean for one in tried])]


def default(name: str) -> Choice:
    """Choose the middle candidate and NIWT's default gamma, if no class can be pseudo-unseen."""
    candidates = registry.METHODS[name].CANDIDATES
    place = gamma_lib.GammaTransfer(validation.SEEN_FRACTION)
    return Choice(candidates[len(candidates) // 2], place, validation.NOT_MEASURED)


def _outcome(trial: material_lib.Trial, scores: method.Scores) -> validation.ValidationScore:
    seen, unseen = trial.seen, trial.unseen
    images = trial.problem.features, seen.features, seen.labels, unseen.features, unseen.labels
    return validation.score(scores, *images, trial.problem.seen_classes)


def _measure(name: str, material: material_lib.Material) -> dict[str, Any]:
    seen_classes = material.problem.seen_classes
    chosen = default(name) if material.rehearsed == "defaults" else choose(name, material.trials)
    if material.rehearsed == "turns":
        chosen = dataclasses.replace(chosen, place=dataclasses.replace(chosen.place, synthetic_position=None))
    scores = registry.fit(name, material.problem, chosen.setting)
    gamma = chosen.place.gamma(scores(material.problem.features), seen_classes)
    test = _test(scores, material)
    about = {
        "method": name,
        "setting": dataclasses.asdict(chosen.setting),
        "harmonic_mean_expected": None if material.rehearsed == "defaults" else chosen.harmonic_mean,
    }
    return about | summary.summarize(test, gamma)


def _measure_oracle(material: material_lib.Material) -> dict[str, Any]:
    """Compute the mean scores of two oracles, each trained on one half of the unseen images and tested on the other."""
    if not len(material.unseen.labels):
        raise errors.UserError(
            "`oracle` must have test images of unseen classes, on half of which it is trained. Received: none. Leave "
            "the oracle out."
        )
    halves = oracle.halves(material.unseen.labels, material.problem.seed)
    both = [_cheat(material, trained, tested) for trained, tested in (halves, halves[::-1])]
    means = {key: float(np.mean([found[key] for found in both])) for key in both[0]}
    setting = {key: getattr(material.classifier, key) for key in ("classifier", "classifier_shrinkage")}
    return {"method": registry.ORACLE, "setting": setting, "harmonic_mean_expected": None} | means


def _cheat(material: material_lib.Material, trained: np.ndarray, tested: np.ndarray) -> dict[str, Any]:
    features = np.concatenate([material.problem.features, material.unseen.features[trained]])
    labels = np.concatenate([material.problem.labels, material.unseen.labels[trained]])
    problem = dataclasses.replace(material.problem, features=features, labels=labels)
    scores = registry.fit(registry.ORACLE, problem, material.classifier)
    unseen = material_lib.Images(material.unseen.features[tested], material.unseen.labels[tested])
    return summary.summarize(_test(scores, dataclasses.replace(material, unseen=unseen)), gamma=0.0)


def _test(scores: method.Scores, material: material_lib.Material) -> gzsl.GzslLogits:
    return gzsl.GzslLogits(
        scores(material.seen.features),
        material.seen.labels,
        scores(material.unseen.features),
        material.unseen.labels,
        material.problem.seen_classes,
        material.imageless,
    )
