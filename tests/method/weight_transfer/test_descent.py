# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the transfer: known weights are found again, and a naive twin takes the second derivative."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.method import importance
from niwt_tf.method.weight_transfer import descent

_IMAGES = 6
_SEEN = 5


def _pooled_head(neurons: int = 16) -> keras.Model:
    return keras.Sequential([keras.Input((2, 2, neurons)), keras.layers.GlobalAveragePooling2D()])


def _nonlinear_head() -> keras.Model:
    """24 neurons, 8 features; with max pooling."""
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((4, 4, 24)),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Dropout(0.5),  # must stay out of the way
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(8, activation="tanh"),
        ]
    )


@dataclasses.dataclass(frozen=True)
class Problem:
    """Activations of images, and seen classes whose own importances are the targets."""

    head: keras.Model
    activations: np.ndarray  # [N,H,W,K]
    seen_kernel: np.ndarray  # [D,C]
    targets: np.ndarray  # [C,K]

    def solve(
        self,
        lambdas: np.ndarray | float = 0.0,
        columns: list[int] | None = None,
        seed: int = 0,
        **options: object,
    ) -> np.ndarray:
        targets = self.targets if columns is None else self.targets[columns]
        log = options.pop("log", None)
        jit_compile = bool(options.pop("jit_compile", False))
        config = config_lib.TransferConfig(**{"transfer_batch": len(self.activations), **options})  # type: ignore[arg-type]
        return descent.transfer(
            self.head,
            self.activations,
            targets,
            self.seen_kernel,
            np.broadcast_to(lambdas, len(targets)).astype(np.float32),
            config,
            seed,
            jit_compile,
            **({"log": log} if log else {}),  # type: ignore[arg-type]
        )


def _make_problem(head: keras.Model) -> Problem:
    rng = np.random.default_rng(0)
    activations = np.abs(rng.normal(size=(_IMAGES, *head.input_shape[1:]))).astype(np.float32)
    kernel = (0.05 + 0.2 * rng.normal(size=(head.output_shape[-1], _SEEN))).astype(np.float32)
    kernel /= np.linalg.norm(kernel, axis=0).mean()
    function = importance.inference(head)
    weights = [tf.constant(np.tile(column, (_IMAGES, 1))) for column in kernel.T]
    values = [importance.importances(function, tf.constant(activations), column).numpy() for column in weights]
    units = [value / np.linalg.norm(value, axis=1, keepdims=True) for value in values]
    return Problem(head, activations, kernel, np.stack([unit.mean(0) for unit in units]))


@pytest.fixture(scope="module")
def pooled() -> Problem:
    return _make_problem(_pooled_head())


@pytest.fixture(scope="module")
def nonlinear() -> Problem:
    return _make_problem(_nonlinear_head())


def _cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one * other).sum(0) / (np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0))


def test_a_pooled_head_gives_the_direction_of_a_seen_class_back(pooled: Problem) -> None:
    weights = pooled.solve(transfer_steps=400, transfer_learning_rate=2e-2)
    assert weights.dtype == np.float32
    assert weights.shape == pooled.seen_kernel.shape
    assert _cosines(weights, pooled.seen_kernel).min() > 0.99
    assert np.abs(_cosines(weights, np.roll(pooled.seen_kernel, 1, 1))).max() < 0.9


def test_a_nonlinear_head_gives_the_direction_of_a_seen_class_back(nonlinear: Problem) -> None:
    weights = nonlinear.solve(transfer_steps=400, transfer_learning_rate=2e-2)
    assert _cosines(weights, nonlinear.seen_kernel).min() > 0.9


def test_only_the_direction_of_a_target_counts(pooled: Problem) -> None:
    longer = dataclasses.replace(pooled, targets=1000 * pooled.targets)
    options = {"lambdas": 0.1, "transfer_steps": 10}
    np.testing.assert_allclose(longer.solve(**options), pooled.solve(**options), rtol=1e-4, atol=1e-5)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(nonlinear: Problem) -> None:
    first, same, other = (nonlinear.solve(seed=seed, transfer_batch=2, transfer_steps=12) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 0.05


def test_the_seed_orders_the_images(nonlinear: Problem) -> None:
    orders = []
    for seed in (0, 1):
        batches = descent._batches(nonlinear.activations, 2, np.random.default_rng(seed))
        orders.append(np.stack([next(batches) for _ in range(3)]))
    assert not np.array_equal(*orders)


def test_weights_start_with_the_mean_and_spread_of_the_seen() -> None:
    rng = np.random.default_rng(0)
    kernel = (0.3 + 0.2 * rng.normal(size=(2000, _SEEN))).astype(np.float32)
    kernel[:1000] += 1.0
    ones = np.ones((1, 2, 2, 2000), np.float32)
    problem = Problem(_pooled_head(2000), ones, kernel, rng.normal(size=(3, 2000)))
    start = problem.solve(transfer_steps=1, transfer_learning_rate=0.0)
    away = start - kernel.mean(1, keepdims=True)
    np.testing.assert_allclose(away.mean(0), 0, atol=5 * kernel.std() / np.sqrt(2000))
    np.testing.assert_allclose(away.std(0), kernel.std(), rtol=0.08)
    assert np.abs(np.corrcoef(away.T) - np.eye(3)).max() < 0.1  # each target starts elsewhere


def test_one_target_starts_alike_for_every_lambda(pooled: Problem) -> None:
    start = pooled.solve([0.0, 0.1, 1.0], columns=[2, 0, 2], transfer_steps=1, transfer_learning_rate=0.0)
    np.testing.assert_array_equal(start[:, 0], start[:, 2])
    assert np.abs(start[:, 0] - start[:, 1]).max() > 0.05


def test_a_large_lambda_pulls_to_the_mean_of_the_seen_weights(pooled: Problem) -> None:
    free, pulled = pooled.solve([0.0, 100.0], columns=[1, 1], transfer_steps=300).T
    mean = pooled.seen_kernel.mean(1)
    assert np.linalg.norm(pulled - mean) < 0.05 * np.linalg.norm(mean)
    assert np.linalg.norm(free - mean) > 0.5 * np.linalg.norm(mean)


def test_cosine_and_gradient_by_hand() -> None:
    alphas, targets = tf.constant([[3.0, 4.0], [0.0, 2.0]]), tf.constant([[1.0, 0.0], [0.0, 1.0]])
    cosines, gradients = descent.cosine_and_gradient(alphas, targets)
    np.testing.assert_allclose(cosines, [0.6, 1.0], rtol=1e-6)
    # (t - cos u) / |a|: ((1, 0) - 0.6 (0.6, 0.8)) / 5, and nothing more to gain.
    np.testing.assert_allclose(gradients, [[0.128, -0.096], [0.0, 0.0]], atol=1e-7)


def test_cosine_and_gradient_are_those_of_the_tape() -> None:
    rng = np.random.default_rng(0)
    alphas = tf.constant(rng.normal(size=(7, 5)) * 10.0 ** np.arange(-3, 4)[:, None])
    targets = tf.linalg.l2_normalize(tf.constant(rng.normal(size=(7, 5))), -1)
    with tf.GradientTape() as tape:
        tape.watch(alphas)
        expected = -keras.losses.cosine_similarity(targets, alphas)
    cosines, gradients = descent.cosine_and_gradient(alphas, targets)
    np.testing.assert_allclose(cosines, expected, rtol=1e-7)
    np.testing.assert_allclose(gradients, tape.gradient(expected, alphas), rtol=1e-6)


def test_cosine_and_gradient_of_zero_alphas_are_finite() -> None:
    cosines, gradients = descent.cosine_and_gradient(tf.zeros((1, 3)), tf.constant([[0.6, 0.8, 0.0]]))
    np.testing.assert_array_equal(cosines, [0.0])
    assert np.isfinite(gradients).all()


def test_an_image_without_any_importance_does_no_harm(nonlinear: Problem) -> None:
    dead = keras.Sequential([keras.Input((4, 4, 24)), keras.layers.ReLU(), nonlinear.head])
    activations = np.concatenate([nonlinear.activations, -np.ones((1, 4, 4, 24), np.float32)])
    weights = dataclasses.replace(nonlinear, head=dead, activations=activations).solve(
        transfer_steps=400, transfer_learning_rate=2e-2
    )
    assert _cosines(weights, nonlinear.seen_kernel).min() > 0.9


def _naive_losses(problem: Problem, weights: tf.Tensor, lambdas: np.ndarray) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns for each column the loss and cosine, by a tape whose result another tape may differentiate."""
    function = importance.inference(problem.head)
    activations = tf.constant(problem.activations, tf.float32)
    losses, cosines = [], []
    for column, (target, pull) in enumerate(zip(problem.targets, lambdas, strict=True)):
        with tf.GradientTape() as tape:
            tape.watch(activations)
            logits = tf.linalg.matvec(function(activations), weights[:, column])
        alphas = tf.reduce_mean(tape.gradient(logits, activations), axis=(1, 2))
        tiled = tf.tile(tf.constant(target[None], tf.float32), (len(activations), 1))
        cosines.append(-tf.reduce_mean(keras.losses.cosine_similarity(tiled, alphas)))
        away = weights[:, column] - problem.seen_kernel.mean(1)
        losses.append(1 - cosines[-1] + pull / 2 * tf.reduce_sum(away**2))
    return tf.stack(losses), tf.stack(cosines)


def _naive_gradient(problem: Problem, weights: tf.Variable, lambdas: np.ndarray) -> tf.Tensor:
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(_naive_losses(problem, weights, lambdas)[0])
    return tape.gradient(total, weights)


_LAMBDAS = np.array([0.0, 0.01, 0.1, 1.0, 10.0], np.float32)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_gradient_is_that_of_a_second_order_tape(
    nonlinear: Problem, monkeypatch: pytest.MonkeyPatch, jit_compile: bool
) -> None:
    monkeypatch.setattr(keras.optimizers, "Adam", keras.optimizers.SGD)  # one step of SGD shows the gradient
    options = {"transfer_steps": 1, "jit_compile": jit_compile}
    start = nonlinear.solve(_LAMBDAS, transfer_learning_rate=0.0, **options)
    after = nonlinear.solve(_LAMBDAS, transfer_learning_rate=1.0, **options)
    expected = _naive_gradient(nonlinear, tf.Variable(start), _LAMBDAS)
    assert np.abs(expected).max(0).min() > 0.01
    np.testing.assert_allclose(start - after, expected, rtol=1e-3, atol=1e-5)


def test_steps_are_those_of_a_naive_implementation_with_adam(nonlinear: Problem) -> None:
    weights = tf.Variable(nonlinear.solve(_LAMBDAS, transfer_steps=1, transfer_learning_rate=0.0))
    optimizer = keras.optimizers.Adam(2e-2)
    for _ in range(6):
        optimizer.apply_gradients([(_naive_gradient(nonlinear, weights, _LAMBDAS), weights)])
    after = nonlinear.solve(_LAMBDAS, transfer_steps=6, transfer_learning_rate=2e-2)
    np.testing.assert_allclose(after, weights, rtol=1e-3, atol=1e-4)


def test_weights_come_in_the_length_of_the_seen_ones(nonlinear: Problem) -> None:
    longer = dataclasses.replace(nonlinear, seen_kernel=10_000 * nonlinear.seen_kernel)
    options = {"lambdas": 0.01, "transfer_steps": 20}
    np.testing.assert_allclose(longer.solve(**options), 10_000 * nonlinear.solve(**options), rtol=1e-2)


def test_log_takes_the_means_of_loss_and_cosine(nonlinear: Problem) -> None:
    logged = {}

    def log(step: int, **values: float) -> None:
        logged[step] = values

    start = nonlinear.solve(_LAMBDAS, transfer_steps=25, transfer_learning_rate=0.0, log=log)
    losses, cosines = _naive_losses(nonlinear, tf.constant(start), _LAMBDAS)
    assert list(logged) == [10, 20, 25]
    assert logged[10]["loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    assert logged[10]["cosine"] == pytest.approx(np.mean(cosines), rel=1e-4)


def test_each_column_is_a_problem_of_its_own(nonlinear: Problem) -> None:
    lambdas = [0.0, 0.5]
    together = nonlinear.solve(lambdas, columns=[3, 3], transfer_batch=2, transfer_steps=15)
    for column in range(2):
        alone = nonlinear.solve(lambdas[column], columns=[3], transfer_batch=2, transfer_steps=15)
        np.testing.assert_allclose(together[:, [column]], alone, rtol=1e-3, atol=1e-4)
    assert np.abs(together[:, 0] - together[:, 1]).max() > 0.01


def test_columns_with_other_targets_are_problems_of_their_own_too(nonlinear: Problem) -> None:
    start = nonlinear.solve(_LAMBDAS, transfer_steps=1, transfer_learning_rate=0.0)
    mean = nonlinear.seen_kernel.mean(1, keepdims=True)

    def solve(columns: list[int]) -> np.ndarray:
        weights = tf.Variable(start[:, columns])
        arguments = nonlinear.targets[columns], mean, _LAMBDAS[columns], 1e-2, False
        step = descent._make_step(nonlinear.head, weights, *arguments)
        for _ in range(8):
            step(tf.constant(nonlinear.activations))
        return weights.numpy()

    together = solve([0, 4])
    np.testing.assert_allclose(together[:, [0]], solve([0]), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(together[:, [1]], solve([4]), rtol=1e-3, atol=1e-4)


def test_the_order_of_the_targets_does_not_matter(pooled: Problem) -> None:
    straight = pooled.solve(_LAMBDAS, transfer_steps=15)
    turned = pooled.solve(_LAMBDAS[::-1], columns=[4, 3, 2, 1, 0], transfer_steps=15)
    np.testing.assert_allclose(turned[:, ::-1], straight, rtol=1e-4, atol=1e-5)


def test_float16_activations_are_those_of_the_same_numbers_in_float32(nonlinear: Problem) -> None:
    half = nonlinear.activations.astype(np.float16)
    weights = [
        dataclasses.replace(nonlinear, activations=activations).solve(0.1, transfer_steps=10)
        for activations in (half, half.astype(np.float32))
    ]
    np.testing.assert_array_equal(*weights)


# Step 10 is the first that is checked on the way; a run of other lengths must be checked at its end.
@pytest.mark.parametrize("steps", [10, 30, 9])
def test_a_loss_that_is_no_number_is_an_error_that_names_the_flag(nonlinear: Problem, steps: int) -> None:
    activations = nonlinear.activations.copy()
    activations[:, 0, 0, 0] = np.inf
    message = rf"`loss` must be a finite number\. Received: nan in step {min(steps, 10)} of the transfer\. "
    with pytest.raises(errors.DivergedError, match=message + r"Lower transfer_learning_rate\."):
        dataclasses.replace(nonlinear, activations=activations).solve(transfer_steps=steps)


@pytest.mark.parametrize(("count", "size", "sizes"), [(10, 4, [4, 4]), (8, 4, [4, 4]), (3, 4, [3]), (5, 1, [1] * 5)])
def test_batches_show_each_image_at_most_once_a_pass(count: int, size: int, sizes: list[int]) -> None:
    batches = descent._batches(np.arange(count), size, np.random.default_rng(0))
    passes = [[next(batches) for _ in sizes] for _ in range(20)]
    for one in passes:
        assert [len(batch) for batch in one] == sizes
        assert len(set(np.concatenate(one).tolist())) == sum(sizes)
        assert all((np.diff(batch) > 0).all() for batch in one)  # in the order in which they lie on disk
    assert set(np.concatenate(list(itertools.chain(*passes))).tolist()) == set(range(count))


def _fall(rate: float) -> Callable[[int], list[float]]:
    return lambda count: [float(np.exp(-rate * step)) for step in range(count)]


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([], False),
        ([1.0] * 79, False),
        ([1.0] * 80, True),
        ([1.0] * 40 + [0.991] * 40, True),
        ([1.0] * 40 + [0.989] * 40, False),
        ([1.0] * 40 + [2.0] * 40, True),
        ([9.0] * 200 + [1.0] * 80, True),
        ([1.0] * 200 + [0.5] * 40, False),
        ([-1.0] * 40 + [-1.02] * 40, False),
        ([-1.0] * 40 + [-1.005] * 40, True),
        (_fall(1e-4)(300), True),
        (_fall(1e-3)(300), False),
    ],
)
def test_a_loss_has_settled_when_forty_steps_gain_less_than_a_hundredth(losses: list[float], expected: bool) -> None:
    assert descent._has_settled(losses) is expected


def test_transfer_stops_when_the_loss_has_settled_and_not_before(pooled: Problem) -> None:
    logged: dict[float, list[int]] = {0.0: [], 1e-3: []}
    for learning_rate, steps in logged.items():
        pooled.solve(
            transfer_steps=130,
            transfer_learning_rate=learning_rate,
            log=lambda step, steps=steps, **_: steps.append(step),
        )
    assert logged[0.0] == list(range(10, 81, 10))
    assert logged[1e-3] == list(range(10, 131, 10))


def test_of_an_affine_head_one_image_says_all() -> None:
    problem = _make_problem(_pooled_head())
    whole = problem.solve(transfer_steps=40)
    one = dataclasses.replace(problem, activations=problem.activations[:1]).solve(transfer_steps=40)
    np.testing.assert_allclose(whole, one, rtol=1e-5, atol=1e-6)
    other = dataclasses.replace(problem, activations=problem.activations + 100).solve(transfer_steps=40)
    np.testing.assert_allclose(whole, other, rtol=1e-3, atol=1e-4)
