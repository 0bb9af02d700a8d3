# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the comparison of a predictor with the live model."""

from __future__ import annotations

import numpy as np
import pytest

from fakes import exported
from niwt_tf import errors
from niwt_tf.export import agreement
from niwt_tf.models import model as model_lib


@pytest.fixture(scope="module")
def live() -> model_lib.Model:
    return exported.model()


def test_samples_are_as_large_larger_higher_and_smaller() -> None:
    batches = agreement.samples(8)
    assert [batch.shape for batch in batches] == [(8, 8, 8, 3), (8, 16, 24, 3), (8, 13, 8, 3), (8, 5, 6, 3)]
    for batch, again in zip(batches, agreement.samples(8), strict=True):
        assert batch.dtype == np.uint8 and batch.std() > 40
        np.testing.assert_array_equal(batch, again)


def test_several_classes_are_predicted_for_samples(live: model_lib.Model) -> None:
    assert len({name for batch in agreement.samples(8) for name in live.predict(batch).classes}) > 2


def test_the_live_model_agrees_with_itself(live: model_lib.Model) -> None:
    found = agreement.compare(live, lambda images: live.predict(images).scores)
    assert (found.images, found.difference, found.same_prediction) == (32, 0, 1)
    assert found.spread > 1
    agreement.require(found, "ONNX")


def test_a_difference_is_measured_and_refused_with_its_size(live: model_lib.Model) -> None:
    found = agreement.compare(live, lambda images: live.predict(images).scores - 0.25)
    assert found.difference == pytest.approx(0.25, rel=1e-4) and found.same_prediction == 1
    assert found.share == pytest.approx(0.25 / found.spread, rel=1e-4)
    measured = agreement.Agreement(32, 0.25, 50.0, 0.75)
    with pytest.raises(errors.UserError) as refused:
        agreement.require(measured, "ONNX")
    assert str(refused.value) == (
        "Scores of a model exported as ONNX must differ from the live model's by at most 0.001 of their spread. "
        "Received: a difference of 0.25 for a spread of 50, and 75% equal predictions, on 32 sample images. "
        "Nothing was written. Choose another format, such as savedmodel."
    )
    agreement.require(agreement.Agreement(32, 0.049, 50.0, 1.0), "ONNX")


def test_scores_that_are_no_numbers_or_too_few_are_refused(live: model_lib.Model) -> None:
    for predictor in (
        lambda images: np.full((len(images), 6), np.nan, np.float32),
        lambda images: live.predict(images).scores[:, :5],
    ):
        with pytest.raises(errors.UserError, match="Received: a difference of (nan|inf) for a spread of"):
            agreement.require(agreement.compare(live, predictor), "ONNX")
