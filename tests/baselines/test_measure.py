# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of tuning, calibrating and scoring a baseline, and of the oracle's two halves."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from fakes import linear_world
from niwt_tf import errors
from niwt_tf.baselines import eszsl, measure, method, oracle, registry
from niwt_tf.baselines import features as features_lib
from niwt_tf.evaluation import gzsl, summary
from niwt_tf.method import validation

_SCORES = {
    "gamma", "seen_accuracy", "seen_accuracy_uncalibrated", "unseen_accuracy", "harmonic_mean",
    "unseen_accuracy_uncalibrated", "harmonic_mean_uncalibrated", "zsl_accuracy", "ausuc",
}  # fmt: skip


def _best(split: features_lib.ValidationSplit, scores: method.Scores) -> float:
    """Computes the highest harmonic mean of all gammas, one by one."""
    seen, unseen = scores(split.seen.features), scores(split.unseen.features)
    stay = split.problem.seen_classes
    margins = [logits[:, :stay].max(1) - logits[:, stay:].max(1) for logits in (seen, unseen)]
    gammas = np.concatenate(margins)
    test = gzsl.GzslLogits(seen, split.seen.labels, unseen, split.unseen.labels, stay)
    means = [gzsl.gzsl(test, gamma + step).harmonic_mean for gamma in gammas for step in (-1e-6, 1e-6)]
    return max(means)


def test_the_candidate_with_the_highest_harmonic_mean_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    split = linear_world.make().validation_splits[0]
    candidates = eszsl.CANDIDATES[::9]
    monkeypatch.setattr(eszsl, "CANDIDATES", candidates)
    chosen = measure.choose("eszsl", (split,))
    expected = {setting: _best(split, eszsl.fit(split.problem, setting)) for setting in candidates}
    assert chosen.setting == max(expected, key=lambda one: expected[one])
    assert chosen.harmonic_mean == pytest.approx(max(expected.values()))
    assert len({round(value, 3) for value in expected.values()}) > 1  # the candidates differ


@pytest.mark.parametrize("name", [name for name in registry.METHODS if name != registry.ORACLE])
def test_of_candidates_that_differ_by_rounding_the_first_is_chosen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = iter(np.random.default_rng(0).uniform(-1e-6, 1e-6, 999))
    monkeypatch.setattr(registry, "fit", lambda *_: None)
    monkeypatch.setattr(measure, "_validate", lambda *_: validation.ValidationScore(0.5, 0.5, 0.7 + next(noise)))
    chosen = measure.choose(name, linear_world.make(1).validation_splits)
    assert chosen.setting == registry.METHODS[name].CANDIDATES[0]


@pytest.mark.parametrize("name", registry.METHODS)
def test_the_first_candidate_is_the_simplest(name: str) -> None:
    """It has the strongest penalty, the fewest steps and the lowest learning rate."""
    candidates = [dataclasses.asdict(one) for one in registry.METHODS[name].CANDIDATES]
    for field, first in candidates[0].items():
        if isinstance(first, (int, float)):
            least = field in ("steps", "learning_rate", "top") or name == "sae"
            assert first == (min if least else max)(one[field] for one in candidates)


def test_scores_are_means_over_validation_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eszsl, "CANDIDATES", eszsl.CANDIDATES[:1])
    splits = linear_world.make().validation_splits[0], linear_world.make(seed=1).validation_splits[0]
    alone = [measure.choose("eszsl", (split,)) for split in splits]
    both = measure.choose("eszsl", splits)
    assert both.harmonic_mean == pytest.approx(np.mean([one.harmonic_mean for one in alone]))
    seen_fraction, synthetic_position = np.mean([dataclasses.astuple(one.gamma_transfer) for one in alone], axis=0)
    assert dataclasses.astuple(both.gamma_transfer) == pytest.approx((seen_fraction, synthetic_position))
    assert alone[0].harmonic_mean != alone[1].harmonic_mean


def test_gamma_keeps_the_position_that_it_had_in_validation() -> None:
    world = linear_world.make()
    measured = measure.measure("eszsl", world)
    assert measured.keys() == _SCORES | {"method", "setting", "harmonic_mean_expected", "seconds"}
    chosen = measure.choose("eszsl", world.validation_splits)
    assert measured["setting"] == dataclasses.asdict(chosen.setting)
    scores = eszsl.fit(world.problem, chosen.setting)
    logits = scores(world.problem.features)
    margins = logits[:, : linear_world.SEEN].max(1) - logits[:, linear_world.SEEN :].max(1)
    assert measured["gamma"] == pytest.approx(chosen.gamma_transfer.gamma(logits, linear_world.SEEN))
    assert min(margins) < measured["gamma"] < max(margins)
    of_seen, of_unseen = scores(world.seen.features), scores(world.unseen.features)
    test = gzsl.GzslLogits(of_seen, world.seen.labels, of_unseen, world.unseen.labels, linear_world.SEEN)
    assert {name: measured[name] for name in _SCORES} == summary.summarize(test, measured["gamma"])
    assert measured["harmonic_mean"] > 0.5 and measured["zsl_accuracy"] > 0.6


def test_test_images_do_not_affect_the_choice() -> None:
    """Other test images leave the setting and gamma as they are."""
    world = linear_world.make()
    noise = dataclasses.replace(world, seen=_shuffled(world.seen), unseen=_shuffled(world.unseen))
    first, second = (measure.measure("prototype", one) for one in (world, noise))
    assert (first["setting"], first["gamma"]) == (second["setting"], second["gamma"])
    assert first["zsl_accuracy"] > second["zsl_accuracy"] + 0.3


def _shuffled(images: features_lib.LabelledFeatures) -> features_lib.LabelledFeatures:
    return features_lib.LabelledFeatures(np.random.default_rng(0).permutation(images.features), images.labels)


def test_the_oracle_is_not_tested_on_its_training_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """This oracle classifies the very images that it was trained on, and no others."""
    world = linear_world.make()
    trained: list[np.ndarray] = []

    def fit(problem: method.Problem, setting: Any) -> method.Scores:
        memory = {row.tobytes(): label for row, label in zip(problem.features, problem.labels, strict=True)}
        trained.append(problem.features[problem.labels >= linear_world.SEEN])
        return lambda features: np.array(
            [np.arange(19) == memory.get(row.tobytes(), 0) for row in features], np.float32
        )

    monkeypatch.setattr(oracle, "fit", fit)
    measured = measure.measure("oracle", world)
    assert measured["zsl_accuracy"] == pytest.approx(0.2)  # images that it has not seen count as class 0
    assert [len(one) for one in trained] == [20, 20]
    both = np.concatenate(trained)
    assert {row.tobytes() for row in both} == {row.tobytes() for row in world.unseen.features}


def test_the_oracle_is_above_all_others_and_needs_no_validation() -> None:
    world = linear_world.make()
    measured = measure.measure("oracle", dataclasses.replace(world, validation_splits=()))
    assert (measured["gamma"], measured["harmonic_mean_expected"]) == (0.0, None)
    assert measured["setting"] == {"classifier": "discriminant", "classifier_shrinkage": 0.5}
    assert measured["harmonic_mean"] == measured["harmonic_mean_uncalibrated"]
    assert (
        measured["zsl_accuracy"]
        > max(measure.measure(name, world)["zsl_accuracy"] for name in ("eszsl", "prototype")) - 0.05
    )
    assert measured["zsl_accuracy"] > 0.85


@pytest.mark.parametrize("name", ["eszsl", "oracle"])
def test_unseen_classes_without_test_images_do_not_count(name: str) -> None:
    world = linear_world.make()
    kept = world.unseen.labels != linear_world.SEEN + 1
    fewer = features_lib.LabelledFeatures(world.unseen.features[kept], world.unseen.labels[kept])
    measured = measure.measure(name, dataclasses.replace(world, unseen=fewer, imageless=(linear_world.SEEN + 1,)))
    assert measured["zsl_accuracy"] > 0.5


def test_without_test_images_of_unseen_classes_there_is_no_harmonic_mean_and_no_oracle() -> None:
    world = linear_world.make()
    none = features_lib.LabelledFeatures(world.unseen.features[:0], world.unseen.labels[:0])
    empty = dataclasses.replace(world, unseen=none, imageless=tuple(range(linear_world.SEEN, 19)))
    measured = measure.measure("prototype", empty)
    assert measured["harmonic_mean"] is None and measured["seen_accuracy"] > 0.5
    with pytest.raises(errors.UserError) as caught:
        measure.measure("oracle", empty)
    assert str(caught.value) == (
        "`oracle` must have test images of unseen classes, on half of which it is trained. Received: none. Leave the "
        "oracle out."
    )


def test_an_unsuitable_domain_is_an_error_before_any_work() -> None:
    world = linear_world.make()
    captions = dataclasses.replace(
        world, problem=dataclasses.replace(world.problem, domain="captions"), validation_splits=()
    )
    with pytest.raises(errors.UserError, match="`dap` must have attributes or binary_attributes"):
        measure.measure("dap", captions)


@pytest.mark.slow
def test_every_method_can_be_measured() -> None:
    world = linear_world.make(8)
    for name in registry.METHODS:
        measured = measure.measure(name, world)
        assert measured["method"] == name
        assert measured["zsl_accuracy"] > 0.4, name


def test_without_validation_the_middle_candidate_and_a_share_of_nine_tenths_are_used() -> None:
    world = dataclasses.replace(linear_world.make(), validation_splits=(), protocol="defaults")
    measured = measure.measure("eszsl", world)
    assert measured["setting"] == dataclasses.asdict(eszsl.CANDIDATES[len(eszsl.CANDIDATES) // 2])
    assert measured["harmonic_mean_expected"] is None
    scores = eszsl.fit(world.problem, eszsl.CANDIDATES[len(eszsl.CANDIDATES) // 2])(world.problem.features)
    margins = scores[:, : linear_world.SEEN].max(1) - scores[:, linear_world.SEEN :].max(1)
    assert measured["gamma"] == pytest.approx(np.quantile(margins, 0.1))


def test_where_single_classes_are_pseudo_unseen_gamma_follows_the_share_of_images_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(eszsl, "CANDIDATES", eszsl.CANDIDATES[:1])
    world = dataclasses.replace(linear_world.make(), protocol="turns")
    measured, chosen = measure.measure("eszsl", world), measure.choose("eszsl", world.validation_splits)
    scores = eszsl.fit(world.problem, eszsl.CANDIDATES[0])(world.problem.features)
    margins = scores[:, : linear_world.SEEN].max(1) - scores[:, linear_world.SEEN :].max(1)
    assert measured["gamma"] == pytest.approx(np.quantile(margins, 1 - chosen.gamma_transfer.seen_fraction))
