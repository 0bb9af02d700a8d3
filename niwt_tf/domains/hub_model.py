# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load a text model of TensorFlow Hub, from its handle or from a local SavedModel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.util import hub


def load(handle: str, path: Path | None = None) -> Callable[[Sequence[str]], np.ndarray]:
    """Load the model as a function that encodes `N` texts as `[N,M]` float32.

    Args:
      handle: Address of the model on TensorFlow Hub.
      path: Local SavedModel of it, if there is one.

    Raises:
      errors.UserError: If the model cannot be loaded or called. The function raises it if the model does not turn texts
        into vectors.
    """
    loaded = hub.load("text_encoder", handle, path)
    signatures = getattr(loaded, "signatures", {})
    callables = [loaded] if callable(loaded) else [signatures[name] for name in hub.SIGNATURES if name in signatures]
    if not callables:
        raise _no_text_model(handle, f"which is not callable and has no signature {' or '.join(hub.SIGNATURES)}")

    def encode(texts: Sequence[str], model: Any = callables[0], keep_alive: Any = loaded) -> np.ndarray:
        del keep_alive  # a signature alone does not hold the model's variables
        try:
            vectors = tf.convert_to_tensor(hub.output(model(tf.constant(list(texts)))))
        except (tf.errors.OpError, TypeError, ValueError) as error:
            raise _no_text_model(handle, f"which fails on texts with: {errors.first_line(error)}") from error
        if not vectors.dtype.is_floating or len(vectors.shape) != 2 or len(vectors) != len(texts):
            trouble = f"which encodes {len(texts)} texts as {vectors.dtype.name} {list(vectors.shape)}"
            raise _no_text_model(handle, trouble)
        return vectors.numpy().astype(np.float32)

    return encode


def _no_text_model(handle: str, trouble: str) -> errors.UserError:
    return errors.UserError(
        f"`{errors.setting('text_encoder', 'hub:...')}` must name a model that encodes N texts as vectors [N,M]. "
        f"Received: {errors.setting('text_encoder', 'hub:' + handle)}, {trouble}. Choose a text embedding, such as "
        "a universal sentence encoder."
    )
