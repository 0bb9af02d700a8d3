# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of embeddings that come with a dataset."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.domains import sentences

_CLASSES = ("eel", "dog", "ant", "bee", "polar bear")
_Zoo = Callable[..., zero_shot.ZeroShotDataset]


def test_embeddings_are_taken_as_they_are(zoo: _Zoo) -> None:
    values = {name: np.array([number, 20.5 * number]) for number, name in enumerate(_CLASSES)}
    loaded = sentences.load(zero_shot.Embeddings(values, "sent_splits.mat"), zoo())
    np.testing.assert_array_equal(loaded.vectors, np.float32([[2, 41], [3, 61.5], [4, 82], [1, 20.5], [0, 0]]))
    assert loaded.vectors.dtype == np.float32
    assert loaded.feature_names == ("sentence 0", "sentence 1")
    assert loaded.source == "2 numbers of sentence embeddings: sent_splits.mat"


def test_a_class_without_an_embedding_is_an_error(zoo: _Zoo) -> None:
    values = {name: np.ones(3) for name in _CLASSES[1:]}
    with pytest.raises(errors.UserError, match="`sentences` must describe every class. Received: a file, without eel."):
        sentences.load(zero_shot.Embeddings(values, "a file"), zoo())
