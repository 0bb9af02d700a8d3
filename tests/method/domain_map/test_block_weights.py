# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of `block_weights`."""

import numpy as np
import pytest

from niwt_tf import config as config_lib
from niwt_tf.method.class_means import prediction
from niwt_tf.method.domain_map import block_weights, domain_map, fit, relevance


def _draw(classes: int, *sizes: int) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [rng.normal(size=(classes, size)) / np.sqrt(size) for size in sizes]


def test_one_block_few_classes_or_nothing_to_learn_leave_all_equal() -> None:
    inputs, prototypes = _draw(9, 5, 4)
    np.testing.assert_array_equal(block_weights.fit(inputs, prototypes, [[5]]), np.ones(5))
    np.testing.assert_array_equal(block_weights.fit(inputs[:2], prototypes[:2], [[3], [2]]), np.ones(5))
    np.testing.assert_array_equal(block_weights.fit(inputs, np.ones((9, 4)), [[3], [2]]), np.ones(5))
    np.testing.assert_array_equal(block_weights.fit(np.ones((9, 5)), prototypes, [[3], [2]]), np.ones(5))


def test_a_block_that_determines_prototypes_outweighs_noise() -> None:
    useful, noise = _draw(30, 6, 8)
    prototypes = useful @ np.random.default_rng(0).normal(size=(6, 10))
    weights = block_weights.fit(np.hstack([noise, useful]), prototypes, [[8], [6]])
    assert weights.mean() == pytest.approx(1)
    assert len(set(weights[:8])) == len(set(weights[8:])) == 1  # equal within a block
    assert weights[0] == 0 < weights[-1]


def test_a_constant_block_gets_no_weight_and_scale_does_not_count() -> None:
    first, second, prototypes = _draw(20, 3, 4, 5)
    prototypes[:, :3] += first
    weights = block_weights.fit(np.hstack([first, np.ones((20, 2)), second]), prototypes, [[3], [2], [4]])
    assert (weights[3:5] == 0).all()
    larger = block_weights.fit(np.hstack([10 * first, np.ones((20, 2)), second]), prototypes, [[3], [2], [4]])
    np.testing.assert_allclose(larger[-1] / larger[0], 100 * weights[-1] / weights[0], rtol=1e-4)


def test_blocks_of_one_source_differ_less_than_sources() -> None:
    useful, noise = _draw(30, 6, 8)
    prototypes = useful @ np.random.default_rng(0).normal(size=(6, 10)) + 0.2 * _draw(30, 10)[0]
    inputs = np.hstack([noise, useful])
    sources, parts = (block_weights.fit(inputs, prototypes, blocks) for blocks in ([[8], [6]], [[8, 6]]))
    assert sources[0] == 0 < parts[0] < parts[-1]


def test_left_out_cosine_is_that_of_refits_without_each_class() -> None:
    inputs, prototypes = _draw(8, 4, 6)
    kernel = (inputs - inputs.mean(0)) @ (inputs - inputs.mean(0)).T
    kernel /= np.trace(kernel)
    centred = prototypes - prototypes.mean(0)
    cosine = float(block_weights._left_out_cosine(kernel, centred @ centred.T))
    smoother = kernel @ np.linalg.inv(kernel + 0.3 / 8 * np.eye(8)) + 1 / 8
    cosines = []
    for label in range(8):
        others = np.delete(np.arange(8), label)
        # The value at which a fit to all, with it in place of the class's own prototype, predicts itself.
        predicted = smoother[label, others] @ prototypes[others] / (1 - smoother[label, label])
        center = prototypes[others].mean(0)
        difference, true = predicted - center, prototypes[label] - center
        cosines.append(difference @ true / np.linalg.norm(difference) / np.linalg.norm(true))
    assert cosine == pytest.approx(np.mean(cosines), abs=1e-9)


def test_relevance_starts_from_the_weights_of_blocks() -> None:
    inputs, prototypes = _draw(12, 6, 5)
    start = np.repeat([3.0, 0.0], [4, 2])
    np.testing.assert_allclose(relevance.fit(inputs, prototypes, 0, start), np.repeat([1.5, 0.0], [4, 2]))
    later = relevance.fit(inputs, prototypes, 20, start)
    assert (later[4:] < 1e-9).all()
    np.testing.assert_allclose(relevance.fit(inputs, prototypes, 20, 7 * start), later)
    np.testing.assert_allclose(later[:4] / later[:4].mean(), relevance.fit(inputs[:, :4], prototypes, 20), rtol=1e-6)


def test_the_map_weighs_blocks_and_takes_one_block_as_before() -> None:
    useful, noise = _draw(30, 6, 8)
    prototypes = useful @ np.random.default_rng(0).normal(size=(6, 10))
    vectors = np.hstack([useful, noise]).astype(np.float32)
    sums = prototypes.astype(np.float32)
    data = (vectors, sums, np.ones(30), config_lib.MapConfig(), 0, domain_map.MapFit("ridge", 10))
    plain, one, two = (
        fit.fit_to_sums(*data, prototypes=prototypes, blocks=blocks) for blocks in ((), [[14]], [[6], [8]])
    )
    for layer, twin in zip(plain.forward.get_weights(), one.forward.get_weights(), strict=True):
        np.testing.assert_array_equal(layer, twin)
    assert np.abs(two.forward.get_layer("importances").kernel[6:]).max() < 1e-6
    assert two.rank_correlation > plain.rank_correlation


def test_predicted_means_weigh_blocks_too() -> None:
    useful, noise = _draw(30, 6, 8)
    means = useful @ np.random.default_rng(0).normal(size=(6, 10))
    vectors = np.hstack([noise, useful])
    plain, weighed = prediction.fit(vectors, means), prediction.fit(vectors, means, blocks=[[8], [6]])
    assert weighed.cosine > plain.cosine
    np.testing.assert_allclose(weighed.coefficients(vectors), weighed.smoother, atol=1e-8)


def test_many_classes_count_by_some_of_them() -> None:
    inputs, prototypes = _draw(399, 6, 5)
    prototypes[:, :2] += 3 * inputs[:, :2]
    some = np.arange(0, 399, 2)  # as many as count
    weights = block_weights.fit(inputs, prototypes, [[2], [4]])
    np.testing.assert_allclose(weights, block_weights.fit(inputs[some], prototypes[some], [[2], [4]]))
    assert weights[0] > weights[-1]
