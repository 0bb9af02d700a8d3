# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Text to vectors by a text model of TensorFlow Hub, each class's texts once: what it gave is kept on disk."""

from __future__ import annotations

import functools
import hashlib
import os
import tarfile
import tempfile
import urllib.error
import warnings
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf import errors, sources

_BATCH_SIZE = 64


class HubEncoder:
    """A model from texts `[N]` to vectors `[N,M]`, such as a universal sentence encoder.

    Attributes:
      name: the handle, or the path.
      feature_names: None.
    """

    feature_names: tuple[str, ...] | None = None

    def __init__(self, handle: str, path: Path | None = None) -> None:
        """Loads nothing yet: the model is loaded for the first text that it has not encoded before.

        Args:
          handle: TensorFlow Hub's address of the model.
          path: its SavedModel, where it lies on this machine.

        Raises:
          errors.UserError: if the folder of what is kept cannot be written.
        """
        self.name, self._path = handle, path
        model = sources.sha256(path) if path else handle
        self._cache = _cache_folder() / config_lib.fingerprint(model)[:16]
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
            vectors = np.concatenate([self._encode(batch) for batch in batches])
            _write(file, vectors)
        return vectors

    def unknown(self, seen: Sequence[str], unseen: Sequence[str]) -> str:
        """Returns nothing: these models hash strange words, or split them."""
        del seen, unseen
        return ""

    @functools.cached_property
    def _model(self) -> Callable[[tf.Tensor], Any]:
        """The model, or the signature of it that takes texts."""
        loaded = _load(self.name, self._path)
        self._loaded = loaded  # a signature does not keep its variables alive
        signatures = getattr(loaded, "signatures", {})
        named = [signatures[name] for name in ("default", "serving_default") if name in signatures]
        callables = [loaded] if callable(loaded) else named
        if not callables:
            raise self._no_text_model("which cannot be called and has no signature `default` or `serving_default`")
        return callables[0]

    def _encode(self, texts: Sequence[str]) -> np.ndarray:
        model = self._model
        try:
            output = model(tf.constant(list(texts)))
            vectors = np.asarray(_output(output), np.float32)
        except (tf.errors.OpError, TypeError, ValueError) as error:
            raise self._no_text_model(f"which answers a text with: {_first_line(error)}") from error
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise self._no_text_model(f"which turns {len(texts)} texts into {list(vectors.shape)}")
        return vectors

    def _no_text_model(self, trouble: str) -> errors.UserError:
        return errors.UserError(
            "`--text_encoder=hub:...` must name a model that turns texts [N] into vectors [N,M]. Received: "
            f"--text_encoder=hub:{self.name}, {trouble}. Name a text embedding, such as a universal sentence encoder."
        )


def _output(output: Any) -> Any:
    """Returns the tensor in what a model gave: itself, or a dictionary's `default` or only one."""
    if not isinstance(output, dict):
        return output
    if "default" not in output and len(output) != 1:
        raise ValueError(f"several outputs, {errors.listed(sorted(output))}, and none named `default`")
    return output.get("default", next(iter(output.values())))


def _load(handle: str, path: Path | None) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pkg_resources, which it imports, warns that it is old
            import tensorflow_hub as hub
    except ImportError as error:
        raise errors.UserError(
            "`--text_encoder=hub:...` must have tensorflow-hub installed, and setuptools before version 82. Received: "
            f"{error}. Run pip install 'niwt_tf[text]'."
        ) from error
    try:
        return hub.load(str(path or handle))
    except urllib.error.URLError as error:
        raise errors.UserError(_offline(handle, error)) from error
    except (OSError, ValueError, RuntimeError, EOFError, tarfile.TarError, tf.errors.OpError) as error:
        raise errors.UserError(
            "`--text_encoder=hub:...` must name a model that can be loaded. Received: "
            f"--text_encoder=hub:{handle}, which gives: {_first_line(error)}. Name another, or fetch it again."
        ) from error


def _offline(handle: str, error: urllib.error.URLError) -> str:
    folder = hashlib.sha1(handle.encode(), usedforsecurity=False).hexdigest()
    return (
        f"`--text_encoder=hub:...` must name a model that can be fetched. Received: --text_encoder=hub:{handle}, which "
        f"gives: {error}. Without a network, unpack the model on this machine: either anywhere, and name that folder "
        f"after hub:, or in $TFHUB_CACHE_DIR/{folder} (the SHA-1 of the handle), and set TFHUB_CACHE_DIR."
    )


def _cache_folder() -> Path:
    return Path(os.environ.get("NIWT_CACHE_DIR") or "~/.cache/niwt_tf").expanduser() / "text"


def _read(file: Path) -> np.ndarray | None:
    """Returns the vectors that `_write` kept; None where there are none, or none that can be read."""
    try:
        with np.load(file, allow_pickle=False) as kept:
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


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
