# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of networks and classifiers on a user's arrays: colours, which three neurons tell apart."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import niwt_tf
from fakes import colours
from niwt_tf import errors
from niwt_tf.numerics import discriminant

_NAMES = ("red", "green", "blue")
_LABELS = np.repeat(np.arange(3), 8)


def _images(size: int = 8) -> np.ndarray:
    """Each of a class's colour, somewhat, over noise."""
    images = np.random.default_rng(size).integers(0, 100, (24, size, size, 3), np.uint8)
    images[np.arange(24), ..., _LABELS] += 100
    return images


def _own_model(dense: bool = True) -> keras.Model:
    """A model of Keras with weights as they come."""
    x = images = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(keras.layers.Rescaling(1 / 255)(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(images, keras.layers.Dense(3, name="classes")(x) if dense else x)


def test_a_backbone_by_name_is_the_same_each_time() -> None:
    first, second = niwt_tf.load_backbone("small", image_size=16), niwt_tf.load_backbone("small", image_size=16)
    other = niwt_tf.load_backbone("small", seed=1, image_size=16, layer="conv3")
    kernels = [one.network.get_layer("conv1_kernel").get_weights()[0] for one in (first, second, other)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])
    assert (first.layer, other.layer, first.image_size) == ("conv4", "conv3", 16)


def test_a_model_in_memory_is_read_as_its_file_would_be(tmp_path: Path) -> None:
    model = _own_model()
    model.save(tmp_path / "mine.keras")
    backbones = niwt_tf.load_backbone(model), niwt_tf.load_backbone(f"keras:{tmp_path / 'mine.keras'}")
    features = [niwt_tf.compute_features(one, _images()) for one in backbones]
    before = keras.Model(model.input, model.layers[-2].output)(_images().astype(np.float32))
    np.testing.assert_allclose(features[0], before, rtol=1e-5)
    np.testing.assert_array_equal(features[0], features[1])


def test_a_trained_classifier_is_taken_as_it_is() -> None:
    model = _own_model()
    classifier = niwt_tf.load_classifier(model, _NAMES)
    logits = classifier.logits(niwt_tf.compute_features(classifier.backbone, _images()))
    np.testing.assert_allclose(logits, model(_images().astype(np.float32)), rtol=1e-4, atol=1e-5)
    assert (classifier.class_names, classifier.unseen, classifier.backbone.layer) == (_NAMES, (), "conv")


def test_a_model_without_a_classifier_or_of_other_classes() -> None:
    features, classifier = _own_model(dense=False), _own_model()
    with pytest.raises(errors.UserError) as caught:
        niwt_tf.load_classifier(features, _NAMES)
    assert str(caught.value) == (
        "`name` must be a classifier whose last layer can be taken as it is. Received: the Functional "
        f"'{features.name}', which gives features alone: it ends in {features.layers[-1].name} "
        "(GlobalAveragePooling2D). Call load_backbone on it, and fit_classifier with images of your classes."
    )
    with pytest.raises(errors.UserError) as caught:
        niwt_tf.load_classifier(classifier, _NAMES[:2])
    assert str(caught.value) == (
        "`class_names` must be one for each output of the model, in their order. Received: 2 names for the Functional "
        f"'{classifier.name}', which distinguishes 3 classes. Name them all, or call load_backbone and fit_classifier."
    )


def test_several_labels_an_image_are_refused_and_their_features_taken() -> None:
    x = images = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(x))
    model = keras.Model(images, keras.layers.Dense(3, activation="sigmoid")(x))
    with pytest.raises(errors.UserError, match="which scores 3 labels independently, by a sigmoid.* fit_classifier"):
        niwt_tf.load_classifier(model, _NAMES)
    backbone = niwt_tf.load_backbone(model)
    assert backbone.feature_size == 4
    assert niwt_tf.fit_classifier(backbone, _images(), _LABELS, _NAMES).kernel.shape == (4, 3)


class _Twice(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x * 2


def _with_own_layer() -> keras.Model:
    x = images = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(_Twice()(keras.layers.Conv2D(4, 3)(x)))
    return keras.Model(images, keras.layers.Dense(3, activation="softmax")(x))


def test_layers_of_ones_own_are_handed_over_or_known(tmp_path: Path) -> None:
    model = _with_own_layer()
    model.save(tmp_path / "mine.keras")
    name = f"keras:{tmp_path / 'mine.keras'}"
    with pytest.raises(errors.UserError) as caught:
        niwt_tf.load_classifier(name, _NAMES)
    assert str(caught.value).startswith(
        f"`name` must name a model from images to classes or features. Received: name='{name}', which needs code that "
        "is not Keras' own: _Twice. Register it in a file that import_module='mine.py' names or, in Python, pass "
        "custom_objects={'Name': Name}"
    )
    given = [niwt_tf.load_classifier(name, _NAMES, {"_Twice": _Twice}), niwt_tf.load_classifier(model, _NAMES)]
    backbone = niwt_tf.load_backbone(name, custom_objects={"_Twice": _Twice})
    features = niwt_tf.compute_features(backbone, _images())
    for classifier in given:
        np.testing.assert_allclose(niwt_tf.compute_features(classifier.backbone, _images()), features, rtol=1e-5)
    own = model(_images().astype(np.float32)).numpy()
    np.testing.assert_array_equal(given[0].logits(features).argmax(1), own.argmax(1))


def test_layers_that_a_module_registers_are_known(tmp_path: Path) -> None:
    code = tmp_path / "thrice.py"
    code.write_text(
        "import keras\n\n\n@keras.saving.register_keras_serializable('tests')\nclass Thrice(keras.layers.Layer):\n"
        "    def call(self, x):\n        return x * 3\n",
        "utf-8",
    )
    thrice = runpy.run_path(str(code))["Thrice"]
    images = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(thrice()(keras.layers.Conv2D(4, 3)(images)))
    keras.Model(images, keras.layers.Dense(3)(x)).save(tmp_path / "mine.keras")
    keras.saving.get_custom_objects().pop("tests>Thrice")  # as in a process that has not run it
    name = f"keras:{tmp_path / 'mine.keras'}"
    with pytest.raises(errors.UserError, match="needs code that is not Keras' own: tests>Thrice|Thrice"):
        niwt_tf.load_classifier(name, _NAMES)
    assert niwt_tf.load_classifier(name, _NAMES, import_module=str(code)).kernel.shape == (4, 3)
    with pytest.raises(
        errors.UserError, match=r"`import_module` must name a module .* Received: import_module='none_such'"
    ):
        niwt_tf.load_classifier(name, _NAMES, import_module="none_such")


@pytest.mark.parametrize("policy", ["mixed_float16", "float16", "int8"])
def test_all_steps_take_a_network_of_any_precision(policy: str, tmp_path: Path) -> None:
    kind = "float32" if policy == "int8" else policy
    images = keras.Input((8, 8, 3), dtype="float32" if "float32" in kind or "mixed" in kind else kind)
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv", dtype=kind)(
        keras.layers.Rescaling(1 / 255, dtype=kind)(images)
    )
    x = keras.layers.Dense(6, activation="relu", dtype=kind)(keras.layers.GlobalAveragePooling2D(dtype=kind)(x))
    model = keras.Model(images, keras.layers.Dense(3, dtype=kind, name="classes")(x))
    if policy == "int8":
        for layer in model.layers[-2:]:
            layer.quantize("int8")
    classifier = niwt_tf.load_classifier(model, _NAMES)
    features = niwt_tf.compute_features(classifier.backbone, _images())
    own = np.asarray(keras.ops.cast(model(_images().astype(np.float32)), "float32"))
    np.testing.assert_allclose(classifier.logits(features), own, atol=0.03 * np.abs(own).max())
    importances = niwt_tf.compute_importances(classifier, _images(), _LABELS)
    assert {importances.values.dtype, importances.features.dtype} == {np.dtype(np.float32)}
    kernel = niwt_tf.transfer_weights(classifier, importances, np.ones((1, 4), np.float32))
    known = niwt_tf.encode_attributes(np.eye(4)[:, :3] + 0.1, ["r", "g", "b"], (*_NAMES, "grey"))
    more = niwt_tf.add_classes(classifier, kernel, ["grey"], importances.features)
    taught = niwt_tf.make_model(more, known, importances, seen_fraction=0.9)
    taught.save(tmp_path / "m.keras")
    again = niwt_tf.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(again.predict(_images()).scores, taught.predict(_images()).scores, rtol=1e-4, atol=1e-5)


def test_there_is_no_such_network_or_setting() -> None:
    with pytest.raises(errors.UserError, match="Did you mean 'small'"):
        niwt_tf.load_backbone("smal")
    with pytest.raises(errors.UserError, match="Did you mean 'image_size'"):
        niwt_tf.load_backbone("small", images_size=16)
    with pytest.raises(errors.UserError, match=r"`name` must be .* Received: name='mine.keras'"):
        niwt_tf.load_backbone(Path("mine.keras"))  # type: ignore[arg-type]


def test_a_classifier_on_fixed_features_is_discriminant_analysis() -> None:
    backbone = colours.backbone(8)
    weights = [weight.copy() for weight in backbone.network.get_weights()]
    classifier = niwt_tf.fit_classifier(backbone, _images(), _LABELS, _NAMES, shrinkage=0.2)
    features = _images().mean((1, 2))
    kernel, bias = discriminant.fit(features, _LABELS, 3, 0.2)
    np.testing.assert_allclose(classifier.kernel, kernel, rtol=1e-3)
    np.testing.assert_allclose(classifier.bias, bias, rtol=1e-3)
    np.testing.assert_array_equal(classifier.logits(features).argmax(1), _LABELS)
    for before, after in zip(weights, backbone.network.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_features_are_of_images_of_any_size_and_number() -> None:
    backbone = colours.backbone(4)
    np.testing.assert_allclose(niwt_tf.compute_features(backbone, _images(4)), _images(4).mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(
        niwt_tf.compute_features(backbone, np.full((130, 9, 12, 3), 7, np.uint8)), np.full((130, 3), 7), rtol=1e-5
    )
    assert niwt_tf.compute_features(backbone, _images()[:0]).shape == (0, 3)


def _train(from_scratch: bool) -> tuple[np.ndarray, np.ndarray]:
    """Returns the first kernel of a small network before and after its training."""
    backbone = niwt_tf.load_backbone("small", image_size=16)
    first = backbone.network.get_layer("conv1_kernel")
    before = first.get_weights()[0]
    classifier = niwt_tf.train_classifier(backbone, _images(16), _LABELS, _NAMES, from_scratch, epochs=2, batch_size=8)
    assert classifier.backbone is backbone
    return before, first.get_weights()[0]


@pytest.mark.slow
def test_a_network_is_trained_in_place_the_same_way_each_time() -> None:
    (before, after), (_, again) = _train(True), _train(True)
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, again, atol=1e-6)


@pytest.mark.slow
def test_fine_tuning_takes_small_steps() -> None:
    before, after = _train(False)
    assert 0 < np.abs(after - before).max() < 1e-3


def test_names_must_differ_and_have_images() -> None:
    with pytest.raises(errors.UserError, match="`class_names` must differ. Received: red more than once"):
        niwt_tf.fit_classifier(colours.backbone(8), _images(), _LABELS, ("red", "green", "red"))
    with pytest.raises(errors.UserError, match="no image of 3"):
        niwt_tf.fit_classifier(colours.backbone(8), _images(), _LABELS, (*_NAMES, "yellow"))
