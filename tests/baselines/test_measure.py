# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of choosing, calibrating and scoring a baseline: as NIWT's own, and the oracle's two halves."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from fakes import linear_world
from niwt_tf import errors
from niwt_tf.baselines import eszsl, material, measure, method, oracle, registry
from niwt_tf.evaluation import gzsl, summary
from niwt_tf.method import validation

_SCORES = {
    "gamma", "seen_accuracy", "seen_accuracy_uncalibrated", "unseen_accuracy", "harmonic_mean",
    "unseen_accuracy_uncalibrated", "harmonic_mean_uncalibrated", "zsl_accuracy", "ausuc",
}  # fmt: skip


def _best(trial: material.Trial, scores: method.Scores) -> float:
    """Returns the highest harmonic mean of any gamma, tried one by one."""
    seen, unseen = scores(trial.seen.features), scores(trial.unseen.features)
    stay = trial.problem.seen_classes
    margins = [logits[:, :stay].max(1) - logits[:, stay:].max(1) for logits in (seen, unseen)]
    gammas = np.concatenate(margins)
    test = gzsl.GzslLogits(seen, trial.seen.labels, unseen, trial.unseen.labels, stay)
    tried = [gzsl.gzsl(test, gamma + step).harmonic_mean for gamma in gammas for step in (-1e-6, 1e-6)]
    return max(tried)


def test_the_candidate_with_the_highest_harmonic_mean_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = linear_world.make().trials[0]
    candidates = eszsl.CANDIDATES[::9]
    monkeypatch.setattr(eszsl, "CANDIDATES", candidates)
    chosen = measure.choose("eszsl", (trial,))
    expected = {setting: _best(trial, eszsl.fit(trial.problem, setting)) for setting in candidates}
    assert chosen.setting == max(expected, key=lambda one: expected[one])
    assert chosen.harmonic_mean == pytest.approx(max(expected.values()))
    assert len({round(value, 3) for value in expected.values()}) > 1  # the candidates differ


@pytest.mark.parametrize("name", [name for name in registry.METHODS if name != registry.ORACLE])
def test_of_equal_candidates_the_first_is_chosen_whatever_rounds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = iter(np.random.default_rng(0).uniform(-1e-6, 1e-6, 999))
    monkeypatch.setattr(registry, "fit", lambda *_: None)
    monkeypatch.setattr(measure, "_outcome", lambda *_: validation.ValidationScore(0.5, 0.5, 0.7 + next(noise)))
    chosen = measure.choose(name, linear_world.make(1).trials)
    assert chosen.setting == registry.METHODS[name].CANDIDATES[0]


@pytest.mark.parametrize("name", registry.METHODS)
def test_the_first_candidate_is_the_simplest(name: str) -> None:
    """What shrinks is strongest there, and what goes away from zero shortest."""
    candidates = [dataclasses.asdict(one) for one in registry.METHODS[name].CANDIDATES]
    for field, first in candidates[0].items():
        if isinstance(first, (int, float)):
            least = field in ("steps", "learning_rate", "top") or name == "sae"
            assert first == (min if least else max)(one[field] for one in candidates)


def test_of_several_trials_the_means_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eszsl, "CANDIDATES", eszsl.CANDIDATES[:1])
    trials = linear_world.make().trials[0], linear_world.make(seed=1).trials[0]
    alone = [measure.choose("eszsl", (trial,)) for trial in trials]
    both = measure.choose("eszsl", trials)
    assert both.harmonic_mean == pytest.approx(np.mean([one.harmonic_mean for one in alone]))
    seen_fraction, synthetic_position = np.mean([dataclasses.astuple(one.place) for one in alone], axis=0)
    assert dataclasses.astuple(both.place) == pytest.approx((seen_fraction, synthetic_position))
    assert alone[0].harmonic_mean != alone[1].harmonic_mean


def test_gamma_lies_where_the_rehearsal_had_it_among_the_margins_of_training_images() -> None:
    world = linear_world.make()
    found = measure.measure("eszsl", world)
    assert found.keys() == _SCORES | {"method", "setting", "harmonic_mean_expected", "seconds"}
    chosen = measure.choose("eszsl", world.trials)
    assert found["setting"] == dataclasses.asdict(chosen.setting)
    scores = eszsl.fit(world.problem, chosen.setting)
    logits = scores(world.problem.features)
    margins = logits[:, : linear_world.SEEN].max(1) - logits[:, linear_world.SEEN :].max(1)
    assert found["gamma"] == pytest.approx(chosen.place.gamma(logits, linear_world.SEEN))
    assert min(margins) < found["gamma"] < max(margins)
    of_seen, of_unseen = scores(world.seen.features), scores(world.unseen.features)
    test = gzsl.GzslLogits(of_seen, world.seen.labels, of_unseen, world.unseen.labels, linear_world.SEEN)
    assert {name: found[name] for name in _SCORES} == summary.summarize(test, found["gamma"])
    assert found["harmonic_mean"] > 0.5 and found["zsl_accuracy"] > 0.6


def test_the_test_images_choose_nothing() -> None:
    """Settings and gamma stay as they are where the test images are others."""
    world = linear_world.make()
    noise = dataclasses.replace(world, seen=_shuffled(world.seen), unseen=_shuffled(world.unseen))
    first, second = (measure.measure("prototype", one) for one in (world, noise))
    assert (first["setting"], first["gamma"]) == (second["setting"], second["gamma"])
    assert first["zsl_accuracy"] > second["zsl_accuracy"] + 0.3


def _shuffled(images: material.Images) -> material.Images:
    return material.Images(np.random.default_rng(0).permutation(images.features), images.labels)


def test_the_oracle_is_tested_on_what_it_was_not_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every image is its own direction here: trained on it, the oracle knows it; else it cannot."""
    world = linear_world.make()
    trained: list[np.ndarray] = []

    def fit(problem: method.Problem, setting: Any) -> method.Scores:
        known = {row.tobytes(): label for row, label in zip(problem.features, problem.labels, strict=True)}
        trained.append(problem.features[problem.labels >= linear_world.SEEN])
        return lambda features: np.array([np.arange(19) == known.get(row.tobytes(), 0) for row in features], np.float32)

    monkeypatch.setattr(oracle, "fit", fit)
    found = measure.measure("oracle", world)
    assert found["zsl_accuracy"] == pytest.approx(0.2)  # the first unseen class, where none is known
    assert [len(one) for one in trained] == [20, 20]
    both = np.concatenate(trained)
    assert {row.tobytes() for row in both} == {row.tobytes() for row in world.unseen.features}


def test_the_oracle_is_above_all_others_and_needs_no_rehearsal() -> None:
    world = linear_world.make()
    found = measure.measure("oracle", dataclasses.replace(world, trials=()))
    assert (found["gamma"], found["harmonic_mean_expected"]) == (0.0, None)
    assert found["setting"] == {"classifier": "discriminant", "classifier_shrinkage": 0.5}
    assert found["harmonic_mean"] == found["harmonic_mean_uncalibrated"]
    assert (
        found["zsl_accuracy"]
        > max(measure.measure(name, world)["zsl_accuracy"] for name in ("eszsl", "prototype")) - 0.05
    )
    assert found["zsl_accuracy"] > 0.85


@pytest.mark.parametrize("name", ["eszsl", "oracle"])
def test_unseen_classes_without_images_are_not_counted(name: str) -> None:
    world = linear_world.make()
    kept = world.unseen.labels != linear_world.SEEN + 1
    fewer = material.Images(world.unseen.features[kept], world.unseen.labels[kept])
    found = measure.measure(name, dataclasses.replace(world, unseen=fewer, imageless=(linear_world.SEEN + 1,)))
    assert found["zsl_accuracy"] > 0.5


def test_without_test_images_of_unseen_classes_there_is_no_harmonic_mean_and_no_oracle() -> None:
    world = linear_world.make()
    none = material.Images(world.unseen.features[:0], world.unseen.labels[:0])
    empty = dataclasses.replace(world, unseen=none, imageless=tuple(range(linear_world.SEEN, 19)))
    found = measure.measure("prototype", empty)
    assert found["harmonic_mean"] is None and found["seen_accuracy"] > 0.5
    with pytest.raises(errors.UserError) as caught:
        measure.measure("oracle", empty)
    assert str(caught.value) == (
        "`oracle` must have test images of unseen classes, on half of which it is trained. Received: none. Leave the "
        "oracle out."
    )


def test_a_domain_that_does_not_suit_is_told_before_any_work() -> None:
    world = linear_world.make()
    captions = dataclasses.replace(world, problem=dataclasses.replace(world.problem, domain="captions"), trials=())
    with pytest.raises(errors.UserError, match="`dap` must have attributes or binary_attributes"):
        measure.measure("dap", captions)


def test_every_method_can_be_measured() -> None:
    world = linear_world.make(8)
    for name in registry.METHODS:
        found = measure.measure(name, world)
        assert found["method"] == name
        assert found["zsl_accuracy"] > 0.4, name


def test_without_a_rehearsal_the_middle_candidate_is_taken_and_nine_of_ten_images_stay_seen() -> None:
    world = dataclasses.replace(linear_world.make(), trials=(), rehearsed="defaults")
    found = measure.measure("eszsl", world)
    assert found["setting"] == dataclasses.asdict(eszsl.CANDIDATES[len(eszsl.CANDIDATES) // 2])
    assert found["harmonic_mean_expected"] is None
    scores = eszsl.fit(world.problem, eszsl.CANDIDATES[len(eszsl.CANDIDATES) // 2])(world.problem.features)
    margins = scores[:, : linear_world.SEEN].max(1) - scores[:, linear_world.SEEN :].max(1)
    assert found["gamma"] == pytest.approx(np.quantile(margins, 0.1))


def test_where_classes_play_unseen_in_turn_gamma_lies_by_the_share_of_images_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(eszsl, "CANDIDATES", eszsl.CANDIDATES[:1])
    world = dataclasses.replace(linear_world.make(), rehearsed="turns")
    found, share = measure.measure("eszsl", world), measure.choose("eszsl", world.trials).place.seen_fraction
    scores = eszsl.fit(world.problem, eszsl.CANDIDATES[0])(world.problem.features)
    margins = scores[:, : linear_world.SEEN].max(1) - scores[:, linear_world.SEEN :].max(1)
    assert found["gamma"] == pytest.approx(np.quantile(margins, 1 - share))
