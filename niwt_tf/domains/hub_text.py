# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Encode texts with a text model of TensorFlow Hub, each group of texts once: the vectors are cached on disk."""

from __future__ import annotations

import functools
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import named_files
from niwt_tf.domains import hub_model
from niwt_tf.util import atomic, locks, paths

_BATCH_SIZE = 64


class HubEncoder:
    """A text encoder of TensorFlow Hub, such as a universal sentence encoder.

    The vectors are cached under `$NIWT_CACHE_DIR/text`, ~/.cache/niwt_tf/text by default. Each model has a folder,
    named by a hash of its handle or of its files, with one file for each group of texts that were encoded together.

    Attributes:
      name: Name of the encoder for messages, which includes the handle.
      feature_names: None, because the numbers of a vector have no names.
    """

    feature_names: tuple[str, ...] | None = None

    def __init__(self, handle: str, path: Path | None = None) -> None:
        """Prepare the cache; the model itself is loaded only for texts that are not cached yet.

        Args:
          handle: Address of the model on TensorFlow Hub.
          path: Local SavedModel of it, if there is one.

        Raises:
          errors.UserError: If the cache folder cannot be created.
        """
        self.name, self._handle, self._path = f"the text model {handle}", handle, path
        model = named_files.sha256(path) if path else handle
        self._cache = paths.cache_folder() / "text" / config_lib.fingerprint(model)
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise errors.UserError(
                f"The environment variable `NIWT_CACHE_DIR` must name a writable folder. Received: {error}. Set it to "
                "another folder."
            ) from error

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Encode `N` texts as `[N,M]` float32.

        Raises:
          errors.UserError: If the model cannot be loaded, or does not turn texts into vectors.
        """
        file = self._cache / f"{config_lib.fingerprint(list(texts))}.npz"
        vectors = _read(file)
        if vectors is None:
            with locks.hold(locks.beside(file), f"the vectors of {self.name}"):
                vectors = _read(file)  # again: another process may have written them
                return self._encode(texts, file) if vectors is None else vectors
        return vectors

    def _encode(self, texts: Sequence[str], file: Path) -> np.ndarray:
        """Encode texts, and write the vectors into a file."""
        batches = [texts[first : first + _BATCH_SIZE] for first in range(0, len(texts), _BATCH_SIZE)]
        vectors = np.concatenate([self._model(batch) for batch in batches])
        with atomic.writing(file) as part, part.open("wb") as opened:
            np.savez(opened, vectors=vectors)
        return vectors

    def knows(self, word: str) -> bool:
        """Return true for every word, because these models hash or split words that are new to them."""
        del word
        return True

    def unknown(self, seen: Sequence[str], unseen: Sequence[str]) -> str:
        """Return an empty text, because no word is unknown."""
        del seen, unseen
        return ""

    @functools.cached_property
    def _model(self) -> Callable[[Sequence[str]], np.ndarray]:
        return hub_model.load(self._handle, self._path)


def _read(file: Path) -> np.ndarray | None:
    """Read the vectors that were cached; None if there are none, or they cannot be read."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as saved:
            return saved["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
