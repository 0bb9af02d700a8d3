# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Encode texts as vectors without a download: TF-IDF over words and phrases."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from niwt_tf import errors
from niwt_tf.domains import words
from niwt_tf.util import array_schemas

_MAX_FEATURES = 2000
_MIN_DOCUMENTS = 2
_LONGEST_PHRASE = 3
_FEW_WORDS = 50  # classes with fewer words: each word is learned, even from one text
SCHEMA = {
    "phrases": array_schemas.Array("text", "P", is_unique=True),
    "rarities": array_schemas.Array("float", "P", minimum=0.0),
    "phrase": array_schemas.Array("int", minimum=1, maximum=100),
    "components": array_schemas.Array("float", "MP"),
}  # of a fitted encoder
REQUIRED = SCHEMA.keys() - {"components"}


class Encoder(Protocol):
    """The interface of a text encoder, which turns texts into vectors.

    Attributes:
      name: Name of the encoder for messages.
      feature_names: Names of the `M` numbers of a vector; None if they have none.
    """

    name: str
    feature_names: tuple[str, ...] | None

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Encode `N` texts as `[N,M]` float32; zeros for a text without a known word."""

    def knows(self, word: str) -> bool:
        """Check whether the encoder knows a word as it is written."""

    def unknown(self, seen: Sequence[str], unseen: Sequence[str]) -> str:
        """Report how many words of the texts are unknown; empty if the encoder accepts any text."""


class TfidfEncoder:
    """A TF-IDF encoder over phrases of one to a few words; it knows only the words of the texts that it is fitted to.

    Attributes:
      name: TF-IDF, and the number of components if there are any.
      feature_names: The `M` phrases; None if components replace them.
    """

    def __init__(self, vectorizer: TfidfVectorizer, phrase: int, components: np.ndarray | None = None) -> None:
        """Wrap a fitted vectorizer and, optionally, its SVD components.

        Args:
          vectorizer: Fitted vectorizer from texts to the weights of `P` phrases.
          phrase: Largest number of words in a phrase.
          components: `[M,P]` components of these weights; None keeps the phrases.
        """
        self._vectorizer, self._phrase, self._components = vectorizer, phrase, components
        phrases: tuple[str, ...] = tuple(vectorizer.get_feature_names_out().tolist())
        self.feature_names = phrases if components is None else None
        self.name = "TF-IDF" if components is None else f"TF-IDF in {len(components):,} components"

    @classmethod
    def fit(cls, by_class: Sequence[Sequence[str]], phrase: int = _LONGEST_PHRASE, components: int = 0) -> TfidfEncoder:
        """Fit the vocabulary, its weights and the components.

        The vocabulary holds the most frequent phrases that occur in two texts or more. It also holds each
        single word of a class with few words.

        Args:
          by_class: Texts of each class, of seen classes only.
          phrase: Largest number of words in a phrase.
          components: Largest number of components of a truncated SVD, which replace the phrases; fewer if there are
            fewer texts or phrases, and 0 keeps the phrases.

        Raises:
          errors.UserError: If no word can be learned.
        """
        texts = list(itertools.chain.from_iterable(by_class))
        vocabulary = sorted(_shared_phrases(texts, phrase) | _words_of_short_classes(by_class))
        if not vocabulary:
            raise errors.UserError(
                "Texts of the seen classes must share words: tfidf learns words that occur in two or more texts, and "
                f"every word of a class with fewer than {_FEW_WORDS} words. Received: {len(texts):,} texts without "
                f"such a word. Add texts, or choose another {errors.setting('text_encoder')}."
            )
        vectorizer = _vectorizer(phrase, vocabulary=vocabulary)
        weights = vectorizer.fit_transform(texts)
        components = min(components, *weights.shape)
        svd = TruncatedSVD(components, random_state=0).fit(weights).components_ if components else None
        return cls(vectorizer, phrase, svd)

    def arrays(self) -> dict[str, np.ndarray]:
        """Collect the arrays of text and numbers from which `from_arrays` restores this encoder."""
        arrays = {
            "phrases": self._vectorizer.get_feature_names_out().astype(str),
            "rarities": self._vectorizer.idf_,  # inverse document frequencies, under their name in saved files
            "phrase": np.array(self._phrase),
        }
        return arrays if self._components is None else arrays | {"components": self._components}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> TfidfEncoder:
        """Restore an encoder from its `arrays()`."""
        phrase = int(arrays["phrase"])
        vectorizer = _vectorizer(phrase, vocabulary=arrays["phrases"].tolist())
        vectorizer.idf_ = arrays["rarities"]
        return cls(vectorizer, phrase, arrays.get("components"))

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Encode `N` texts as `[N,M]` float32, of unit length without components; zeros if no phrase is known."""
        weights = self._vectorizer.transform(texts)
        return weights.toarray() if self._components is None else (weights @ self._components.T).astype(np.float32)

    def knows(self, word: str) -> bool:
        """Check whether a word is in the vocabulary."""
        return word.lower() in self._vectorizer.vocabulary_

    def unknown(self, seen: Sequence[str], unseen: Sequence[str]) -> str:
        """Report how many words of the unseen classes' texts are not in the vocabulary."""
        del seen
        return words.unknown(unseen, self.knows, "of unseen classes")


def _shared_phrases(texts: Sequence[str], phrase: int) -> set[str]:
    """Choose the most frequent phrases that occur in two texts or more."""
    try:
        fitted = _vectorizer(phrase, min_df=_MIN_DOCUMENTS, max_features=_MAX_FEATURES).fit(texts)
    except ValueError:  # there is no such phrase
        return set()
    return set(fitted.vocabulary_)


def _words_of_short_classes(by_class: Sequence[Sequence[str]]) -> set[str]:
    """Collect the single words of the classes whose texts have few words."""
    short = [texts for texts in by_class if sum(len(words.words(text)) for text in texts) < _FEW_WORDS]
    return {word for texts in short for text in texts for word in words.phrases(text, 1)}


def _vectorizer(phrase: int, **settings: Any) -> TfidfVectorizer:
    analyzer = functools.partial(words.phrases, most=phrase)
    return TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, dtype=np.float32, **settings)
