# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Text to vectors, without a download: TF-IDF over words and phrases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

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

    def knows(self, word: str) -> bool:
        """Returns whether a word, as it is written, says anything to the encoder."""

    def unknown(self, seen: Sequence[str], unseen: Sequence[str]) -> str:
        """Returns in words how much of the texts is unknown; nothing where an encoder takes any text."""


class TfidfEncoder:
    """Phrases of one word to a few, weighted by how rare they are; knows the words of the texts that it is fitted to.

    Attributes:
      name: TF-IDF, and how many components.
      feature_names: the `M` phrases; None where components stand for them.
    """

    def __init__(self, vectorizer: TfidfVectorizer, components: np.ndarray | None = None) -> None:
        """Takes what is fitted.

        Args:
          vectorizer: from texts to the weights of `P` phrases.
          components: of these weights, `[M,P]`; None keeps the phrases.
        """
        self._vectorizer, self._components = vectorizer, components
        phrases: tuple[str, ...] = tuple(vectorizer.get_feature_names_out().tolist())
        self.feature_names = phrases if components is None else None
        self.name = "TF-IDF" if components is None else f"TF-IDF in {len(components):,} components"

    @classmethod
    def fit(cls, texts: Sequence[str], phrase: int = _LONGEST_PHRASE, components: int = 0) -> TfidfEncoder:
        """Fits the vocabulary and its weights, and the components.

        Args:
          texts: of seen classes alone.
          phrase: most words in a phrase.
          components: most numbers that stand for the phrases, by a truncated SVD; fewer where texts or phrases are
            fewer, and 0 keeps the phrases.

        Raises:
          errors.UserError: if no word is in two of the texts.
        """
        vectorizer = _vectorizer(phrase, min_df=_MIN_DOCUMENTS, max_features=_MAX_FEATURES)
        try:
            weights = vectorizer.fit_transform(texts)
        except ValueError as error:
            raise errors.UserError(
                "Texts of the seen classes must share words: tfidf knows those in two texts or more. Received: "
                f"{len(texts):,} texts without such a word. Give longer texts, or name another --text_encoder."
            ) from error
        components = min(components, *weights.shape)
        found = TruncatedSVD(components, random_state=0).fit(weights).components_ if components else None
        return cls(vectorizer, found)

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns what `from_arrays` makes this encoder anew of: text and numbers."""
        made = {
            "phrases": self._vectorizer.get_feature_names_out().astype(str),
            "rarities": self._vectorizer.idf_,
            "phrase": np.array(self._vectorizer.ngram_range[1]),
        }
        return made if self._components is None else made | {"components": self._components}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> TfidfEncoder:
        """Returns the encoder of which `arrays` gave these."""
        vectorizer = _vectorizer(int(arrays["phrase"]), vocabulary=arrays["phrases"].tolist())
        vectorizer.idf_ = arrays["rarities"]
        return cls(vectorizer, arrays.get("components"))

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Returns `[N,M]` float32, of unit length unless components are taken; zeros where no phrase is known."""
        weights = self._vectorizer.transform(texts)
        return weights.toarray() if self._components is None else (weights @ self._components.T).astype(np.float32)

    def knows(self, word: str) -> bool:
        """Returns whether a word is in the vocabulary."""
        return word.lower() in self._vectorizer.vocabulary_

    def unknown(self, seen: Sequence[str], unseen: Sequence[str]) -> str:
        """Returns how many words of the unseen classes' texts are not in the vocabulary."""
        del seen
        return words.unknown(unseen, self.knows, "of unseen classes")


def _vectorizer(phrase: int, **settings: Any) -> TfidfVectorizer:
    return TfidfVectorizer(
        stop_words=list(words.JOINING),
        token_pattern=words.PATTERN,
        ngram_range=(1, phrase),
        sublinear_tf=True,
        dtype=np.float32,
        **settings,
    )
