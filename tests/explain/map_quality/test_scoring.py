# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of scores that are collected batch by batch."""

from __future__ import annotations

import numpy as np
import pytest

from fakes import mapped
from niwt_tf.explain.map_quality import map_methods, registry, scoring
from niwt_tf.explain.map_quality import subject as subject_lib


def test_each_metric_of_the_registry_is_computed() -> None:
    assert list(scoring._MAKERS) == list(registry.METRICS)


def test_means_and_standard_errors_by_hand() -> None:
    score = scoring.MapScore(np.array([1.0, np.nan, 3.0]))
    assert (score.mean, score.count) == (2, 2) and score.standard_error == pytest.approx(1)
    one = scoring.MapScore(np.array([4.0, np.nan]))
    assert (one.mean, one.standard_error, one.count) == (4, None, 1)
    for none in ([], [np.nan]):
        score = scoring.MapScore(np.array(none))
        assert (score.mean, score.standard_error, score.count) == (None, None, 0)


def test_batches_of_any_size_give_the_same_scores() -> None:
    whole, scores = mapped.batch(7), []
    for size in (7, 3):
        subject = subject_lib.Subject(mapped.classifier(), make_maps=map_methods.make("gradcam"))
        scorer = scoring.MapScorer(subject, registry.choose(["all"]))
        for start in range(0, 7, size):
            scorer.add(mapped.rows(whole, slice(start, start + size)))
        scores.append(scorer.scores())
    for name in registry.METRICS:
        assert scores[0][name].values.shape == (7,)
        np.testing.assert_allclose(scores[1][name].values, scores[0][name].values, rtol=1e-4, atol=1e-6)


def test_pointing_by_hand() -> None:
    maps = np.zeros((3, 4, 4), np.float32)
    maps[0, 2, 0] = maps[1, 2, 3] = maps[2, 0, 0] = 1
    boxes = np.array([[0, 0, 1, 0.5], [0, 0, 1, 0.5], [np.nan] * 4])
    scorer = scoring.MapScorer(subject_lib.Subject(mapped.classifier()), ["pointing"])
    scorer.add(subject_lib.MappedImages(mapped.batch(3).images, np.zeros(3, int), maps, boxes))
    np.testing.assert_array_equal(scorer.scores()["pointing"].values, [1, 0, np.nan])
