# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the map from importances back to domain vectors: a planted relation, a twin that sees every image."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.method import inverse_map
from niwt_tf.numerics import choice
from niwt_tf.numerics import folds as folds_lib


@dataclasses.dataclass(frozen=True)
class Relation:
    """Images whose unit importances tell their class's domain vector linearly, but for noise."""

    values: np.ndarray  # [N,K]
    labels: np.ndarray  # [N]
    vectors: np.ndarray  # [C,M]
    new_values: np.ndarray  # [c,K], of classes that were not seen
    new_vectors: np.ndarray  # [c,M]

    @property
    def units(self) -> np.ndarray:
        return self.values / np.linalg.norm(self.values, axis=1, keepdims=True)


def _plant(noise: float = 0.1, classes: int = 30, neurons: int = 8, features: int = 5, seed: int = 0) -> Relation:
    rng = np.random.default_rng(seed)
    kernel, bias = rng.normal(size=(neurons, features)), rng.normal(size=features)
    means = rng.normal(size=(classes + 6, neurons))
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    labels = rng.permutation(np.repeat(np.arange(classes), rng.integers(1, 9, classes)))
    values = means[labels] + noise * rng.normal(size=(len(labels), neurons)) / np.sqrt(neurons)
    lengths = rng.uniform(0.1, 10, (len(labels), 1))  # only the direction counts
    vectors = means @ kernel + bias
    return Relation(values * lengths, labels, vectors[:classes], means[classes:] * 5, vectors[classes:])


def _fit(relation: Relation, seed: int = 0) -> inverse_map.InverseMap:
    return inverse_map.fit(relation.values, relation.labels, relation.vectors, folds=6, seed=seed)


@pytest.fixture(scope="module")
def relation() -> Relation:
    return _plant()


@pytest.fixture(scope="module")
def fitted(relation: Relation) -> inverse_map.InverseMap:
    return _fit(relation)


def test_fit_recovers_a_planted_relation() -> None:
    relation = _plant(noise=0)
    fitted = _fit(relation)
    assert fitted.rank_correlation > 0.99
    true_scores = relation.new_vectors - relation.vectors.mean(0)
    np.testing.assert_allclose(fitted(relation.new_values), true_scores, atol=0.02)


def test_scores_of_noisy_importances_are_near_the_true_ones(relation: Relation, fitted: inverse_map.InverseMap) -> None:
    scores, true_scores = fitted(relation.new_values), relation.new_vectors - relation.vectors.mean(0)
    assert scores.dtype == np.float32
    assert np.abs(scores - true_scores).mean() < 0.25 * np.abs(true_scores).mean()


def test_scores_by_hand() -> None:
    # Of a linear head over global average pooling, importances are the class's weights. Two classes, two neurons, one
    # for each: unit importances (1, 0) and (0, 1) lie (0.5, -0.5) either side of their mean, along the one eigenvector.
    values = np.array([[4.0, 0.0], [0.0, 0.5]])
    fitted = inverse_map.fit(values, np.array([0, 1]), np.array([[1.0, 0.0, 7.0], [0.0, 0.0, 9.0]]), folds=2, seed=0)
    np.testing.assert_allclose(fitted(values), [[0.5, 0, -1], [-0.5, 0, 1]], atol=1e-6)
    # Each neuron's importance has a standard deviation of 0.5, and what comes along with it is half the difference.
    np.testing.assert_allclose(fitted.patterns, [[0.5, 0, -1], [-0.5, 0, 1]], atol=1e-6)


def test_only_the_direction_of_importances_counts(relation: Relation, fitted: inverse_map.InverseMap) -> None:
    np.testing.assert_allclose(fitted(relation.new_values * 1e-4), fitted(relation.new_values), atol=1e-5)


def test_scores_are_centred_on_the_seen_classes(relation: Relation, fitted: inverse_map.InverseMap) -> None:
    scores = fitted(relation.units.astype(np.float32))
    means = np.stack([scores[relation.labels == label].mean(0) for label in range(30)])
    np.testing.assert_allclose(means.mean(0), 0, atol=1e-5)


def test_importances_of_zero_say_nothing(fitted: inverse_map.InverseMap) -> None:
    scores = fitted(np.zeros((2, 8), np.float32))
    np.testing.assert_array_equal(scores, np.zeros((2, 5)))


def _moments(values: np.ndarray, labels: np.ndarray, fold_of: np.ndarray) -> inverse_map._Moments:
    """Returns the moments in the coordinates of the neurons themselves."""
    means = inverse_map._class_means(values, labels, len(fold_of))
    return inverse_map._moments(values, labels, fold_of, means, np.eye(values.shape[1]))


def _gradient_descent(relation: Relation, kept: np.ndarray, steps: int) -> np.ndarray:
    """Returns the weights after plain gradient descent over the images of the classes `kept`."""
    counts = np.bincount(relation.labels)
    shares = (kept / counts / kept.sum())[relation.labels]
    inputs = relation.units - shares @ relation.units
    targets = (relation.vectors - relation.vectors[kept].mean(0))[relation.labels]
    rate = 1 / np.linalg.eigvalsh((inputs * shares[:, None]).T @ inputs).max()
    kernel = np.zeros((inputs.shape[1], targets.shape[1]))
    for _ in range(steps):
        kernel -= rate * inputs.T @ (shares[:, None] * (inputs @ kernel - targets))
    return kernel


@pytest.mark.parametrize("steps", [1, 2, 37])
def test_the_closed_form_is_gradient_descent_over_images(relation: Relation, steps: int) -> None:
    fold_of = folds_lib.deal_blocks(30, 6, seed=0)
    moments = _moments(relation.values, relation.labels, fold_of)
    for kept in (fold_of >= 0, fold_of != 2):
        descent = inverse_map._Descent.prepare(moments, relation.vectors, kept)
        np.testing.assert_allclose(descent.kernel(steps), _gradient_descent(relation, kept, steps), atol=1e-9)


def test_fit_stops_where_held_out_classes_are_told_best_and_refits_on_all() -> None:
    noisy = _plant(noise=0.5, classes=14, neurons=12)
    logged: dict[int, float] = {}
    fitted = inverse_map.fit(
        noisy.values,
        noisy.labels,
        noisy.vectors,
        6,
        0,
        lambda step, **values: logged.update({step: values["rank_correlation"]}),
    )
    assert logged[fitted.steps] == fitted.rank_correlation >= max(logged.values()) - choice.TOLERANCE
    assert 1 < fitted.steps < 10_000, "these data shall need neither the first nor the last step"
    kernel = _gradient_descent(noisy, np.ones(14, bool), fitted.steps)
    np.testing.assert_allclose(fitted.backward.get_layer("scores").kernel, kernel, atol=1e-5)


def test_held_out_classes_have_no_say_in_their_fold(relation: Relation) -> None:
    fold_of = folds_lib.deal_blocks(30, 6, seed=0)
    changed = fold_of == 1
    other_values = np.where(changed[relation.labels][:, None], -7 * relation.values[:, ::-1], relation.values)
    other_vectors = np.where(changed[:, None], 99, relation.vectors)
    for kept, same in ((fold_of != 1, True), (fold_of != 0, False)):
        kernels = [
            inverse_map._Descent.prepare(_moments(values, relation.labels, fold_of), vectors, kept).kernel(9)
            for values, vectors in ((relation.values, relation.vectors), (other_values, other_vectors))
        ]
        assert np.allclose(*kernels) is same


def test_classes_unlike_all_others_are_not_told() -> None:
    # More neurons than classes tell any vectors: a held-out class that had a say would be told well.
    rng = np.random.default_rng(0)
    fitted = inverse_map.fit(rng.normal(size=(24, 60)), np.arange(24), rng.normal(size=(24, 20)), 6, 0)
    assert fitted.rank_correlation < 0.3


def test_every_class_has_the_same_say(relation: Relation, fitted: inverse_map.InverseMap) -> None:
    times = np.where(relation.labels == 3, 5, 1)
    repeated = inverse_map.fit(
        np.repeat(relation.values, times, 0), np.repeat(relation.labels, times), relation.vectors, 6, 0
    )
    np.testing.assert_allclose(repeated(relation.new_values), fitted(relation.new_values), atol=1e-4)


def test_patterns_are_the_scores_of_what_comes_along(relation: Relation, fitted: inverse_map.InverseMap) -> None:
    shares = (1 / np.bincount(relation.labels) / 30)[relation.labels]
    centred = relation.units - shares @ relation.units
    covariance = (centred * shares[:, None]).T @ centred
    deviations = np.sqrt(np.diag(covariance))
    along = covariance / deviations[:, None]  # row k: what all importances are above their means
    kernel = fitted.backward.get_layer("scores").kernel
    np.testing.assert_allclose(fitted.patterns, along @ kernel, atol=1e-5)


def test_a_neuron_that_is_never_important_has_no_pattern(relation: Relation) -> None:
    values = np.concatenate([relation.values, np.zeros((len(relation.values), 1))], 1)
    fitted = inverse_map.fit(values, relation.labels, relation.vectors, 6, 0)
    np.testing.assert_array_equal(fitted.patterns[-1], np.zeros(5))
    assert np.isfinite(fitted.patterns).all()


@pytest.mark.parametrize("value", [0.0, 2.5])
def test_importances_that_are_all_alike_tell_nothing(value: float) -> None:
    fitted = inverse_map.fit(np.full((6, 4), value), np.arange(6), np.eye(6), 3, 0)
    np.testing.assert_allclose(fitted(np.array([[1.0, 2.0, 3.0, 4.0]])), np.zeros((1, 6)), atol=1e-5)
    np.testing.assert_allclose(fitted.patterns, np.zeros((4, 6)), atol=1e-5)


def test_images_are_summed_block_by_block(
    relation: Relation, fitted: inverse_map.InverseMap, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(inverse_map, "_ROWS", 7)
    np.save(tmp_path / "values.npy", relation.values.astype(np.float32))
    mapped = np.load(tmp_path / "values.npy", mmap_mode="r")
    blocks = inverse_map.fit(mapped, relation.labels, relation.vectors, 6, 0)
    np.testing.assert_allclose(blocks(relation.new_values), fitted(relation.new_values), atol=1e-3)


@pytest.mark.parametrize(
    ("images", "neurons", "within", "dimensions"),
    [
        (40, 30, 0.0, 4),  # a linear head: of a class all the same
        (12, 30, 0.5, 12),  # fewer images than neurons
        (40, 30, 0.5, 30),
        (40, 3, 0.0, 3),  # more classes than neurons
        (40, 30, 1e-8, 4),  # what rounding leaves of a linear head
    ],
)
def test_the_space_of_the_importances_is_found_and_gives_the_same_map(
    images: int, neurons: int, within: float, dimensions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    labels = np.arange(images) % 4
    values = rng.normal(size=(4, neurons))[labels] + within * rng.normal(size=(images, neurons))
    vectors, others = rng.normal(size=(4, 6)), rng.normal(size=(5, neurons))
    span = inverse_map._span(values, inverse_map._class_means(values, labels, 4))
    assert span.shape == (neurons, dimensions)
    np.testing.assert_allclose(span.T @ span, np.eye(dimensions), atol=1e-12)
    monkeypatch.setattr(inverse_map, "_STEPS", np.array([30]))
    reduced = inverse_map.fit(values, labels, vectors, 2, 0)
    monkeypatch.setattr(inverse_map, "_span", lambda values, means: np.eye(neurons))
    whole = inverse_map.fit(values, labels, vectors, 2, 0)
    np.testing.assert_allclose(
        reduced(np.concatenate([values, others])), whole(np.concatenate([values, others])), atol=1e-5
    )
    np.testing.assert_allclose(reduced.patterns, whole.patterns, atol=1e-5)
    assert reduced.rank_correlation == pytest.approx(whole.rank_correlation, abs=1e-9)


def test_steps_that_rounding_alone_tells_apart_are_the_fewest(monkeypatch: pytest.MonkeyPatch) -> None:
    noisy = _plant(noise=0.5, classes=14, neurons=12)
    monkeypatch.setattr(inverse_map, "_STEPS", np.array([1, 5, 9, 20]))
    for scores in ([0.2, 0.5, 0.5 + 1e-12, 0.1], [0.2, 0.5 + 1e-12, 0.5, 0.1]):
        monkeypatch.setattr(inverse_map, "_correlations", lambda *_, scores=scores: np.array(scores))
        assert _fit(noisy).steps == 5


def test_a_loaded_map_is_the_saved_one(relation: Relation, fitted: inverse_map.InverseMap, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    loaded = inverse_map.InverseMap.load(tmp_path)
    assert (loaded.steps, loaded.rank_correlation) == (fitted.steps, fitted.rank_correlation)
    np.testing.assert_array_equal(loaded.patterns, fitted.patterns)
    np.testing.assert_array_equal(loaded(relation.new_values), fitted(relation.new_values))


def test_an_image_alone_or_in_a_graph_is_told_as_among_others(
    relation: Relation, fitted: inverse_map.InverseMap
) -> None:
    together = fitted(relation.new_values)
    alone = np.concatenate([fitted(relation.new_values[i : i + 1]) for i in range(6)])
    graph = tf.function(fitted.backward)(tf.constant(relation.new_values, tf.float32))
    np.testing.assert_allclose(alone, together, atol=1e-6)
    np.testing.assert_allclose(graph, together, atol=1e-6)


@pytest.mark.parametrize("broken", ["importances", "domain vectors"])
def test_numbers_that_are_not_finite_are_an_error(relation: Relation, broken: str) -> None:
    values, vectors = relation.values.copy(), relation.vectors.copy()
    {"importances": values, "domain vectors": vectors}[broken][3, 2] = np.nan
    message = rf"`{broken}` must be finite numbers\. Received: {broken} of 1 of 30 classes that are not\. Train the"
    with pytest.raises(errors.DivergedError, match=message):
        inverse_map.fit(values, relation.labels, vectors, 6, 0)
