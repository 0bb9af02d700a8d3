# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 2 of the method (section 3.2 of the paper): a linear map from domain vectors to importances.

Minimises the mean over seen images of 1 - cos(M(k_y), alpha_y(I)). As M sees only the class, that mean follows exactly
from each class' sum of unit importances, so a step costs as much as there are classes, not images.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from scipy import stats

from niwt_tf import config as config_lib
from niwt_tf import errors, inspect, progress

_CHECK_EVERY = 5
_MOMENTUM = 0.9
_EPSILON = 1e-12


@dataclasses.dataclass(frozen=True)
class DomainMap:
    """A fitted map.

    Attributes:
      forward: a Keras model, domain vectors `[N,M]` -> importances `[N,K]`, of which only the direction counts.
      steps: for how many steps it was fitted.
      rank_correlation: between predicted and observed importances of held-out seen classes at that step, their mean.
    """

    forward: keras.Model
    steps: int
    rank_correlation: float

    def __call__(self, domain_vectors: np.ndarray) -> np.ndarray:
        """Returns importances `[N,K]` float32 for domain vectors `[N,M]`."""
        return self.forward(tf.constant(domain_vectors, tf.float32)).numpy()

    def save(self, folder: Path) -> None:
        """Writes `forward.keras` and `map.npz` into `folder`."""
        self.forward.save(folder / "forward.keras")
        np.savez(folder / "map.npz", steps=self.steps, rank_correlation=self.rank_correlation)

    @classmethod
    def load(cls, folder: Path) -> DomainMap:
        """Returns what `save` wrote; Keras' safe mode, no pickle."""
        forward = keras.models.load_model(folder / "forward.keras", compile=False, safe_mode=True)
        with np.load(folder / "map.npz", allow_pickle=False) as saved:
            return cls(forward, int(saved["steps"]), float(saved["rank_correlation"]))


def class_sums(values: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Returns for each class the sum `[C,K]` of its images' unit importances.

    Args:
      values: importances `[N,K]`.
      labels: `[N]`, from 0 to `classes - 1`.
      classes: `C`.
    """
    sums = np.zeros((classes, values.shape[1]))
    np.add.at(sums, labels, values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), _EPSILON))
    return sums.astype(np.float32)


def fit(
    domain_vectors: np.ndarray,
    sums: np.ndarray,
    counts: np.ndarray,
    config: config_lib.MapConfig,
    seed: int,
    log: inspect.Log = inspect.no_log,
) -> DomainMap:
    """Returns the map fitted to all seen classes for the number of steps at which held-out ones were predicted best.

    Args:
      domain_vectors: of the seen classes, `[C,M]`.
      sums: their sums of unit importances, `[C,K]`.
      counts: their numbers of images, `[C]`.
      config: steps, learning rate and folds.
      seed: deals the classes into folds.
      log: takes the loss and the rank correlation on held-out classes.

    Raises:
      errors.DivergedError: if the loss is no finite number.
    """
    shift, scale = _normalisation(domain_vectors)
    inputs = (domain_vectors - shift) / scale
    folds = _held_out(len(inputs), config.map_folds, seed)
    steps, correlation = _best_steps(inputs, sums, counts, folds, config, log)
    everyone = np.zeros((1, len(inputs)), bool)
    kernel, bias = _run(inputs, sums, counts, everyone, steps, config.map_learning_rate, lambda *_: None)
    return DomainMap(_as_model(shift, scale, kernel[0], bias[0]), steps, correlation)


def rank_correlations(predicted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Returns Spearman's rank correlation `[C]` of each row of two `[C,K]`; 0 for a row of equal numbers."""
    ranks = [stats.rankdata(rows, axis=-1) for rows in (predicted, observed)]
    a, b = (rank - rank.mean(-1, keepdims=True) for rank in ranks)
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return (a * b).sum(-1) / np.maximum(norms, _EPSILON)


def _normalisation(domain_vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """Returns the mean `[M]`, and the root mean square distance from it, which centered vectors are divided by."""
    mean = domain_vectors.mean(0)
    return mean, max(float(np.sqrt(((domain_vectors - mean) ** 2).sum(1).mean())), _EPSILON)


def _held_out(classes: int, folds: int, seed: int) -> np.ndarray:
    """Returns `[F,C]` bool: each class is held out in one fold."""
    dealt = np.random.default_rng([seed, 0xF01D]).permutation(classes) % min(folds, classes)
    return dealt == np.arange(min(folds, classes))[:, None]


def _best_steps(
    inputs: np.ndarray,
    sums: np.ndarray,
    counts: np.ndarray,
    held_out: np.ndarray,
    config: config_lib.MapConfig,
    log: inspect.Log,
) -> tuple[int, float]:
    """Returns the step with the best mean rank correlation on held-out classes, and that correlation."""
    fold_of, observed = held_out.argmax(0), sums / counts[:, None]
    history: dict[int, float] = {}

    def check(step: int, loss: float, kernel: np.ndarray, bias: np.ndarray) -> None:
        predicted = np.einsum("cm,cmk->ck", inputs, kernel[fold_of]) + bias[fold_of]
        history[step] = float(rank_correlations(predicted, observed).mean())
        log(step, loss=loss, rank_correlation=history[step])

    _run(inputs, sums, counts, held_out, config.map_steps, config.map_learning_rate, check)
    best = max(history, key=history.__getitem__)
    return best, history[best]


def _run(
    inputs: np.ndarray,
    sums: np.ndarray,
    counts: np.ndarray,
    held_out: np.ndarray,
    steps: int,
    learning_rate: float,
    check: Callable[[int, float, np.ndarray, np.ndarray], None],
) -> tuple[np.ndarray, np.ndarray]:
    """Fits a map for each fold, all at once; returns kernels `[F,M,K]` and biases `[F,K]`.

    A map starts at its classes' mean importances, whatever the domain vector, and from there learns what differs.
    """
    shares = np.where(held_out, 0.0, counts).astype(np.float32)
    shares /= shares.sum(1, keepdims=True)
    targets = tf.constant(sums / counts[:, None], tf.float32)
    kernel = tf.Variable(tf.zeros([len(held_out), inputs.shape[1], sums.shape[1]]))
    bias = tf.Variable(tf.constant(shares) @ targets)
    step = _make_step(tf.constant(inputs, tf.float32), targets, tf.constant(shares), kernel, bias, learning_rate)
    for number in progress.bar(range(1, steps + 1), "map"):
        loss = step()
        if number % _CHECK_EVERY == 0 or number == steps:
            _require_finite(float(loss), number)
            check(number, float(loss), kernel.numpy(), bias.numpy())
    return kernel.numpy(), bias.numpy()


def _make_step(
    inputs: tf.Tensor,
    targets: tf.Tensor,
    shares: tf.Tensor,
    kernel: tf.Variable,
    bias: tf.Variable,
    learning_rate: float,
) -> Callable[[], tf.Tensor]:
    optimizer = keras.optimizers.SGD(learning_rate, momentum=_MOMENTUM)
    optimizer.build([kernel, bias])

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            predicted = tf.einsum("cm,fmk->fck", inputs, kernel) + bias[:, None]
            cosines = tf.reduce_sum(tf.linalg.l2_normalize(predicted, -1) * targets, -1)
            loss = tf.reduce_sum(shares * (1 - cosines))
        variables = [kernel, bias]
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss / tf.cast(tf.shape(shares)[0], tf.float32)

    return step


def _require_finite(loss: float, step: int) -> None:
    if not np.isfinite(loss):
        raise errors.DivergedError(
            f"`loss` must be a finite number. Received: {loss} in step {step} of fitting the map. "
            "Lower --map_learning_rate."
        )


def _as_model(shift: np.ndarray, scale: float, kernel: np.ndarray, bias: np.ndarray) -> keras.Model:
    vectors = keras.Input((len(shift),), name="domain_vectors")
    variance = np.full_like(shift, scale**2)
    centered = keras.layers.Normalization(mean=shift, variance=variance, name="normalization")(vectors)
    dense = keras.layers.Dense(len(bias), name="importances")
    model = keras.Model(vectors, dense(centered), name="domain_map")
    dense.set_weights([kernel, bias])
    return model
