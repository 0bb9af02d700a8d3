# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of models that learn new classes, made of a user's own Keras classifier."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import niwt_tf
from fakes import smallest
from niwt_tf import errors
from niwt_tf.models import within_limit

_NAMES = smallest.NAMES[:6]
_NEW = smallest.NAMES[6]
_ATTRIBUTES = {name: smallest.attributes(name) for name in _NAMES}
_LABELS = np.arange(48) % 6
_CAPTIONS = {name: [f"A {name} is {' and '.join(lights)}."] for name, lights in _ATTRIBUTES.items()}


def _pictures(names: list[str], first: int = 0) -> np.ndarray:
    return np.stack([np.array(smallest.picture(name, first + number)) for number, name in enumerate(names)])


_IMAGES = _pictures([_NAMES[label] for label in _LABELS])


@pytest.fixture(scope="module")
def classifier() -> keras.Model:
    return smallest.nearest_colour(_NAMES)


@pytest.fixture(scope="module")
def model(classifier: keras.Model) -> niwt_tf.Model:
    return niwt_tf.make_teachable(classifier, _IMAGES, _LABELS, attributes=_ATTRIBUTES)


@pytest.fixture(scope="module")
def taught(model: niwt_tf.Model) -> niwt_tf.Model:
    return model.teach(_NEW, attributes=smallest.attributes(_NEW))


def test_a_classifier_learns_a_class_in_a_few_lines(model: niwt_tf.Model, taught: niwt_tf.Model) -> None:
    assert (model.class_names, model.gamma, model.classifier.unseen) == (_NAMES, 0, ())
    assert taught.predict(_pictures([_NEW] * 10)).classes == (_NEW,) * 10
    fresh = taught.predict(_pictures([_NAMES[label] for label in _LABELS], 100)).classes
    assert np.mean([name == _NAMES[label] for name, label in zip(fresh, _LABELS, strict=True)]) >= 0.95
    assert within_limit.carries_over(taught.limited.expected)


def test_the_head_stays_as_it_is(classifier: keras.Model, model: niwt_tf.Model, taught: niwt_tf.Model) -> None:
    images = np.random.default_rng(0).integers(0, 256, (64, 16, 16, 3), np.uint8)
    images = np.concatenate([_IMAGES, images, np.repeat(images[:1] // 4 * 3, 4, axis=0)])
    np.testing.assert_array_equal(model.classifier.kernel, classifier.get_layer("scores").kernel.numpy())
    own = np.array(_NAMES)[classifier.predict(images, verbose=0).argmax(1)]
    assert model.predict(images).classes == tuple(own)
    old, new = model.predict(images).scores, taught.predict(images)
    np.testing.assert_allclose(new.scores[:, :6], old, rtol=0, atol=1e-5)
    assert [name for name, own_name in zip(new.classes, own, strict=True) if name not in (_NEW, own_name)] == []


def test_it_is_saved_and_learns_more(taught: niwt_tf.Model, tmp_path: Path) -> None:
    taught.save(tmp_path / "squares.keras")
    loaded = niwt_tf.load_model(tmp_path / "squares.keras")
    more = loaded.teach("hen", attributes=["reddish:60%"], images=_IMAGES[:1] // 2 + 20)
    assert more.class_names == (*_NAMES, _NEW, "hen")
    assert (more.config.data.dataset, more.config.domain.domain) == ("folder", "attributes")
    np.testing.assert_allclose(loaded.predict(_IMAGES).scores, taught.predict(_IMAGES).scores, rtol=1e-5, atol=1e-5)


def test_neurons_have_names(model: niwt_tf.Model) -> None:
    assert model.neuron_names == ("reddish", "greenish", "bluish")


@pytest.mark.slow
def test_a_new_head_is_fitted_on_demand(classifier: keras.Model, capsys: pytest.CaptureFixture[str]) -> None:
    model = niwt_tf.make_teachable(classifier, _IMAGES, _LABELS, captions=_CAPTIONS, refit_head=True)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "  head fitted anew: balanced accuracy 100.0% on left-out photographs; your own head 100.0% of the 48 "
        "photographs, which may be ones it was trained on"
    )
    assert np.abs(model.classifier.kernel - classifier.get_layer("scores").kernel.numpy()).max() > 1
    assert model.predict(_IMAGES).classes == tuple(_NAMES[label] for label in _LABELS)
    assert model.teach(_NEW, captions=["reddish and greenish and bluish"]).class_names == (*_NAMES, _NEW)
    assert model.config.domain.domain == "captions"


@pytest.mark.slow
def test_a_new_head_may_be_of_other_classes(classifier: keras.Model, capsys: pytest.CaptureFixture[str]) -> None:
    few = {name: _ATTRIBUTES[name] for name in _NAMES[:3]}
    of_these = _LABELS < 3
    model = niwt_tf.make_teachable(classifier, _IMAGES[of_these], _LABELS[of_these], attributes=few, refit_head=True)
    assert model.class_names == _NAMES[:3]
    assert "  head fitted to 24 photographs: balanced accuracy 100.0% on left-out ph" in capsys.readouterr().out


@pytest.mark.slow
def test_knowledge_may_be_a_table(classifier: keras.Model) -> None:
    lights = ["reddish", "greenish", "bluish"]
    table = np.array([[light in own for light in lights] for own in _ATTRIBUTES.values()])
    known = niwt_tf.encode_attributes(table, lights, _NAMES)
    model = niwt_tf.make_teachable(classifier, _IMAGES, _LABELS, knowledge=known)
    np.testing.assert_array_equal(model.knowledge.vectors, table)


@pytest.mark.slow
def test_a_head_that_gets_other_numbers_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    classifier = smallest.nearest_colour(_NAMES)
    niwt_tf.make_teachable(classifier, _IMAGES, _LABELS, attributes=_ATTRIBUTES, preprocessing="tf")
    text = " ".join(capsys.readouterr().out.split())
    assert re.search(
        r"warning: the model's own head is right for \d+% of the photographs, where a new one would be for 100%. Check "
        "preprocessing and the order of the classes.",
        text,
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"labels": (_LABELS + 1) % 6},
            "`model` must have its outputs in the order in which the classes are described. Received: 100% of the "
            "photographs of ant get the output of fox, and so for 6 classes. The photographs suggest the order bee, "
            "cat, dog, eel, fox, ant.",
        ),
        (
            {"attributes": {name: _ATTRIBUTES[name] for name in _NAMES[:5]}, "labels": _LABELS % 5},
            "`model` must have one output for each described class, in their order. Received: the Functional '{name}', "
            "which has 6 outputs, and descriptions of 5 classes: ant, bee, cat, dog, eel. Describe the class of each "
            "output. Give refit_head=True to fit a new head to the photographs if they are others.",
        ),
        (
            {"attributes": _ATTRIBUTES | {"bee": []}},
            "`attributes` must describe every class. Received: none of bee. Describe each.",
        ),
        (
            {"captions": {name: _CAPTIONS[name] for name in _NAMES[:5]}},
            "`attributes` must be of the same classes as `captions`. Received: only one of them describes fox. "
            "Describe every class in the same way.",
        ),
        (
            {"attributes": {"ant": ["reddish"]}},
            "`attributes` must describe two classes or more. Received: attributes=['ant']. Describe every class.",
        ),
        (
            {"attributes": dict.fromkeys(_NAMES, ["reddish"])},
            "`attributes` must distinguish classes. Received: descriptions of the caller's, with the same description "
            "for all 6 seen classes. Describe what distinguishes the classes.",
        ),
        (
            {"labels": np.where(np.arange(48) == 5, 5, _LABELS % 5)},
            "`labels` must have two photographs or more of each class. Received: one of fox. Add photographs; a few "
            "dozen of each are good.",
        ),
        (
            {"attributes": None},
            "`captions`, `attributes`, `documents` or `knowledge` must describe the classes. Received: captions=None, "
            "and none of the others. Give {'zebra': ['...'], ...} as captions.",
        ),
    ],
)
def test_mistakes_are_told(classifier: keras.Model, changes: dict[str, Any], message: str) -> None:
    given = {"images": _IMAGES, "labels": _LABELS, "attributes": _ATTRIBUTES} | changes
    with pytest.raises(errors.UserError) as error:
        niwt_tf.make_teachable(classifier, **given)
    assert str(error.value) == message.replace("{name}", classifier.name)


def test_a_head_that_cannot_be_taken_is_told_and_may_be_replaced() -> None:
    images = keras.Input((16, 16, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(3, 3, name="conv")(images))
    one_output = keras.Model(images, keras.layers.Dense(1, activation="sigmoid")(pooled), name="binary")
    known = {"ant": ["reddish"], "bee": ["greenish"]}
    of_these = _LABELS < 2
    with pytest.raises(errors.UserError) as error:
        niwt_tf.make_teachable(one_output, _IMAGES[of_these], _LABELS[of_these], attributes=known)
    assert str(error.value).startswith(
        "`model` must be a classifier whose last layer can be taken as it is. Received: the Functional 'binary', which "
    )
    assert str(error.value).endswith("Give refit_head=True to fit a new head to the photographs.")
    made = niwt_tf.make_teachable(one_output, _IMAGES[of_these], _LABELS[of_these], attributes=known, refit_head=True)
    assert made.class_names == ("ant", "bee")
    assert made.teach("gnu", attributes=["reddish", "greenish"]).class_names[2] == "gnu"
