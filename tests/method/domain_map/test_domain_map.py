# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the map from domain vectors to importances: a planted relation, a twin that sees every image."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st
from scipy import stats

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.method.domain_map import descent, domain_map, fit
from niwt_tf.numerics import choice

_CONFIG = config_lib.MapConfig(map_steps=200, map_learning_rate=1.0, map_folds=6)


@dataclasses.dataclass(frozen=True)
class Relation:
    """Importances of images that follow linearly from their class' domain vector, noise and length apart."""

    vectors: np.ndarray  # [C,M]
    values: np.ndarray  # [N,K]
    labels: np.ndarray  # [N]
    new_vectors: np.ndarray  # [c,M], of classes without images
    new_means: np.ndarray  # [c,K]

    @property
    def units(self) -> np.ndarray:
        return self.values / np.linalg.norm(self.values, axis=1, keepdims=True)

    @property
    def counts(self) -> np.ndarray:
        return np.bincount(self.labels)

    @property
    def sums(self) -> np.ndarray:
        return domain_map.class_sums(self.values, self.labels, len(self.vectors))


def _plant(noise: float = 0.3, classes: int = 24, features: int = 6, seed: int = 0) -> Relation:
    rng = np.random.default_rng(seed)
    kernel, bias = rng.normal(size=(features, 20)), rng.normal(size=20)
    vectors = rng.normal(size=(classes + 8, features)) * rng.uniform(0.5, 3, features) + rng.normal(size=features)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    means = vectors @ kernel + bias
    labels = rng.permutation(np.repeat(np.arange(classes), rng.integers(1, 8, classes)))
    values = means[labels] + noise * np.linalg.norm(means, axis=1).mean() / 4 * rng.normal(size=(len(labels), 20))
    values *= rng.uniform(0.1, 10, (len(labels), 1))
    return Relation(vectors[:classes], values, labels, vectors[classes:], means[classes:])


def _fit(relation: Relation, config: config_lib.MapConfig = _CONFIG, seed: int = 0) -> domain_map.DomainMap:
    return fit.fit_to_sums(relation.vectors, relation.sums, relation.counts, config, seed)


@pytest.fixture(scope="module")
def relation() -> Relation:
    return _plant()


@pytest.fixture(scope="module")
def fitted(relation: Relation) -> domain_map.DomainMap:
    return _fit(relation)


def _mean_cosine(one: np.ndarray, other: np.ndarray) -> float:
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(((one * other).sum(1) / norms).mean())


def test_class_sums_by_hand() -> None:
    values = np.array([[3.0, 4.0], [0.0, 2.0], [0.0, 0.0], [-5.0, 0.0]], np.float32)
    sums = domain_map.class_sums(values, np.array([1, 1, 0, 0]), 3)
    assert sums.dtype == np.float32
    np.testing.assert_allclose(sums, [[-1, 0], [0.6, 1.8], [0, 0]], rtol=1e-6)


def test_class_sums_know_no_lengths(relation: Relation) -> None:
    lengths = np.linspace(0.01, 100, len(relation.labels))[:, None]
    longer = domain_map.class_sums(relation.values * lengths, relation.labels, 24)
    np.testing.assert_allclose(longer, relation.sums, rtol=1e-5, atol=1e-6)


@hypothesis.settings(deadline=None)
@hypothesis.given(
    st.integers(2, 7).flatmap(
        lambda size: st.lists(
            st.tuples(*[st.lists(st.integers(-3, 3), min_size=size, max_size=size)] * 2),
            min_size=1,
            max_size=4,
        )
    )
)
def test_rank_correlations_are_spearmans(rows: list[tuple[list[int], list[int]]]) -> None:
    predicted, observed = (np.array(matrix, float) for matrix in zip(*rows, strict=True))
    result = domain_map.rank_correlations(predicted, observed)
    assert result.shape == (len(rows),)
    for value, (a, b) in zip(result, rows, strict=True):
        constant = len(set(a)) == 1 or len(set(b)) == 1
        assert value == pytest.approx(0.0 if constant else stats.spearmanr(a, b).statistic, abs=1e-9)


def test_rank_correlations_by_hand() -> None:
    predicted = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])
    observed = np.array([[0.1, 0.2, 90.0], [9.0, 8.0, -3.0], [2.0, 1.0, 3.0], [1.0, 2.0, 3.0]])
    np.testing.assert_allclose(domain_map.rank_correlations(predicted, observed), [1, -1, 0.5, 0], atol=1e-12)


def test_rounding_does_not_rank() -> None:
    noise = 1e-7 * np.random.default_rng(0).normal(size=(50, 4))
    predicted, observed = np.array([0.0, 0.8, 0.8, 0.8]) + noise, np.array([[2.0, 0, 0, 0]])
    np.testing.assert_allclose(domain_map.rank_correlations(predicted, np.repeat(observed, 50, 0)), -1, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_of_equal_penalties_the_strongest_and_of_equal_steps_the_first_are_chosen_whatever_rounds(
    relation: Relation, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    noise = iter(np.random.default_rng(seed).uniform(-1e-6, 1e-6, 99))
    monkeypatch.setattr(fit._Problem, "score", lambda *_: 0.5 + next(noise))
    config = dataclasses.replace(_CONFIG, map_steps=20, map_penalties=(0.1, 10.0, 1.0))
    data = relation.vectors, relation.sums, relation.counts, config, 0
    assert fit.fit_to_sums(*data, map_fit=domain_map.MapFit("ridge")).penalty == 10.0
    assert fit.fit_to_sums(*data, map_fit=domain_map.MapFit("descent")).steps == 5


def test_normalisation_by_hand() -> None:
    shift, scale = fit._normalisation(np.array([[0.0, 5.0, 1.0], [2.0, 5.0, 7.0]]))
    np.testing.assert_allclose(shift, [1, 5, 4])
    assert scale == pytest.approx(np.sqrt(1 + 0 + 9))  # both lie (1, 0, 3) from the mean


def test_fit_recovers_a_planted_relation(relation: Relation, fitted: domain_map.DomainMap) -> None:
    predicted = fitted(relation.new_vectors)
    assert predicted.dtype == np.float32
    assert fitted.rank_correlation > 0.9
    assert domain_map.rank_correlations(predicted, relation.new_means).min() > 0.9
    assert _mean_cosine(predicted, relation.new_means) > 0.97


def test_classes_unlike_all_others_are_not_predicted() -> None:
    # More features than classes fit any importances: a held-out class that had a say would be predicted well.
    rng = np.random.default_rng(0)
    vectors, values = rng.normal(size=(24, 40)), rng.normal(size=(24, 20))
    sums = domain_map.class_sums(values, np.arange(24), 24)
    fitted = fit.fit_to_sums(vectors, sums, np.ones(24), _CONFIG, seed=0)
    assert fitted.rank_correlation < 0.3
    long_fitted, _ = _run(vectors, sums, np.ones(24), np.zeros((1, 24), bool), 100, 0.1)
    assert _mean_cosine(vectors @ long_fitted[0], values) > 0.9


def _run(
    inputs: np.ndarray, sums: np.ndarray, counts: np.ndarray, held_out: np.ndarray, steps: int, learning_rate: float
) -> tuple[np.ndarray, np.ndarray]:
    means = sums / counts[:, None]
    config = config_lib.MapConfig(map_learning_rate=learning_rate)
    (layer,) = descent.fit(inputs, means, counts, held_out, steps, config, 0, lambda *_: None)
    return layer


def test_held_out_classes_have_no_say_in_their_fold(relation: Relation) -> None:
    held_out = fit._held_out(24, 4, seed=0)
    other_sums = np.where(held_out[1][:, None], -7 * relation.sums, relation.sums)
    other_counts = np.where(held_out[1], 99, relation.counts)
    kernels, biases = _run(relation.vectors, relation.sums, relation.counts, held_out, 5, 1e-2)
    other_kernels, other_biases = _run(relation.vectors, other_sums, other_counts, held_out, 5, 1e-2)
    np.testing.assert_allclose(other_kernels[1], kernels[1], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(other_biases[1], biases[1], rtol=1e-5, atol=1e-7)
    for fold in (0, 2, 3):
        assert np.abs(other_biases[fold] - biases[fold]).max() > 1e-2


def _image_losses(relation: Relation, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    predicted = (relation.vectors @ kernel + bias)[relation.labels]
    cosines = (predicted * relation.units).sum(1) / np.linalg.norm(predicted, axis=1)
    return 1 - cosines


@pytest.mark.parametrize("step", [1, 7])
def test_the_loss_is_the_mean_over_images_of_one_minus_the_cosine(relation: Relation, step: int) -> None:
    held_out = fit._held_out(24, 3, seed=0)
    losses: dict[int, float] = {}

    def check(number: int, loss: float, layers: list[descent.Layer]) -> None:
        losses[number] = loss

    before = _run(relation.vectors, relation.sums, relation.counts, held_out, step - 1, 1e-2)
    means = relation.sums / relation.counts[:, None]
    config = config_lib.MapConfig(map_learning_rate=1e-2)
    descent.fit(relation.vectors, means, relation.counts, held_out, step, config, 0, check)
    per_fold = [
        _image_losses(relation, before[0][fold], before[1][fold])[~held_out[fold][relation.labels]].mean()
        for fold in range(3)
    ]
    assert losses[step] == pytest.approx(np.mean(per_fold), rel=1e-5)


def test_a_map_starts_at_the_mean_of_its_images_importances(relation: Relation) -> None:
    held_out = fit._held_out(24, 3, seed=0)
    kernels, biases = _run(relation.vectors, relation.sums, relation.counts, held_out, 0, 1e-2)
    assert not kernels.any()
    for fold in range(3):
        expected = relation.units[~held_out[fold][relation.labels]].mean(0)
        np.testing.assert_allclose(biases[fold], expected, rtol=1e-4, atol=1e-6)


def test_steps_are_those_of_momentum_over_all_images(relation: Relation) -> None:
    held_out = fit._held_out(24, 3, seed=0)
    kernels, biases = _run(relation.vectors, relation.sums, relation.counts, held_out, 6, 0.05)
    for fold in range(3):
        kept = ~held_out[fold][relation.labels]
        units, inputs = relation.units[kept], relation.vectors[relation.labels[kept]]
        kernel, bias = np.zeros((6, 20)), units.mean(0)
        kernel_speed, bias_speed = 0.0, 0.0
        for _ in range(6):
            predicted = inputs @ kernel + bias
            norms = np.linalg.norm(predicted, axis=1, keepdims=True)
            cosines = (predicted / norms * units).sum(1, keepdims=True)
            gradients = (cosines * predicted / norms - units) / norms / len(units)  # of each image's 1 - cosine
            kernel_speed = 0.9 * kernel_speed - 0.05 * inputs.T @ gradients
            bias_speed = 0.9 * bias_speed - 0.05 * gradients.sum(0)
            kernel, bias = kernel + kernel_speed, bias + bias_speed
        assert np.abs(kernel).max() > 0.05
        np.testing.assert_allclose(kernels[fold], kernel, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(biases[fold], bias, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("layers", [2, 3])
def test_a_map_with_hidden_layers_is_the_refitted_one_and_a_model_that_keras_loads(
    relation: Relation, layers: int, tmp_path: Path
) -> None:
    config = dataclasses.replace(_CONFIG, map_steps=20, map_layers=layers, map_width=16)
    deep = _fit(relation, config)
    shift, scale = fit._normalisation(relation.vectors)
    inputs, means = (relation.vectors - shift) / scale, relation.sums / relation.counts[:, None]
    everyone = np.zeros((1, 24), bool)
    fitted = descent.fit(inputs, means, relation.counts, everyone, deep.steps, config, 0, lambda *_: None)
    expected = descent.predict((relation.new_vectors - shift) / scale, fitted, 0)
    np.testing.assert_allclose(deep(relation.new_vectors), expected, rtol=1e-3, atol=1e-4)
    names = [layer.name for layer in deep.forward.layers[3:]]
    assert names == [*(f"hidden{number}" for number in range(1, layers)), "importances"]
    deep.save(tmp_path)
    loaded = domain_map.DomainMap.load(tmp_path)
    np.testing.assert_array_equal(loaded(relation.new_vectors), deep(relation.new_vectors))


def test_hidden_layers_learn_what_a_linear_map_cannot() -> None:
    angles = np.arange(100) * 2 * np.pi / 100
    vectors, doubled = (np.stack([np.cos(turn), np.sin(turn)], 1) for turn in (angles, 2 * angles))
    values = doubled @ np.random.default_rng(3).normal(size=(2, 12))
    sums = domain_map.class_sums(values, np.arange(100), 100)
    linear, deep = (
        fit.fit_to_sums(vectors, sums, np.ones(100), dataclasses.replace(_CONFIG, map_layers=layers, map_width=32), 0)
        for layers in (1, 2)
    )
    assert linear.rank_correlation < 0.3 < 0.8 < deep.rank_correlation


@pytest.mark.parametrize("kind", config_lib.MAP_LOSSES)
def test_every_loss_recovers_the_planted_relation(relation: Relation, kind: str) -> None:
    fitted = _fit(relation, dataclasses.replace(_CONFIG, map_loss=kind, map_steps=100))
    assert domain_map.rank_correlations(fitted(relation.new_vectors), relation.new_means).mean() > 0.95


def test_fit_is_the_same_for_the_same_seed(relation: Relation, fitted: domain_map.DomainMap) -> None:
    same = _fit(relation)
    assert (same.steps, same.rank_correlation) == (fitted.steps, fitted.rank_correlation)
    np.testing.assert_array_equal(same(relation.new_vectors), fitted(relation.new_vectors))


def test_the_seed_deals_the_folds() -> None:
    folds = [fit._held_out(24, 6, seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(folds[0], folds[1])
    assert not np.array_equal(folds[0], folds[2])


def test_fit_stops_at_the_best_logged_rank_correlation_and_later_steps_change_nothing() -> None:
    noisy = _plant(noise=0.5, classes=12, features=10)
    logged: dict[int, dict[str, float]] = {}

    def log(step: int, **values: float) -> None:
        logged[step] = values

    config = dataclasses.replace(_CONFIG, map_steps=103, map_learning_rate=0.1)
    fitted = fit.fit_to_sums(noisy.vectors, noisy.sums, noisy.counts, config, 0, log=log)
    assert list(logged) == [*range(5, 101, 5), 103]
    correlations = {step: values["rank_correlation"] for step, values in logged.items()}
    good = [step for step, value in correlations.items() if value >= max(correlations.values()) - choice.TOLERANCE]
    assert fitted.steps == good[0] and correlations[fitted.steps] == fitted.rank_correlation
    assert 5 < fitted.steps < 100, "these data shall need neither the first nor the last check"
    assert all(np.isfinite(values["loss"]) for values in logged.values())
    shorter = _fit(noisy, dataclasses.replace(config, map_steps=fitted.steps))
    np.testing.assert_array_equal(shorter(noisy.new_vectors), fitted(noisy.new_vectors))


def test_the_logged_rank_correlation_is_that_of_maps_without_the_class(relation: Relation) -> None:
    logged: list[float] = []
    config = dataclasses.replace(_CONFIG, map_steps=5)
    fit.fit_to_sums(
        relation.vectors,
        relation.sums,
        relation.counts,
        config,
        0,
        log=lambda _, **values: logged.append(values["rank_correlation"]),
    )
    shift, scale = fit._normalisation(relation.vectors)
    inputs = (relation.vectors - shift) / scale
    held_out = fit._held_out(24, 6, seed=0)
    kernels, biases = _run(inputs, relation.sums, relation.counts, held_out, 5, _CONFIG.map_learning_rate)
    observed = np.stack([relation.units[relation.labels == index].mean(0) for index in range(24)])
    correlations = [
        stats.spearmanr(inputs[index] @ kernels[fold] + biases[fold], observed[index]).statistic
        for fold, index in np.argwhere(held_out)
    ]
    assert logged == pytest.approx([np.mean(correlations)], rel=1e-6)


def test_the_map_is_the_one_refitted_to_all_classes(relation: Relation, fitted: domain_map.DomainMap) -> None:
    shift, scale = fit._normalisation(relation.vectors)
    everyone = np.zeros((1, 24), bool)
    inputs = (relation.vectors - shift) / scale
    kernel, bias = _run(inputs, relation.sums, relation.counts, everyone, fitted.steps, _CONFIG.map_learning_rate)
    expected = (relation.new_vectors - shift) / scale @ kernel[0] + bias[0]
    np.testing.assert_allclose(fitted(relation.new_vectors), expected, rtol=1e-4, atol=1e-4)


def test_a_class_alone_or_in_a_graph_is_predicted_as_among_others(
    relation: Relation, fitted: domain_map.DomainMap
) -> None:
    together = fitted(relation.new_vectors[:7])
    alone = np.concatenate([fitted(relation.new_vectors[i : i + 1]) for i in range(7)])
    graph = tf.function(fitted.forward)(tf.constant(relation.new_vectors[:7], tf.float32))
    np.testing.assert_allclose(alone, together, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(graph, together, rtol=1e-5, atol=1e-6)


def test_a_loaded_map_is_the_saved_one(relation: Relation, fitted: domain_map.DomainMap, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    loaded = domain_map.DomainMap.load(tmp_path)
    for name in ("steps", "rank_correlation", "penalty", "relevance"):
        assert getattr(loaded, name) == getattr(fitted, name), name
    np.testing.assert_array_equal(loaded.residuals, fitted.residuals)
    np.testing.assert_array_equal(loaded(relation.new_vectors), fitted(relation.new_vectors))


def test_a_map_that_was_saved_before_it_knew_its_errors_is_read(fitted: domain_map.DomainMap, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    np.savez(tmp_path / "map.npz", rank_correlation=0.75, steps=60, penalty=0.5)
    loaded = domain_map.DomainMap.load(tmp_path, bundle_format=1)
    assert (loaded.rank_correlation, loaded.steps, loaded.penalty, loaded.relevance) == (0.75, 60, 0.5, 0)
    assert len(loaded.residuals) == 0
    for bundle_format in (2, 3, np.inf):
        with pytest.raises(errors.DamagedError, match="map.npz, which has no relevance, residuals. "):
            domain_map.DomainMap.load(tmp_path, bundle_format=bundle_format)


def test_residuals_by_hand() -> None:
    # So much penalty leaves the mean of the other two classes: half of each of their neurons.
    config, root = config_lib.MapConfig(map_folds=3, map_penalties=(1e12,)), np.sqrt(0.5)
    fitted = fit.fit_to_sums(np.eye(3), 2 * np.eye(3), np.full(3, 2), config, 0, map_fit=domain_map.MapFit("ridge"))
    expected = [[-1, root, root], [root, -1, root], [root, root, -1]]
    assert fitted.residuals.dtype == np.float32
    np.testing.assert_allclose(fitted.residuals, expected, atol=1e-6)


def test_residuals_are_of_maps_without_the_class(relation: Relation, fitted: domain_map.DomainMap) -> None:
    shift, scale = fit._normalisation(relation.vectors)
    inputs = (relation.vectors - shift) / scale
    held_out = fit._held_out(24, 6, seed=0)
    layer = _run(inputs, relation.sums, relation.counts, held_out, fitted.steps, _CONFIG.map_learning_rate)
    for fold, index in np.argwhere(held_out):
        predicted = inputs[index] @ layer[0][fold] + layer[1][fold]
        observed = relation.sums[index]
        missed = predicted / np.linalg.norm(predicted) - observed / np.linalg.norm(observed)
        np.testing.assert_allclose(fitted.residuals[index], missed, atol=1e-4)


@pytest.mark.parametrize("broken", ["vectors", "sums"])
def test_a_loss_that_is_no_number_is_an_error_that_names_the_setting(relation: Relation, broken: str) -> None:
    data = {"vectors": relation.vectors.copy(), "sums": relation.sums.copy()}
    data[broken][3, 2] = np.nan
    config = dataclasses.replace(_CONFIG, map_steps=3)  # fewer than between two checks
    message = r"`loss` must be a finite number\. Received: nan in step 3 .*Lower map_learning_rate\."
    with pytest.raises(errors.DivergedError, match=message):
        fit.fit_to_sums(data["vectors"], data["sums"], relation.counts, config, seed=0)


@pytest.mark.parametrize("how", config_lib.MAP_FITS)
def test_lengths_of_domain_vectors_change_nothing(relation: Relation, how: str) -> None:
    rng = np.random.default_rng(0)
    lengths, new_lengths = rng.uniform(0.01, 100, (24, 1)), rng.uniform(0.01, 100, (8, 1))
    data = relation.sums, relation.counts, _CONFIG, 0
    fitted = fit.fit_to_sums(relation.vectors, *data, domain_map.MapFit(how))
    longer = fit.fit_to_sums(relation.vectors * lengths, *data, domain_map.MapFit(how))
    assert longer.rank_correlation == pytest.approx(fitted.rank_correlation, abs=1e-3)
    assert _mean_cosine(longer(relation.new_vectors * new_lengths), fitted(relation.new_vectors)) > 0.999


def test_turned_domain_vectors_change_nothing(relation: Relation, fitted: domain_map.DomainMap) -> None:
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))
    turned = fit.fit_to_sums(relation.vectors @ turn, relation.sums, relation.counts, _CONFIG, seed=0)
    assert _mean_cosine(turned(relation.new_vectors @ turn), fitted(relation.new_vectors)) > 0.999


def test_vectors_that_are_all_alike_give_the_mean_importances(relation: Relation) -> None:
    config = dataclasses.replace(_CONFIG, map_steps=5)
    fitted = fit.fit_to_sums(np.ones((24, 6)), relation.sums, relation.counts, config, seed=0)
    predicted = fitted(np.ones((2, 6)))
    assert np.isfinite(predicted).all()
    assert _mean_cosine(predicted, np.tile(relation.units.mean(0), (2, 1))) > 0.9


@pytest.mark.parametrize("factor", [1e-4, 1e4])
def test_the_unit_of_the_domain_vectors_does_not_matter(
    relation: Relation, fitted: domain_map.DomainMap, factor: float
) -> None:
    scaled = fit.fit_to_sums(factor * relation.vectors, relation.sums, relation.counts, _CONFIG, seed=0)
    assert _mean_cosine(scaled(factor * relation.new_vectors), fitted(relation.new_vectors)) > 0.999
