# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of validation with pseudo-unseen classes: the choice by hand, and against a search of every gamma."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.evaluation import gzsl
from niwt_tf.method import validation
from niwt_tf.method.calibration import gamma as gamma_lib
from niwt_tf.method.domain_map import domain_map
from niwt_tf.numerics import choice

_NETWORK: Any = object()  # the choice is made on features alone

# Features of three numbers: the logits of the two seen classes, then what a new class' kernel `_RIGHT` makes its logit.
# Margins of the best seen logit over the unseen one: seen images 2, 1; unseen ones -1, 0.5, 1.5;
# training images 1, 0.5, 1, -1, 3.
_SPLIT = validation.ValidationSplit(
    classifier=classifier_lib.Classifier(_NETWORK, np.eye(3, 2), np.zeros(2), ("wren", "robin")),
    unseen=("heron",),
    kernels={},
    train_features=np.array([[1.0, 0, 0], [0, 1, 0.5], [2, 0, 1], [0, 0, 1], [0, 3, 0]]),
    seen_features=np.array([[3.0, 0, 1], [0, 2, 1]]),
    seen_labels=np.array([0, 1]),
    unseen_features=np.array([[1.0, 0, 2], [2.5, 0, 2], [2, 0, 0.5]]),
    unseen_labels=np.array([2, 2, 2]),
)
_RIGHT = np.array([[0.0], [0.0], [1.0]])  # gamma 0.5..1 gives S = 1 and U = 2/3, so H = 0.8
_WRONG = -_RIGHT  # margins 4, 3 and 3, 4.5, 2.5; gamma 3..4 gives S = 1/2 and U = 2/3, so H = 4/7
_FAINT = 0.01 * _RIGHT  # margins 2.99, 1.99 and 0.98, 2.48, 1.995; gamma 2.48..2.99 gives S = 1/2 and U = 1: H = 2/3


def _by(kind: str, relevance_steps: int, lambda_: float) -> validation.Transfer:
    return validation.Transfer(domain_map.MapFit(kind, relevance_steps), lambda_)


def _classifier(bias: tuple[float, float] = (0.0, 0.0)) -> classifier_lib.Classifier:
    return classifier_lib.Classifier(_NETWORK, np.eye(3, 2), np.array(bias), ("wren", "robin"))


def _choose(
    kernels: dict[float, np.ndarray],
    scales: tuple[float, ...] = (0.0,),
    biases: tuple[str, ...] = ("zero",),
    classifier: classifier_lib.Classifier | None = None,
    split: validation.ValidationSplit = _SPLIT,
) -> validation.ChosenSettings:
    config = config_lib.ValidationConfig(scales=scales, biases=biases)
    by_fit = {_by("descent", 0, lambda_): kernel for lambda_, kernel in kernels.items()}
    split = dataclasses.replace(split, classifier=classifier or _classifier(), kernels=by_fit)
    return validation.choose([split], config)


def _spreads(kernel: np.ndarray, features: np.ndarray, seen_classes: int) -> np.ndarray:
    """Compute the standard deviation of each logit within the classes that are predicted."""
    logits = features @ kernel
    predictions = logits[:, :seen_classes].argmax(1)
    means = np.stack([logits[predictions == prediction].mean(0) for prediction in predictions])
    return np.sqrt(((logits - means) ** 2).mean(0))


def _summary(chosen: validation.ChosenSettings) -> tuple[str, float, float, str, float, float]:
    return (chosen.map_fit.kind, chosen.lambda_, chosen.scale, chosen.bias, chosen.seen_fraction, chosen.harmonic_mean)


@pytest.mark.parametrize(
    ("kernel", "harmonic_mean", "seen_fraction"),
    [(_RIGHT, 0.8, 3 / 5), (_WRONG, 4 / 7, 0.0), (_FAINT, 2 / 3, 1 / 5)],
)
def test_one_setting_gets_its_harmonic_mean_at_its_best_gamma(
    kernel: np.ndarray, harmonic_mean: float, seen_fraction: float
) -> None:
    chosen = _choose({0.1: kernel})
    assert _summary(chosen) == ("descent", 0.1, 0.0, "zero", seen_fraction, pytest.approx(harmonic_mean))


@pytest.mark.parametrize("order", list(itertools.permutations([0.001, 0.1, 1.0])))
def test_the_lambda_with_the_highest_harmonic_mean_is_chosen(order: tuple[float, ...]) -> None:
    kernels = {0.001: _WRONG, 0.1: _RIGHT, 1.0: _FAINT}
    chosen = _choose({lambda_: kernels[lambda_] for lambda_ in order})
    assert _summary(chosen) == ("descent", 0.1, 0.0, "zero", 0.6, pytest.approx(0.8))


@pytest.mark.parametrize("scales", [(0.0, 1.0), (1.0, 0.0)])
def test_the_scale_with_the_highest_harmonic_mean_is_chosen(scales: tuple[float, ...]) -> None:
    # The spreads of logits within classes are 0.632 for the seen and 0.398 for `_RIGHT`, whose margins become
    # 1.411, 0.411 for seen, -2.178, -0.678, 1.206 for unseen, and 1, 0.205, 0.411, -1.589, 3 for training images.
    assert _summary(_choose({0.1: _FAINT}, scales)) == ("descent", 0.1, 1.0, "zero", 0.8, pytest.approx(0.8))


def test_lambda_and_scale_are_chosen_together() -> None:
    chosen = _choose({0.001: _WRONG, 0.1: _FAINT}, (0.0, 1.0))
    assert (chosen.lambda_, chosen.scale, chosen.harmonic_mean) == (0.1, 1.0, pytest.approx(0.8))


_EQUALS = list(itertools.product(config_lib.MAP_FITS, (0, 10, 100), (0.0, 0.1, 1.0), (0.0, 0.5, 1.0, 2.0)))


@given(st.permutations(_EQUALS), st.integers(0, 99))
@settings(max_examples=20)
def test_of_equals_the_simplest_is_chosen_whatever_rounds_and_in_any_order(
    order: list[tuple[str, int, float, float]], seed: int
) -> None:
    noise = iter(np.random.default_rng(seed).uniform(-1e-6, 1e-6, 999))

    class Noisy(validation.ValidationSplit):
        def score(
            self, candidate: validation.Candidate, max_seen_loss: float | None = None
        ) -> validation.ValidationScore:
            del max_seen_loss
            return validation.ValidationScore(0.5, 0.5, 0.7 + next(noise))

    kernels = dict.fromkeys([_by(*key[:3]) for key in order], _RIGHT)
    values = {field.name: getattr(_SPLIT, field.name) for field in dataclasses.fields(_SPLIT)}
    config = config_lib.ValidationConfig(
        scales=tuple(dict.fromkeys(scale for *_, scale in order)), biases=("level", "mean", "zero")
    )
    chosen = validation.choose([Noisy(**values | {"kernels": kernels})], config)
    assert (*chosen.map_fit, chosen.lambda_, chosen.scale, chosen.bias) == (
        "ridge",
        0,
        1.0,
        1.0,
        "zero",
    )


def test_every_fit_and_bias_has_a_place_in_the_order() -> None:
    fits, biases = validation._SIMPLEST
    assert (set(fits), set(biases)) == (set(config_lib.MAP_FITS), set(config_lib.BIASES))


def test_of_equals_the_learned_size_comes_last() -> None:
    assert _choose({0.1: _RIGHT}, (0.0, 2.0, 0.25)).scale == 2.0


@pytest.mark.parametrize("biases", [("mean", "zero"), ("zero", "mean")])
def test_a_bias_that_all_new_classes_share_only_moves_gamma(biases: tuple[str, ...]) -> None:
    classifier = _classifier((4.0, 4.0))
    assert _summary(_choose({0.1: _RIGHT}, biases=biases, classifier=classifier)) == (
        "descent",
        0.1,
        0.0,
        "zero",
        0.6,
        pytest.approx(0.8),
    )


def test_gamma_s_place_stays_whatever_the_size_of_the_logits() -> None:
    plain = _choose({0.1: _RIGHT})
    surer = dataclasses.replace(_classifier(), kernel=8 * np.eye(3, 2))
    surest = _choose({0.1: 8 * _RIGHT}, classifier=surer)
    assert surest == dataclasses.replace(plain, synthetic_position=pytest.approx(plain.synthetic_position))


def test_the_place_is_among_the_training_images_alone() -> None:
    split = dataclasses.replace(_SPLIT, train_features=_SPLIT.train_features[[0, 0, 0, 3]])
    assert _summary(_choose({0.1: _RIGHT}, split=split)) == ("descent", 0.1, 0.0, "zero", 0.75, pytest.approx(0.8))


def test_the_place_is_that_of_the_middle_of_good_gammas() -> None:
    chosen = _choose({0.1: _RIGHT})
    middle = (0.75 * 0.5 + 1.75 * 0.5 * np.exp((2 / 3 - 0.8) / 0.02)) / (0.5 + 0.5 * np.exp((2 / 3 - 0.8) / 0.02))
    logits = _SPLIT.train_features @ np.concatenate([np.eye(3, 2), _RIGHT], axis=1)
    expected = gamma_lib.locate(logits, 2, middle)
    assert chosen.gamma_transfer == gamma_lib.GammaTransfer(0.6, pytest.approx(expected.synthetic_position, rel=1e-3))


def test_scales_are_multiples_of_the_spread_of_seen_logits() -> None:
    config = config_lib.ValidationConfig(scales=(0.8,), biases=("zero",))
    split = dataclasses.replace(_SPLIT, classifier=_classifier(), kernels={_by("ridge", 0, 0.1): _RIGHT})
    chosen = validation.choose([split], config)
    of_seen, of_new = np.split(_spreads(np.concatenate([np.eye(3, 2), _RIGHT], 1), _SPLIT.train_features, 2), [2])
    kernel = np.concatenate([np.eye(3, 2), 0.8 * of_seen.mean() / of_new * _RIGHT], axis=1)
    sized = dataclasses.replace(_classifier(), kernel=kernel, bias=np.zeros(3))
    seen_logits, unseen_logits = sized.logits(_SPLIT.seen_features), sized.logits(_SPLIT.unseen_features)
    curve = gzsl.curve(gzsl.GzslLogits(seen_logits, _SPLIT.seen_labels, unseen_logits, np.full(3, 2), 2))
    assert (chosen.scale_unit, chosen.harmonic_mean) == ("spread", pytest.approx(curve.best_gamma()[1]))
    position = gamma_lib.locate(sized.logits(_SPLIT.train_features), 2, curve.middle_gamma())
    assert chosen.synthetic_position == pytest.approx(position.synthetic_position, rel=1e-4)


def test_a_class_without_images_is_an_error() -> None:
    split = dataclasses.replace(_SPLIT, seen_labels=np.array([0, 0]))
    with pytest.raises(errors.UserError, match=r"`labels` must show every class .* none of class \[1\]"):
        _choose({0.1: _RIGHT}, split=split)


def test_choice_beats_every_setting_at_every_gamma_of_a_grid() -> None:
    rng = np.random.default_rng(5)
    labels = np.repeat(np.arange(5), 20)
    features = rng.normal(size=(100, 6)) + 1.2 * np.eye(5, 6)[labels]
    seen, unseen = labels < 3, labels >= 3
    images = features[seen], features[seen], labels[seen], features[unseen], labels[unseen]
    kernel = np.eye(6, 3)
    classifier = classifier_lib.Classifier(_NETWORK, kernel, np.zeros(3), ("wren", "robin", "tit"))
    kernels = {lambda_: np.eye(6)[:, 3:5] + lambda_ * rng.normal(size=(6, 2)) for lambda_ in (0.5, 0.1, 2.0)}
    config = config_lib.ValidationConfig(scales=(0.0, 0.7, 1.4), biases=("zero",))
    by_fit = {_by("ridge", 0, lambda_): new for lambda_, new in kernels.items()}
    chosen = validation.choose([validation.ValidationSplit(classifier, ("heron", "stork"), by_fit, *images)], config)
    best = {}
    for (lambda_, new), scale in itertools.product(kernels.items(), config.scales):
        spreads = _spreads(np.concatenate([kernel, new], 1), images[0], 3)
        scaled = new * scale * spreads[:3].mean() / spreads[3:] if scale else new
        logits = features @ np.concatenate([kernel, scaled], 1)
        test = gzsl.GzslLogits(logits[seen], labels[seen], logits[unseen], labels[unseen], 3)
        best[lambda_, scale] = max(gzsl.gzsl(test, gamma).harmonic_mean for gamma in np.linspace(-4, 4, 2001))
    good = [setting for setting, value in best.items() if value >= max(best.values()) - choice.TOLERANCE]
    assert (chosen.lambda_, chosen.scale) in good and len(good) < len(best) / 2
    assert chosen.harmonic_mean == pytest.approx(max(best.values()), abs=0.01)
    assert len({round(value, 3) for value in best.values()}) > 3, "settings differ, so that a wrong choice shows"


def test_the_fit_with_the_highest_harmonic_mean_is_chosen() -> None:
    config = config_lib.ValidationConfig(scales=(0.0,), biases=("zero",))
    split = dataclasses.replace(_SPLIT, kernels={_by("descent", 0, 0.1): _WRONG, _by("ridge", 0, 0.1): _RIGHT})
    assert _summary(validation.choose([split], config)) == ("ridge", 0.1, 0.0, "zero", 0.6, pytest.approx(0.8))


def test_the_relevance_with_the_highest_harmonic_mean_is_chosen() -> None:
    config = config_lib.ValidationConfig(scales=(0.0,), biases=("zero",))
    kernels = {
        _by("ridge", 10, 0.1): _WRONG,
        _by("ridge", 100, 0.1): _RIGHT,
        _by("ridge", 0, 0.1): _FAINT,
    }
    chosen = validation.choose([dataclasses.replace(_SPLIT, kernels=kernels)], config)
    assert (*chosen.map_fit, chosen.harmonic_mean) == ("ridge", 100, pytest.approx(0.8))


@pytest.mark.parametrize(
    ("fits", "expected"),
    [
        (("ridge",), [("ridge", 10), ("ridge", 0)]),
        (("descent",), [("descent", 0)]),
        (("descent", "ridge"), [("descent", 0), ("ridge", 10), ("ridge", 0)]),
    ],
)
def test_relevance_is_for_ridge_regression_alone(fits: tuple[str, ...], expected: list[tuple[str, int]]) -> None:
    assert validation.map_fits(config_lib.ValidationConfig(map_fits=fits, map_relevances=(10, 0))) == expected


def test_of_several_trials_the_means_count() -> None:
    config = config_lib.ValidationConfig(scales=(0.0,), biases=("zero",))
    one = {
        _by("descent", 0, 0.001): _RIGHT,
        _by("descent", 0, 0.1): _FAINT,
        _by("descent", 0, 1.0): _WRONG,
    }
    other = {
        _by("descent", 0, 0.001): _WRONG,
        _by("descent", 0, 0.1): _FAINT,
        _by("descent", 0, 1.0): _RIGHT,
    }
    splits = [dataclasses.replace(_SPLIT, kernels=kernels) for kernels in (one, other, one)]
    expected = (2 * 0.8 + 4 / 7) / 3  # 0.72, of lambda 0.001; 2/3 of 0.1; (0.8 + 2 * 4/7) / 3 = 0.65 of 1
    chosen = validation.choose(splits, config)
    assert _summary(chosen) == ("descent", 0.001, 0.0, "zero", pytest.approx(0.4), pytest.approx(expected))


def test_defaults_are_the_first_of_each_list_and_promise_nothing() -> None:
    config = config_lib.ValidationConfig(map_relevances=(7, 3), lambdas=(0.2, 0.0), scales=(0.5, 1.0), biases=("mean",))
    chosen = validation.defaults(config)
    assert _summary(chosen) == ("ridge", 0.2, 0.5, "mean", 0.9, 0.0)
    assert (chosen.map_fit.relevance_steps, chosen.scale_unit, chosen.gamma_transfer) == (
        7,
        "spread",
        gamma_lib.GammaTransfer(0.9),
    )
    assert chosen.expected is None and _choose({0.1: _RIGHT}).expected == pytest.approx(0.8)
    assert validation.defaults(config_lib.ValidationConfig(map_fits=("descent", "ridge"))).map_fit.relevance_steps == 0
