# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 2 of the method (section 3.2 of the paper): a map from domain vectors to importances, by default a linear one.

How far it is fitted, held-out seen classes decide: by the mean rank correlation between the importances predicted for
them and those observed. Of equals the simplest is taken, see `choice`: the fewest steps, or the strongest penalty,
which shrinks most. Domain vectors are brought to length 1 first, as the attributes of Xian et al. are.
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
    """A fitted map.

    Attributes:
      forward: a Keras model, domain vectors `[N,M]` -> importances `[N,K]`; of both only the direction counts.
      rank_correlation: between predicted and observed importances of held-out seen classes, their mean.
      steps: for how many steps it was fitted, by descent; 0 for ridge regression.
      penalty: of the ridge regression; 0 for descent.
      relevance: for how many steps it was learned how much each number of the domain vectors tells.
      residuals: by how much the directions predicted for held-out seen classes, as unit vectors, miss those observed,
        `[C,K]`; without rows where it is not known.
    """

    forward: keras.Model
    rank_correlation: float
    steps: int = 0
    penalty: float = 0.0
    relevance: int = 0
    residuals: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 1), np.float32))

    def __call__(self, domain_vectors: np.ndarray) -> np.ndarray:
        """Returns importances `[N,K]` float32 for domain vectors `[N,M]`.

        Raises:
          errors.UserError: if these are no finite numbers, or of other features.
        """
        features = self.forward.input_shape[-1]
        given = arguments.require_matrix("domain_vectors", domain_vectors, of_row="class", columns=features, least=0)
        return self.forward(tf.constant(given)).numpy()

    def save(self, folder: Path) -> None:
        """Writes `forward.keras` and `map.npz` into `folder`."""
        self.forward.save(folder / "forward.keras")
        np.savez(folder / "map.npz", **{name: getattr(self, name) for name in _SAVED})

    @classmethod
    def load(cls, folder: Path) -> DomainMap:
        """Returns what `save` wrote; Keras' safe mode, no pickle."""
        forward = keras.models.load_model(folder / "forward.keras", compile=False, safe_mode=True)
        with np.load(folder / "map.npz", allow_pickle=False) as saved:
            found = {name: saved[name] for name in _SAVED if name in saved}  # bundles of format 1 lack some
        return cls(forward, **{name: array if array.ndim else array.item() for name, array in found.items()})


def class_sums(values: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Returns for each class the sum `[C,K]` of its images' unit importances.

    Args:
      values: importances `[N,K]`.
      labels: `[N]`, from 0 to `classes - 1`.
      classes: `C`.
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
    """Returns the map fitted to all seen classes as far as held-out ones were predicted best.

    Args:
      domain_vectors: of the seen classes, `[C,M]`.
      sums: their sums of unit importances, `[C,K]`.
      counts: their numbers of images, `[C]`.
      config: steps, learning rate, layers and loss of the descent, penalties, and folds.
      seed: deals the classes into folds, and draws the first weights of hidden layers.
      log: takes the rank correlation on held-out classes, at each step the loss too.
      how: one of `config.MAP_FITS`.
      relevance: for how many steps ridge regression learns how much each number of the domain vectors tells; with 0, or
        by descent, all tell the same.
      looks: how the classes look, `[C,D]`, see `relevance_lib.looks`; what `relevance` is learned from.

    Raises:
      errors.DivergedError: if the loss or what is predicted is no finite number.
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
    """What is fitted: `inputs [C,M]` to `means [C,K]`, of `counts [C]` images; `held_out [F,C]` says in which fold."""

    inputs: np.ndarray
    means: np.ndarray
    counts: np.ndarray
    held_out: np.ndarray
    looks: np.ndarray | None

    @property
    def everyone(self) -> np.ndarray:
        """One fold, in which no class is held out."""
        return np.zeros((1, len(self.inputs)), bool)

    def relevance(self, held_out: np.ndarray, steps: int) -> np.ndarray:
        """Returns how much each number tells of looks, `[F,M]`, as learned without the classes `held_out [F,C]`."""
        if self.looks is None or not steps:
            return np.ones((len(held_out), self.inputs.shape[1]))
        return np.stack([relevance_lib.learn(self.inputs[~out], self.looks[~out], steps) for out in held_out])

    def predicted(self, layers: list[descent.Layer]) -> np.ndarray:
        """Returns what the folds' maps predict for the classes held out of them, `[C,K]`."""
        predicted = np.zeros_like(self.means)
        for fold, out in enumerate(self.held_out):
            predicted[out] = descent.predict(self.inputs[out], layers, fold)
        return predicted

    def score(self, layers: list[descent.Layer]) -> float:
        """Returns the mean rank correlation of the folds' maps on the classes held out of them."""
        return float(rank_correlations(self.predicted(layers), self.means).mean())

    def residuals(self, layers: list[descent.Layer]) -> np.ndarray:
        """Returns by how much the directions that the folds' maps predict miss those observed, `[C,K]`."""
        return (units_lib.units(self.predicted(layers)) - units_lib.units(self.means)).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class _Fitted:
    """The layers, those of the folds, how well these predicted held-out classes, and how far it was fitted."""

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
    """Returns Spearman's rank correlation `[C]` of each row of two `[C,K]`; 0 for a row of equal numbers.

    Numbers that rounding alone tells apart share a rank: else it would decide between ranks far apart.
    """
    ranks = [stats.rankdata(choice.tied(rows), axis=-1) for rows in (predicted, observed)]
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


def _as_model(shift: np.ndarray, scale: float, layers: list[descent.Layer]) -> keras.Model:
    """Returns the map of the one fold that there is."""
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
