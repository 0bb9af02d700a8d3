# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""One kind of knowledge on its own, before kinds are joined."""

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
    """A vector for each class, of one kind.

    Attributes:
      vectors: `[C,M]` float32.
      feature_names: `M` names.
      source: where the vectors come from, in words.
      encoder: turned the texts into them; None where there was none.
      known_words: of each class, the share 0..1 of its words that the encoder knows; none where there was none.
    """

    vectors: np.ndarray
    feature_names: tuple[str, ...]
    source: str
    encoder: encoders.Encoder | None = None
    known_words: tuple[float, ...] = ()


def of_classes(known: Mapping[str, _T], class_names: Sequence[str], what: str, source: str) -> list[_T]:
    """Returns what is known of each class, in order.

    Args:
      known: class -> what is known of it.
      class_names: the classes.
      what: the kind of knowledge, such as `captions`.
      source: where it comes from, in words.

    Raises:
      errors.UserError: if nothing is known of a class.
    """
    missing = [name for name in class_names if name not in known]
    if missing:
        raise errors.UserError(
            f"`{what}` must tell of every class. Received: {source}, without {errors.listed(missing)}. "
            "Add what is missing, or name another --domain."
        )
    return [known[name] for name in class_names]
