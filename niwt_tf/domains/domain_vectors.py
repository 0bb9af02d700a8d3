# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The vectors of a slice of the domain knowledge, before slices are joined."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from niwt_tf import errors
from niwt_tf.domains import encoders

_T = TypeVar("_T")


@dataclasses.dataclass(frozen=True)
class DomainVectors:
    """Vectors of all classes from one domain; of texts, those by one encoder.

    Attributes:
      vectors: `[C,M]` float32 vectors of the classes.
      feature_names: Names of the `M` numbers.
      source: Description of the data that the vectors come from.
      encoder: Encoder of the texts; None for a domain without text.
      known_words: Share of each class's words that the encoder knows, in 0..1; empty without an encoder.
      text_encoder: Name of the encoder as in `config.DomainConfig`; empty for a domain without text.
      part: Part of the body or object that the texts speak of; empty for whole texts.
    """

    vectors: np.ndarray
    feature_names: tuple[str, ...]
    source: str
    encoder: encoders.Encoder | None = None
    known_words: tuple[float, ...] = ()
    text_encoder: str = ""
    part: str = ""


def select(by_class: Mapping[str, _T], class_names: Sequence[str], kind: str, source: str) -> list[_T]:
    """Select the description of each class, in the order of `class_names`.

    Args:
      by_class: Class -> its description.
      class_names: Names of the classes.
      kind: Kind of description, for messages: for example `captions`.
      source: Description of the source, for messages.

    Raises:
      errors.UserError: If a class has no description.
    """
    missing = [name for name in class_names if name not in by_class]
    if missing:
        raise errors.UserError(
            f"`{kind}` must describe every class. Received: {source}, without {errors.listed(missing)}. Add what is "
            f"missing, or choose another {errors.setting('domain')}."
        )
    return [by_class[name] for name in class_names]
