# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The vectors of a single domain, before domains are joined."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from niwt_tf import errors
from niwt_tf.domains import encoders

_T = TypeVar("_T")


@dataclasses.dataclass(frozen=True)
class Part:
    """Vectors of all classes from one domain.

    Attributes:
      vectors: `[C,M]` float32 vectors of the classes.
      feature_names: Names of the `M` numbers.
      source: Description of the data that the vectors come from.
      encoder: Encoder of the texts; None for a domain without text.
      known_words: Share of each class's words that the encoder knows, in 0..1; empty without an encoder.
    """

    vectors: np.ndarray
    feature_names: tuple[str, ...]
    source: str
    encoder: encoders.Encoder | None = None
    known_words: tuple[float, ...] = ()


def of_classes(known: Mapping[str, _T], class_names: Sequence[str], what: str, source: str) -> list[_T]:
    """Select the knowledge of each class, in the order of `class_names`.

    Args:
      known: Class name -> knowledge of the class.
      class_names: Names of the classes.
      what: Kind of knowledge, for messages: for example `captions`.
      source: Description of the source, for messages.

    Raises:
      errors.UserError: If `known` lacks a class.
    """
    missing = [name for name in class_names if name not in known]
    if missing:
        raise errors.UserError(
            f"`{what}` must tell of every class. Received: {source}, without {errors.listed(missing)}. Add what is "
            f"missing, or name another {errors.setting('domain')}."
        )
    return [known[name] for name in class_names]
