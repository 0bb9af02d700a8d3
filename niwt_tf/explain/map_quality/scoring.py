# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Scores maps by the metrics of `registry`, batch by batch; of an image, only its values are kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from niwt_tf.explain import pointing, visual
from niwt_tf.explain.map_quality import (
    average_drop,
    insertion_deletion,
    mufidelity,
    randomization,
    sparseness,
    stability,
)
from niwt_tf.explain.map_quality import subject as subject_lib


@dataclasses.dataclass(frozen=True)
class MapScore:
    """Score of maps by one metric.

    Attributes:
      values: Value of each image, `[N]` float64; NaN where there is none, such as the sparseness of an empty map.
    """

    values: np.ndarray

    @property
    def count(self) -> int:
        """Number of images that have a value."""
        return int((~np.isnan(self.values)).sum())

    @property
    def mean(self) -> float | None:
        """Mean over these images; None if there is none."""
        return float(np.nanmean(self.values)) if self.count else None

    @property
    def standard_error(self) -> float | None:
        """Standard error of the mean; None for fewer than two images."""
        return float(np.nanstd(self.values, ddof=1) / np.sqrt(self.count)) if self.count > 1 else None


class MapScorer:
    """Scores of one method's maps, collected batch by batch."""

    def __init__(self, subject: subject_lib.Subject, metrics: Sequence[str]) -> None:
        """Compile the metrics.

        Args:
          subject: Classifier that the maps explain, and the method that draws them.
          metrics: Keys of `registry.METRICS`, as `registry.choose` returns them.
        """
        self._functions = {name: _MAKERS[name](subject) for name in metrics}
        self._values: dict[str, list[np.ndarray]] = {name: [] for name in metrics}

    def add(self, batch: subject_lib.MappedImages) -> None:
        """Measure a batch of at least one image."""
        for name, function in self._functions.items():
            self._values[name].append(function(batch))

    def scores(self) -> dict[str, MapScore]:
        """Return what was measured, by metric."""
        return {name: MapScore(np.concatenate([np.zeros(0), *values])) for name, values in self._values.items()}


def _make_pointing(subject: subject_lib.Subject) -> subject_lib.MetricFunction:
    del subject
    return lambda batch: pointing.hits(visual.peaks(batch.maps), batch.boxes)


_MAKERS: Mapping[str, Callable[[subject_lib.Subject], subject_lib.MetricFunction]] = {
    "insertion": insertion_deletion.make_insertion,
    "deletion": insertion_deletion.make_deletion,
    "mufidelity": mufidelity.make,
    "average_drop": average_drop.make_drop,
    "average_increase": average_drop.make_increase,
    "stability": stability.make,
    "sparseness": sparseness.make,
    "pointing": _make_pointing,
    "parameter_randomization": randomization.make_parameter,
    "logit_randomization": randomization.make_logit,
}
