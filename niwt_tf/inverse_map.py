# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 5 of the method (section 3.4 of the paper): a linear map back from importances to domain vectors.

Minimises the mean over seen images of |D(alpha_y(I)) - k_y|^2, every class with the same say, by gradient descent from
zero. Images count only through sums over their importances, so memory holds `[K,K]` numbers, however many images there
are; and in the eigenvectors of that matrix the weights after any number of steps are known at once.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from niwt_tf import domain_map, errors

_STEPS = np.unique(np.geomspace(1, 10_000, 60).round().astype(int))
_ROWS = 4096  # images that are summed at a time
_EPSILON = 1e-12


@dataclasses.dataclass(frozen=True)
class InverseMap:
    """A fitted map. Its scores tell how far a feature lies above what is usual.

    A score of 0 is the feature's mean over the seen classes, and 1 is one unit of the domain vector above that: a score
    near 1 - mean tells that an attribute of zeros and ones is there, one near -mean that it is not.

    Attributes:
      backward: a Keras model, importances `[N,K]` -> scores `[N,M]`; of the importances only the direction counts.
      steps: for how many steps it was fitted.
      rank_correlation: between predicted and true domain vectors of held-out seen classes at that step, their mean.
    """

    backward: keras.Model
    steps: int
    rank_correlation: float

    def __call__(self, importances: np.ndarray) -> np.ndarray:
        """Returns scores `[N,M]` float32 for importances `[N,K]`; zeros for importances of zero, which say nothing."""
        scores = self.backward(tf.constant(importances, tf.float32)).numpy()
        return np.where(np.any(importances, axis=1, keepdims=True), scores, np.float32(0))

    @property
    def kernel(self) -> np.ndarray:
        """What each neuron's importance adds to the scores, `[K,M]` float32: the map of its one-hot importance."""
        return self.backward.get_layer("scores").kernel.numpy()

    def save(self, folder: Path) -> None:
        """Writes `backward.keras` and `inverse_map.npz` into `folder`."""
        self.backward.save(folder / "backward.keras")
        np.savez(folder / "inverse_map.npz", steps=self.steps, rank_correlation=self.rank_correlation)

    @classmethod
    def load(cls, folder: Path) -> InverseMap:
        """Returns what `save` wrote; Keras' safe mode, no pickle."""
        backward = keras.models.load_model(folder / "backward.keras", compile=False, safe_mode=True)
        with np.load(folder / "inverse_map.npz", allow_pickle=False) as saved:
            return cls(backward, int(saved["steps"]), float(saved["rank_correlation"]))


def fit(values: np.ndarray, labels: np.ndarray, domain_vectors: np.ndarray, folds: int, seed: int) -> InverseMap:
    """Returns the map fitted to all seen classes for the number of steps at which held-out ones were read best.

    Args:
      values: importances of training images for their own class, `[N,K]`; may be mapped from disk.
      labels: `[N]`, from 0 to `C - 1`, each class at least once.
      domain_vectors: of the seen classes, `[C,M]`.
      folds: groups of classes held out in turn to choose the step, at least 2.
      seed: deals the classes into folds, as it does for the forward map.

    Raises:
      errors.DivergedError: if importances or domain vectors are no finite numbers.
    """
    held_out = domain_map.held_out(len(domain_vectors), folds, seed)
    moments = _moments(values, labels, held_out)
    steps, correlation = _best_steps(moments, domain_vectors, held_out)
    everyone = np.ones(len(domain_vectors), bool)
    descent = _descent(moments, domain_vectors, everyone, np.zeros(len(held_out), bool))
    return InverseMap(_as_model(descent.shift, descent.kernel(steps)), steps, correlation)
