# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of how right names of neurons are on test images: by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from niwt_tf.explain import name_measures, neurons

_ACTIVATIONS = np.array([[9.0, 0.0, 5.0, 1.0], [1.0, 0.0, 5.0, 2.0], [2.0, 7.0, 5.0, 3.0]])


def _neuron(index: int, feature: int | None, named: bool = True, second: int | None = None) -> neurons.Neuron:
    name = f"feature {feature}" if named else None
    return neurons.Neuron(index, name, feature, 0.9, (), second, held_out_auc=0.9, p_value=0.01, simulated=0.4)


def _images(activations: np.ndarray, labels: list[int]) -> name_measures.Images:
    return name_measures.Images(activations, np.array(labels, int))


def test_names_by_hand() -> None:
    names = [_neuron(0, 0), _neuron(1, 2), _neuron(2, 1, named=False), _neuron(3, 1)]
    measured = name_measures.name_accuracy(names, _images(_ACTIVATIONS, [0, 1, 2]), np.eye(3), 3)
    assert measured.auc == pytest.approx((1 + 1 + 0.5) / 3)
    # Neurons 0, 1 and 3 against features 0, 2 and 1, each with each:
    assert measured.auc_shuffled == pytest.approx(np.mean([[1, 0.5, 0], [0.25, 1, 0.25], [0, 1, 0.5]]))
    expected = np.corrcoef(_ACTIVATIONS[:, [0, 1, 3]].T, np.eye(3)[:, [0, 2, 1]].T)[:3, 3:]
    assert measured.simulated == pytest.approx(np.diag(expected).mean())
    assert measured.simulated_shuffled == pytest.approx(expected.mean())


def test_a_compound_name_is_true_of_classes_with_both_features() -> None:
    vectors = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 1.0]])
    measured = name_measures.name_accuracy([_neuron(0, 0, second=1)], _images(_ACTIVATIONS, [0, 1, 2]), vectors, 3)
    assert measured.auc == pytest.approx(1)
    assert measured.simulated == pytest.approx(np.corrcoef(_ACTIVATIONS[:, 0], [1, 0, 0])[0, 1])


def test_what_no_class_of_the_split_has_is_left_out() -> None:
    names, images = [_neuron(0, 0), _neuron(1, 2)], _images(_ACTIVATIONS[:2], [0, 1])
    assert name_measures.name_accuracy(names, images, np.eye(3), 2).auc == pytest.approx(1)  # of neuron 0 alone
    assert name_measures.name_accuracy(names[1:], images, np.eye(3), 2).auc is None


def test_class_labels_by_hand() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.9, 0.0]])  # the unseen class is like class 0
    seen, unseen = _images(_ACTIVATIONS[:2], [0, 1]), _images(_ACTIVATIONS, [0, 1, 2])
    of_seen = name_measures.class_label_accuracy(np.array([0]), [0], seen, vectors, 2)
    assert (of_seen.auc, of_seen.simulated) == (pytest.approx(1), pytest.approx(1))
    likeness = [1, -1, (0.4 * 0.5 + 0.5 * 0.5) / (np.hypot(0.4, 0.5) * np.sqrt(0.5))]
    of_all = name_measures.class_label_accuracy(np.array([0]), [0], unseen, vectors, 2)
    assert of_all.simulated == pytest.approx(np.corrcoef(_ACTIVATIONS[:, 0], likeness)[0, 1])


def test_the_class_that_drives_a_neuron_most_is_that_of_the_highest_mean() -> None:
    activations = np.array([[4.0, 0.0], [0.0, 0.0], [3.0, 1.0]])
    assert name_measures.strongest_classes(activations, np.array([0, 0, 1]), 2).tolist() == [1, 1]


def test_all_measures_of_names_are_collected() -> None:
    names = [_neuron(0, 0), _neuron(1, 1, second=2), _neuron(2, 0, named=False), _neuron(3, None, named=False)]
    vectors = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0], [0, 1, 1.0]])
    tests = (_images(_ACTIVATIONS[:2], [0, 1]), _images(_ACTIVATIONS[1:], [2, 3]))
    measured = name_measures.measure(names, _images(_ACTIVATIONS[:2], [0, 1]), tests, vectors, 2)
    assert [measured[f"neurons_{name}"] for name in ("named", "borne_out", "compound")] == [0.5, 0.5, 0.25]
    assert measured["neuron_name_auc_held_out"] == pytest.approx(0.9)
    assert measured["neuron_name_simulated_held_out"] == pytest.approx(0.4)
    assert measured["neuron_class_auc_unseen"] is None
    for split, images in (("seen", tests[0]), ("unseen", tests[1])):
        expected = dataclasses.asdict(name_measures.name_accuracy(names, images, vectors, 2))
        assert {name: measured[f"neuron_name_{name}_{split}"] for name in expected} == expected


def test_without_a_name_there_is_nothing_to_be_right() -> None:
    names, images = [_neuron(0, 0, named=False), _neuron(1, None, named=False)], _images(np.ones((3, 2)), [0, 1, 2])
    nothing = name_measures.NameAccuracy(None, None, None, None)
    assert name_measures.name_accuracy(names, images, np.eye(3), 3) == nothing
    assert name_measures.name_accuracy([_neuron(0, 0)], _images(np.ones((0, 2)), []), np.eye(3), 3) == nothing
    measured = name_measures.measure(names, images, (images, images), np.eye(3), 3)
    assert measured["neurons_named"] == 0 and measured["neuron_name_auc"] is None


def test_output_units_are_named_after_what_their_classes_have() -> None:
    rng = np.random.default_rng(0)
    vectors = (rng.random((40, 8)) < 0.4).astype(float)
    likeness = (vectors - 0.4) @ (vectors - 0.4).T
    logits, labels = np.repeat(likeness, 3, 0) + rng.normal(0, 0.1, (120, 40)), np.arange(40).repeat(3)
    measured = name_measures.last_layer_accuracy(logits, labels, vectors)
    assert measured.named > 0.5 and measured.right is not None and measured.right > 0.9
    assert measured.shuffled is not None and measured.shuffled < 0.7
    assert measured.chance == pytest.approx(vectors.mean())
    assert set(name_measures.last_layer(logits, labels, vectors)) == {
        f"last_layer_{name}" for name in dataclasses.asdict(measured)
    }
    noise = name_measures.last_layer_accuracy(rng.normal(size=(120, 40)), labels, vectors)
    assert (noise.named, noise.right) == (0, None) and noise.right_of_all < 0.7
