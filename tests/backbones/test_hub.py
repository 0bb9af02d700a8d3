# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of image models of TensorFlow Hub as backbones: their layers, preprocessing, and the method on them."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from fakes import hub_image as fake
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import build, classifier, hub, preprocessing, split_points
from niwt_tf.data import zero_shot
from niwt_tf.method import importance
from niwt_tf.training import finetune

_SPLIT_POINTS = [name for name, is_split_point in fake.TENSORS.items() if is_split_point]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake.save(tmp_path_factory.mktemp("hub") / "model")


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lines that are printed."""
    lines: list[str] = []
    hub._print_once.cache_clear()
    monkeypatch.setattr(hub.progress, "print_line", lines.append)
    return lines


def _config(path: Path, layer: str = "", **changes: Any) -> config_lib.BackboneConfig:
    return config_lib.BackboneConfig(backbone=f"hub:{path}", layer=layer, **changes)


def _whole(images: Any) -> np.ndarray:
    return fake.FeatureVector()(tf.cast(images, tf.float32), training=False).numpy()


def test_the_network_is_the_model_on_images_in_0_to_1(saved: Path) -> None:
    started = build.build(_config(saved))
    assert started.is_trained and started.kernel is None
    backbone, images = started.backbone, fake.images(3)
    assert (backbone.image_size, backbone.activation_shape, backbone.feature_size) == (96, (24, 24, 6), 6)
    np.testing.assert_allclose(backbone.network(images), _whole(images / 255), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(backbone.head(backbone.trunk(images)), _whole(images / 255), rtol=1e-5, atol=1e-6)
    assert all(isinstance(layer, keras.layers.Layer) for layer in backbone.network.layers)


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch", "none"])
def test_other_preprocessing_is_what_it_is_elsewhere(saved: Path, mode: str) -> None:
    backbone, images = hub.build(_config(saved, preprocessing=mode)).backbone, fake.images(2)
    images_in, prepared = preprocessing.inputs(96, mode)
    expected = _whole(keras.Model(images_in, prepared)(images))
    np.testing.assert_allclose(backbone.network(images), expected, rtol=1e-4, atol=1e-4)


def test_the_last_split_point_is_the_default(saved: Path, printed: list[str]) -> None:
    assert hub.build(_config(saved)).backbone.layer == "net.block.Relu"
    assert printed == []


def test_layers_are_listed_with_whether_they_are_split_points(saved: Path) -> None:
    assert {tensor.name: tensor.is_split_point for tensor in hub.layers(_config(saved))} == fake.TENSORS
    assert build.layers(_config(saved)).splitlines() == [
        "  layer                      H x W x K",
        "  net/stem/Conv2D            24 x 24 x 6",
        "  net/stem/FusedBatchNormV3  24 x 24 x 6",
        "  net/stem/Relu              24 x 24 x 6",
        "  net/block/add              24 x 24 x 6",
        "  net/block/Relu             24 x 24 x 6  the default",
    ]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("net/stem/Relu", "net/stem/Relu"),
        ("net.stem.Relu", "net/stem/Relu"),
        ("net/stem/Relu:0", "net/stem/Relu"),
        ("StatefulPartitionedCall/StatefulPartitionedCall/net/stem/Relu", "net/stem/Relu"),
        ("stem/Relu", "net/stem/Relu"),
        ("add", "net/block/add"),
        ("BatchNorm", "net/stem/FusedBatchNormV3"),
        ("stem/[CD].*2D$", "net/stem/Conv2D"),
        ("block/.*Relu", "net/block/Relu"),  # the other that matches is no cut
    ],
)
def test_a_layer_may_be_named_in_part(saved: Path, printed: list[str], layer: str, expected: str) -> None:
    for _ in range(2):
        assert hub.build(_config(saved, layer)).backbone.layer == expected.replace("/", ".")
    assert printed == ([] if layer == expected else [f"  layer {layer} is {expected}"]), "printed once"


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            "net/block/inner/Relu",
            "`layer` must be a convolution, or a layer after one, that all paths from images to features pass "
            "through. Received: layer='net/block/inner/Relu', which is not. Choose one of the nearest: "
            "net/stem/Relu before it, net/block/add after it.",
        ),
        (
            "outer",
            "`layer` must be a convolution, or a layer after one, that all paths from images to features pass "
            "through. Received: layer='outer', that is net/block/outer/Conv2D, which is not. Choose one of the "
            "nearest: net/stem/Relu before it, net/block/add after it.",
        ),
        (
            "stem",
            "`layer` must match one layer. Received: layer='stem', which matches net/stem/Conv2D, "
            "net/stem/FusedBatchNormV3, net/stem/Relu. Give the full name of one of them.",
        ),
        (
            "net/stem/Rellu",
            f"`layer` must be one of {', '.join(_SPLIT_POINTS)}. Received: layer='net/stem/Rellu'. Did you mean "
            "'net/stem/Relu'?",
        ),
        ("block[", f"`layer` must be one of {', '.join(_SPLIT_POINTS)}. Received: layer='block['."),
    ],
)
def test_layers_that_are_no_split_points_are_errors(saved: Path, layer: str, message: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        hub.build(_config(saved, layer))
    assert str(caught.value).startswith(message)


def test_many_layers_are_not_all_named(monkeypatch: pytest.MonkeyPatch, saved: Path) -> None:
    monkeypatch.setattr(split_points, "_MOST_NAMES", 2)
    with pytest.raises(
        errors.UserError, match="of net/block/add, net/block/Relu and 3 more that niwt --list_layers shows. R"
    ):
        hub.build(_config(saved, "zzz"))


class _Dense(fake.FeatureVector):
    @tf.function
    def __call__(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        return tf.reduce_mean(images, (1, 2)) @ self.stem[0, 0]


class _Leap(fake.FeatureVector):
    @tf.function
    def __call__(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        return tf.reduce_mean(self._stem(images, training), (1, 2)) + tf.reduce_mean(images)


@pytest.mark.parametrize(
    ("model", "trouble"),
    [
        (_Dense, "which has no intermediate tensors of rank four"),
        (_Leap, "of whose 3 activations none lies on all paths from images to features"),
    ],
)
@pytest.mark.parametrize("function", [hub.build, hub.layers])
def test_a_model_without_a_split_point_is_an_error(
    tmp_path: Path, model: type, trouble: str, function: Callable[[Any], Any]
) -> None:
    path = fake.save(tmp_path / "model", model())
    with pytest.raises(errors.UserError) as caught:
        function(_config(path))
    assert str(caught.value) == (
        "`backbone='hub:...'` must hold activations of a convolution, [N,H,W,K] float32, at which it can be split. "
        f"Received: backbone='hub:{path}', {trouble}. Choose another model."
    )


def test_features_with_positions_are_pooled(tmp_path: Path) -> None:
    class Map(fake.FeatureVector):
        @tf.function
        def __call__(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
            return self._head(self._stem(images, training))

    backbone, images = hub.build(_config(fake.save(tmp_path / "model", Map()))).backbone, fake.images(2)
    assert (backbone.layer, backbone.feature_size) == ("block.Relu", 6)
    np.testing.assert_allclose(backbone.network(images), _whole(images / 255), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(backbone.head(backbone.trunk(images)), _whole(images / 255), rtol=1e-5, atol=1e-6)


def test_logits_of_a_classification_are_features(tmp_path: Path) -> None:
    class Classification(fake.FeatureVector):
        @tf.function
        def __call__(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
            return tf.reduce_mean(self._head(self._stem(images, training)), (1, 2)) @ self.inner[0, 0] + self.gamma

    started = hub.build(_config(fake.save(tmp_path / "model", Classification())))
    assert (started.kernel, started.backbone.feature_size, started.backbone.layer) == (None, 6, "block.Relu")


def test_a_relative_path_does_from_another_folder(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(saved.parent)
    backbone = hub.build(_config(Path(saved.name))).backbone
    classifier.Classifier(backbone, np.eye(6, dtype=np.float32), np.zeros(6, np.float32), tuple("abcdef")).save(
        tmp_path
    )
    monkeypatch.chdir(tmp_path)
    loaded = classifier.Classifier.load(tmp_path).backbone
    np.testing.assert_array_equal(loaded.network(fake.images(2)), backbone.network(fake.images(2)))


def test_a_handle_is_found_in_the_cache(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_lib.BackboneConfig(backbone="hub:https://nowhere.invalid/image/1")
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    with pytest.raises(errors.UserError) as caught:
        hub.build(config)
    digest = hashlib.sha1(b"https://nowhere.invalid/image/1").hexdigest()
    assert f"must name a model that can be fetched. Received: backbone='{config.backbone}', which" in str(caught.value)
    assert f"or into $TFHUB_CACHE_DIR/{digest} (the SHA-1 of the handle)" in str(caught.value)
    shutil.copytree(saved, tmp_path / digest)
    backbone, images = hub.build(config).backbone, fake.images(2)
    np.testing.assert_allclose(backbone.network(images), _whole(images / 255), rtol=1e-5, atol=1e-6)


def test_tensorflow_hub_must_be_installed(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow_hub", None)
    with pytest.raises(
        errors.UserError, match=r"`backbone='hub:...'` must have .* Run pip install 'niwt_tf\[text\]'\.$"
    ):
        hub.build(_config(saved))


@pytest.mark.parametrize(("folder", "trouble"), [("none", "does not exist"), ("", "contains no saved_model.pb")])
def test_a_folder_without_a_model_is_an_error(tmp_path: Path, folder: str, trouble: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        hub.build(_config(tmp_path / folder))
    assert str(caught.value).startswith(
        f"`backbone` must name an existing file or folder. Received: backbone='hub:{tmp_path / folder}', where "
        f"{tmp_path / folder} {trouble}. "
    )


def test_a_model_that_is_broken_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"not a model")
    with pytest.raises(errors.UserError, match="must name a model that can be loaded. Received: backbone='hub:/"):
        hub.build(_config(tmp_path))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_importances_are_computed(saved: Path, tmp_path: Path, jit_compile: bool) -> None:
    """After the last ReLU there is only pooling: alpha = w / (H W)."""
    backbone, images, labels = hub.build(_config(saved)).backbone, fake.images(5), np.array([0, 1, 0, 1, 1])
    kernel = np.random.default_rng(6).normal(size=(6, 2)).astype(np.float32)
    model = classifier.Classifier(backbone, kernel, np.zeros(2, np.float32), ("ant", "bee"))
    split = zero_shot.Split(tf.data.Dataset.from_tensor_slices(images), labels)
    result = importance.compute(model, split, kept_images=3, seed=0, folder=tmp_path, jit_compile=jit_compile)
    np.testing.assert_allclose(result.values, kernel.T[labels] / 24**2, rtol=1e-5)
    np.testing.assert_allclose(result.features, _whole(images / 255), rtol=1e-4, atol=1e-6)
    assert result.activations.shape == (3, 24, 24, 6)


def test_the_adjoint_is_that_of_the_importances(saved: Path) -> None:
    backbone = hub.build(_config(saved, "net/stem/Relu")).backbone
    head, activations = importance.inference(backbone.head), backbone.trunk(fake.images(3))
    rng = np.random.default_rng(7)
    weights, tangents = (tf.constant(rng.normal(size=(3, 6)).astype(np.float32)) for _ in range(2))
    left = tf.reduce_sum(importance.importances(head, activations, weights) * tangents)
    right = tf.reduce_sum(weights * importance.adjoint(head, activations, tangents))
    assert abs(left) > 1e-4
    np.testing.assert_allclose(left, right, rtol=1e-4)


def test_a_module_without_variables_to_train_is_an_error_before_any_image_is_read(tmp_path: Path) -> None:
    path = fake.save(tmp_path / "frozen", fake.FeatureVector(trainable=False))
    start = build.build(_config(path))
    for kind in ("auto", "classifier"):
        finetune.check(start, _config(path, finetune=kind))
    with pytest.raises(errors.UserError) as caught:
        finetune.check(start, _config(path, finetune="full"))
    assert str(caught.value) == (
        "`finetune='full'` requires a network with variables to train. Received: a network without variables. Use "
        "finetune='classifier'."
    )
