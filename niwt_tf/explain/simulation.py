# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Simulates activations from a neuron's name alone, and correlates them with the true ones.

Bills et al. ("Language models can explain neurons in language models", 2023) let a language model simulate a neuron
from its explanation. Here the simulator is the value of the feature: a straight line, fitted to the mean activations of
seen classes, predicts the activation of every class. Correlations do not depend on the line, unless it differs between
folds.
"""

from __future__ import annotations

import numpy as np

from niwt_tf.numerics import constants


def scaled(vectors: np.ndarray, seen_classes: int | None = None) -> np.ndarray:
    """Scale the features of domain vectors `[C,M]` to 0..1 over the first `seen_classes`, by default all."""
    low, high = vectors[:seen_classes].min(0), vectors[:seen_classes].max(0)
    return (vectors - low) / np.maximum(high - low, constants.LEAST_DIVISOR)


def all_correlations(simulated: np.ndarray, activations: np.ndarray) -> np.ndarray:
    """Compute Pearson's correlations of each neuron's activations `[N,K]` with each simulation `[N,P]`, `[K,P]`.

    A constant has none: NaN.
    """
    one, other = (_unit(values) for values in (activations, simulated))
    return one.T @ other


def correlations(simulated: np.ndarray, activations: np.ndarray) -> np.ndarray:
    """Compute Pearson's correlation of each neuron's activations with its own simulation, both `[N,K]`, `[K]`."""
    return (_unit(simulated) * _unit(activations)).sum(0)


def held_out_correlations(means: np.ndarray, values: np.ndarray, chosen: np.ndarray, fold_of: np.ndarray) -> np.ndarray:
    """Correlate mean activations of held-out classes with those that a feature chosen without them predicts, `[K]`.

    Args:
      means: Mean activations of the classes, `[C,K]`.
      values: Features of the classes, `[C,M]`.
      chosen: Feature of each neuron that was chosen without each fold, `[F,K]`; -1 for none.
      fold_of: Fold in which each class is held out, `[C]`.

    Returns:
      `[K]`: 0 where a correlation is not defined.
    """
    predicted = np.zeros(means.shape)
    for fold, features in enumerate(chosen):
        kept, feature_values = fold_of != fold, values[:, features]
        mean_value, mean = feature_values[kept].mean(0), means[kept].mean(0)
        centred = feature_values - mean_value
        products = (centred[kept] * (means[kept] - mean)).sum(0)
        slopes = products / np.maximum((centred[kept] ** 2).sum(0), constants.LEAST_DIVISOR)
        predicted[~kept] = (mean + np.where(features >= 0, slopes, 0) * centred)[~kept]
    return np.nan_to_num(correlations(predicted, means))


def _unit(values: np.ndarray) -> np.ndarray:
    """Centre columns and scale them to length 1; a constant column becomes NaN."""
    centred = values - values.mean(0, dtype=np.float64)
    lengths = np.linalg.norm(centred, axis=0)
    return centred / np.where(lengths > constants.LEAST_DIVISOR, lengths, np.nan)
