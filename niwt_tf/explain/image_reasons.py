# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Holds what an image shows for and against a class, in words."""

from __future__ import annotations

import dataclasses

from niwt_tf.explain import textual


@dataclasses.dataclass(frozen=True)
class ImageReasons:
    """Features of one image that count for or against a class, the strongest first.

    Attributes:
      support: Features with scores above 0: evidence for the class.
      opposition: Features with scores below 0: evidence against it.
    """

    support: tuple[textual.Reason, ...]
    opposition: tuple[textual.Reason, ...]
