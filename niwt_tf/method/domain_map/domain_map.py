# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 2 of the method (section 3.2 of the paper): a map from domain vectors to importances, by default a linear one.

The number of steps, or the penalty, is chosen on held-out seen classes, by the mean rank correlation between their
predicted and observed importances. Among equal scores the simplest candidate is chosen, see `choice`: the fewest steps,
or the strongest penalty, which shrinks most. Domain vectors are scaled to length 1 first, like the attributes of Xian
et al.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from scipy import stats

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.method.domain_map import descent, ridge
from niwt_tf.method.domain_map import relevance as relevance_lib
from niwt_tf.numerics import choice
from niwt_tf.numerics import unit_vectors as units_lib
from niwt_tf.util import arguments, training_log

_EPSILON = 1e-12
_SAVED = ("rank_correlation", "steps", "penalty", "relevance", "residuals")


@dataclasses.dataclass(frozen=True)
class DomainMap:
    """A fitted map from domain vectors to importances.

    Attributes:
      forward: Keras model, domain vectors `[N,M]` -> importances `[N,K]`; only the direction of both counts.
      rank_correlation: Mean rank correlation between predicted and observed importances of held-out seen classes.
      steps: Number of steps of the descent; 0 for ridge regression.
      penalty: Penalty of the ridge regression; 0 for descent.
      relevance: Number of steps of automatic relevance determination; 0 for descent.
      residuals: Predicted minus observed directions of held-out seen classes, as unit vectors, `[C,K]`; no rows if they
        are unknown.
    """

    forward: keras.Model
    rank_correlation: float
    steps: int = 0
    penalty: float = 0.0
    relevance: int = 0
    residuals: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 1), np.float32))

    def __call__(self, domain_vectors: np.ndarray) -> np.ndarray:
        """Predict importances `[N,K]` float32 for domain vectors `[N,M]`.

        Raises:
          errors.UserError: If the domain vectors are not finite numbers, or have another number of features.
        """
        features = self.forward.input_shape[-1]
        given = arguments.require_matrix("domain_vectors", domain_vectors, of_row="class", columns=features, least=0)
        return self.forward(tf.constant(given)).numpy()

    def save(self, folder: Path) -> None:
        """Write `forward.keras` and `map.npz` into `folder`."""
        self.forward.save(folder / "forward.keras")
        np.savez(folder / "map.npz", **{name: getattr(self, name) for name in _SAVED})

    @classmethod
    def load(cls, folder: Path) -> DomainMap:
        """Read a map that `save` wrote, in Keras' safe mode and without pickle."""
        forward = keras.models.load_model(folder / "forward.keras", compile=False, safe_mode=True)
        with np.load(folder / "map.npz", allow_pickle=False) as saved:
            found = {name: saved[name] for name in _SAVED if name in saved}  # bundles of format 1 lack some
        return cls(forward, **{name: array if array.ndim else array.item() for name, array in found.items()})


def class_sums(values: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Compute for each class the sum `[C,K]` of its images' unit importances.

    Args:
      values: Importances `[N,K]`.
      labels: Class indices `[N]`, 0 to `classes - 1`.
      classes: Number of classes, `C`.
    """
    sums = np.zeros((classes, values.shape[1]))
    np.add.at(sums, labels, units_lib.units(values))
    return sums.astype(np.float32)


def fit(
    domain_vectors: np.ndarray,
    sums: np.ndarray,
    counts: np.ndarray,
    config: config_lib.MapConfig,
    seed: int,
    log: training_log.Log = training_log.no_log,
    how: str = "descent",
    relevance: int = 0,
    looks: np.ndarray | None = None,
) -> DomainMap:
    """Fit the map to all seen classes, with the steps or the penalty that predicted held-out classes best.

    Args:
      domain_vectors: Domain vectors `[C,M]` of the seen classes.
      sums: Sums `[C,K]` of unit importances of the seen classes.
      counts: Numbers of images `[C]` of the seen classes.
      config: Steps, learning rate, layers and loss of the descent, penalties, and folds.
      seed: Seed of the folds of classes and of the first weights of hidden layers.
      log: Log of the rank correlation on held-out classes, with the loss of each step or with each penalty.
      how: Kind of fit, one of `config.MAP_FITS`.
      relevance: Number of steps of automatic relevance determination before ridge regression; with 0, or for descent,
        all dimensions of the domain vectors count the same.
      looks: Class prototypes `[C,D]`, see `relevance_lib.looks`, that the relevance is learned from; without them all
        dimensions count the same.

    Raises:
      errors.DivergedError: If the loss, the data or the predictions are not finite.
    """
    units = units_lib.units(domain_vectors)
    shift, scale = _normalisation(units)
    held_out = _held_out(len(sums), config.map_folds, seed)
    problem = _Problem((units - shift) / scale, sums / counts[:, None], counts, held_out, looks)
    regress = how == "ridge"
    fitted = _regress(problem, config, relevance, log) if regress else _descend(problem, config, seed, log)
    model = _as_model(shift, scale, fitted.layers)
    residuals = problem.residuals(fitted.of_folds)
    return DomainMap(model, fitted.score, fitted.steps, fitted.penalty, relevance if regress else 0, residuals)


@dataclasses.dataclass(frozen=True)
class _Problem:
    """Data of a fit: `inputs [C,M]` -> `means [C,K]` over `counts [C]` images; `held_out [F,C]` marks folds."""

    inputs: np.ndarray
    means: np.ndarray
    counts: np.ndarray
    held_out: np.ndarray
    looks: np.ndarray | None

    @property
    def everyone(self) -> np.ndarray:
        """Mask `[1,C]` of a single fold, in which no class is held out."""
        return np.zeros((1, len(self.inputs)), bool)

    def relevance(self, held_out: np.ndarray, steps: int) -> np.ndarray:
        """Fit the relevance `[F,M]` of each dimension of the domain vectors, without the classes `held_out [F,C]`."""
        if self.looks is None or not steps:
            return np.ones((len(held_out), self.inputs.shape[1]))
        return np.stack([relevance_lib.learn(self.inputs[~out], self.looks[~out], steps) for out in held_out])

    def predicted(self, layers: list[descent.Layer]) -> np.ndarray:
        """Predict importances `[C,K]` of each class by the map of the fold in which it is held out."""
        predicted = np.zeros_like(self.means)
        for fold, out in enumerate(self.held_out):
            predicted[out] = descent.predict(self.inputs[out], layers, fold)
        return predicted

    def score(self, layers: list[descent.Layer]) -> float:
        """Compute the mean rank correlation of the folds' maps on the classes held out of them."""
        return float(rank_correlations(self.predicted(layers), self.means).mean())

    def residuals(self, layers: list[descent.Layer]) -> np.ndarray:
        """Compute predicted minus observed directions `[C,K]`, as unit vectors, on held-out classes."""
        return (units_lib.units(self.predicted(layers)) - units_lib.units(self.means)).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class _Fitted:
    """Layers fitted to all classes and to each fold, the folds' score, and the chosen steps or penalty."""

    layers: list[descent.Layer]
    of_folds: list[descent.Layer]
    score: float
    steps: int = 0
    penalty: float = 0.0


def _descend(problem: _Problem, config: config_lib.MapConfig, seed: int, log: training_log.Log) -> _Fitted:
    history: dict[int, float] = {}

    def check(step: int, loss: float, layers: list[descent.Layer]) -> None:
        history[step] = problem.score(layers)
        log(step, loss=loss, rank_correlation=history[step])

    data = problem.inputs, problem.means, problem.counts
    descent.fit(*data, problem.held_out, config.map_steps, config, seed, check)
    best = list(history)[choice.first_best(list(history.values()))]
    of_all, of_folds = (
        descent.fit(*data, out, best, config, seed, lambda *_: None) for out in (problem.everyone, problem.held_out)
    )
    return _Fitted(of_all, of_folds, history[best], steps=best)


def _regress(problem: _Problem, config: config_lib.MapConfig, steps: int, log: training_log.Log) -> _Fitted:
    if not (np.isfinite(problem.inputs).all() and np.isfinite(problem.means).all()):
        raise errors.DivergedError(
            "`importances` and domain vectors must be finite numbers. Received: some that are not, in fitting the map "
            "by ridge regression. Check the dataset's attributes, and that the network's activations are finite."
        )
    relevance = problem.relevance(problem.held_out, steps)
    scores = {}
    for number, penalty in enumerate(config.map_penalties):
        fit = ridge.fit(problem.inputs, problem.means, problem.held_out, penalty, relevance)
        scores[penalty] = problem.score([fit])
        log(number, penalty=penalty, rank_correlation=scores[penalty])
    penalties = sorted(scores, reverse=True)
    best = penalties[choice.first_best([scores[penalty] for penalty in penalties])]
    of_folds = ridge.fit(problem.inputs, problem.means, problem.held_out, best, relevance)
    relevance = problem.relevance(problem.everyone, steps)
    of_all = ridge.fit(problem.inputs, problem.means, problem.everyone, best, relevance)
    return _Fitted([of_all], [of_folds], scores[best], penalty=best)


def rank_correlations(predicted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Compute Spearman's rank correlation `[C]` between the rows of two `[C,K]`; 0 for a row of equal numbers.

    Numbers that differ by rounding alone share a rank, because otherwise rounding would decide between distant ranks.
    """
    ranks = [stats.rankdata(choice.tied(rows), axis=-1) for rows in (predicted, observed)]
    a, b = (rank - rank.mean(-1, keepdims=True) for rank in ranks)
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return (a * b).sum(-1) / np.maximum(norms, _EPSILON)


def _normalisation(domain_vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """Compute the mean `[M]` to subtract from vectors, and the root mean square distance from it to divide them by."""
    mean = domain_vectors.mean(0)
    return mean, max(float(np.sqrt(((domain_vectors - mean) ** 2).sum(1).mean())), _EPSILON)


def _held_out(classes: int, folds: int, seed: int) -> np.ndarray:
    """Assign classes to folds at random, `[F,C]` bool: each class is held out in one fold."""
    dealt = np.random.default_rng([seed, 0xF01D]).permutation(classes) % min(folds, classes)
    return dealt == np.arange(min(folds, classes))[:, None]


def _as_model(shift: np.ndarray, scale: float, layers: list[descent.Layer]) -> keras.Model:
    """Build a Keras model from layers that were fitted with a single fold."""
    vectors = keras.Input((len(shift),), name="domain_vectors")
    variance = np.full_like(shift, scale**2)
    units = keras.layers.UnitNormalization(name="direction")(vectors)
    values = keras.layers.Normalization(mean=shift, variance=variance, name="normalization")(units)
    *hidden, last = [bias.shape[1] for _, bias in layers]
    denses = [keras.layers.Dense(width, "relu", name=f"hidden{number}") for number, width in enumerate(hidden, 1)]
    denses.append(keras.layers.Dense(last, name="importances"))
    for dense in denses:
        values = dense(values)
    model = keras.Model(vectors, values, name="domain_map")
    for dense, (kernel, bias) in zip(denses, layers, strict=True):
        dense.set_weights([kernel[0], bias[0]])
    return model
