# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the fine-tuning: what each of its ways changes and what it leaves, and what a kill costs."""

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
from niwt_tf.numerics import discriminant
from niwt_tf.training import finetune, full_training
from niwt_tf.util import disk_arrays

_NAMES = ("a", "b", "c", "d")
_SETTINGS = {
    "epochs": 2,
    "batch_size": 8,
    "classifier": "softmax",
    "classifier_epochs": 15,
    "dropout": 0.2,
    "learning_rate": 1e-3,
}


class _Killed(BaseException):
    """Raised in the middle of a training, as a kill would end it."""


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Four classes of eight images each, 16 x 16: a class is a colour with noise on it."""
    rng = np.random.default_rng(0)
    colors = np.array([[220, 30, 30], [30, 220, 30], [30, 30, 220], [200, 200, 200]])
    return (colors[_LABELS][:, None, None] + rng.normal(0, 20, (32, 16, 16, 3))).clip(0, 255).astype(np.uint8)


_LABELS = np.random.default_rng(1).permutation(np.repeat(np.arange(4), 8))


@pytest.fixture(scope="module")
def split(images: np.ndarray) -> zero_shot.Split:
    return zero_shot.Split(tf.data.Dataset.from_tensor_slices(images), _LABELS)


def _start(is_trained: bool = True, classes: int = 0) -> backbone.InitialNetwork:
    """Returns a network that follows from nothing but this; if trained, its norms have statistics of their own."""
    keras.utils.set_random_seed(0)
    network = small.build(16)
    rng = np.random.default_rng(2)
    for layer in network.layers if is_trained else ():
        if isinstance(layer, keras.layers.BatchNormalization):
            size = layer.gamma.shape
            layer.set_weights([rng.uniform(0.5, 2.0, size), *rng.normal(size=(2, *size)), rng.uniform(0.5, 2.0, size)])
    kernel, bias = rng.normal(size=(128, classes)), rng.normal(size=classes)
    own = (kernel, bias) if classes else (None, None)
    return backbone.InitialNetwork(backbone.Backbone(network, "conv4"), is_trained, *own)


def _finetune(
    start: backbone.InitialNetwork, split: zero_shot.Split, folder: Path, **changes: Any
) -> classifier.Classifier:
    more = {name: changes.pop(name) for name in ("log", "columns", "mixed_precision") if name in changes}
    settings = config.BackboneConfig(**(_SETTINGS | changes))
    folder.mkdir(exist_ok=True)
    return finetune.finetune(start, split, _NAMES, settings, 3, folder, **more)


def _weights(network: keras.Model) -> dict[str, np.ndarray]:
    return {weight.path: weight.numpy() for weight in network.weights}


def _changed(before: dict[str, np.ndarray], network: keras.Model) -> set[str]:
    return {path for path, value in _weights(network).items() if (value != before[path]).any()}


@pytest.mark.parametrize(
    ("setting", "is_trained", "done"),
    [
        ("auto", True, "classifier"),
        ("auto", False, "full"),
        ("none", True, "none"),
        ("classifier", False, "classifier"),
        ("full", True, "full"),
    ],
)
def test_auto_trains_all_only_where_there_are_no_weights(setting: str, is_trained: bool, done: str) -> None:
    assert finetune.training_mode(_start(is_trained), config.BackboneConfig(finetune=setting)) == done


def test_none_takes_the_networks_own_classifier_as_it_is(split: zero_shot.Split, tmp_path: Path) -> None:
    start = _start(classes=4)
    before = _weights(start.backbone.network)
    result = _finetune(start, split, tmp_path, finetune="none")
    assert start.kernel is not None and start.bias is not None
    np.testing.assert_array_equal(result.kernel, start.kernel.astype(np.float32))
    np.testing.assert_array_equal(result.bias, start.bias.astype(np.float32))
    assert result.kernel.dtype == result.bias.dtype == np.float32
    assert (result.backbone, result.class_names) == (start.backbone, _NAMES)
    assert not _changed(before, start.backbone.network) and not list(tmp_path.iterdir())


def test_none_takes_the_columns_of_a_validation(split: zero_shot.Split, tmp_path: Path) -> None:
    start = _start(classes=6)
    columns = np.array([True, False, True, True, False, True])
    result = _finetune(start, split, tmp_path, finetune="none", columns=columns)
    assert start.kernel is not None and start.bias is not None
    np.testing.assert_array_equal(result.kernel, start.kernel[:, [0, 2, 3, 5]].astype(np.float32))
    np.testing.assert_array_equal(result.bias, start.bias[[0, 2, 3, 5]].astype(np.float32))


def test_none_with_another_number_of_classes_is_an_error(split: zero_shot.Split, tmp_path: Path) -> None:
    with pytest.raises(errors.UserError) as caught:
        _finetune(_start(classes=6), split, tmp_path, finetune="none")
    assert str(caught.value) == (
        "`finetune='none'` requires a network whose own classifier has one class for each seen class, in the order "
        "of their names. Received: 6 classes of the network, 4 seen classes of the dataset. Use "
        "finetune='classifier', which trains a new classifier."
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"finetune": "none"},
            "`finetune='none'` requires a network with a usable classifier of its own. Received: backbone='small', "
            "which gives features alone. Use finetune='classifier', which trains a new classifier.",
        ),
        (
            {"finetune_from": "conv4"},
            "`finetune_from` requires finetune='full'. Received: finetune_from='conv4' with finetune='auto', "
            "which trains no layer of the network. Set finetune='full'.",
        ),
        (
            {"finetune": "full", "finetune_from": "features"},
            "`finetune='full'` requires a network with variables to train. Received: "
            "finetune_from='features', from which on it has none. Use finetune='classifier', or choose an earlier "
            "layer.",
        ),
    ],
)
def test_what_cannot_be_trained_is_an_error_before_any_image_is_read(changes: dict[str, str], message: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        finetune.check(_start(), config.BackboneConfig(**changes))
    assert str(caught.value) == message


def test_an_unknown_first_layer_names_the_nearest() -> None:
    with pytest.raises(errors.UserError, match=r"`finetune_from` must be one of preprocessing, conv1_kernel.*='conv5'"):
        finetune.check(_start(), config.BackboneConfig(finetune="full", finetune_from="conv5"))


@pytest.mark.parametrize("setting", ["auto", "classifier"])
def test_classifier_learns_and_leaves_the_network_alone(setting: str, split: zero_shot.Split, tmp_path: Path) -> None:
    start, logs = _start(), []
    before = _weights(start.backbone.network)
    result = _finetune(
        start, split, tmp_path, finetune=setting, classifier_learning_rate=1e-2,
        log=lambda _, **values: logs.append(values),
    )  # fmt: skip
    assert not _changed(before, start.backbone.network)
    features = np.load(tmp_path / "classifier" / "features.npy", allow_pickle=False)
    assert (result.logits(features).argmax(1) == _LABELS).all()
    assert len(logs) == 15 and logs[0].keys() == {"classifier_loss", "classifier_accuracy"}
    assert logs[-1]["classifier_loss"] < logs[0]["classifier_loss"]


@pytest.mark.parametrize("patience", [0, 1])
def test_discriminant_is_fitted_to_the_features_of_images_that_are_not_held_out(
    patience: int, split: zero_shot.Split, tmp_path: Path
) -> None:
    settings = {"classifier": "discriminant", "classifier_shrinkage": 0.2, "patience": patience}
    result = _finetune(_start(), split, tmp_path, **settings)
    features = np.load(tmp_path / "classifier" / "features.npy", allow_pickle=False)
    held_out = zero_shot.hold_out(_LABELS, 3, 0.1) if patience else np.zeros(32, bool)
    kernel, bias = discriminant.fit(features[~held_out], _LABELS[~held_out], 4, 0.2)
    np.testing.assert_array_equal(result.kernel, kernel)
    np.testing.assert_array_equal(result.bias, bias)
    assert (result.logits(features).argmax(1) == _LABELS).all()


class _Training:
    """Stands for a training of the whole network, of seconds: turns its last convolution's kernel about.

    Attributes:
      started: the kernel and bias that it started from.
      result: what it ended with.
    """

    started: tuple[np.ndarray, np.ndarray] | None
    result: classifier.Classifier

    def __call__(self, start: backbone.Backbone, split: zero_shot.Split, *arguments: Any) -> classifier.Classifier:
        self.started, weights = arguments[-2], start.network.get_layer("conv4_kernel").kernel
        weights.assign(-weights)
        kernel = np.random.default_rng(7).normal(size=(128, 4)).astype(np.float32)
        self.result = classifier.Classifier(start, kernel, np.zeros(4, np.float32), _NAMES)
        return self.result


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> _Training:
    training_ = _Training()
    monkeypatch.setattr(full_training, "train", training_)
    return training_


def test_full_starts_from_the_discriminant_by_default(split: zero_shot.Split, tmp_path: Path, quick: _Training) -> None:
    settings = {"classifier": config.BackboneConfig().classifier}
    alone = _finetune(_start(), split, tmp_path / "classifier", finetune="classifier", **settings)
    _finetune(_start(), split, tmp_path / "full", finetune="full", **settings)
    assert quick.started is not None
    np.testing.assert_allclose(quick.started[0], alone.kernel, atol=1e-6)
    np.testing.assert_allclose(quick.started[1], alone.bias, atol=1e-6)


@pytest.mark.parametrize(("is_trained", "patience"), [(False, 0), (True, 0), (False, 2)])
def test_after_a_full_training_the_last_layer_is_the_discriminant_of_all_images(
    is_trained: bool, patience: int, images: np.ndarray, split: zero_shot.Split, tmp_path: Path, quick: _Training
) -> None:
    settings = {"classifier": "discriminant", "classifier_shrinkage": 0.2, "patience": patience, "finetune": "full"}
    result = _finetune(_start(is_trained), split, tmp_path, **settings)
    assert result.backbone is quick.result.backbone and result.class_names == _NAMES
    features = np.load(tmp_path / "trained" / "features.npy", allow_pickle=False)
    trained = result.backbone.network(images, training=False)
    np.testing.assert_allclose(features, trained, rtol=1e-4, atol=1e-4)
    kernel, bias = discriminant.fit(features, _LABELS, 4, 0.2)
    np.testing.assert_array_equal(result.kernel, kernel)
    np.testing.assert_array_equal(result.bias, bias)
    assert (result.logits(features).argmax(1) == _LABELS).all()


def test_with_softmax_the_last_layer_is_the_one_that_was_trained(
    split: zero_shot.Split, tmp_path: Path, quick: _Training
) -> None:
    assert _finetune(_start(is_trained=False), split, tmp_path) is quick.result
    assert not (tmp_path / "trained").exists()


def test_full_trains_all_but_the_statistics_of_batch_norms(split: zero_shot.Split, tmp_path: Path) -> None:
    start, tags = _start(), []
    before = _weights(start.backbone.network)
    result = _finetune(start, split, tmp_path, finetune="full", log=lambda _, **values: tags.append({*values}))
    statistics = {path for path in before if "moving" in path}
    assert len(statistics) == 8
    assert _changed(before, result.backbone.network) == before.keys() - statistics
    assert tags == [{"classifier_loss", "classifier_accuracy"}] * 15 + [{"loss", "accuracy"}] * 2


def test_full_starts_from_the_new_classifier(split: zero_shot.Split, tmp_path: Path) -> None:
    alone = _finetune(_start(), split, tmp_path / "classifier", finetune="classifier")
    full = _finetune(_start(), split, tmp_path / "full", finetune="full", learning_rate=0.0)
    np.testing.assert_allclose(full.kernel, alone.kernel, atol=1e-6)
    np.testing.assert_allclose(full.bias, alone.bias, atol=1e-6)


def test_full_trains_from_a_layer_on_and_none_before_it(split: zero_shot.Split, tmp_path: Path) -> None:
    start = _start()
    before = _weights(start.backbone.network)
    _finetune(start, split, tmp_path, finetune="full", finetune_from="conv3_norm")
    expected = {path for path in before if path.startswith(("conv3_norm/", "conv4_")) and "moving" not in path}
    assert len(expected) == 5
    assert _changed(before, start.backbone.network) == expected


def test_from_scratch_is_the_full_training_and_nothing_before_it(split: zero_shot.Split, tmp_path: Path) -> None:
    ours = _finetune(_start(is_trained=False), split, tmp_path)
    settings = config.BackboneConfig(**_SETTINGS)
    theirs = full_training.train(_start(is_trained=False).backbone, split, _NAMES, settings, 3, tmp_path / "twin")
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoints", "twin"}
    np.testing.assert_allclose(ours.kernel, theirs.kernel, atol=1e-5)
    pairs = zip(ours.backbone.network.get_weights(), theirs.backbone.network.get_weights(), strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(("is_trained", "usual"), [(False, 3e-3), (True, 1e-5)])
def test_the_usual_learning_rate_is_small_where_there_are_weights(is_trained: bool, usual: float) -> None:
    optimizer = full_training._optimizer(config.BackboneConfig(), is_trained, 10, mixed_precision=False)
    assert float(optimizer.learning_rate) == pytest.approx(usual)


@pytest.mark.parametrize("is_trained", [False, True])
@pytest.mark.slow
def test_patience_stops_and_gives_back_the_best_epoch(
    is_trained: bool, images: np.ndarray, split: zero_shot.Split, tmp_path: Path
) -> None:
    logs: list[dict[str, float]] = []
    settings = {"epochs": 40, "patience": 2, "learning_rate": 0.03, "label_smoothing": 0.0, "classifier_epochs": 3}
    result = _finetune(
        _start(is_trained), split, tmp_path, finetune="full", log=lambda _, **values: logs.append(values), **settings
    )
    losses = [values["held_out_loss"] for values in logs if "held_out_loss" in values]
    assert len(losses) < 40
    assert int(np.argmin(losses)) == len(losses) - 1 - 2
    held_out = zero_shot.hold_out(_LABELS, 3, 0.1)
    assert held_out.sum() == 4
    logits = result.logits(result.backbone.network(images[held_out], training=False).numpy())
    own = tf.nn.sparse_softmax_cross_entropy_with_logits(_LABELS[held_out], logits).numpy()
    assert own.mean() == pytest.approx(min(losses), rel=1e-3, abs=1e-5)


def test_patience_with_one_image_a_class_is_an_error(images: np.ndarray, tmp_path: Path) -> None:
    single = zero_shot.Split(tf.data.Dataset.from_tensor_slices(images[:4]), np.arange(4))
    with pytest.raises(errors.UserError, match="`patience` must be 0 unless a class has two images or more"):
        _finetune(_start(), single, tmp_path, patience=1)


def test_a_class_of_one_image_keeps_it_for_the_training() -> None:
    labels = np.array([0, 1, 1, 1, 2, 2])
    held_out = finetune._held_out(labels, 1, 0)
    assert not held_out[0]
    assert np.bincount(labels[held_out], minlength=3).tolist() == [0, 1, 1]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["features", "classifier", "network"])
@pytest.mark.parametrize("patience", [0, 50])
def test_a_call_killed_anywhere_goes_on_as_if_it_had_not_been(
    place: str, patience: int, split: zero_shot.Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bar(batches: Any, *_: Any, **__: Any) -> Any:
        yield from batches.take(2)
        raise _Killed

    def log(step: int, **values: float) -> None:
        if (step == 12 and "classifier_loss" in values) if place == "classifier" else (step == 2 and "loss" in values):
            raise _Killed

    settings = {"finetune": "full", "patience": patience}
    whole = _finetune(_start(), split, tmp_path / "whole", **settings)
    with monkeypatch.context() as patch, pytest.raises(_Killed):
        if place == "features":
            patch.setattr(disk_arrays.progress, "bar", bar)
        _finetune(_start(), split, tmp_path / "killed", log=log, **settings)
    resumed = _finetune(_start(), split, tmp_path / "killed", **settings)
    np.testing.assert_allclose(resumed.kernel, whole.kernel, atol=1e-5)
    pairs = zip(resumed.backbone.network.get_weights(), whole.backbone.network.get_weights(), strict=True)
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.slow
def test_half_precision_trains_to_finite_weights_of_full_precision(split: zero_shot.Split, tmp_path: Path) -> None:
    losses: dict[bool, list[float]] = {True: [], False: []}
    for half, seen in losses.items():
        start = _start()
        before = _weights(start.backbone.network)
        _finetune(
            start,
            split,
            tmp_path / str(half),
            finetune="full",
            mixed_precision=half,
            learning_rate=1e-5,
            log=lambda _, seen=seen, **values: seen.append(values.get("loss", values.get("classifier_loss"))),
        )
        assert any("conv1" in path for path in _changed(before, start.backbone.network))
        assert {value.dtype for value in _weights(start.backbone.network).values()} == {np.dtype(np.float32)}
        assert {layer.compute_dtype for layer in start.backbone.network.layers} == {"float32"}
    np.testing.assert_allclose(losses[True][:-2], losses[False][:-2], rtol=1e-4)  # the new classifier's
    np.testing.assert_allclose(losses[True][-2:], losses[False][-2:], rtol=0.05)
    assert losses[True][-2:] != losses[False][-2:]


def test_half_precision_from_scratch_is_finite_too(split: zero_shot.Split, tmp_path: Path) -> None:
    seen: list[float] = []
    result = _finetune(
        _start(is_trained=False), split, tmp_path, mixed_precision=True, log=lambda _, **v: seen.append(v["loss"])
    )
    assert np.isfinite(seen).all() and np.isfinite(result.kernel).all()
    assert seen[1] < seen[0]
