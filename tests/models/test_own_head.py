# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a user's head against one that is fitted anew, and of the order of outputs."""

from __future__ import annotations

import re

import numpy as np
import pytest

from fakes import colours
from niwt_tf import errors
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.models import own_head

_NAMES = ("red", "green", "blue")
_LABELS = np.arange(60) % 3


def _classifier(columns: list[int]) -> classifier_lib.Classifier:
    return classifier_lib.Classifier(colours.backbone(1), np.eye(3, dtype=np.float32)[:, columns], np.zeros(3), _NAMES)


def _features(spread: float) -> np.ndarray:
    return np.eye(3)[_LABELS] + np.random.default_rng(0).normal(0, spread, (60, 3))


def test_heads_are_compared() -> None:
    heads = own_head.compare(_classifier([0, 1, 2]), _features(0.1), _LABELS, 0.5)
    assert heads == own_head.Comparison(1.0, 1.0, 60) and not heads.is_doubtful
    heads = own_head.compare(_classifier([1, 2, 0]), _features(0.1), _LABELS, 0.5)
    assert heads == own_head.Comparison(0.0, 1.0, 60) and heads.is_doubtful
    heads = own_head.compare(None, _features(0.1), _LABELS, 0.5)
    assert heads == own_head.Comparison(None, 1.0, 60) and not heads.is_doubtful


def test_a_new_head_is_judged_on_left_out_photographs() -> None:
    noise = np.random.default_rng(0).normal(size=(60, 50))
    assert own_head.compare(None, noise, _LABELS, 0.5).refitted < 0.5


def test_another_order_is_told_with_the_order_of_the_photographs() -> None:
    own_head.require_order(_classifier([0, 1, 2]), _features(0.1), _LABELS)
    with pytest.raises(errors.UserError, match=re.escape("The photographs suggest the order green, red, blue.")):
        own_head.require_order(_classifier([1, 0, 2]), _features(0.1), _LABELS)


def test_of_few_photographs_or_a_poor_head_no_order_is_concluded() -> None:
    own_head.require_order(_classifier([1, 0, 2]), _features(0.1)[:12], _LABELS[:12])
    own_head.require_order(_classifier([1, 0, 2]), _features(4.0), _LABELS)
