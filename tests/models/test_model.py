# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a model in use."""

from __future__ import annotations

import re

import numpy as np
import pytest

from fakes import models
from niwt_tf import errors
from niwt_tf.models import model as model_lib


@pytest.fixture(scope="module")
def model() -> model_lib.Model:
    return models.by_attributes()


def _images(count: int, height: int = 8, width: int = 8) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def test_scores_are_logits_without_gamma_of_the_seen_classes(model: model_lib.Model) -> None:
    features = model.classifier.backbone.network(_images(7)).numpy()
    logits = model.classifier.logits(features) - [0.5, 0.5, 0.5, 0.5, 0]
    predictions = model.predict(_images(7))
    np.testing.assert_allclose(predictions.scores, logits, rtol=1e-5, atol=1e-5)
    assert predictions.classes == tuple(model.class_names[index] for index in logits.argmax(1))
    assert predictions.class_names == models.SEEN + models.UNSEEN and model.seen == models.SEEN


def test_batches_do_not_matter(model: model_lib.Model) -> None:
    one, many = model.predict(_images(7), batch_size=1), model.predict(_images(7), batch_size=3)
    np.testing.assert_allclose(one.scores, model.predict(_images(7)).scores, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(many.scores, one.scores, rtol=1e-5, atol=1e-6)
    assert model.predict(_images(0)).scores.shape == (0, 5) and model.predict(_images(0)).classes == ()


def test_of_images_of_any_size_the_middle_square_counts(model: model_lib.Model) -> None:
    wide = _images(3, 8, 20)
    np.testing.assert_array_equal(model.predict(wide).scores, model.predict(wide[:, :, 6:14]).scores)
    np.testing.assert_array_equal(model.explain(wide).maps, model.explain(wide[:, :, 6:14]).maps)


def test_explanations_are_of_the_predicted_or_of_a_chosen_class(model: model_lib.Model) -> None:
    predicted, chosen = model.explain(_images(7)), model.explain(_images(7), "okapi")
    np.testing.assert_allclose(predicted.logits, model.predict(_images(7)).scores, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(predicted.classes, predicted.predictions)
    assert set(chosen.classes.tolist()) == {4}
    expected = np.tile(model.classifier.kernel[:, 4] / 36, (7, 1))  # a linear head over global average pooling
    np.testing.assert_allclose(chosen.importances, expected, rtol=1e-4)
    reasons = model.reasons(chosen, count=2)
    scores = model.inverse(chosen.importances)
    for row, chosen_reasons in zip(scores, reasons, strict=True):
        best = [int(index) for index in np.argsort(-row)[:2] if row[index] > 0]
        assert [name for name, _ in chosen_reasons] == [model.knowledge.feature_names[index] for index in best]


def test_an_unknown_class_is_an_error(model: model_lib.Model) -> None:
    with pytest.raises(errors.UserError, match=re.escape("Received: class_name='Okapy'. Did you mean 'Okapi'?")):
        model.explain(_images(1), "Okapy")


def test_older_names_still_work(model: model_lib.Model) -> None:
    explanations = model.explain(_images(2))
    assert model.reasons(told=explanations) == model.reasons(explanations)  # type: ignore[call-arg]
    assert model.known is model.knowledge
