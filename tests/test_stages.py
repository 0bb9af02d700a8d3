# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the last stage makes of logits; whole stages are tested in test_pipeline.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import stages
from niwt_tf.data import zero_shot


def _split(labels: list[int]) -> zero_shot.Split:
    images = tf.data.Dataset.from_tensor_slices(np.zeros((len(labels), 2, 2, 3), np.uint8))
    return zero_shot.Split(images, np.array(labels, np.int64))


def _dataset(unseen_labels: list[int], imageless: tuple[str, ...]) -> zero_shot.ZeroShotDataset:
    """Returns three seen and two unseen classes."""
    return zero_shot.ZeroShotDataset(
        name="toy",
        seen=("ant", "bee", "cat"),
        unseen=("fox", "gnu"),
        validation=("cat",),
        train=_split([0, 1, 2]),
        test_seen=_split([0, 1, 2]),
        test_unseen=_split(unseen_labels),
        descriptions=zero_shot.Descriptions(),
        split_version="1",
        split_sha256="abc",
        imageless=imageless,
    )


_SEEN = np.array([[3.0, 0, 0, 2, 0], [0, 1, 0, 2, 0], [0, 0, 3, 0, 1]])
_UNSEEN = np.array([[3.0, 0, 0, 2, 1], [0, 0, 0, 1, 0], [2, 0, 0, 0, 1]])
_OF_SEEN = {
    "gamma": 1.5,
    "backbone_accuracy": 1.0,
    "seen_accuracy": 1 / 3,
    "seen_accuracy_uncalibrated": 2 / 3,
}


def _scores(unseen_labels: list[int], imageless: tuple[str, ...] = ()) -> dict[str, Any]:
    test = (_SEEN, np.arange(3), _UNSEEN[: len(unseen_labels)], np.array(unseen_labels, np.int64))
    return stages._scores(test, _dataset(unseen_labels, imageless), 1.5)


def test_scores_by_hand() -> None:
    unseen = {
        "unseen_accuracy": 1.0,
        "unseen_accuracy_uncalibrated": 1 / 4,
        "harmonic_mean": 2 * (1 / 3) / (4 / 3),
        "harmonic_mean_uncalibrated": 2 * (2 / 3) * (1 / 4) / (11 / 12),
        "zsl_accuracy": 1.0,
    }
    scores = _scores([3, 3, 4])
    assert 0 < scores.pop("ausuc") < 1
    assert scores == pytest.approx(_OF_SEEN | unseen)


def test_unseen_classes_without_images_do_not_count() -> None:
    scores = _scores([3, 3], ("gnu",))
    assert scores["unseen_accuracy_uncalibrated"] == pytest.approx(1 / 2)
    assert scores["zsl_accuracy"] == 1.0
    assert {name: scores[name] for name in _OF_SEEN} == pytest.approx(_OF_SEEN)


def test_without_unseen_test_images_the_scores_that_take_them_are_none() -> None:
    scores = _scores([], ("fox", "gnu"))
    assert {name: scores.pop(name) for name in _OF_SEEN} == pytest.approx(_OF_SEEN)
    assert scores == dict.fromkeys(
        (
            "unseen_accuracy",
            "harmonic_mean",
            "unseen_accuracy_uncalibrated",
            "harmonic_mean_uncalibrated",
            "zsl_accuracy",
            "ausuc",
        )
    )
    assert _scores([3, 3, 4]).keys() == _scores([], ("fox", "gnu")).keys()
