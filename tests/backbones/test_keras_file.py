# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of models in the user's own files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import errors
from niwt_tf.backbones import agreement, keras_file, own_classifier, small

_IMAGES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)


def _classifier(*last: Any, size: int | None = 16, head: Any = None) -> keras.Model:
    layers = [keras.layers.Conv2D(4, 3, name="conv"), head or keras.layers.GlobalAveragePooling2D(), *last]
    model = keras.Sequential([keras.Input((size, size, 3)), *layers])
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.1, weight.shape) for weight in model.get_weights()])
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(abs(layer.moving_variance))
    return model


def _softmax(logits: Any) -> np.ndarray:
    logits = np.asarray(logits)
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def _save(model: keras.Model, path: Path) -> Path:
    model.save(path)
    return path


_SCORES = {
    "in the layer": (keras.layers.Dense, {"activation": "softmax"}, ()),
    "as an activation": (keras.layers.Dense, {}, (keras.layers.Activation("softmax"),)),
    "as a layer": (keras.layers.Dense, {}, (keras.layers.Softmax(),)),
    "without a bias": (keras.layers.Dense, {"activation": "softmax", "use_bias": False}, ()),
}


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("kind", _SCORES)
def test_a_classifier_gives_its_features_and_its_own_weights(tmp_path: Path, kind: str, ending: str) -> None:
    dense, options, after = _SCORES[kind]
    model = _classifier(keras.layers.Dropout(0.5), dense(5, **options), *after)
    loaded = keras_file.build(_save(model, tmp_path / f"model.{ending}"), 0, "none")
    features = loaded.network(_IMAGES, training=False)
    assert (features.shape, loaded.network.input.dtype) == ((3, 4), "uint8")
    scores = _softmax(features @ loaded.kernel + loaded.bias)
    np.testing.assert_allclose(scores, model(_IMAGES.astype(np.float32)), rtol=1e-5)
    assert loaded.bias is not None and (loaded.bias != 0).any() == (kind != "without a bias")


def test_logits_are_of_a_classifier_too_and_sigmoids_of_none_that_is_taken(tmp_path: Path) -> None:
    logits = keras_file.build(_save(_classifier(keras.layers.Dense(2)), tmp_path / "a.keras"), 0, "none")
    assert logits.kernel is not None and logits.kernel.shape == (4, 2)
    labels = _classifier(keras.layers.Dense(2, activation="sigmoid"))
    loaded = keras_file.build(_save(labels, tmp_path / "b.keras"), 0, "none")
    assert (loaded.kernel, loaded.network.output_shape) == (None, (None, 4))
    assert loaded.why_none.startswith("scores 2 labels independently, by a sigmoid")


def test_a_vector_of_features_stays(tmp_path: Path) -> None:
    model = _classifier(keras.layers.Dense(6, activation="relu"))
    loaded = keras_file.build(_save(model, tmp_path / "m.keras"), 0, "none")
    assert (loaded.kernel, loaded.bias) == (None, None)
    np.testing.assert_allclose(loaded.network(_IMAGES), model(_IMAGES.astype(np.float32)), rtol=1e-6)


def test_a_map_is_pooled(tmp_path: Path) -> None:
    model = _classifier(head=keras.layers.ReLU())
    loaded = keras_file.build(_save(model, tmp_path / "m.keras"), 0, "none")
    expected = model(_IMAGES.astype(np.float32)).numpy().mean((1, 2))
    np.testing.assert_allclose(loaded.network(_IMAGES), expected, rtol=1e-5)
    assert loaded.kernel is None and loaded.network.layers[-1].name == "features"


def test_images_are_preprocessed_in_the_given_mode(tmp_path: Path) -> None:
    model = _classifier()
    loaded = keras_file.build(_save(model, tmp_path / "m.keras"), 0, "caffe")
    prepared = keras.applications.imagenet_utils.preprocess_input(_IMAGES.astype(np.float32), mode="caffe")
    np.testing.assert_allclose(loaded.network(_IMAGES), model(prepared), rtol=1e-5)


def test_a_nested_model_is_flat_and_keeps_its_names_and_can_be_trained(tmp_path: Path) -> None:
    base = _classifier(head=keras.layers.BatchNormalization(name="norm"))
    base.trainable = False
    images = keras.Input((16, 16, 3))
    x = base(keras.layers.Rescaling(1 / 255, name="preprocessing")(images), training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(images, keras.layers.Dense(5, activation="softmax")(x))
    loaded = keras_file.build(_save(model, tmp_path / "m.keras"), 0, "none")
    names = [layer.name for layer in loaded.network.layers]
    assert names[:5] == ["images", "preprocessing", "preprocessing_1", "conv", "norm"]
    assert len(loaded.network.trainable_variables) == 4
    scores = _softmax(loaded.network(_IMAGES, training=False) @ loaded.kernel + loaded.bias)
    np.testing.assert_allclose(scores, model(_IMAGES.astype(np.float32), training=False), rtol=1e-5)


@pytest.mark.parametrize(("size", "requested", "expected"), [(16, 0, 16), (16, 16, 16), (None, 20, 20), (None, 0, 224)])
def test_size_of_the_images(tmp_path: Path, size: int | None, requested: int, expected: int) -> None:
    path = _save(_classifier(keras.layers.Dense(2), size=size), tmp_path / "m.keras")
    assert keras_file.build(path, requested, "none").network.input_shape == (None, expected, expected, 3)


def test_another_size_than_the_models_is_an_error(tmp_path: Path) -> None:
    path = _save(_classifier(), tmp_path / "m.keras")
    with pytest.raises(errors.UserError) as caught:
        keras_file.build(path, 20, "none")
    assert str(caught.value) == (
        f"`image_size` must be the size that the model takes. Received: image_size=20 with backbone='keras:{path}', "
        "which takes 16 pixels. Leave image_size out."
    )


def test_a_network_of_ours_can_be_read_back(tmp_path: Path) -> None:
    network = small.build(16)
    loaded = keras_file.build(_save(network, tmp_path / "network.keras"), 0, "none")
    np.testing.assert_allclose(loaded.network(_IMAGES, training=False), network(_IMAGES, training=False), rtol=1e-5)


class _Doubled(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x * 2


def _two_inputs() -> keras.Model:
    one, two = keras.Input((16, 16, 3)), keras.Input((16, 16, 3))
    return keras.Model([one, two], keras.layers.Add()([one, two]))


def _sequence(*layers: Any, shape: tuple[int | None, ...] = (16, 16, 3)) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *layers])


_WRONG = {
    "holds code, such as a Lambda layer, which is not run for safety. Save it without such layers": lambda: _sequence(
        keras.layers.Lambda(lambda x: x * 2)
    ),
    "needs code that is not Keras' own: _Doubled. Register it in a file that import_module='mine.py' names or, in "
    "Python, pass custom_objects={'Name': Name}; or save the model with Keras' own layers alone": lambda: _sequence(
        _Doubled()
    ),
    "has 2 inputs and 1 outputs. Use a model with one of each": _two_inputs,
    "takes (None, 16, 12, 3). Use a model of square RGB images, (None, S, S, 3)": lambda: _sequence(
        keras.layers.Flatten(), shape=(16, 12, 3)
    ),
    "takes (None, 16, 16, 1). Use a model of square RGB images, (None, S, S, 3)": lambda: _sequence(
        keras.layers.Flatten(), shape=(16, 16, 1)
    ),
    "takes (None, 7). Use a model of square RGB images, (None, S, S, 3)": lambda: _sequence(
        keras.layers.Dense(2), shape=(7,)
    ),
    "gives (None, 4, 192). Use a model that gives a vector or a map for each image": lambda: _sequence(
        keras.layers.Reshape((4, 192))
    ),
}


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("trouble", _WRONG)
def test_models_that_will_not_do_are_errors(tmp_path: Path, trouble: str, ending: str) -> None:
    path = _save(_WRONG[trouble](), tmp_path / f"m.{ending}")
    with pytest.raises(errors.UserError) as caught:
        keras_file.build(path, 0, "none")
    assert str(caught.value) == (
        "`backbone` must name a model from images to classes or features. Received: "
        f"backbone='keras:{path}', which {trouble}."
    )


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_what_keras_did_not_write_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a letter", "utf-8")
    with pytest.raises(errors.UserError, match="which Keras did not write. Use a file that model.save wrote"):
        keras_file.build(tmp_path / name, 0, "none")


@pytest.mark.parametrize("metadata", [b"[" * 100_000, b"[]", b"5", b"\xff"])
def test_metadata_that_say_no_version_are_an_error(tmp_path: Path, metadata: bytes) -> None:
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", metadata)
        archive.writestr("config.json", b"{}")
    with pytest.raises(errors.UserError, match="a.keras', which "):
        keras_file.build(path, 0, "none")


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as file:
        file.writestr("config.json", "{}")
    with pytest.raises(errors.UserError, match="m.keras', which cannot be read: "):
        keras_file.build(tmp_path / "m.keras", 0, "none")


def test_a_layer_larger_than_the_file_is_an_error_before_it_is_created(tmp_path: Path) -> None:
    path = _save(_classifier(keras.layers.Dense(2)), tmp_path / "m.keras")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["config.json"] = members["config.json"].replace(b'"units": 2', b'"units": 1000000000')
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(errors.UserError, match="cannot be read: a layer of 1,000,000,000 units has more weights than"):
        keras_file.build(path, 0, "none")


class _Failing(keras.layers.Layer):
    """A layer that can be connected, and raises what no one expects when it computes."""

    def call(self, inputs: Any) -> Any:
        if not isinstance(inputs, keras.KerasTensor) and not tf.is_symbolic_tensor(inputs):
            raise LookupError("no such table")
        return inputs


def test_a_model_that_fails_when_it_runs_is_an_error(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3))
    features = keras.layers.GlobalAveragePooling2D()(_Failing()(images))
    path = _save(keras.Model(images, keras.layers.Dense(2)(features)), tmp_path / "m.keras")
    with pytest.raises(errors.UserError) as caught:
        keras_file.build(path, 0, "none", {"_Failing": _Failing})
    assert str(caught.value).endswith("which cannot be run (no such table). Use a model that Keras can run.")


def test_a_model_that_does_not_fit_the_requested_size_is_an_error(tmp_path: Path) -> None:
    path = _save(_classifier(keras.layers.Dense(2), size=None), tmp_path / "m.keras")
    with pytest.raises(errors.UserError) as caught:
        keras_file.build(path, 2, "none")
    assert str(caught.value) == (
        f"`image_size` must be a size that the model takes. Received: 2 pixels for backbone='keras:{path}', which "
        "fails: Computed output size would be zero or negative. Choose another image_size."
    )


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_layers_of_the_users_own_are_handed_over(tmp_path: Path, ending: str) -> None:
    model = _classifier(_Doubled(), keras.layers.Dense(5))
    path = _save(model, tmp_path / f"m.{ending}")
    loaded = keras_file.build(path, 0, "none", {"_Doubled": _Doubled})
    logits = loaded.network(_IMAGES) @ loaded.kernel + loaded.bias
    np.testing.assert_allclose(logits, model(_IMAGES.astype(np.float32)), rtol=1e-4)


@pytest.mark.parametrize("form", ["list", "dict"])
def test_one_input_and_one_output_may_be_in_a_list_or_a_dict(tmp_path: Path, form: str) -> None:
    inner = _classifier(keras.layers.Dense(5))
    images = keras.Input((16, 16, 3), name="picture")
    scores = inner(images)
    packed = ([images], [scores]) if form == "list" else ({"picture": images}, {"scores": scores})
    loaded = keras_file.build(_save(keras.Model(*packed), tmp_path / "m.keras"), 0, "none")
    logits = loaded.network(_IMAGES) @ loaded.kernel + loaded.bias
    np.testing.assert_allclose(logits, inner(_IMAGES.astype(np.float32)), rtol=1e-4)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_networks_of_half_precision_become_float32(tmp_path: Path, policy: str) -> None:
    images = keras.Input((16, 16, 3), dtype="float32" if "mixed" in policy else policy)
    x = keras.layers.Rescaling(1 / 255, dtype=policy)(images)
    x = keras.layers.Conv2D(4, 3, dtype=policy)(x)
    x = keras.layers.GlobalAveragePooling2D(dtype=policy)(x)
    model = keras.Model(images, keras.layers.Dense(5, activation="softmax", dtype=policy)(x))
    loaded = keras_file.build(_save(model, tmp_path / "m.keras"), 0, "none")
    assert {tensor.dtype for layer in loaded.network.layers[1:] for tensor in [layer.output]} == {"float32"}
    assert loaded.kernel is not None and loaded.kernel.dtype == np.float32
    scores = _softmax(loaded.network(_IMAGES) @ loaded.kernel + loaded.bias)
    np.testing.assert_allclose(scores, np.asarray(model(_IMAGES.astype(np.float32))).astype(np.float32), atol=0.01)


def test_a_default_size_is_printed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _save(_classifier(keras.layers.Dense(2), size=None), tmp_path / "unsized.keras")
    for _ in range(2):
        assert keras_file.build(path, 0, "none").network.input_shape == (None, 224, 224, 3)
    keras_file.build(path, 20, "none")
    lines = [line for line in capsys.readouterr().out.splitlines() if "unsized.keras" in line]
    assert lines == [
        "  unsized.keras takes images of any size: 224 x 224 pixels are used; image_size sets another size"
    ]


def test_a_classifier_that_is_read_otherwise_than_it_is_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = own_classifier.find

    def wrong(output: Any) -> own_classifier.NetworkEnd:
        right = found(output)
        return own_classifier.NetworkEnd(right.features, right.scores, right.kernel * 1.1, right.bias)

    monkeypatch.setattr(own_classifier, "find", wrong)
    for name, after in (("logits", ()), ("logarithms of probabilities", (keras.layers.Softmax(),))):
        path = _save(_classifier(keras.layers.Dense(5), *after), tmp_path / "m.keras")
        with pytest.raises(errors.UserError, match=f"which computes other {name} than its layers do one by one: they "):
            keras_file.build(path, 0, "none")


class _Changing(keras.layers.Layer):
    def build(self, shape: Any) -> None:
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x: Any) -> Any:
        self.calls.assign_add(1)
        return x * self.calls


def test_features_that_are_other_than_the_models_are_an_error(tmp_path: Path) -> None:
    path = _save(_classifier(_Changing()), tmp_path / "m.keras")
    with pytest.raises(
        errors.UserError, match="which computes other numbers than its layers .* layers compute the same"
    ):
        keras_file.build(path, 0, "none", {"_Changing": _Changing})


def test_weights_that_are_no_numbers_are_an_error(tmp_path: Path) -> None:
    model = _classifier(keras.layers.Dense(2))
    model.set_weights([weight * np.nan for weight in model.get_weights()])
    with pytest.raises(errors.UserError, match="which computes numbers that are not finite on random images"):
        keras_file.build(_save(model, tmp_path / "m.keras"), 0, "none")


def test_a_quantized_layer_without_such_weights_is_an_error(tmp_path: Path) -> None:
    model = _sequence(keras.layers.Reshape((256, 3)), keras.layers.EinsumDense("abc,cd->ad", 4, name="mix"))
    model.layers[-1].quantize("int8")
    with pytest.raises(errors.UserError, match=r"holds the layer mix \(EinsumDense\).* Use the model before its quant"):
        keras_file.build(_save(model, tmp_path / "m.keras"), 0, "none")


def _write_keras_2(path: Path, config: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", "")
    return path


def test_a_keras_file_of_keras_2_is_an_error_with_the_way_out(tmp_path: Path) -> None:
    config = {"module": "tf_keras.src.engine.functional", "class_name": "Functional", "config": {"name": "m"}}
    with pytest.raises(errors.UserError) as caught:
        keras_file.build(_write_keras_2(tmp_path / "m.keras", config), 0, "none")
    assert "which Keras 2 wrote, and Keras 3 does not read: Could not locate class 'Functional'. " in str(caught.value)
    assert "tf_keras.models.load_model('old.keras', compile=False).save('new.h5'), and use new.h5." in str(caught.value)


def test_an_h5_file_of_keras_2_is_read(tmp_path: Path) -> None:
    tf_keras = pytest.importorskip("tf_keras")
    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [
            tf_keras.Input((16, 16, 3)),
            layers.Conv2D(4, 3),
            layers.DepthwiseConv2D(3, activation="relu"),
            layers.SeparableConv2D(4, 3),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="softmax"),
        ]
    )
    with pytest.warns(UserWarning, match="legacy"):
        model.save(tmp_path / "m.h5")
    loaded = keras_file.build(tmp_path / "m.h5", 0, "tf")
    scores = _softmax(loaded.network(_IMAGES, training=False) @ loaded.kernel + loaded.bias)
    np.testing.assert_allclose(scores, model(_IMAGES / np.float32(127.5) - 1), rtol=1e-4)


_CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "models"
_NOT_TAKEN = {"sigmoid_multilabel.keras", "functional_k2.keras", "seq_k2.keras"}


@pytest.mark.parametrize("name", sorted(path.name for path in _CASES.glob("*")) or ["none"])
def test_networks_of_users_give_what_keras_gives(name: str) -> None:
    path = _CASES / name
    if not path.is_file():
        pytest.skip(f"needs users' models: {_CASES} is no folder")
    if name.endswith("k2.keras"):
        with pytest.raises(errors.UserError, match="which Keras 2 wrote"):
            keras_file.build(path, 0, "none")
        return
    loaded = keras_file.build(path, 0 if name != "any_size.keras" else 32, "none")
    assert (loaded.kernel is None) == (name in _NOT_TAKEN)
    if loaded.kernel is None or name.endswith(".h5"):
        return
    images = agreement.random_images(loaded.network.input_shape[1])
    own = keras.saving.load_model(path, compile=False)
    (given,) = keras.tree.flatten(own(keras.tree.pack_sequence_as(own._inputs_struct, [images.astype(np.float32)])))
    given = np.asarray(given).astype(np.float32)
    logits = loaded.network(images) @ loaded.kernel + loaded.bias
    found = _softmax(logits) if np.allclose(given.sum(1), 1, atol=0.01) else np.asarray(logits)
    np.testing.assert_allclose(found, given, atol=0.02 * np.abs(given).max())
