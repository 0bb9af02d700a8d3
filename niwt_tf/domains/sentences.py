# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load embeddings of captions that come with a dataset, unchanged."""

from __future__ import annotations

import numpy as np

from niwt_tf.data import zero_shot
from niwt_tf.domains import part


def load(known: zero_shot.Embeddings, dataset: zero_shot.ZeroShotDataset) -> part.Part:
    """Load the sentence embeddings of the dataset's classes.

    Raises:
      errors.UserError: If a class is missing.
    """
    vectors = np.stack(part.of_classes(known.values, dataset.class_names, "sentences", known.source))
    names = tuple(f"sentence {number}" for number in range(vectors.shape[1]))
    return part.Part(
        vectors.astype(np.float32), names, f"{len(names):,} numbers of sentence embeddings: {known.source}"
    )
