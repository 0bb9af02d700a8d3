# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Loads a text model of TensorFlow Hub, from its handle or from a SavedModel on this machine."""

from __future__ import annotations

import hashlib
import tarfile
import urllib.error
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from niwt_tf import errors

_SIGNATURES = ("default", "serving_default")


def load(handle: str, path: Path | None = None) -> Callable[[Sequence[str]], np.ndarray]:
    """Returns the model as a function from `N` texts to `[N,M]` float32.

    Args:
      handle: TensorFlow Hub's address of the model.
      path: its SavedModel, where it lies on this machine.

    Raises:
      errors.UserError: if it cannot be had; the function raises it if the model does not turn texts into vectors.
    """
    loaded = _load(handle, path)
    signatures = getattr(loaded, "signatures", {})
    callables = [loaded] if callable(loaded) else [signatures[name] for name in _SIGNATURES if name in signatures]
    if not callables:
        raise _no_text_model(handle, f"which cannot be called and has no signature {' or '.join(_SIGNATURES)}")

    def encode(texts: Sequence[str], model: Any = callables[0], keep_alive: Any = loaded) -> np.ndarray:
        del keep_alive  # a signature alone does not hold the model's variables
        try:
            vectors = tf.convert_to_tensor(_tensor(model(tf.constant(list(texts)))))
        except (tf.errors.OpError, TypeError, ValueError) as error:
            raise _no_text_model(handle, f"which answers texts with: {_first_line(error)}") from error
        if not vectors.dtype.is_floating or len(vectors.shape) != 2 or len(vectors) != len(texts):
            trouble = f"which turns {len(texts)} texts into {vectors.dtype.name} {list(vectors.shape)}"
            raise _no_text_model(handle, trouble)
        return vectors.numpy().astype(np.float32)

    return encode


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
        f"after hub:, or into $TFHUB_CACHE_DIR/{folder} (the SHA-1 of the handle), and set TFHUB_CACHE_DIR."
    )


def _tensor(output: Any) -> Any:
    """Returns the tensor in what a model gave: itself, or a dictionary's `default` or only one."""
    if not isinstance(output, dict):
        return output
    if "default" not in output and len(output) != 1:
        raise ValueError(f"several outputs, {errors.listed(sorted(output))}, and none named default")
    return output.get("default", next(iter(output.values())))


def _no_text_model(handle: str, trouble: str) -> errors.UserError:
    return errors.UserError(
        "`--text_encoder=hub:...` must name a model that turns N texts into vectors [N,M]. Received: "
        f"--text_encoder=hub:{handle}, {trouble}. Name a text embedding, such as a universal sentence encoder."
    )


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
