# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the neurons' names: a linear head whose channels each carry what is planted in them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf.explain import naming, neurons
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

    def names(self, **options: Any) -> list[neurons.Neuron]:
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
    assert aimless.feature is not None and aimless.confidence < 0.7 and aimless.p_value > 0.05
    assert aimless.features == dead.features == ()
    assert dead == neurons.Neuron(5, None, None, 0.0, ())


def test_a_name_needs_each_of_the_levels(world: World) -> None:
    aimless = world.names()[4]
    all_hold = naming.Rule(aimless.confidence, aimless.p_value, aimless.held_out_auc)
    assert (world.names(rule=all_hold)[4].name or "").startswith(_FEATURES[aimless.feature or 0])
    for name, value in dataclasses.asdict(all_hold).items():
        beyond = np.nextafter(value, 0 if name == "significance" else 1)
        assert world.names(rule=dataclasses.replace(all_hold, **{name: beyond}))[4].name is None


def test_three_classes_bear_out_no_name() -> None:
    """However well a neuron follows its class: chance would do so once in three."""
    inverse = inverse_map.fit(np.eye(3), np.arange(3), np.eye(3), folds=3, seed=0)
    named = neurons.name_all(inverse, _FEATURES[:3], np.eye(3), np.eye(3).repeat(9, 0), np.arange(3).repeat(9))
    assert [one.name for one in named] == list(_FEATURES[:3])
    assert not any(one.is_borne_out for one in named)


def test_candidates_are_those_of_the_inverse_map(world: World) -> None:
    pattern = world.inverse.patterns[0]
    candidates = world.names()[0].candidates
    assert candidates == tuple(sorted(candidates, key=lambda one: -one[1]))
    assert dict(candidates) == {
        name: pytest.approx(pattern[index], rel=1e-6) for index, name in enumerate(_FEATURES) if pattern[index] > 0
    }
    assert len(world.names(count=1)[0].candidates) == 1


def test_the_name_is_the_candidate_that_activations_follow_best(world: World) -> None:
    inverse = dataclasses.replace(world.inverse, patterns=np.array([[0.5, 0.4, -0.1, 0.2, 0.0]], np.float32))
    activations = (world.vectors @ [0, 1, 1.5, 0, 0])[world.labels, None]  # blue most, which is no candidate
    (neuron,) = neurons.name_all(inverse, _FEATURES, world.vectors, activations, world.labels)
    assert (neuron.feature, neuron.candidates[0][0]) == (1, "red")


def test_a_compound_name_is_given_where_held_out_classes_bear_it_out() -> None:
    rng = np.random.default_rng(1)
    vectors = (rng.random((60, 6)) < 0.5).astype(float)
    activations = (vectors[:, 1] * vectors[:, 4] + rng.normal(0, 0.1, 60))[:, None].repeat(2, 1)
    activations[:, 1] = vectors[:, 2] + rng.normal(0, 0.1, 60)
    names = ["has_size::small", "has_crown_color::blue", "plain", "x=y", "has_head_crest::crested", "z"]
    inverse = inverse_map.fit(activations, np.arange(60), vectors, folds=5, seed=0)
    both, one = neurons.name_all(inverse, names, vectors, activations, np.arange(60))
    assert {both.feature, both.second} == {1, 4} and set(both.features) == {1, 4}
    assert set((both.name or "").split(" and ")) == {"blue crown", "head crest: crested"}
    assert (one.name, one.second, one.features) == ("plain", None, (2,))


@pytest.mark.parametrize(
    ("features", "name"),
    [
        (["has_crown_color::blue"], "has_crown_color::blue"),
        (["has_crown_color::blue", "belly_pattern=spotted"], "blue crown and spotted belly"),
        (["bill_shape=hooked", "striped", "has_size::small"], "hooked bill and striped and size: small"),
    ],
)
def test_names_are_joined(features: list[str], name: str) -> None:
    assert neurons.join(features) == name
