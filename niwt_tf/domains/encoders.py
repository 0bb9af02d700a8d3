# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Text to vectors, without a download: TF-IDF over words and phrases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from niwt_tf import errors
from niwt_tf.domains import words

_MAX_FEATURES = 2000
_MIN_DOCUMENTS = 2
_LONGEST_PHRASE = 3


class Encoder(Protocol):
    """Turns texts into vectors.

    Attributes:
      name: of the encoder, in words.
      feature_names: the `M` names of a vector's numbers; None where they have none.
    """

    name: str
    feature_names: tuple[str, ...] | None

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Returns `[N,M]` float32; zeros for a text of which nothing is known."""

    def unknown(self, seen: Sequence[str], unseen: Sequence[str]) -> str:
        """Returns in words how much of the texts is unknown; nothing where an encoder takes any text."""


class TfidfEncoder:
    """Phrases of one word to a few, weighted by how rare they are; knows the words of the texts that it is given.

    Attributes:
      name: TF-IDF, and how many components.
      feature_names: the `M` phrases; None where components stand for them.
    """

    def __init__(self, texts: Sequence[str], phrase: int = _LONGEST_PHRASE, components: int = 0) -> None:
        """Fits the vocabulary and its weights, and the components.

        Args:
          texts: of seen classes alone.
          phrase: most words in a phrase.
          components: most numbers that stand for the phrases, by a truncated SVD; fewer where texts or phrases are
            fewer, and 0 keeps the phrases.

        Raises:
          errors.UserError: if no word is in two of the texts.
        """
        self._vectorizer = TfidfVectorizer(
            stop_words=list(words.JOINING),
            token_pattern=words.PATTERN,
            ngram_range=(1, phrase),
            min_df=_MIN_DOCUMENTS,
            max_features=_MAX_FEATURES,
            sublinear_tf=True,
            dtype=np.float32,
        )
        try:
            weights = self._vectorizer.fit_transform(texts)
        except ValueError as error:
            raise errors.UserError(
                "Texts of the seen classes must share words: tfidf knows those in two texts or more. Received: "
                f"{len(texts):,} texts without such a word. Give longer texts, or name another --text_encoder."
            ) from error
        phrases: tuple[str, ...] = tuple(self._vectorizer.get_feature_names_out().tolist())
        components = min(components, *weights.shape)
        self._svd = TruncatedSVD(components, random_state=0).fit(weights) if components else None
        self.feature_names = None if components else phrases
        self.name = f"TF-IDF in {components:,} components" if components else "TF-IDF"

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Returns `[N,M]` float32, of unit length unless components are taken; zeros where no phrase is known."""
        weights = self._vectorizer.transform(texts)
        return self._svd.transform(weights).astype(np.float32) if self._svd else weights.toarray()

    def unknown(self, seen: Sequence[str], unseen: Sequence[str]) -> str:
        """Returns how many words of the unseen classes' texts are not in the vocabulary."""
        del seen
        known = self._vectorizer.vocabulary_
        return words.unknown(unseen, lambda word: word.lower() in known, "of unseen classes")
