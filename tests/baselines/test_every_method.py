# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of every baseline: it recognises unseen classes, and depends on nothing but its problem and its setting."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fakes import linear_world
from niwt_tf.baselines import method, registry
from niwt_tf.evaluation import gzsl

_ZERO_SHOT = [name for name in registry.METHODS if name != registry.ORACLE]
_SETTINGS = {name: one.CANDIDATES[len(one.CANDIDATES) // 2] for name, one in registry.METHODS.items()}


def _zsl(name: str, problem: method.Problem) -> float:
    test = linear_world.make().unseen
    scores = registry.fit(name, problem, _SETTINGS[name])(test.features)
    return gzsl.zsl(gzsl.GzslLogits(scores[:0], test.labels[:0], scores, test.labels, linear_world.SEEN))


@pytest.mark.parametrize("name", _ZERO_SHOT)
def test_unseen_classes_are_recognised_far_above_chance(name: str) -> None:
    assert _zsl(name, linear_world.problem()) > 0.6  # chance is 0.2


@pytest.mark.parametrize("name", _ZERO_SHOT)
def test_vectors_of_the_wrong_classes_are_no_better_than_chance(name: str) -> None:
    """The accuracy comes from the vectors of the unseen classes: shifted by one, they belong to the wrong classes."""
    problem = linear_world.problem()
    wrong = problem.vectors.copy()
    wrong[linear_world.SEEN :] = np.roll(wrong[linear_world.SEEN :], 1, axis=0)
    assert _zsl(name, dataclasses.replace(problem, vectors=wrong)) < 0.3


@pytest.mark.parametrize("name", registry.METHODS)
def test_seen_classes_are_recognised(name: str) -> None:
    test = linear_world.make().seen
    scores = registry.fit(name, linear_world.problem(), _SETTINGS[name])(test.features)
    predictions = scores[:, : linear_world.SEEN].argmax(1)
    seen = gzsl.per_class_accuracy(predictions, test.labels, range(linear_world.SEEN))
    assert scores.shape == (len(test.labels), linear_world.SEEN + linear_world.UNSEEN)
    assert seen > 0.6  # chance is 0.07


@pytest.mark.parametrize("name", _ZERO_SHOT)
def test_the_order_of_unseen_classes_does_not_matter(name: str) -> None:
    problem, features = linear_world.problem(), linear_world.make().unseen.features
    order = np.concatenate([np.arange(linear_world.SEEN), linear_world.SEEN + np.array([3, 0, 4, 2, 1])])
    reordered = dataclasses.replace(problem, vectors=problem.vectors[order])
    scores, reordered_scores = (registry.fit(name, one, _SETTINGS[name])(features) for one in (problem, reordered))
    np.testing.assert_allclose(reordered_scores, scores[:, order], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", _ZERO_SHOT)
def test_repeated_numbers_do_not_change_the_scores(name: str) -> None:
    """More numbers than classes are used in a basis of their span. For DEM and DAP only the accuracy is comparable."""
    problem, features = linear_world.problem(), linear_world.make().unseen.features
    wide = dataclasses.replace(problem, vectors=np.tile(problem.vectors, (1, 3)))
    assert wide.directions.shape == (19, 19)
    if name in ("dem", "dap"):
        assert _zsl(name, wide) > 0.6
        return
    scores, wide_scores = (registry.fit(name, one, _SETTINGS[name])(features) for one in (problem, wide))
    np.testing.assert_allclose(wide_scores, scores, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", registry.METHODS)
def test_the_same_seed_gives_the_same_scores(name: str) -> None:
    problem, features = linear_world.problem(), linear_world.make().unseen.features
    first, second = (registry.fit(name, problem, _SETTINGS[name])(features) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", ["ale", "devise", "sje", "dem"])
def test_another_seed_gives_other_scores(name: str) -> None:
    problem, features = linear_world.problem(), linear_world.make().unseen.features
    first, second = (
        registry.fit(name, dataclasses.replace(problem, seed=seed), _SETTINGS[name])(features) for seed in (0, 1)
    )
    assert np.abs(first - second).max() > 1e-5


@pytest.mark.parametrize("name", registry.METHODS)
def test_no_candidate_is_repeated(name: str) -> None:
    candidates = registry.METHODS[name].CANDIDATES
    assert len({*map(str, candidates)}) == len(candidates) >= 1


@pytest.mark.parametrize("numbers", [1, 3])
@pytest.mark.parametrize("images", [1, 2])
@pytest.mark.parametrize("seen", [2, 3])
@pytest.mark.parametrize("name", _ZERO_SHOT)
def test_the_fewest_classes_images_and_numbers_have_finite_scores(
    name: str, seen: int, images: int, numbers: int
) -> None:
    rng, labels = np.random.default_rng(0), np.repeat(np.arange(seen), images)
    features = rng.normal(size=(len(labels), numbers)).astype(np.float32)
    vectors = rng.uniform(0.1, 1, (seen + 1, numbers)).astype(np.float32)
    scores = registry.fit(name, method.Problem(features, labels, vectors, seen), _SETTINGS[name])(features)
    assert scores.shape == (len(labels), seen + 1) and np.isfinite(scores).all()
