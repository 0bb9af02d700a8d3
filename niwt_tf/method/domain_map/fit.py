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
import functools

import keras
import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.method import importance
from niwt_tf.method.domain_map import block_weights, descent, domain_map, ridge
from niwt_tf.method.domain_map import relevance as relevance_lib
from niwt_tf.numerics import choice, constants
from niwt_tf.numerics import folds as folds_lib
from niwt_tf.numerics import unit_vectors as units_lib
from niwt_tf.util import training_log

_DESCENT = domain_map.MapFit("descent")


@dataclasses.dataclass(frozen=True)
class SeenClasses:
    """Statistics of the seen classes that maps are fitted to, each computed once.

    Attributes:
      observed: Importances, labels and features of the training images; each class has one image or more.
      shrinkage: Shrinkage of the features' covariance, see `discriminant.fit`.
    """

    observed: importance.Importances
    shrinkage: float

    @property
    def classes(self) -> int:
        """Number of classes, `C`."""
        return int(self.observed.labels.max()) + 1

    @functools.cached_property
    def sums(self) -> np.ndarray:
        """Sums `[C,K]` of the unit importances of each class, see `class_sums`."""
        return class_sums(self.observed, self.counts)

    @functools.cached_property
    def counts(self) -> np.ndarray:
        """Numbers of images `[C]` of the classes."""
        return np.bincount(self.observed.labels, minlength=self.classes)

    @functools.cached_property
    def prototypes(self) -> np.ndarray:
        """Class prototypes `[C,D]`, see `relevance.class_prototypes`."""
        observed = self.observed
        return relevance_lib.class_prototypes(observed.features, observed.labels, self.classes, self.shrinkage)


def class_sums(observed: importance.Importances, counts: np.ndarray) -> np.ndarray:
    """Compute the sums `[C,K]` of the unit importances of each class that the map is fitted to.

    Behind a deep head they are those on shared images, as often as the class has images; else those on its own images.

    Args:
      observed: Importances of the training images.
      counts: Numbers of images `[C]` of the classes.
    """
    if observed.of_classes is None:
        return domain_map.class_sums(observed.values, observed.labels, len(counts))
    return (units_lib.units(observed.of_classes) * counts[:, None]).astype(np.float32)


def fit(
    seen: SeenClasses,
    domain_vectors: np.ndarray,
    config: config_lib.MapConfig,
    seed: int,
    map_fit: domain_map.MapFit = _DESCENT,
    log: training_log.Log = training_log.no_log,
    blocks: block_weights.Blocks = (),
) -> domain_map.DomainMap:
    """Fit the map to all seen classes, with the steps or the penalty that predicted held-out classes best.

    Args:
      seen: Importances and features of the seen classes.
      domain_vectors: Domain vectors `[C,M]` of the seen classes.
      config: Steps, learning rate, layers and loss of the descent, penalties, and folds.
      seed: Seed of the folds of classes and of the first weights of hidden layers.
      map_fit: Kind of fit, and steps of automatic relevance determination.
      log: Log of the rank correlation on held-out classes, with the loss of each step or with each penalty.
      blocks: Sizes of the blocks of the domain vectors by source, which ridge regression weighs, see `block_weights`;
        by default they are one block.

    Raises:
      errors.DivergedError: If the loss, the data or the predictions are not finite.
    """
    is_weighed = map_fit.kind == "ridge" and (map_fit.relevance_steps or block_weights.are_several(blocks))
    prototypes = seen.prototypes if is_weighed else None
    return fit_to_sums(domain_vectors, seen.sums, seen.counts, config, seed, map_fit, log, prototypes, blocks)


def fit_to_sums(
    domain_vectors: np.ndarray,
    sums: np.ndarray,
    counts: np.ndarray,
    config: config_lib.MapConfig,
    seed: int,
    map_fit: domain_map.MapFit = _DESCENT,
    log: training_log.Log = training_log.no_log,
    prototypes: np.ndarray | None = None,
    blocks: block_weights.Blocks = (),
) -> domain_map.DomainMap:
    """Fit the map as `fit` does, from sums over the images of each seen class.

    Args:
      domain_vectors: Domain vectors `[C,M]` of the seen classes.
      sums: Sums `[C,K]` of unit importances of the seen classes.
      counts: Numbers of images `[C]` of the seen classes.
      config: Steps, learning rate, layers and loss of the descent, penalties, and folds.
      seed: Seed of the folds of classes and of the first weights of hidden layers.
      map_fit: Kind of fit, and steps of automatic relevance determination.
      log: Log of the rank correlation on held-out classes, with the loss of each step or with each penalty.
      prototypes: Class prototypes `[C,D]`, see `relevance.class_prototypes`, that the relevance is learned from;
        without them all dimensions count the same.
      blocks: Sizes of the blocks of the domain vectors, see `fit`.

    Raises:
      errors.DivergedError: If the loss, the data or the predictions are not finite.
    """
    units = units_lib.units(domain_vectors)
    shift, scale = _normalisation(units)
    held_out = _held_out(len(sums), config.map_folds, seed)
    problem = _Problem((units - shift) / scale, sums / counts[:, None], counts, held_out, prototypes, blocks)
    steps = map_fit.relevance_steps if map_fit.kind == "ridge" else 0
    fitted = _regress(problem, config, steps, log) if map_fit.kind == "ridge" else _descend(problem, config, seed, log)
    model = _as_model(shift, scale, fitted.layers)
    residuals = problem.residuals(fitted.of_folds)
    return domain_map.DomainMap(model, fitted.score, fitted.steps, fitted.penalty, steps, residuals)


@dataclasses.dataclass(frozen=True)
class _Problem:
    """Data of a fit: `inputs [C,M]` -> `means [C,K]` over `counts [C]` images; `held_out [F,C]` marks folds."""

    inputs: np.ndarray
    means: np.ndarray
    counts: np.ndarray
    held_out: np.ndarray
    prototypes: np.ndarray | None
    blocks: block_weights.Blocks = ()

    @property
    def everyone(self) -> np.ndarray:
        """Mask `[1,C]` of a single fold, in which no class is held out."""
        return np.zeros((1, len(self.inputs)), bool)

    def relevance(self, held_out: np.ndarray, steps: int) -> np.ndarray:
        """Fit the relevance `[F,M]` of each dimension of the domain vectors, without the classes `held_out [F,C]`."""
        if self.prototypes is None or not (steps or block_weights.are_several(self.blocks)):
            return np.ones((len(held_out), self.inputs.shape[1]))
        return np.stack([self._relevance(self.inputs[~out], self.prototypes[~out], steps) for out in held_out])

    def _relevance(self, inputs: np.ndarray, prototypes: np.ndarray, steps: int) -> np.ndarray:
        start = block_weights.fit(inputs, prototypes, self.blocks) if block_weights.are_several(self.blocks) else None
        return relevance_lib.fit(inputs, prototypes, steps, start)

    def predicted(self, layers: list[descent.Layer]) -> np.ndarray:
        """Predict importances `[C,K]` of each class by the map of the fold in which it is held out."""
        predicted = np.zeros_like(self.means)
        for fold, out in enumerate(self.held_out):
            predicted[out] = descent.predict(self.inputs[out], layers, fold)
        return predicted

    def score(self, layers: list[descent.Layer]) -> float:
        """Compute the mean rank correlation of the folds' maps on the classes held out of them."""
        return float(domain_map.rank_correlations(self.predicted(layers), self.means).mean())

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
        layer = ridge.fit(problem.inputs, problem.means, problem.held_out, penalty, relevance)
        scores[penalty] = problem.score([layer])
        log(number, penalty=penalty, rank_correlation=scores[penalty])
    penalties = sorted(scores, reverse=True)
    best = penalties[choice.first_best([scores[penalty] for penalty in penalties])]
    of_folds = ridge.fit(problem.inputs, problem.means, problem.held_out, best, relevance)
    relevance = problem.relevance(problem.everyone, steps)
    of_all = ridge.fit(problem.inputs, problem.means, problem.everyone, best, relevance)
    return _Fitted([of_all], [of_folds], scores[best], penalty=best)


def _normalisation(domain_vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """Compute the mean `[M]` to subtract from vectors, and the root mean square distance from it to divide them by."""
    mean = domain_vectors.mean(0)
    return mean, max(float(np.sqrt(((domain_vectors - mean) ** 2).sum(1).mean())), constants.LEAST_DIVISOR)


def _held_out(classes: int, folds: int, seed: int) -> np.ndarray:
    """Mark the classes that are held out of each fold, `[F,C]` bool."""
    fold_of = folds_lib.deal(classes, folds, seed)
    return fold_of == np.arange(fold_of.max() + 1)[:, None]


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
