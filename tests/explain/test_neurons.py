# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the neurons' names: a linear head whose channels each carry what is planted in them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf.explain import neurons, roc
from niwt_tf.method import importance, inverse_map

_FEATURES = ("red", "green", "blue", "long", "plain")
_CLASSES, _IMAGES = 24, 12


@dataclasses.dataclass(frozen=True)
class World:
    """Images of classes with random features; channel `k` is active where the class has feature `k`, the last never.

    The classifier is linear over global average pooling, with weights that follow from the features.
    """

    vectors: np.ndarray  # [C,5]
    labels: np.ndarray  # [N]
    activations: np.ndarray  # [N,K], means over positions
    values: np.ndarray  # [N,K], importances of each image for its class

    @property
    def inverse(self) -> inverse_map.InverseMap:
        return inverse_map.fit(self.values, self.labels, self.vectors, folds=6, seed=0)

    def names(self, **options: float) -> list[neurons.Neuron]:
        return neurons.name_all(self.inverse, _FEATURES, self.vectors, self.activations, self.labels, **options)


@pytest.fixture(scope="module")
def world() -> World:
    rng = np.random.default_rng(0)
    vectors = (rng.random((_CLASSES, 5)) < 0.4).astype(np.float32)
    vectors[:, 4] = 1  # plain: all classes are
    labels = np.arange(_CLASSES).repeat(_IMAGES)
    maps = rng.random((len(labels), 3, 2, 6)).astype(np.float32)
    maps[..., :4] += 2 * vectors[labels, None, None, :4]
    maps[..., 5] = 0
    kernel = np.concatenate([vectors[:, :4] - 0.4, rng.normal(0, 0.3, (_CLASSES, 1)), np.zeros((_CLASSES, 1))], 1)
    weights = tf.constant(kernel[labels], tf.float32)
    values = importance.importances(lambda a: tf.reduce_mean(a, (1, 2)), tf.constant(maps), weights)
    np.testing.assert_allclose(values, kernel[labels] / 6, rtol=1e-5)  # in closed form
    return World(vectors, labels, maps.mean((1, 2)), values.numpy())


def test_a_channel_that_alone_carries_a_feature_gets_its_name(world: World) -> None:
    names = world.names()
    assert [neuron.index for neuron in names] == list(range(6))
    assert [neuron.name for neuron in names] == ["red", "green", "blue", "long", None, None]
    for index in range(4):
        assert names[index].feature == index
        assert names[index].confidence == 1.0
        assert names[index].candidates[0][0] == _FEATURES[index]


def test_a_channel_that_tells_nothing_has_no_clear_name(world: World) -> None:
    aimless, dead = world.names()[4:]
    assert aimless.feature is not None and _FEATURES[aimless.feature] in dict(aimless.candidates)
    assert 0.5 < aimless.confidence < 0.6
    assert dead == neurons.Neuron(5, None, None, 0.0, ())


def test_the_level_decides_what_is_clear(world: World) -> None:
    aimless = world.names()[4].confidence
    assert world.names(level=aimless)[4].name is not None
    assert world.names(level=np.nextafter(aimless, 1))[4].name is None


def test_candidates_are_those_of_the_inverse_map(world: World) -> None:
    pattern = world.inverse.patterns[0]
    candidates = world.names()[0].candidates
    assert candidates == tuple(sorted(candidates, key=lambda one: -one[1]))
    assert dict(candidates) == {
        name: pytest.approx(pattern[index], rel=1e-6) for index, name in enumerate(_FEATURES) if pattern[index] > 0
    }


def test_the_name_is_the_candidate_that_activations_bear_out_best(world: World) -> None:
    # The map says red, then green, then long, and nothing of blue. The channel responds to green, and to blue more.
    patterns = np.zeros((1, 5), np.float32)
    patterns[0] = [0.5, 0.4, -0.1, 0.2, 0.0]
    inverse = dataclasses.replace(world.inverse, patterns=patterns)
    activations = (world.vectors @ [0, 1, 1.5, 0, 0])[world.labels, None]
    args = inverse, _FEATURES, world.vectors, activations, world.labels
    ((first,), (second,)) = (neurons.name_all(*args, count=count, level=0) for count in (1, 3))
    assert (first.name, second.name) == ("red", "green")
    assert [name for name, _ in second.candidates] == ["red", "green", "long"]
    assert second.feature == 1


@pytest.mark.parametrize("seed", range(5))
def test_of_features_that_activations_bear_out_alike_the_map_s_strongest_is_the_name(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    noise = np.random.default_rng(seed).uniform(-1e-6, 1e-6, (1, 5))
    monkeypatch.setattr(roc, "aucs", lambda *_: 0.9 + noise)
    inverse = dataclasses.replace(world.inverse, patterns=np.array([[0.1, 0.4, 0.3, 0.2, 0.0]], np.float32))
    (neuron,) = neurons.name_all(inverse, _FEATURES, world.vectors, world.activations, world.labels)
    assert neuron.name == "green"
