# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the choice of a neuron's feature, and of its measures on held-out classes."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.explain import naming, roc
from niwt_tf.numerics import folds as folds_lib

_RNG = np.random.default_rng(0)
_VECTORS = (_RNG.random((40, 7)) < 0.4).astype(float)
_LABELS = np.arange(40).repeat(3)
_NOISE = _RNG.normal(0, 0.3, (120, 30))


@pytest.fixture(scope="module")
def planted() -> naming.Choices:
    """Neurons 0 to 6 carry a feature each, with noise; the others carry noise alone."""
    activations = _NOISE.copy()
    activations[:, :7] += _VECTORS[_LABELS]
    return naming.choose(activations, _LABELS, _VECTORS)


def test_planted_features_are_found_and_noise_gets_no_name(planted: naming.Choices) -> None:
    assert planted.features[:7].tolist() == list(range(7))
    assert planted.is_named(naming.RULE).tolist() == [True] * 7 + [False] * 23
    assert planted.is_named(naming.BORNE_OUT).tolist() == [True] * 7 + [False] * 23
    assert (planted.held_out[:7] > 0.9).all() and (planted.simulated[:7] > 0.8).all()


def test_held_out_classes_are_not_flattered(planted: naming.Choices) -> None:
    """The best of seven features separates the classes of the choice, but not others, where there is only noise."""
    assert planted.aucs[7:].mean() > 0.55
    assert planted.held_out[7:].mean() == pytest.approx(0.5, abs=0.05)
    assert planted.simulated[7:].mean() < 0.15


def test_second_features_need_a_rise_on_held_out_classes(planted: naming.Choices) -> None:
    assert (planted.borne_out_seconds(naming.RULE) == -1).all()


def test_no_class_decides_how_it_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features of the held-out classes do not change what is chosen for them."""
    activations, seen = _NOISE + np.eye(7, 30)[0] * _VECTORS[_LABELS, :1], []
    original = naming.best_features

    def spy(ranks: roc.ClassRanks, has: np.ndarray, candidates: np.ndarray | None) -> np.ndarray:
        seen.append(has)
        return original(ranks, has, candidates)

    monkeypatch.setattr(naming, "best_features", spy)
    naming.choose(activations, _LABELS, _VECTORS)
    fold_of = folds_lib.deal(40, 10, 0)
    for fold, has in enumerate(seen[1:]):
        np.testing.assert_array_equal(has, _VECTORS[fold_of != fold].astype(bool))


def test_choices_do_not_depend_on_the_number_of_neurons(planted: naming.Choices) -> None:
    activations = _NOISE.copy()
    activations[:, :7] += _VECTORS[_LABELS]
    alone = naming.choose(activations[:, :1], _LABELS, _VECTORS)
    assert (alone.features[0], alone.held_out[0]) == (planted.features[0], pytest.approx(planted.held_out[0]))


def test_a_neuron_that_tells_no_classes_apart_has_no_feature() -> None:
    choices = naming.choose(np.ones((120, 1)), _LABELS, _VECTORS)
    assert (choices.features[0], choices.seconds[0], choices.p_values[0], choices.held_out[0]) == (-1, -1, 1.0, 0.5)


def test_a_neuron_is_named_after_one_of_its_candidates_alone() -> None:
    activations = _NOISE.copy()
    activations[:, :7] += _VECTORS[_LABELS]
    candidates = np.zeros((30, 7), bool)
    candidates[:, [2, 5]] = True
    choices = naming.choose(activations, _LABELS, _VECTORS, candidates)
    assert set(choices.features) <= {2, 5} and (choices.features[2], choices.features[5]) == (2, 5)
    assert naming.choose(activations[:, :1], _LABELS, _VECTORS, np.zeros((1, 7), bool)).features.tolist() == [-1]


def test_features_that_two_classes_have_are_no_choice() -> None:
    choices = naming.choose(np.arange(8.0)[:, None], np.arange(8), np.eye(8)[:, :4] + np.eye(8)[:, 4:])
    assert choices.features.tolist() == [-1] and not choices.is_named(naming.RULE).any()
