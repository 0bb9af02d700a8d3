# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 5 of the method (section 3.4 of the paper): a linear map back from importances to domain vectors.

Gradient descent from zero minimises the mean over seen images of |D(alpha_y(I)) - k_y|^2, with equal weight for every
class. Images enter only through sums over their importances, so memory holds only matrices, however many images there
are. In the eigenvectors of such a matrix, the weights after any number of steps have a closed form.

Descent stays in the space that the importances span. If that has fewer dimensions `R` than there are neurons, as behind
a linear head (one dimension per class) or with few images, all matrices are `[R,R]` instead of `[K,K]`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.backbones import network_file
from niwt_tf.method.domain_map import domain_map
from niwt_tf.numerics import choice, constants
from niwt_tf.numerics import folds as folds_lib
from niwt_tf.numerics import unit_vectors as units_lib
from niwt_tf.util import arguments, array_schemas, training_log

_NETWORK, _FILE = "backward.keras", "inverse_map.npz"
_SCORES = "scores"  # name of the network's layer
_SCHEMA = {
    "patterns": array_schemas.Array("float", "KM"),
    "steps": array_schemas.Array("int", minimum=0),
    "rank_correlation": array_schemas.Array("float", minimum=-1.0, maximum=1.0),
}
_STEPS = np.unique(np.geomspace(1, 10_000, 60).round().astype(int))
_ROWS = 4096  # images per partial sum
_OUTSIDE = 1e-6  # length up to which the part of a unit importance outside a space counts as rounding


@dataclasses.dataclass(frozen=True)
class InverseMap:
    """A fitted map from importances to scores: how far each feature lies above its mean over the seen classes.

    Scores have the unit of the domain vectors. For an attribute of zeros and ones that a quarter of the seen classes
    has, 0.75 means that it is there, and -0.25 that it is not.

    Attributes:
      backward: Keras model, importances `[N,K]` -> scores `[N,M]`; only the direction of the importances counts.
      patterns: Activation patterns `[K,M]` float32: scores of the importances that go with each neuron's importance
        when that is one standard deviation above its mean over the seen training images.
      steps: Number of steps of the fit.
      rank_correlation: Mean rank correlation between predicted and true scores of held-out seen classes at that step.
    """

    backward: keras.Model
    patterns: np.ndarray
    steps: int
    rank_correlation: float

    def __call__(self, importances: np.ndarray) -> np.ndarray:
        """Predict scores `[N,M]` float32 from importances `[N,K]`; zeros for an image whose importances are all zero.

        Raises:
          errors.UserError: If the importances are not finite numbers, or of another number of neurons.
        """
        values = arguments.require_matrix("importances", importances, columns=self.neurons, of_column="neuron", least=0)
        return self.scores(tf.constant(values)).numpy()

    @property
    def kernel(self) -> np.ndarray:
        """Weights `[K,M]` float32 from centered unit importances to scores."""
        return self.backward.get_layer(_SCORES).get_weights()[0]

    @property
    def neurons(self) -> int:
        """Number of neurons, `K`."""
        return self.backward.input_shape[-1]

    def scores(self, importances: tf.Tensor) -> tf.Tensor:
        """Predict the same scores from importances `[N,K]` float32 within a graph, without checks."""
        is_nonzero = tf.reduce_any(importances != 0, axis=1, keepdims=True)
        return tf.where(is_nonzero, self.backward(importances), 0.0)

    def save(self, folder: Path) -> None:
        """Write `backward.keras` and `inverse_map.npz` into `folder`."""
        self.backward.save(folder / _NETWORK)
        np.savez(
            folder / _FILE,
            patterns=self.patterns,
            steps=self.steps,
            rank_correlation=self.rank_correlation,
        )

    @classmethod
    def load(cls, folder: Path, sizes: array_schemas.Sizes | None = None) -> InverseMap:
        """Read a map that `save` wrote, in Keras' safe mode and without pickle.

        Args:
          folder: Folder of the files.
          sizes: Sizes of the model's other files.

        Raises:
          errors.UserError: If a file is missing, damaged, or does not fit to the others.
        """
        sizes = sizes or array_schemas.Sizes()
        backward = network_file.read_map(folder / _NETWORK, "KM", sizes)
        saved = array_schemas.read_all(folder / _FILE, _SCHEMA, sizes)
        return cls(backward, saved["patterns"], int(saved["steps"]), float(saved["rank_correlation"]))


def fit(
    values: np.ndarray,
    labels: np.ndarray,
    domain_vectors: np.ndarray,
    folds: int,
    seed: int,
    log: training_log.Log = training_log.no_log,
) -> InverseMap:
    """Fit the map to all seen classes, with the number of steps that predicted held-out classes best.

    Args:
      values: Importances `[N,K]` of training images for their own class; may be mapped from disk.
      labels: Class indices `[N]`, 0 to `C - 1`, each class at least once.
      domain_vectors: Domain vectors `[C,M]` of the seen classes.
      folds: Number of groups of classes, held out in turn to choose the number of steps, at least 2.
      seed: Seed of the folds of classes.
      log: Log of the rank correlation on held-out classes.

    Raises:
      errors.DivergedError: If importances or domain vectors are not finite numbers.
    """
    fold_of = folds_lib.deal_blocks(len(domain_vectors), folds, seed)
    means = _class_means(values, labels, len(fold_of))
    _require_finite(means, domain_vectors)
    span = _span(values, means)
    moments = _moments(values, labels, fold_of, means @ span, span)
    steps, correlation = _best_steps(moments, domain_vectors, fold_of, log)
    descent = _Descent.prepare(moments, domain_vectors, fold_of >= 0)
    kernel = descent.kernel(steps)
    patterns = _patterns(span, descent.covariance, kernel)
    return InverseMap(_as_model(span @ descent.shift, span @ kernel), patterns, steps, correlation)


@dataclasses.dataclass(frozen=True)
class _Moments:
    """Sums over the images that the fit needs, in coordinates of the space that their importances span.

    Attributes:
      means: Mean `[C,R]` of each class's unit importances.
      squares: Sums `[F,R,R]` over the classes of each fold of the mean outer product of their unit importances.
      fold_of: Fold `[C]` in which each class is held out.
    """

    means: np.ndarray
    squares: np.ndarray
    fold_of: np.ndarray


def _class_means(values: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Compute each class's mean `[C,K]` of unit importances."""
    sums = np.zeros((classes, values.shape[1]))
    for rows in _blocks(values):
        np.add.at(sums, labels[rows], units_lib.units(np.asarray(values[rows], np.float64)))
    return sums / np.bincount(labels, minlength=classes)[:, None]


def _span(values: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Compute an orthonormal basis `[K,R]` of a space that holds all importances, as small as is cheap to compute.

    Behind a linear head the class means span it. Otherwise all images do if there are fewer of them than neurons; else
    it has a dimension for each neuron.
    """
    neurons = values.shape[1]
    basis = _basis(means)
    if basis.shape[1] < neurons and _holds(basis, values):
        return basis
    return _basis(units_lib.units(np.asarray(values, np.float64))) if len(values) < neurons else np.eye(neurons)


def _basis(rows: np.ndarray) -> np.ndarray:
    """Compute an orthonormal basis `[K,R]`, R at least 1, of the space that `rows` `[N,K]` span, up to rounding."""
    _, lengths, directions = np.linalg.svd(rows, full_matrices=False)
    return directions[: max(1, int((lengths > _OUTSIDE * lengths[0]).sum()))].T


def _holds(basis: np.ndarray, values: np.ndarray) -> bool:
    """Check whether the unit importances of all images lie in the space of `basis` `[K,R]`, up to rounding."""
    for rows in _blocks(values):
        units = units_lib.units(np.asarray(values[rows], np.float64))
        if np.linalg.norm(units - (units @ basis) @ basis.T, axis=1).max() > _OUTSIDE:
            return False
    return True


def _moments(
    values: np.ndarray, labels: np.ndarray, fold_of: np.ndarray, means: np.ndarray, span: np.ndarray
) -> _Moments:
    """Sum over the images; `span` `[K,R]` is the basis of `_span`, `means` `[C,R]` the class means in it."""
    roots = np.sqrt(np.bincount(labels, minlength=len(fold_of)))
    squares = np.zeros((fold_of.max() + 1, span.shape[1], span.shape[1]))
    for rows in _blocks(values):
        block_labels = labels[rows]
        block = units_lib.units(np.asarray(values[rows], np.float64)) @ span / roots[block_labels][:, None]
        for fold in np.unique(fold_of[block_labels]):
            members = block[fold_of[block_labels] == fold]
            squares[fold] += members.T @ members
    return _Moments(means, squares, fold_of)


def _blocks(values: np.ndarray) -> Iterator[slice]:
    """Split the rows into slices that each fit into memory."""
    return (slice(start, start + _ROWS) for start in range(0, len(values), _ROWS))


@dataclasses.dataclass(frozen=True)
class _Descent:
    """Gradient descent from zero on the squared error over some classes, with step size 1 / largest eigenvalue.

    Attributes:
      shift: Mean `[R]` of the classes' mean unit importances.
      covariance: Covariance `[R,R]` of unit importances over the classes' images, with equal weight for every class.
      centre: Mean `[M]` of the classes' domain vectors.
      rates: Share `[R]`, 0..1, of the remaining error along each eigenvector that one step removes.
      basis: Eigenvectors `[R,R]` of the covariance, in columns.
      gradient: First step `[R,M]`, in coordinates of `basis`.
    """

    shift: np.ndarray
    covariance: np.ndarray
    centre: np.ndarray
    rates: np.ndarray
    basis: np.ndarray
    gradient: np.ndarray

    @classmethod
    def prepare(cls, moments: _Moments, domain_vectors: np.ndarray, kept: np.ndarray) -> _Descent:
        """Prepare the descent on the classes where `kept` `[C]` bool is true, which must be whole folds."""
        folds = np.unique(moments.fold_of[kept])
        shift, centre = moments.means[kept].mean(0), domain_vectors[kept].mean(0)
        covariance = moments.squares[folds].sum(0) / kept.sum() - np.outer(shift, shift)
        slope = (moments.means[kept] - shift).T @ (domain_vectors[kept] - centre) / kept.sum()
        eigenvalues, basis = np.linalg.eigh(covariance)
        largest = max(eigenvalues[-1], constants.LEAST_DIVISOR)
        rates = np.clip(eigenvalues / largest, 0, 1)
        return cls(shift, covariance, centre, rates, basis, basis.T @ slope / largest)

    def kernel(self, steps: int) -> np.ndarray:
        """Compute the weights `[R,M]` after a number of steps."""
        return self.apply(self.basis, steps)

    def apply(self, coordinates: np.ndarray, steps: int) -> np.ndarray:
        """Compute the scores `[N,M]` of centred importances, `[N,R]` in coordinates of `basis`, after some steps."""
        learned = 1 - (1 - self.rates) ** steps
        factor = np.divide(
            learned, self.rates, out=np.full(len(learned), float(steps)), where=self.rates > constants.LEAST_DIVISOR
        )
        return (coordinates * factor) @ self.gradient


def _best_steps(
    moments: _Moments, domain_vectors: np.ndarray, fold_of: np.ndarray, log: training_log.Log
) -> tuple[int, float]:
    """Choose the first step with about the best mean rank correlation on held-out classes; return both."""
    correlations = _correlations(moments, domain_vectors, fold_of)
    for steps, correlation in zip(_STEPS, correlations, strict=True):
        log(int(steps), rank_correlation=float(correlation))
    best = choice.first_best(correlations)
    return int(_STEPS[best]), float(correlations[best])


def _correlations(moments: _Moments, domain_vectors: np.ndarray, fold_of: np.ndarray) -> np.ndarray:
    """Compute the mean rank correlation on held-out classes after each number of steps in `_STEPS`."""
    correlations = np.zeros((len(_STEPS), len(fold_of)))
    for fold in range(fold_of.max() + 1):
        out = fold_of == fold
        descent = _Descent.prepare(moments, domain_vectors, ~out)
        coordinates, true = (moments.means[out] - descent.shift) @ descent.basis, domain_vectors[out] - descent.centre
        for row, steps in zip(correlations, _STEPS, strict=True):
            row[out] = domain_map.rank_correlations(descent.apply(coordinates, int(steps)), true)
    return correlations.mean(1)


def _patterns(span: np.ndarray, covariance: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Compute the activation patterns `[K,M]` of `InverseMap`; 0 for a neuron whose importance never changes."""
    spread = span @ covariance
    deviations = np.sqrt(np.maximum((spread * span).sum(1), 0))[:, None]
    together = spread @ kernel
    patterns = np.divide(together, deviations, out=np.zeros_like(together), where=deviations > constants.LEAST_DIVISOR)
    return patterns.astype(np.float32)


def _require_finite(means: np.ndarray, domain_vectors: np.ndarray) -> None:
    for name, numbers in (("importances", means), ("domain vectors", domain_vectors)):
        wrong = int((~np.isfinite(numbers)).any(1).sum())
        if wrong:
            raise errors.DivergedError(
                f"`{name}` must be finite numbers. Received: {name} of {wrong} of {len(numbers)} classes that are "
                f"not. Train the backbone anew with a lower {errors.setting('learning_rate')}, or name another "
                f"{errors.setting('domain')}."
            )


def _as_model(shift: np.ndarray, kernel: np.ndarray) -> keras.Model:
    importances = keras.Input((len(shift),), name="importances")
    unit = keras.layers.UnitNormalization(name="unit")(importances)
    centered = keras.layers.Normalization(mean=shift, variance=np.ones_like(shift), name="centered")(unit)
    dense = keras.layers.Dense(kernel.shape[1], use_bias=False, name=_SCORES)
    model = keras.Model(importances, dense(centered), name="inverse_map")
    dense.set_weights([kernel])
    return model
