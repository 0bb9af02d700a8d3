# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The fitted map from domain vectors to importances (section 3.2 of the paper), and its score; `fit` fits it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from scipy import stats

from niwt_tf.backbones import network_file
from niwt_tf.numerics import choice, constants
from niwt_tf.numerics import unit_vectors as units_lib
from niwt_tf.util import arguments, array_schemas

_NETWORK, _FILE = "forward.keras", "map.npz"
_SCHEMA = {
    "rank_correlation": array_schemas.Array("float", minimum=-1.0, maximum=1.0),
    "steps": array_schemas.Array("int", minimum=0),
    "penalty": array_schemas.Array("float", minimum=0.0),
    "relevance": array_schemas.Array("int", minimum=0, since=2),
    "residuals": array_schemas.Array("float", "RK", may_be_empty=True, since=2),
}


class MapFit(NamedTuple):
    """A way to fit the map.

    Attributes:
      kind: Kind of fit, one of `config.MAP_FITS`.
      relevance_steps: Number of steps of automatic relevance determination before ridge regression; with 0, or for
        descent, all dimensions of the domain vectors count the same.
    """

    kind: str
    relevance_steps: int = 0

    @property
    def folder_name(self) -> str:
        """Name of the folder with the scalars of this fit in a validation."""
        return f"{self.kind}{self.relevance_steps or ''}"


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

    @property
    def map_fit(self) -> MapFit:
        """Way in which the map was fitted."""
        return MapFit("descent" if self.steps else "ridge", self.relevance)

    def __call__(self, domain_vectors: np.ndarray) -> np.ndarray:
        """Predict importances `[N,K]` float32 for domain vectors `[N,M]`.

        Raises:
          errors.UserError: If the domain vectors are not finite numbers, or have another number of features.
        """
        features = self.forward.input_shape[-1]
        vectors = arguments.require_matrix("domain_vectors", domain_vectors, of_row="class", columns=features, least=0)
        return self.forward(tf.constant(vectors)).numpy()

    def save(self, folder: Path) -> None:
        """Write `forward.keras` and `map.npz` into `folder`."""
        self.forward.save(folder / _NETWORK)
        np.savez(folder / _FILE, **{name: getattr(self, name) for name in _SCHEMA})

    @classmethod
    def load(
        cls,
        folder: Path,
        sizes: array_schemas.Sizes | None = None,
        bundle_format: float = array_schemas.PRESENT,
    ) -> DomainMap:
        """Read a map that `save` wrote, in Keras' safe mode and without pickle.

        Args:
          folder: Folder of the files.
          sizes: Sizes of the model's other files.
          bundle_format: Format of the bundle that the files are from.

        Raises:
          errors.UserError: If a file is missing, damaged, or does not fit to the others.
        """
        sizes = sizes or array_schemas.Sizes()
        forward = network_file.read_map(folder / _NETWORK, "MK", sizes)
        arrays = array_schemas.read_all(folder / _FILE, _SCHEMA, sizes, bundle_format)
        values: dict[str, Any] = {name: array if array.ndim else array.item() for name, array in arrays.items()}
        return cls(forward, **values)


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


def rank_correlations(predicted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Compute Spearman's rank correlation `[C]` between the rows of two `[C,K]`; 0 for a row of equal numbers.

    Numbers that differ by rounding alone share a rank, because otherwise rounding would decide between distant ranks.
    """
    ranks = [stats.rankdata(choice.tied(rows), axis=-1) for rows in (predicted, observed)]
    a, b = (rank - rank.mean(-1, keepdims=True) for rank in ranks)
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return (a * b).sum(-1) / np.maximum(norms, constants.LEAST_DIVISOR)
