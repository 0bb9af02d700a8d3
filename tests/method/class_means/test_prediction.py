# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of means predicted from descriptions: by hand, and against ridge regressions without the class."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import linear_model

from niwt_tf.method.class_means import prediction as prediction_lib
from niwt_tf.numerics import choice, unit_vectors


def _classes(seed: int, classes: int = 12, features: int = 5, size: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Returns domain vectors and means about their center, which have nothing to do with each other."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(classes, size))
    return rng.normal(size=(classes, features)) + 0.5, means - means.mean(0)


def _ridge(prediction: prediction_lib.MeanPrediction, rows: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Returns coefficients `[U,C]` of a ridge regression on some classes, 0 for the others, by scikit-learn."""
    classes = len(prediction.vectors)
    alpha = prediction.penalty * prediction.vectors.var(0).sum()  # that of all classes
    model = linear_model.Ridge(alpha=alpha).fit(prediction.vectors[rows], np.eye(classes)[rows])
    return model.predict(unit_vectors.units(vectors))


def test_two_classes_by_hand() -> None:
    # Inputs of (1, -1) / 2 and its opposite, with squares of 1/2: the penalty is 0.3 / 2, and the slope 1 / 1.15.
    prediction = prediction_lib.fit(np.eye(2), np.array([[-3.0], [3.0]]))
    own = 0.5 + 0.5 / 1.15
    assert prediction.penalty == 0.3
    np.testing.assert_allclose(prediction.smoother, [[own, 1 - own], [1 - own, own]])
    np.testing.assert_allclose(prediction.coefficients(np.array([[0.0, 7.0]])), [[1 - own, own]])
    for alike in (2.0, 0.0):  # as much of the one as of the other, or nothing at all
        np.testing.assert_allclose(prediction.coefficients(np.full((1, 2), alike)), [[0.5, 0.5]])
    np.testing.assert_allclose(prediction.left_out, [[0, 1], [1, 0]])


@pytest.mark.parametrize("features", [5, 30])  # fewer than classes, and more
def test_new_classes_are_predicted_by_ridge_regression(features: int) -> None:
    prediction = prediction_lib.fit(*_classes(0, features=features))
    new = np.random.default_rng(1).normal(size=(4, features))
    coefficients = prediction.coefficients(new)
    np.testing.assert_allclose(coefficients, _ridge(prediction, np.arange(12), new), atol=1e-9)
    np.testing.assert_allclose(coefficients.sum(1), 1)
    np.testing.assert_allclose(prediction.coefficients(prediction.vectors), prediction.smoother, atol=1e-9)


@pytest.mark.parametrize("features", [5, 30])
def test_each_class_is_left_out_as_if_fitted_without_it(features: int) -> None:
    prediction = prediction_lib.fit(*_classes(2, features=features))
    for one, row in enumerate(prediction.left_out):
        twin = _ridge(prediction, np.delete(np.arange(12), one), prediction.vectors[[one]])
        np.testing.assert_allclose(row, twin[0], atol=1e-9)
        assert row[one] == 0


@pytest.mark.parametrize("features", [5, 30])
@pytest.mark.parametrize("group", [[3], [7, 0], [1, 4, 5, 8, 11]])
def test_groups_are_left_out_together_as_if_fitted_without_them(group: list[int], features: int) -> None:
    prediction = prediction_lib.fit(*_classes(3, features=features))
    together = prediction.left_out_together(np.array(group))
    twin = _ridge(prediction, np.delete(np.arange(12), group), prediction.vectors[group])
    np.testing.assert_allclose(together, twin, atol=1e-9)
    np.testing.assert_allclose(together.sum(1), 1)
    assert not together[:, group].any()


def test_a_group_of_one_is_a_class_left_out() -> None:
    prediction = prediction_lib.fit(*_classes(4))
    np.testing.assert_allclose(prediction.left_out_together(np.array([6])), prediction.left_out[[6]], atol=1e-12)


def test_only_directions_of_domain_vectors_count() -> None:
    vectors, means = _classes(5)
    prediction = prediction_lib.fit(vectors, means)
    longer = prediction_lib.fit(vectors * np.arange(1, 13)[:, None], means)
    np.testing.assert_allclose(longer.smoother, prediction.smoother, atol=1e-12)
    np.testing.assert_allclose(longer.coefficients(3 * vectors[:2]), prediction.coefficients(vectors[:2]), atol=1e-12)


def test_with_little_penalty_means_that_are_linear_in_the_vectors_are_predicted_exactly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prediction_lib, "PENALTIES", (1e-7,))
    rng = np.random.default_rng(6)
    vectors = unit_vectors.units(rng.normal(size=(15, 5)))
    means = vectors @ rng.normal(size=(5, 9)) + rng.normal(size=9)
    prediction = prediction_lib.fit(vectors[:12], means[:12])
    np.testing.assert_allclose(prediction.coefficients(vectors[12:]) @ means[:12], means[12:], atol=1e-4)
    np.testing.assert_allclose(prediction.left_out @ means[:12], means[:12], atol=1e-4)
    together = prediction.left_out_together(np.array([2, 9, 4]))
    np.testing.assert_allclose(together @ means[:12], means[[2, 9, 4]], atol=1e-4)
    assert prediction.cosine == pytest.approx(1)


def test_the_cosine_is_that_of_left_out_classes_about_the_mean_of_the_others() -> None:
    vectors, means = _classes(7)
    prediction = prediction_lib.fit(vectors, means)
    cosines = []
    for one in range(12):
        others = np.delete(means, one, 0).mean(0)
        predicted, true = prediction.left_out[one] @ means - others, means[one] - others
        cosines.append(predicted @ true / np.linalg.norm(predicted) / np.linalg.norm(true))
    assert prediction.cosine == pytest.approx(np.mean(cosines))


def _informed(seed: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns domain vectors and means that follow from them, but for noise."""
    rng = np.random.default_rng(seed)
    vectors = unit_vectors.units(rng.normal(size=(30, 6)))
    means = vectors @ rng.normal(size=(6, 20)) + noise * rng.normal(size=(30, 20))
    return vectors, means - means.mean(0)


@pytest.mark.parametrize("seed", range(3))
def test_descriptions_that_tell_the_means_are_no_matter_of_chance(seed: int) -> None:
    prediction = prediction_lib.fit(*_informed(seed, noise=0.1))
    assert prediction.cosine > 0.9
    assert prediction.chance == 1 / 200


def test_descriptions_of_other_classes_are_a_matter_of_chance() -> None:
    chances = []
    for seed in range(10):
        vectors, means = _informed(seed, noise=0.1)
        prediction = prediction_lib.fit(np.random.default_rng(seed).permutation(vectors), means)
        chances.append(prediction.chance)
        assert prediction.cosine < 0.3
    assert np.mean(np.array(chances) > 0.05) >= 0.8


def test_chance_among_some_of_many_classes_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, means = _informed(0, noise=0.1)
    monkeypatch.setattr(prediction_lib, "_MOST_PERMUTED", 15)
    assert prediction_lib.fit(vectors, means).chance == 1 / 200
    assert prediction_lib.fit(np.random.default_rng(0).permutation(vectors), means).chance > 0.05


def test_chance_depends_on_the_seed_alone() -> None:
    vectors, means = _classes(8)
    chances = [prediction_lib.fit(vectors, means, seed).chance for seed in (0, 0, 1, 2, 3)]
    assert chances[0] == chances[1]
    assert len(set(chances)) > 1


@pytest.mark.parametrize("is_faint", [False, True])
def test_the_penalty_is_the_stronger_unless_the_weaker_predicts_better(
    is_faint: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors, means = _informed(1, noise=4.0)
    if is_faint:  # what tells the means is a small part of the descriptions, which a penalty shrinks first
        vectors, means = _informed(1, noise=0.0)
        vectors = np.concatenate([0.2 * vectors, np.random.default_rng(2).normal(size=(30, 2))], axis=1)
    chosen = prediction_lib.fit(vectors, means)
    cosines = []
    for penalty in (0.3, 0.1):
        monkeypatch.setattr(prediction_lib, "PENALTIES", (penalty,))
        cosines.append(prediction_lib.fit(vectors, means).cosine)
    assert (cosines[1] > cosines[0] + choice.TOLERANCE) == is_faint
    assert (chosen.penalty, chosen.cosine) == ((0.1, cosines[1]) if is_faint else (0.3, cosines[0]))


@pytest.mark.parametrize("scale", [1.0, 1e3])
@pytest.mark.parametrize("vectors", [np.eye(2), np.ones((3, 4)), np.ones((11, 4)), np.zeros((3, 4))])
def test_rounding_predicts_nothing(vectors: np.ndarray, scale: float) -> None:
    # Two classes, or classes of one description, are predicted by the mean of the others, and no direction from it.
    means = scale * np.random.default_rng(9).normal(size=(len(vectors), 6))
    prediction = prediction_lib.fit(vectors, means - means.mean(0))
    assert prediction.cosine == pytest.approx(0, abs=1e-5)
    assert prediction.chance == 1
