# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Text to vectors, without a download: TF-IDF over words and phrases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

# What joins words rather than describes; left out, "the crown is red" and "a red crown" share their words.
_JOINING = (
    "a an the this that these those it its he she his her is are was were be has have had with of and or but on in at "
    "to from by as for which whose while there here also both"
).split()
_MAX_FEATURES = 2000
_MIN_DOCUMENTS = 2
_LONGEST_PHRASE = 3


class TfidfEncoder:
    """Phrases of one to three words, weighted by how rare they are; knows the words of the texts that it is given.

    Attributes:
      feature_names: the `M` phrases.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        """Fits the vocabulary and its weights.

        Args:
          texts: of seen classes alone.
        """
        self._vectorizer = TfidfVectorizer(
            stop_words=_JOINING,
            ngram_range=(1, _LONGEST_PHRASE),
            min_df=_MIN_DOCUMENTS,
            max_features=_MAX_FEATURES,
            sublinear_tf=True,
            dtype=np.float32,
        ).fit(texts)
        self.feature_names: tuple[str, ...] = tuple(self._vectorizer.get_feature_names_out().tolist())

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Returns `[N,M]` float32 of unit length; zeros for a text without a known phrase."""
        return self._vectorizer.transform(texts).toarray()
