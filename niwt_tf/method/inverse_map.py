# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 5 of the method (section 3.4 of the paper): a linear map back from importances to domain vectors.

Minimises the mean over seen images of |D(alpha_y(I)) - k_y|^2, every class with the same say, by gradient descent from
zero. Images count only through sums over their importances, so memory holds matrices, however many images there are;
and in the eigenvectors of such a matrix the weights after any number of steps are known at once.

Descent never leaves the space that the importances span. Where that has fewer dimensions `R` than there are neurons, as
behind a linear head (a dimension per class) or with few images, all matrices are `[R,R]` in place of `[K,K]`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from sklearn import model_selection

from niwt_tf import errors
from niwt_tf.method.domain_map import domain_map
from niwt_tf.numerics import choice
from niwt_tf.numerics import unit_vectors as units_lib
from niwt_tf.util import arguments, training_log

_STEPS = np.unique(np.geomspace(1, 10_000, 60).round().astype(int))
_ROWS = 4096  # images that are summed at a time
_EPSILON = 1e-12
_OUTSIDE = 1e-6  # length of a unit importance's part outside a space that counts as rounding


@dataclasses.dataclass(frozen=True)
class InverseMap:
    """A fitted map. Its scores tell how far each feature lies above what is usual.

    Their unit is the domain vector's own: 0 is the feature's mean over the seen classes. Of an attribute of zeros and
    ones that a quarter of them has, 0.75 tells that it is there, and -0.25 that it is not.

    Attributes:
      backward: a Keras model, importances `[N,K]` -> scores `[N,M]`; of the importances only the direction counts.
      patterns: `[K,M]` float32, scores again: what the map tells of the importances that come along with each neuron's
        over the seen training images, when that is one standard deviation above its mean.
      steps: for how many steps it was fitted.
      rank_correlation: between predicted and true scores of held-out seen classes at that step, their mean.
    """

    backward: keras.Model
    patterns: np.ndarray
    steps: int
    rank_correlation: float

    def __call__(self, importances: np.ndarray) -> np.ndarray:
        """Returns scores `[N,M]` float32 for importances `[N,K]`; zeros for importances of zero, which say nothing.

        Raises:
          errors.UserError: if these are no finite numbers, or of other neurons.
        """
        given = arguments.require_matrix("importances", importances, columns=self.neurons, of_column="neuron", least=0)
        return self.scores(tf.constant(given)).numpy()

    @property
    def neurons(self) -> int:
        """`K`."""
        return self.backward.input_shape[-1]

    def scores(self, importances: tf.Tensor) -> tf.Tensor:
        """Returns the same for importances `[N,K]` float32 within a graph."""
        says_something = tf.reduce_any(importances != 0, axis=1, keepdims=True)
        return tf.where(says_something, self.backward(importances), 0.0)

    def save(self, folder: Path) -> None:
        """Writes `backward.keras` and `inverse_map.npz` into `folder`."""
        self.backward.save(folder / "backward.keras")
        np.savez(
            folder / "inverse_map.npz",
            patterns=self.patterns,
            steps=self.steps,
            rank_correlation=self.rank_correlation,
        )

    @classmethod
    def load(cls, folder: Path) -> InverseMap:
        """Returns what `save` wrote; Keras' safe mode, no pickle."""
        backward = keras.models.load_model(folder / "backward.keras", compile=False, safe_mode=True)
        with np.load(folder / "inverse_map.npz", allow_pickle=False) as saved:
            return cls(backward, saved["patterns"], int(saved["steps"]), float(saved["rank_correlation"]))


def fit(
    values: np.ndarray,
    labels: np.ndarray,
    domain_vectors: np.ndarray,
    folds: int,
    seed: int,
    log: training_log.Log = training_log.no_log,
) -> InverseMap:
    """Returns the map fitted to all seen classes for the number of steps at which held-out ones were told best.

    Args:
      values: importances of training images for their own class, `[N,K]`; may be mapped from disk.
      labels: `[N]`, from 0 to `C - 1`, each class at least once.
      domain_vectors: of the seen classes, `[C,M]`.
      folds: groups of classes held out in turn to choose the step, at least 2.
      seed: deals the classes into folds.
      log: takes the rank correlation on held-out classes.

    Raises:
      errors.DivergedError: if importances or domain vectors are no finite numbers.
    """
    fold_of = _folds(len(domain_vectors), folds, seed)
    means = _class_means(values, labels, len(fold_of))
    _require_finite(means, domain_vectors)
    span = _span(values, means)
    moments = _moments(values, labels, fold_of, means @ span, span)
    steps, correlation = _best_steps(moments, domain_vectors, fold_of, log)
    descent = _Descent.on(moments, domain_vectors, fold_of >= 0)
    kernel = descent.kernel(steps)
    patterns = _patterns(span, descent.covariance, kernel)
    return InverseMap(_as_model(span @ descent.shift, span @ kernel), patterns, steps, correlation)


@dataclasses.dataclass(frozen=True)
class _Moments:
    """What the images come down to, in the coordinates of the space that their importances span.

    Attributes:
      means: each class's mean `[C,R]` of unit importances.
      squares: for each fold, the sum over its classes `[F,R,R]` of their mean outer product.
      fold_of: `[C]`.
    """

    means: np.ndarray
    squares: np.ndarray
    fold_of: np.ndarray


def _folds(classes: int, folds: int, seed: int) -> np.ndarray:
    """Returns the fold `[C]` in which each class is held out."""
    fold_of = np.zeros(classes, int)
    dealt = model_selection.KFold(min(folds, classes), shuffle=True, random_state=seed).split(fold_of)
    for fold, (_, held_out) in enumerate(dealt):
        fold_of[held_out] = fold
    return fold_of


def _class_means(values: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Compute each class's mean `[C,K]` of unit importances."""
    sums = np.zeros((classes, values.shape[1]))
    for rows in _blocks(values):
        np.add.at(sums, labels[rows], units_lib.units(np.asarray(values[rows], np.float64)))
    return sums / np.bincount(labels, minlength=classes)[:, None]


def _span(values: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Find an orthonormal basis `[K,R]` of a space that holds the importances of all images, as small as is cheap.

    The class means span it behind a linear head; all images do where they are fewer than neurons; else all neurons.
    """
    neurons = values.shape[1]
    basis = _basis(means)
    if basis.shape[1] < neurons and _holds(basis, values):
        return basis
    return _basis(units_lib.units(np.asarray(values, np.float64))) if len(values) < neurons else np.eye(neurons)


def _basis(rows: np.ndarray) -> np.ndarray:
    """Compute an orthonormal basis `[K,R]`, R at least 1, of the space that `rows` `[N,K]` span, but for rounding."""
    _, lengths, directions = np.linalg.svd(rows, full_matrices=False)
    return directions[: max(1, int((lengths > _OUTSIDE * lengths[0]).sum()))].T


def _holds(basis: np.ndarray, values: np.ndarray) -> bool:
    """Return whether the unit importances of all images lie in the space of `basis` `[K,R]`, but for rounding."""
    for rows in _blocks(values):
        units = units_lib.units(np.asarray(values[rows], np.float64))
        if np.linalg.norm(units - (units @ basis) @ basis.T, axis=1).max() > _OUTSIDE:
            return False
    return True


def _moments(
    values: np.ndarray, labels: np.ndarray, fold_of: np.ndarray, means: np.ndarray, span: np.ndarray
) -> _Moments:
    """Sum up the images; `means` `[C,R]` and `span` `[K,R]` as `_class_means` and `_span` give them."""
    roots = np.sqrt(np.bincount(labels, minlength=len(fold_of)))
    squares = np.zeros((fold_of.max() + 1, span.shape[1], span.shape[1]))
    for rows in _blocks(values):
        of_block = labels[rows]
        block = units_lib.units(np.asarray(values[rows], np.float64)) @ span / roots[of_block][:, None]
        for fold in np.unique(fold_of[of_block]):
            of_fold = block[fold_of[of_block] == fold]
            squares[fold] += of_fold.T @ of_fold
    return _Moments(means, squares, fold_of)


def _blocks(values: np.ndarray) -> Iterator[slice]:
    """Yield slices of rows that fit into memory together."""
    return (slice(start, start + _ROWS) for start in range(0, len(values), _ROWS))


@dataclasses.dataclass(frozen=True)
class _Descent:
    """Gradient descent on the squared error over some classes, from zero, as long a step as is stable.

    Attributes:
      shift: the classes' mean importances `[R]`.
      covariance: of importances over their images, `[R,R]`.
      centre: the mean of their domain vectors `[M]`.
      rates: the share `[R]` of what is still to be learned that a step learns, along each eigenvector, in 0..1.
      basis: the eigenvectors `[R,R]`, in columns.
      gradient: the first step, `[R,M]`, in that basis.
    """

    shift: np.ndarray
    covariance: np.ndarray
    centre: np.ndarray
    rates: np.ndarray
    basis: np.ndarray
    gradient: np.ndarray

    @classmethod
    def on(cls, moments: _Moments, domain_vectors: np.ndarray, kept: np.ndarray) -> _Descent:
        """Returns the descent on the classes where `kept` `[C]` bool is true: whole folds."""
        folds = np.unique(moments.fold_of[kept])
        shift, centre = moments.means[kept].mean(0), domain_vectors[kept].mean(0)
        covariance = moments.squares[folds].sum(0) / kept.sum() - np.outer(shift, shift)
        slope = (moments.means[kept] - shift).T @ (domain_vectors[kept] - centre) / kept.sum()
        eigenvalues, basis = np.linalg.eigh(covariance)
        largest = max(eigenvalues[-1], _EPSILON)
        rates = np.clip(eigenvalues / largest, 0, 1)
        return cls(shift, covariance, centre, rates, basis, basis.T @ slope / largest)

    def kernel(self, steps: int) -> np.ndarray:
        """Returns the weights `[R,M]` after so many steps."""
        return self.apply(self.basis, steps)

    def apply(self, coordinates: np.ndarray, steps: int) -> np.ndarray:
        """Returns the scores `[N,M]` after so many steps of centred importances, `[N,R]` in the basis."""
        learned = 1 - (1 - self.rates) ** steps
        factor = np.divide(learned, self.rates, out=np.full(len(learned), float(steps)), where=self.rates > _EPSILON)
        return (coordinates * factor) @ self.gradient


def _best_steps(
    moments: _Moments, domain_vectors: np.ndarray, fold_of: np.ndarray, log: training_log.Log
) -> tuple[int, float]:
    """Returns the first step with about the best mean rank correlation on held-out classes, and that correlation."""
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
        descent = _Descent.on(moments, domain_vectors, ~out)
        coordinates, true = (moments.means[out] - descent.shift) @ descent.basis, domain_vectors[out] - descent.centre
        for row, steps in zip(correlations, _STEPS, strict=True):
            row[out] = domain_map.rank_correlations(descent.apply(coordinates, int(steps)), true)
    return correlations.mean(1)


def _patterns(span: np.ndarray, covariance: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Returns the scores `[K,M]` of what comes along with each neuron's importance; 0 for one that never changes."""
    spread = span @ covariance
    deviations = np.sqrt(np.maximum((spread * span).sum(1), 0))[:, None]
    together = spread @ kernel
    patterns = np.divide(together, deviations, out=np.zeros_like(together), where=deviations > _EPSILON)
    return patterns.astype(np.float32)


def _require_finite(means: np.ndarray, domain_vectors: np.ndarray) -> None:
    for name, numbers in (("importances", means), ("domain vectors", domain_vectors)):
        wrong = int((~np.isfinite(numbers)).any(1).sum())
        if wrong:
            raise errors.DivergedError(
                f"`{name}` must be finite numbers. Received: {name} of {wrong} of {len(numbers)} classes that are not. "
                "Train the backbone anew with a lower --learning_rate, or name another --domain."
            )


def _as_model(shift: np.ndarray, kernel: np.ndarray) -> keras.Model:
    importances = keras.Input((len(shift),), name="importances")
    unit = keras.layers.UnitNormalization(name="unit")(importances)
    centered = keras.layers.Normalization(mean=shift, variance=np.ones_like(shift), name="centered")(unit)
    dense = keras.layers.Dense(kernel.shape[1], use_bias=False, name="scores")
    model = keras.Model(importances, dense(centered), name="inverse_map")
    dense.set_weights([kernel])
    return model
