# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the training of a backbone: the loss, what a kill leaves, and what diverges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import config, errors
from niwt_tf.backbones import backbone, classifier, small
from niwt_tf.data import zero_shot
from niwt_tf.training import full_training
from niwt_tf.training import train_step as train_step_lib

_NAMES = tuple(f"class {number}" for number in range(12))


class _Killed(BaseException):
    """Raised in the middle of a training, as a kill would end it."""


@pytest.fixture(scope="module")
def split() -> zero_shot.Split:
    """Twelve classes of five images each, 32 x 32: a class is a colour with noise on it."""
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.repeat(np.arange(12), 5))
    colors = rng.uniform(60, 190, (12, 1, 1, 3))
    images = (colors[labels] + rng.normal(0, 20, (60, 32, 32, 3))).clip(0, 255).astype(np.uint8)
    return zero_shot.Split(tf.data.Dataset.from_tensor_slices(images), labels)


def _network(seed: int, size: int = 32) -> backbone.Backbone:
    """Returns a network whose weights, and those of the classifier to come, follow from `seed`."""
    keras.utils.set_random_seed(seed)
    return backbone.Backbone(small.build(size), "conv4")


def _train(
    split: zero_shot.Split, checkpoints: Path, init: int = 0, seed: int = 3, log: Any = None, **changes: Any
) -> classifier.Classifier:
    settings = config.BackboneConfig(**({"epochs": 3, "batch_size": 15, "dropout": 0.0} | changes))
    more = {} if log is None else {"log": log}
    return full_training.train(_network(init), split, _NAMES, settings, seed, checkpoints, **more)


@pytest.fixture(scope="module")
def logged() -> list[tuple[int, dict[str, float]]]:
    """What the training `whole` logs."""
    return []


@pytest.fixture(scope="module")
def whole(
    split: zero_shot.Split,
    logged: list[tuple[int, dict[str, float]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> classifier.Classifier:
    """A training of three epochs that nothing interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    return _train(split, folder, log=lambda step, **values: logged.append((step, values)))


def _kill_after(epochs: int) -> Any:
    """Returns a log that ends the training when the epoch after `epochs` is over, but not yet kept."""

    def log(step: int, **values: float) -> None:
        del values
        if step > epochs:
            raise _Killed

    return log


def test_training_lowers_the_loss(whole: classifier.Classifier, logged: list[tuple[int, dict[str, float]]]) -> None:
    del whole
    assert [step for step, _ in logged] == [1, 2, 3]
    assert all(values.keys() == {"loss", "accuracy"} for _, values in logged)
    losses, accuracies = ([values[name] for _, values in logged] for name in ("loss", "accuracy"))
    assert losses[2] < losses[1] < losses[0]
    assert accuracies[2] > accuracies[0]
    assert all(0 <= accuracy <= 1 for accuracy in accuracies)


def test_two_epochs_of_the_aviary_lower_the_loss(tiny_dataset: zero_shot.ZeroShotDataset, tmp_path: Path) -> None:
    losses: list[float] = []
    trained = full_training.train(
        _network(0, 64),
        tiny_dataset.train,
        tiny_dataset.seen,
        config.BackboneConfig(epochs=2, batch_size=16),
        seed=0,
        checkpoints=tmp_path,
        log=lambda step, **values: losses.append(values["loss"]),
    )
    assert losses[1] < losses[0]
    assert trained.class_names == tiny_dataset.seen
    assert trained.kernel.shape == (128, 9)


def test_classifier_has_weights_for_each_class(whole: classifier.Classifier) -> None:
    assert (whole.kernel.shape, whole.bias.shape) == ((128, 12), (12,))
    assert whole.kernel.dtype == whole.bias.dtype == np.float32
    assert (whole.class_names, whole.unseen) == (_NAMES, ())
    assert np.linalg.matrix_rank(whole.kernel) == 12


def test_backbone_is_trained_in_place(split: zero_shot.Split, tmp_path: Path) -> None:
    untrained = _network(0)
    before = untrained.network.get_weights()
    trained = full_training.train(untrained, split, _NAMES, config.BackboneConfig(epochs=1, batch_size=30), 3, tmp_path)
    assert trained.backbone is untrained
    for old, new in zip(before, untrained.network.get_weights(), strict=True):
        assert (old != new).any()


def test_first_loss_and_accuracy_equal_a_numpy_twin(tmp_path: Path) -> None:
    # One batch of images that a flip does not change, and no step: so the weights are those logged.
    rng = np.random.default_rng(0)
    half = rng.integers(0, 256, (8, 16, 8, 3), np.uint8)
    images, labels = np.concatenate([half, half[:, :, ::-1]], axis=2), np.arange(8) % 3
    settings = config.BackboneConfig(epochs=1, batch_size=8, learning_rate=0.0, dropout=0.0, label_smoothing=0.3)
    logs: list[dict[str, float]] = []
    trained = full_training.train(
        _network(0, 16),
        zero_shot.Split(tf.data.Dataset.from_tensor_slices(images), labels),
        _NAMES[:3],
        settings,
        seed=0,
        checkpoints=tmp_path,
        log=lambda step, **values: logs.append(values),
    )
    logits = trained.logits(trained.backbone.network(images, training=True).numpy()).astype(np.float64)
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    targets = np.eye(3)[labels] * 0.7 + 0.1
    assert logs[0]["loss"] == pytest.approx(-(targets * np.log(shares)).sum(1).mean(), rel=1e-4)
    assert logs[0]["accuracy"] == pytest.approx((logits.argmax(1) == labels).mean())


def test_weights_learn_what_their_label_shows(whole: classifier.Classifier, split: zero_shot.Split) -> None:
    images, labels = next(iter(split.batches(60).as_numpy_iterator()))
    # So short a training leaves no good statistics; a copy, as those of the batch change the network's own.
    copy = keras.models.clone_model(whole.backbone.network)
    copy.set_weights(whole.backbone.network.get_weights())
    features = copy(images, training=True).numpy()
    assert (whole.logits(features).argmax(1) == labels).mean() > 0.5


def test_the_same_seeds_give_the_same_kernel_which_is_then_read_and_not_trained(
    whole: classifier.Classifier, split: zero_shot.Split, tmp_path: Path
) -> None:
    again = _train(split, tmp_path)
    np.testing.assert_allclose(again.kernel, whole.kernel, atol=1e-4)
    np.testing.assert_allclose(again.bias, whole.bias, atol=1e-4)
    assert len(list(tmp_path.glob("*.index"))) == 1, "only the last checkpoint is kept"
    steps: list[int] = []
    read = _train(split, tmp_path, init=9, log=lambda step, **values: steps.append(step))
    assert not steps
    np.testing.assert_array_equal(read.kernel, again.kernel)
    pairs = zip(read.backbone.network.get_weights(), again.backbone.network.get_weights(), strict=True)
    for ours, theirs in pairs:
        np.testing.assert_array_equal(ours, theirs)


def test_another_seed_gives_another_kernel(
    whole: classifier.Classifier, split: zero_shot.Split, tmp_path: Path
) -> None:
    assert np.abs(_train(split, tmp_path, seed=4).kernel - whole.kernel).max() > 1e-3


def test_seed_starts_the_weights_of_the_classifier(split: zero_shot.Split, tmp_path: Path) -> None:
    kernels = []
    for number in range(2):
        network = _network(0)
        keras.utils.set_random_seed(10 + number)
        settings = config.BackboneConfig(epochs=1, batch_size=60, learning_rate=0.0)
        kernels.append(full_training.train(network, split, _NAMES, settings, 3, tmp_path / str(number)).kernel)
    np.testing.assert_array_equal(kernels[0], kernels[1])


def test_a_killed_training_goes_on_as_if_it_had_not_been(
    whole: classifier.Classifier,
    logged: list[tuple[int, dict[str, float]]],
    split: zero_shot.Split,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(_Killed):
        _train(split, tmp_path, log=_kill_after(1))
    assert "resuming" not in capsys.readouterr().out
    steps: list[tuple[int, dict[str, float]]] = []
    resumed = _train(split, tmp_path, log=lambda step, **values: steps.append((step, values)))
    assert capsys.readouterr().out == "  resuming after epoch 1 of 3\n"
    assert [step for step, _ in steps] == [2, 3]
    assert [values["loss"] for _, values in steps] == pytest.approx(
        [values["loss"] for _, values in logged[1:]], rel=1e-4
    )
    np.testing.assert_allclose(resumed.kernel, whole.kernel, atol=1e-4)
    np.testing.assert_allclose(resumed.bias, whole.bias, atol=1e-4)
    pairs = zip(resumed.backbone.network.get_weights(), whole.backbone.network.get_weights(), strict=True)
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.slow
def test_a_killed_training_with_dropout_goes_on_as_if_it_had_not_been(split: zero_shot.Split, tmp_path: Path) -> None:
    whole = _train(split, tmp_path / "whole", epochs=2, dropout=0.4)
    with pytest.raises(_Killed):
        _train(split, tmp_path / "killed", epochs=2, dropout=0.4, log=_kill_after(1))
    resumed = _train(split, tmp_path / "killed", epochs=2, dropout=0.4)
    np.testing.assert_allclose(resumed.kernel, whole.kernel, atol=1e-4)


def test_a_loss_that_is_not_finite_is_an_error_with_place_and_remedy(split: zero_shot.Split, tmp_path: Path) -> None:
    with pytest.raises(errors.DivergedError) as caught:
        _train(split, tmp_path, learning_rate=1e30)
    assert str(caught.value) == (
        "`loss` must be a finite number. Received: nan in epoch 1, step 2 of the backbone's training. "
        "Lower learning_rate; the epochs before this one are kept."
    )


def test_epochs_before_a_divergence_are_kept(
    whole: classifier.Classifier, split: zero_shot.Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = train_step_lib.make_train_step

    def failing(*args: Any) -> train_step_lib.TrainStep:
        step = original(*args)
        # Of four steps an epoch, the third one of the second epoch: number 6.
        return lambda images, labels, seed: step(images, labels, seed) * (np.inf if seed[1] == 6 else 1.0)

    with monkeypatch.context() as patch:
        patch.setattr(train_step_lib, "make_train_step", failing)
        with pytest.raises(errors.DivergedError, match=r"Received: inf in epoch 2, step 3 .* learning_rate"):
            _train(split, tmp_path)
    steps: list[int] = []
    resumed = _train(split, tmp_path, log=lambda step, **values: steps.append(step))
    assert steps == [2, 3]
    np.testing.assert_allclose(resumed.kernel, whole.kernel, atol=1e-4)
