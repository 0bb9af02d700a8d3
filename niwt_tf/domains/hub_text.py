# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Text to vectors by a text model of TensorFlow Hub, each text once: what it gave is kept on disk."""

from __future__ import annotations

import functools
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import named_files
from niwt_tf.domains import hub_model

_BATCH_SIZE = 64


class HubEncoder:
    """A model from texts to vectors, such as a universal sentence encoder.

    The vectors are kept under `$NIWT_CACHE_DIR/text`, ~/.cache/niwt_tf/text by default: in a folder for the model, by
    its handle or by what its files hold, and a file for the texts that were given together.

    Attributes:
      name: the handle, in words.
      feature_names: None.
    """

    feature_names: tuple[str, ...] | None = None

    def __init__(self, handle: str, path: Path | None = None) -> None:
        """Loads nothing yet: the model is loaded for the first texts that it has not encoded before.

        Args:
          handle: TensorFlow Hub's address of the model.
          path: its SavedModel, where it lies on this machine.

        Raises:
          errors.UserError: if the folder of what is kept cannot be written.
        """
        self.name, self._handle, self._path = f"the text model {handle}", handle, path
        model = named_files.sha256(path) if path else handle
        root = Path(os.environ.get("NIWT_CACHE_DIR") or "~/.cache/niwt_tf").expanduser()
        self._cache = root / "text" / config_lib.fingerprint(model)
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise errors.UserError(
                f"`NIWT_CACHE_DIR` must be a folder that can be written. Received: {error}. "
                "Set that variable of the environment to another folder."
            ) from error

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Returns `[N,M]` float32.

        Raises:
          errors.UserError: if the model cannot be had, or does not turn texts into vectors.
        """
        file = self._cache / f"{config_lib.fingerprint(list(texts))}.npz"
        vectors = _read(file)
        if vectors is None:
            batches = [texts[first : first + _BATCH_SIZE] for first in range(0, len(texts), _BATCH_SIZE)]
            vectors = np.concatenate([self._model(batch) for batch in batches])
            _write(file, vectors)
        return vectors

    def knows(self, word: str) -> bool:
        """Returns that it does: these models hash strange words, or split them."""
        del word
        return True

    def unknown(self, seen: Sequence[str], unseen: Sequence[str]) -> str:
        """Returns nothing, as no word is unknown."""
        del seen, unseen
        return ""

    @functools.cached_property
    def _model(self) -> Callable[[Sequence[str]], np.ndarray]:
        return hub_model.load(self._handle, self._path)


def _read(file: Path) -> np.ndarray | None:
    """Returns the vectors that `_write` kept; None where there are none, or none that can be read."""
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as kept:
            return kept["vectors"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def _write(file: Path, vectors: np.ndarray) -> None:
    """Writes the vectors whole or not at all."""
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, suffix=".part")
    try:
        with open(descriptor, "wb") as part:
            np.savez(part, vectors=vectors)
        os.replace(temporary, file)
    finally:
        Path(temporary).unlink(missing_ok=True)
