# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the training of a new classifier on features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import linear_model

from niwt_tf import config, errors
from niwt_tf.training import softmax_regression

_CLASSES = 5
_LABELS = np.repeat(np.arange(_CLASSES), 12)


class _Killed(BaseException):
    """Raised in the middle of a training, as a kill would end it."""


def _features(spread: float = 1.0, shift: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Returns features `[60,8]` of five classes around their centres."""
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(_CLASSES, 8))
    return (scale * (centers[_LABELS] + spread * rng.normal(size=(60, 8))) + shift).astype(np.float32)


def _fit(features: np.ndarray, folder: Path, held_out: Any = None, **changes: Any) -> tuple[np.ndarray, np.ndarray]:
    log = changes.pop("log", lambda step, **values: None)
    seed = changes.pop("seed", 0)
    plain = {"dropout": 0.0, "batch_size": 16, "classifier_epochs": 60}
    settings = config.BackboneConfig(**(plain | changes))
    held_out = np.zeros(60, bool) if held_out is None else held_out
    return softmax_regression.fit(features, _LABELS, _CLASSES, held_out, settings, seed, folder, log)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_classes_that_a_plane_divides_are_all_classified_correctly_at_any_scale(scale: float, tmp_path: Path) -> None:
    features = _features(0.1, shift=20 * scale, scale=scale)
    kernel, bias = _fit(features, tmp_path, dropout=0.4, classifier_learning_rate=1e-2)
    assert (kernel.shape, bias.shape) == ((8, _CLASSES), (_CLASSES,))
    assert kernel.dtype == bias.dtype == np.float32
    assert ((features @ kernel + bias).argmax(1) == _LABELS).all()


@pytest.mark.slow
@pytest.mark.parametrize("penalty", [0.0, 0.1])
def test_in_the_limit_it_is_the_logistic_regression_of_scikit_learn(penalty: float, tmp_path: Path) -> None:
    features = _features(1.5, shift=3.0)  # so mixed that the optimum is finite
    kernel, bias = _fit(
        features, tmp_path, batch_size=60, classifier_epochs=1500, classifier_learning_rate=0.1,
        classifier_penalty=penalty,
    )  # fmt: skip
    scaled = (features - features.mean(0)) / np.sqrt(((features - features.mean(0)) ** 2).mean())
    inverse = 1 / (60 * penalty) if penalty else np.inf  # scikit-learn sums over images where the loss is a mean
    twin = linear_model.LogisticRegression(C=inverse, max_iter=10_000, tol=1e-8).fit(scaled, _LABELS)
    logits = features @ kernel + bias
    shares = np.exp(logits - logits.max(1, keepdims=True))
    np.testing.assert_allclose(shares / shares.sum(1, keepdims=True), twin.predict_proba(scaled), atol=2e-3)


def test_an_uninformative_neuron_gets_no_weight(tmp_path: Path) -> None:
    features = np.concatenate([_features(0.5), np.full((60, 1), 4.0, np.float32)], axis=1)
    kernel, _ = _fit(features, tmp_path, classifier_penalty=0.0)
    assert np.abs(kernel[:8]).min(1).max() > 1e-2
    np.testing.assert_allclose(kernel[8], 0.0, atol=1e-3 * np.abs(kernel).max())


def test_features_without_spread_are_no_error(tmp_path: Path) -> None:
    kernel, bias = _fit(np.ones((60, 8), np.float32), tmp_path, classifier_epochs=2)
    assert np.isfinite(kernel).all() and np.isfinite(bias).all()


def test_patience_stops_and_gives_back_the_best_epoch(tmp_path: Path) -> None:
    features, held_out = _features(1.0), np.arange(60) % 4 == 0
    logs: list[dict[str, float]] = []
    settings = {"classifier_learning_rate": 0.05, "classifier_epochs": 400, "patience": 5, "classifier_penalty": 0.0}
    kernel, bias = _fit(features, tmp_path, held_out, log=lambda _, **values: logs.append(values), **settings)
    losses = [values["held_out_loss"] for values in logs]
    assert len(losses) < 400
    assert int(np.argmin(losses)) == len(losses) - 1 - 5
    logits = (features @ kernel + bias)[held_out]
    own = np.log(np.exp(logits).sum(1)) - logits[np.arange(15), _LABELS[held_out]]
    assert own.mean() == pytest.approx(min(losses), rel=1e-4)


def test_held_out_images_are_not_trained_on(tmp_path: Path) -> None:
    features, held_out = _features(), np.arange(60) % 4 == 0
    kernels = []
    for number in range(2):
        features[held_out] += 100.0 * number
        kernels.append(_fit(features, tmp_path / str(number), held_out, classifier_epochs=5)[0])
    np.testing.assert_allclose(kernels[0], kernels[1], atol=1e-6)


@pytest.mark.parametrize("patience", [0, 30])
def test_a_killed_training_goes_on_as_if_it_had_not_been(
    patience: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"dropout": 0.4, "classifier_epochs": 35, "patience": patience, "classifier_learning_rate": 0.02}
    features, held_out = _features(), (np.arange(60) % 4 == 0) & (patience > 0)
    whole = _fit(features, tmp_path / "whole", held_out, **settings)

    def kill(step: int, **values: float) -> None:
        del values
        if step == 27:
            raise _Killed

    with pytest.raises(_Killed):
        _fit(features, tmp_path / "killed", held_out, log=kill, **settings)
    assert capsys.readouterr().out == ""
    resumed = _fit(features, tmp_path / "killed", held_out, **settings)
    assert capsys.readouterr().out == "  resuming after epoch 20 of 35\n"
    for ours, theirs in zip(resumed, whole, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_loss_that_is_not_finite_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(errors.DivergedError) as caught:
        _fit(_features(), tmp_path, classifier_learning_rate=1e38)
    assert str(caught.value).startswith("`loss` must be a finite number. Received: ")
    assert str(caught.value).endswith(" of the training of the classifier. Lower classifier_learning_rate.")
