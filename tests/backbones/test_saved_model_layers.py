# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the parts of a SavedModel as layers: variables, saving, and where the SavedModel must be."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from fakes import hub_image as fake
from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import build, classifier, hub, keras_file, saved_model_layers
from niwt_tf.method import importance

_NAMES = ("ant", "bee")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fake.save(tmp_path_factory.mktemp("hub") / "model")


def _build(path: Path, layer: str = "net/stem/Relu", size: int = 0) -> backbone_lib.Backbone:
    return hub.build(config_lib.BackboneConfig(backbone=f"hub:{path}", layer=layer, image_size=size)).backbone


def _classifier(backbone: backbone_lib.Backbone) -> classifier.Classifier:
    kernel = np.random.default_rng(4).normal(size=(backbone.feature_size, 2)).astype(np.float32)
    return classifier.Classifier(backbone, kernel, np.zeros(2, np.float32), _NAMES)


def _step(backbone: backbone_lib.Backbone, images: np.ndarray) -> None:
    """Trains the network for one step."""
    variables = backbone.network.trainable_variables
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build(variables)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(backbone.network(images, training=True))
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))


def _loaded_model(backbone: backbone_lib.Backbone) -> tf.Module:
    return backbone.network.get_layer(backbone.layer)._split.image.loaded


def test_variables_are_those_of_the_loaded_model(saved: Path) -> None:
    backbone = _build(saved)
    assert (len(backbone.network.variables), len(backbone.network.trainable_variables)) == (7, 5)
    assert (len(backbone.trunk.variables), len(backbone.trunk.trainable_variables)) == (5, 3)
    assert sorted(v.name for v in backbone.head.trainable_variables) == ["inner_kernel", "outer_kernel"]
    loaded = _loaded_model(backbone)
    assert {id(v.value) for v in backbone.network.variables} == {id(v) for v in loaded.variables}


def test_a_step_trains_the_loaded_model_and_keeps_the_statistics(saved: Path) -> None:
    backbone, images = _build(saved), fake.images(4)
    before = [v.numpy().copy() for v in backbone.network.variables]
    features = backbone.network(images).numpy()
    _step(backbone, images)
    changed = {v.name for v, old in zip(backbone.network.variables, before, strict=True) if (v.numpy() != old).any()}
    assert changed == {"stem_kernel", "stem_gamma", "stem_beta", "inner_kernel", "outer_kernel"}
    after = _loaded_model(backbone)(tf.constant(images / np.float32(255)), training=False)
    assert np.abs(after - features).max() > 1e-3
    np.testing.assert_allclose(backbone.head(backbone.trunk(images)), after, rtol=1e-5, atol=1e-6)


def test_another_network_of_the_same_model_starts_anew(saved: Path) -> None:
    trained = _build(saved)
    fresh = trained.network(fake.images(2)).numpy()
    _step(trained, fake.images(2))
    assert (trained.network(fake.images(2)).numpy() != fresh).any()
    np.testing.assert_array_equal(_build(saved).network(fake.images(2)), fresh)


def test_a_variable_of_both_parts_is_one(tmp_path: Path) -> None:
    class Tied(fake.FeatureVector):
        @tf.function
        def __call__(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
            with tf.name_scope("first"):
                x = self._head(self._stem(images, training))
            return tf.reduce_mean(self._head(x), (1, 2))

    backbone = _build(fake.save(tmp_path / "model", Tied()), "first/block/Relu")
    shared = {id(v) for v in backbone.trunk.variables} & {id(v) for v in backbone.head.variables}
    assert len(shared) == 2
    _classifier(backbone).save(tmp_path)
    for network in (backbone.network, classifier.Classifier.load(tmp_path).backbone.network):
        assert len(network.variables) == 7
        assert len({id(v) for v in network.trainable_variables}) == len(network.trainable_variables) == 5


def test_layers_that_do_not_train_have_no_trainable_variables(tmp_path: Path) -> None:
    frozen = _build(fake.save(tmp_path / "model", fake.FeatureVector(trainable=False)))
    assert (len(frozen.network.variables), len(frozen.network.trainable_variables)) == (7, 0)


def test_a_saved_classifier_comes_back_bit_for_bit(saved: Path, tmp_path: Path) -> None:
    trained, images = _build(saved), fake.images(5)
    _step(trained, images)
    _classifier(trained).save(tmp_path)
    loaded = classifier.Classifier.load(tmp_path).backbone
    assert loaded.layer == "net.stem.Relu"
    np.testing.assert_array_equal(loaded.network(images), trained.network(images))
    np.testing.assert_array_equal(loaded.trunk(images), trained.trunk(images))
    np.testing.assert_array_equal(loaded.head(loaded.trunk(images)), trained.network(images))
    assert len(loaded.network.trainable_variables) == 5
    parts = [
        layer._split for layer in loaded.network.layers if isinstance(layer, (*saved_model_layers.OBJECTS.values(),))
    ]
    assert len(parts) == 2 and parts[0] is parts[1], "both parts share one loaded model"
    assert _loaded_model(loaded) is not _loaded_model(trained)


_IN_A_FRESH_PROCESS = """
import sys
from pathlib import Path
import numpy as np, tensorflow as tf
from niwt_tf.method import importance
from niwt_tf.backbones import classifier
folder = Path(sys.argv[1])
loaded = classifier.Classifier.load(folder)
images = np.load(folder / "images.npy")
activations = loaded.backbone.trunk(images, training=False)
head = importance.inference(loaded.backbone.head)
np.savez(
    folder / "fresh.npz",
    features=loaded.backbone.network(images, training=False),
    importances=importance.importances(head, activations, tf.constant(np.load(folder / "weights.npy"))),
)
"""


@pytest.mark.slow
def test_a_fresh_process_gives_the_same_importances(tmp_path: Path) -> None:
    """With swish, whose own gradient a fresh process does not know."""
    fake.network().export(tmp_path / "model", verbose=False)
    backbone = _build(tmp_path / "model", "swish", 32)
    images, weights = fake.images(3, 32), np.random.default_rng(5).normal(size=(3, 5)).astype(np.float32)
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "weights.npy", weights)
    _step(backbone, images)
    _classifier(backbone).save(tmp_path)
    subprocess.run([sys.executable, "-c", _IN_A_FRESH_PROCESS, str(tmp_path)], check=True, capture_output=True)
    head = importance.inference(backbone.head)
    values = importance.importances(head, backbone.trunk(images, training=False), tf.constant(weights))
    assert np.abs(values).max() > 0
    with np.load(tmp_path / "fresh.npz") as fresh:
        np.testing.assert_array_equal(fresh["features"], backbone.network(images, training=False))
        np.testing.assert_allclose(fresh["importances"], values, rtol=1e-6)


def test_checkpoints_hold_the_variables(saved: Path, tmp_path: Path) -> None:
    trained, images = _build(saved), fake.images(2)
    _step(trained, images)
    path = tf.train.Checkpoint(network=trained.network).save(tmp_path / "checkpoint")
    restored = _build(saved)
    assert (restored.network(images).numpy() != trained.network(images).numpy()).any()
    tf.train.Checkpoint(network=restored.network).restore(path).assert_existing_objects_matched()
    np.testing.assert_array_equal(restored.network(images), trained.network(images))


def test_a_network_can_be_exported(saved: Path, tmp_path: Path) -> None:
    backbone, images = _build(saved), fake.images(2)
    backbone.network.export(tmp_path, verbose=False)
    exported = tf.saved_model.load(str(tmp_path))
    np.testing.assert_allclose(exported.serve(images), backbone.network(images), rtol=1e-5, atol=1e-6)


def test_half_precision_around_the_layers_leaves_them_in_float32(saved: Path) -> None:
    backbone, images = _build(saved), fake.images(2)
    expected = backbone.network(images).numpy()
    backbone.network.get_layer("preprocessing").dtype_policy = "mixed_float16"
    features = backbone.network(images)
    assert features.dtype == tf.float32
    np.testing.assert_allclose(features, expected, rtol=1e-2, atol=1e-3)


def test_a_run_whose_saved_model_has_gone_is_an_error(tmp_path: Path) -> None:
    path = fake.save(tmp_path / "model")
    _classifier(_build(path)).save(tmp_path)
    shutil.rmtree(path)
    with pytest.raises(errors.UserError) as caught:
        classifier.Classifier.load(tmp_path)
    assert str(caught.value) == (
        "`backbone='hub:...'` must name a SavedModel that exists: a run reads it again at every start. Received: "
        f"backbone='hub:{path}', which does not exist. Put it back, or choose another model."
    )


def test_a_keras_file_cannot_have_a_saved_model_run(saved: Path, tmp_path: Path) -> None:
    _build(saved).network.save(tmp_path / "network.keras")
    with pytest.raises(errors.UserError, match="which needs code that is not Keras' own: SavedModelTrunk"):
        keras_file.build(tmp_path / "network.keras", 0, "none")
    with pytest.raises(errors.UserError, match="SavedModelTrunk"):
        build.build(config_lib.BackboneConfig(backbone=f"keras:{tmp_path / 'network.keras'}"))
