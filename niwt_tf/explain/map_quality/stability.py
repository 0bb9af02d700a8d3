# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Stability: how much a map changes when the image hardly does (max-sensitivity).

C.-K. Yeh et al., "On the (In)fidelity and Sensitivity of Explanations", NeurIPS 2019, definition 2. The largest change
is searched among eight images whose values differ from the given one's by at most 5 of 255. So that methods can be
compared, maps are scaled to a maximum of 1 each, and the change is divided by the map's length.
"""

from __future__ import annotations

import numpy as np

from niwt_tf.explain import visual
from niwt_tf.explain.map_quality import subject as subject_lib

_SAMPLES = 8
_RADIUS = 5  # grey levels, 2 % of the range


def make(subject: subject_lib.Subject) -> subject_lib.MetricFunction:
    """Make the function from mapped images to the largest relative change of their maps, `[N]`; NaN for empty maps."""
    side, draw = subject.classifier.backbone.image_size, subject.draw
    rng = np.random.default_rng([subject.seed, 0x57A])
    changes = rng.integers(-_RADIUS, _RADIUS + 1, (_SAMPLES, side, side, 3), np.int16)

    def measure(batch: subject_lib.MappedImages) -> np.ndarray:
        images = batch.images.astype(np.int16)
        others = (draw(np.clip(images + change, 0, 255).astype(np.uint8), batch.classes) for change in changes)
        return np.max([relative_change(batch.maps, other) for other in others], axis=0)

    return measure


def relative_change(maps: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Compute the Euclidean length of the differences of scaled maps `[N,H,W]`, as a share of the maps' own, `[N]`."""
    maps, others = (visual.normalise(one).reshape(len(one), -1) for one in (maps, others))
    lengths, changes = np.linalg.norm(maps, axis=1), np.linalg.norm(others - maps, axis=1)
    return np.divide(changes, lengths, out=np.full(len(maps), np.nan), where=lengths > 0)
