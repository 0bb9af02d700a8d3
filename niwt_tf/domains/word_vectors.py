# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Text to vectors by word vectors made elsewhere: word2vec's or GloVe's, averaged over the words of a text."""

from __future__ import annotations

import gzip
import re
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf import errors, progress
from niwt_tf.domains import words

_LONGEST_LINE = 2**16  # bytes that are read to tell the format


class WordVectors:
    """The mean of the vectors of a text's known words, as in the paper.

    A word is looked up in small letters, and as it is written where that is not known.

    Attributes:
      name: the file, in words.
      feature_names: None.
    """

    feature_names: tuple[str, ...] | None = None

    def __init__(self, path: Path) -> None:
        """Reads a file of word vectors into memory.

        Args:
          path: word2vec's binary or text format or GloVe's text, packed by gzip if it is named `.gz`.

        Raises:
          errors.UserError: if the file is none of these, or gensim is not installed.
        """
        self.name = f"word vectors of {path}"
        progress.say(f"  reading {self.name}")
        try:
            from gensim.models import keyedvectors
        except ImportError as error:
            raise errors.UserError(
                "`--text_encoder=word2vec:...` must have gensim installed. Received: no gensim in this environment. "
                "Run pip install 'niwt_tf[text]'."
            ) from error
        load, trouble = keyedvectors.KeyedVectors.load_word2vec_format, ""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # gensim leaves a file without a header open
            try:
                self._vectors = load(str(path), unicode_errors="replace", **_format(path))
            except (ValueError, EOFError, MemoryError, gzip.BadGzipFile, zlib.error) as error:
                trouble = str(error) or type(error).__name__
        if trouble:
            raise errors.UserError(
                "`--text_encoder=word2vec:PATH` must name word vectors in a format of word2vec's, or GloVe's. "
                f"Received: {path}, which could not be read: {trouble}. Unpack it, or fetch it again."
            )

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Returns `[N,M]` float32; zeros for a text without a known word."""
        return np.stack([self._mean(text) for text in texts])

    def knows(self, word: str) -> bool:
        """Returns whether a word has a vector."""
        return bool(self._keys(word))

    def unknown(self, seen: Sequence[str], unseen: Sequence[str]) -> str:
        """Returns how many words of all texts have no vector."""
        return words.unknown([*seen, *unseen], self.knows)

    def _mean(self, text: str) -> np.ndarray:
        known = [self._vectors[key] for word in words.words(text) for key in self._keys(word)]
        return np.stack(known).mean(0) if known else np.zeros(self._vectors.vector_size, np.float32)

    def _keys(self, word: str) -> list[str]:
        """Returns the key of a word's vector; none where it has none."""
        return [key for key in (word.lower(), word) if key in self._vectors][:1]


def _format(path: Path) -> dict[str, Any]:
    """Returns how gensim is to read a file: by its first two lines, as names of files tell little.

    Raises:
      ValueError: if it is empty.
    """
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        first, second = file.readline(_LONGEST_LINE), file.readline(_LONGEST_LINE)
    if not first.strip():
        raise ValueError("it is empty")
    header = re.fullmatch(rb"\d+ (\d+)\s*", first)
    if not header:
        return {"binary": False, "no_header": True}
    return {"binary": not re.fullmatch(rb"\S+( +[-+.\deE]+){%d}\s*" % int(header[1]), second)}
