# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the domains: a dataset of five classes with any descriptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf.data import zero_shot


@pytest.fixture(scope="session")
def zoo() -> Callable[..., zero_shot.ZeroShotDataset]:
    """Build a dataset of three seen and two unseen classes from their descriptions.

    Each keyword is a domain: a value of the domain's type, or for texts class -> texts.
    """

    def split(*labels: int) -> zero_shot.Split:
        images = tf.data.Dataset.from_tensor_slices(np.zeros((len(labels), 2, 2, 3), np.uint8))
        return zero_shot.Split(images, np.array(labels, np.int64))

    def reader(value: Any) -> Callable[[], Any]:
        return lambda: zero_shot.Texts(value, "the zoo") if isinstance(value, dict) else value

    def dataset(**domains: Any) -> zero_shot.ZeroShotDataset:
        return zero_shot.ZeroShotDataset(
            name="zoo",
            seen=("ant", "bee", "polar bear"),
            unseen=("dog", "eel"),
            validation=("polar bear",),
            train=split(0, 0, 1, 1, 2, 2),
            test_seen=split(0, 1, 2),
            test_unseen=split(3, 4),
            descriptions=zero_shot.Descriptions(**{domain: reader(value) for domain, value in domains.items()}),
            split_version="1",
            split_sha256="abc",
        )

    return dataset
