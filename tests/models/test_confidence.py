# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of probabilities and rejection: on images that were held out, of known, taught, and unmentioned classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes import gaussian
from niwt_tf import errors
from niwt_tf.method.calibration import temperature
from niwt_tf.models import gate
from niwt_tf.models import model as model_lib

_EACH = 100


@pytest.fixture(scope="module", params=[False, True], ids=["fitted head", "own head"])
def taught(request: pytest.FixtureRequest) -> model_lib.Model:
    """A model that was taught one class by words, and one by photographs, too."""
    one = gaussian.model(request.param).teach(gaussian.NEW_NAMES[0], attributes=gaussian.attributes(0))
    photographs = gaussian.images(np.full(3, gaussian.SEEN + 1), 9)
    return one.teach(gaussian.NEW_NAMES[1], attributes=gaussian.attributes(1), images=photographs)


def _images(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    labels = np.repeat(np.arange(first, last), _EACH)
    return gaussian.images(labels, 23), labels


def test_probabilities_of_known_classes_are_calibrated_on_images_that_were_held_out(taught: model_lib.Model) -> None:
    images, labels = _images(0, gaussian.SEEN)
    predictions = taught.predict(images)
    probabilities = predictions.probabilities
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(1), predictions.scores.argmax(1))
    assert temperature.expected_error(probabilities.max(1), probabilities.argmax(1) == labels) < 0.05
    error = taught.confidence.calibration_error
    assert error is None if gate.has(taught.classifier) else error < 0.05


@pytest.mark.parametrize("share", [0.8, 0.95])
def test_that_share_of_known_images_is_kept_and_of_taught_classes_no_less(
    taught: model_lib.Model, share: float
) -> None:
    predictions = taught.predict(_images(0, gaussian.SEEN)[0], reject=share)
    assert predictions.accepted.mean() == pytest.approx(share, abs=0.05)
    new = taught.predict(_images(gaussian.SEEN, gaussian.SEEN + 2)[0], reject=share)
    is_new = new.scores.argmax(1) >= gaussian.SEEN
    assert is_new.mean() > 0.3 and new.accepted[is_new].mean() > share - 0.1


def test_a_rejected_image_has_no_class(taught: model_lib.Model) -> None:
    never_mentioned, _ = _images(gaussian.SEEN + 2, gaussian.SEEN + 4)
    predictions = taught.predict(never_mentioned, reject=0.8)
    assert predictions.accepted.mean() < 0.1
    predictions = taught.predict(np.concatenate([never_mentioned, _images(0, 2)[0]]), reject=0.8)
    assert [name is None for name in predictions.classes] == (~predictions.accepted).tolist()
    whole = taught.predict(never_mentioned)
    assert None not in whole.classes and whole.accepted.all()
    assert (predictions.typicality[~predictions.accepted] < predictions.typicality[predictions.accepted].min()).all()


def test_it_is_the_same_after_the_model_was_saved(taught: model_lib.Model, tmp_path: Path) -> None:
    taught.save(tmp_path / "taught.keras")
    again = model_lib.load(tmp_path / "taught.keras").confidence
    assert again.temperature == pytest.approx(taught.confidence.temperature, rel=1e-3)
    np.testing.assert_allclose(again.levels.quantiles, taught.confidence.levels.quantiles, rtol=1e-3, atol=1e-2)


def test_batches_and_no_images_do_not_matter(taught: model_lib.Model) -> None:
    images, _ = _images(0, 2)
    one, seven = (taught.predict(images, size, reject=0.9) for size in (1, 7))
    np.testing.assert_allclose(one.typicality, seven.typicality, atol=0.01)
    none = taught.predict(images[:0], reject=0.9)
    assert none.classes == () and none.probabilities.shape == (0, gaussian.SEEN + 2) and none.typicality.shape == (0,)


def test_with_one_image_of_each_class_nothing_can_be_rejected() -> None:
    model = gaussian.model(per_class=1)
    probabilities = model.predict(_images(0, 1)[0]).probabilities
    assert np.isfinite(probabilities).all() and not model.confidence.is_estimated
    with pytest.raises(errors.UserError, match="`reject` must be given for a model that has training images"):
        model.predict(_images(0, 1)[0], reject=0.9)
    assert model.confidence.typicality(model.features, np.zeros(len(model.features), int)).tolist() == [1.0] * 10
