# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Text to vectors, without a download: TF-IDF over words and phrases."""

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

_MAX_FEATURES = 2000
_MIN_DOCUMENTS = 2
_LONGEST_PHRASE = 3
_FEW_WORDS = 50  # of a class: each of them counts, though it stands in one text


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

    def __init__(self, vectorizer: TfidfVectorizer, phrase: int, components: np.ndarray | None = None) -> None:
        """Takes what is fitted.

        Args:
          vectorizer: from texts to the weights of `P` phrases.
          phrase: most words in a phrase.
          components: of these weights, `[M,P]`; None keeps the phrases.
        """
        self._vectorizer, self._phrase, self._components = vectorizer, phrase, components
        phrases: tuple[str, ...] = tuple(vectorizer.get_feature_names_out().tolist())
        self.feature_names = phrases if components is None else None
        self.name = "TF-IDF" if components is None else f"TF-IDF in {len(components):,} components"

    @classmethod
    def fit(cls, by_class: Sequence[Sequence[str]], phrase: int = _LONGEST_PHRASE, components: int = 0) -> TfidfEncoder:
        """Fit the vocabulary and its weights, and the components.

        A phrase is learned that stands in two texts. Of a class of which few words are told, each single word is
        learned, too.

        Args:
          by_class: the texts of each class, of seen classes alone.
          phrase: most words in a phrase.
          components: most numbers that stand for the phrases, by a truncated SVD; fewer where texts or phrases are
            fewer, and 0 keeps the phrases.

        Raises:
          errors.UserError: if no word can be learned.
        """
        texts = list(itertools.chain.from_iterable(by_class))
        vocabulary = sorted(_shared(texts, phrase) | _of_few_words(by_class))
        if not vocabulary:
            raise errors.UserError(
                "Texts of the seen classes must share words: tfidf knows those in two texts or more, and all of a "
                f"class with under {_FEW_WORDS} words. Received: {len(texts):,} texts without such a word. Give other "
                "texts, or name another --text_encoder."
            )
        vectorizer = _vectorizer(phrase, vocabulary=vocabulary)
        weights = vectorizer.fit_transform(texts)
        components = min(components, *weights.shape)
        found = TruncatedSVD(components, random_state=0).fit(weights).components_ if components else None
        return cls(vectorizer, phrase, found)

    def arrays(self) -> dict[str, np.ndarray]:
        """Returns what `from_arrays` makes this encoder anew of: text and numbers."""
        made = {
            "phrases": self._vectorizer.get_feature_names_out().astype(str),
            "rarities": self._vectorizer.idf_,
            "phrase": np.array(self._phrase),
        }
        return made if self._components is None else made | {"components": self._components}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> TfidfEncoder:
        """Returns the encoder of which `arrays` gave these."""
        phrase = int(arrays["phrase"])
        vectorizer = _vectorizer(phrase, vocabulary=arrays["phrases"].tolist())
        vectorizer.idf_ = arrays["rarities"]
        return cls(vectorizer, phrase, arrays.get("components"))

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


def _shared(texts: Sequence[str], phrase: int) -> set[str]:
    """Return the most frequent phrases that stand in two texts or more."""
    try:
        fitted = _vectorizer(phrase, min_df=_MIN_DOCUMENTS, max_features=_MAX_FEATURES).fit(texts)
    except ValueError:  # there is none
        return set()
    return set(fitted.vocabulary_)


def _of_few_words(by_class: Sequence[Sequence[str]]) -> set[str]:
    """Return the single words of the classes of which few are told."""
    told = [list(itertools.chain.from_iterable(map(words.words, texts))) for texts in by_class]
    few = [texts for texts, own in zip(by_class, told, strict=True) if len(own) < _FEW_WORDS]
    return {word for texts in few for text in texts for word in words.phrases(text, 1)}


def _vectorizer(phrase: int, **settings: Any) -> TfidfVectorizer:
    analyzer = functools.partial(words.phrases, most=phrase)
    return TfidfVectorizer(analyzer=analyzer, sublinear_tf=True, dtype=np.float32, **settings)
