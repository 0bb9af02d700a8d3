# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load embeddings of captions that come with a dataset, unchanged."""

from __future__ import annotations

import numpy as np

from niwt_tf.data import zero_shot
from niwt_tf.domains import domain_vectors


def load(embeddings: zero_shot.Embeddings, dataset: zero_shot.ZeroShotDataset) -> domain_vectors.DomainVectors:
    """Load the sentence embeddings of the dataset's classes.

    Raises:
      errors.UserError: If a class is missing.
    """
    rows = domain_vectors.select(embeddings.values, dataset.class_names, "sentences", embeddings.source)
    vectors = np.stack(rows).astype(np.float32)
    names = tuple(f"sentence {number}" for number in range(vectors.shape[1]))
    source = f"{len(names):,} numbers of sentence embeddings: {embeddings.source}"
    return domain_vectors.DomainVectors(vectors, names, source)
