# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of models made of a user's own pieces."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import niwt_tf
from fakes import colours, hub_image
from niwt_tf import errors
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.domains import knowledge
from niwt_tf.method import importance

_LABELS = np.arange(60) % 3
_NAMES = colours.CLASSES[:3]


def _images() -> np.ndarray:
    """Each of a class's colour over noise."""
    images = np.random.default_rng(0).integers(0, 60, (60, 2, 2, 3), np.uint8)
    images[np.arange(60), ..., _LABELS] += 120
    return images


@pytest.fixture(scope="module")
def classifier() -> classifier_lib.Classifier:
    return niwt_tf.fit_classifier(colours.backbone(2), _images(), _LABELS, _NAMES)


@pytest.fixture(scope="module")
def importances(classifier: classifier_lib.Classifier) -> importance.Importances:
    return niwt_tf.compute_importances(classifier, _images(), _LABELS)


@pytest.fixture(scope="module")
def known() -> knowledge.DomainKnowledge:
    return niwt_tf.encode_attributes(np.eye(3), ["reddish", "greenish", "bluish"], _NAMES)


@pytest.fixture(scope="module")
def model(
    classifier: classifier_lib.Classifier, known: knowledge.DomainKnowledge, importances: importance.Importances
) -> niwt_tf.Model:
    return niwt_tf.make_model(classifier, known, importances)


def test_a_model_decides_as_its_classifier(model: niwt_tf.Model) -> None:
    assert model.predict(_images()).classes == tuple(_NAMES[label] for label in _LABELS)
    assert (model.gamma, model.seen, model.taught) == (0, _NAMES, ())
    assert model.neuron_names == (None, None, None)


def test_it_is_taught_a_class_by_its_attributes(model: niwt_tf.Model) -> None:
    taught = model.teach("yellow", attributes=["reddish", "greenish"])
    yellow = np.zeros((20, 2, 2, 3), np.uint8)
    yellow[..., :2] = 120
    yellow += np.random.default_rng(1).integers(0, 30, yellow.shape, np.uint8)
    assert set(taught.predict(yellow).classes) == {"yellow"}
    kept = np.array(taught.predict(_images()).classes) == np.array(_NAMES)[_LABELS]
    assert kept.mean() >= 0.9
    assert taught.forget("yellow").class_names == _NAMES


def test_it_is_saved_and_loaded_and_can_still_be_taught(model: niwt_tf.Model, tmp_path: Path) -> None:
    model.save(str(tmp_path / "colours.keras"))
    loaded = niwt_tf.load_model(tmp_path / "colours.keras")
    np.testing.assert_allclose(loaded.predict(_images()).scores, model.predict(_images()).scores, rtol=1e-5)
    scores = [
        one.teach("yellow", attributes=["reddish", "greenish"]).predict(_images()).scores for one in (model, loaded)
    ]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-3, atol=1e-3)


def test_pieces_can_be_given(
    classifier: classifier_lib.Classifier, known: knowledge.DomainKnowledge, importances: importance.Importances
) -> None:
    forward = niwt_tf.fit_map(known.vectors, importances, "descent")
    inverse = niwt_tf.fit_inverse_map(known.vectors, importances)
    named = niwt_tf.name_neurons(classifier, inverse, known, _images(), _LABELS)
    model = niwt_tf.make_model(
        classifier, known, importances, forward, inverse, named, 0.01, scale=1.0, bias="zero", seen_fraction=0.8, seed=3
    )
    assert model.forward is forward
    assert model.inverse is inverse
    assert dataclasses.astuple(model.settings) == (
        ("descent", 0),
        0.01,
        1.0,
        "zero",
        0.8,
        0.0,
        "spread",
        None,
        "defaults",
    )
    assert model.config.seed == 3
    assert model.neuron_names == tuple(one.name for one in named)


def test_a_model_finds_weights_in_closed_form_or_by_descent(
    classifier: classifier_lib.Classifier, known: knowledge.DomainKnowledge, importances: importance.Importances
) -> None:
    forward = niwt_tf.fit_map(known.vectors, importances, relevance=3)
    closed, descends = (
        niwt_tf.make_model(classifier, known, importances, forward, lambda_=0.1, transfer_fit=fit)
        for fit in ("closed", "descent")
    )
    assert descends.operator is None and closed.operator is not None
    assert descends.config.transfer.transfer_fit == "descent" and closed.settings.map_fit.relevance_steps == 3
    targets, residuals = forward(np.array([[1, 1, 0]])), forward.residuals
    kernel = niwt_tf.transfer_weights(classifier, importances, targets, 0.1, residuals=residuals)
    taught = closed.teach("yellow", attributes=["reddish", "greenish"], max_seen_loss=None)
    new = taught.classifier.kernel[:, 3]
    np.testing.assert_allclose(new / np.linalg.norm(new), kernel[:, 0] / np.linalg.norm(kernel), rtol=1e-4, atol=1e-6)
    with pytest.raises(errors.UserError, match="`transfer_fit` must be one of closed, descent"):
        niwt_tf.make_model(classifier, known, importances, forward, transfer_fit="open")


def test_new_classes_may_be_there_before(
    classifier: classifier_lib.Classifier, importances: importance.Importances
) -> None:
    known = niwt_tf.encode_attributes(np.vstack([np.eye(3), [1, 1, 0]]), ["a", "b", "c"], (*_NAMES, "yellow"))
    target = niwt_tf.fit_map(np.eye(3), importances)(known.vectors[3:])
    kernel = niwt_tf.transfer_weights(classifier, importances, target)
    more = niwt_tf.add_classes(classifier, kernel, ["yellow"], importances.features)
    model = niwt_tf.make_model(more, known, importances, seen_fraction=0.75)
    assert (model.seen, model.class_names[3]) == (_NAMES, "yellow")
    assert (model.predict(_images()).scores.argmax(1) < 3).mean() == pytest.approx(0.75, abs=0.02)
    assert model.gamma == niwt_tf.choose_gamma(more, importances.features, 0.75)


def test_mistakes_are_told(
    classifier: classifier_lib.Classifier, known: knowledge.DomainKnowledge, importances: importance.Importances
) -> None:
    other = dataclasses.replace(known, class_names=("red", "blue", "green"))
    with pytest.raises(errors.UserError, match="`knowledge` must be of the classifier's classes, in their order"):
        niwt_tf.make_model(classifier, other, importances)
    with pytest.raises(errors.UserError, match="`bias` must be one of"):
        niwt_tf.make_model(classifier, known, importances, bias="none")
    with pytest.raises(errors.UserError, match="`seen_fraction` must be a finite number from 0 to 1"):
        niwt_tf.make_model(classifier, known, importances, seen_fraction=90)
    inverse = niwt_tf.fit_inverse_map(known.vectors, importances)
    named = niwt_tf.name_neurons(classifier, inverse, known, _images(), _LABELS)
    with pytest.raises(errors.UserError, match="`neurons` must be all of the layer's, here 3. Received: 2"):
        niwt_tf.make_model(classifier, known, importances, neurons=named[:2])


def test_one_that_runs_a_saved_model_is_loaded_by_those_who_trust_it_alone(
    known: knowledge.DomainKnowledge, tmp_path: Path
) -> None:
    backbone = niwt_tf.load_backbone(f"hub:{hub_image.save(tmp_path / 'hub')}")
    images, labels = hub_image.images(6), np.arange(6) % 3
    classifier = niwt_tf.fit_classifier(backbone, images, labels, _NAMES)
    model = niwt_tf.make_model(classifier, known, niwt_tf.compute_importances(classifier, images, labels))
    model.save(str(tmp_path / "model.keras"))
    with pytest.raises(errors.UserError, match="`path` must not run a SavedModel of TensorFlow Hub in safe mode"):
        niwt_tf.load_model(tmp_path / "model.keras")
    loaded = niwt_tf.load_model(tmp_path / "model.keras", safe_mode=False)
    np.testing.assert_allclose(loaded.predict(images).scores, model.predict(images).scores, rtol=1e-4, atol=1e-5)


def test_it_is_exported(model: niwt_tf.Model, tmp_path: Path) -> None:
    pytest.importorskip("niwt_tf.export.export")
    niwt_tf.export_model(model, tmp_path / "exported")
    assert (tmp_path / "exported" / "saved_model.pb").is_file()


def test_its_classes_alone_are_exported(model: niwt_tf.Model, tmp_path: Path) -> None:
    niwt_tf.export_model(model, tmp_path / "classes.npz", classes_only=True)
    with np.load(tmp_path / "classes.npz") as file:
        assert file["class_names"].tolist() == list(model.class_names)
    with pytest.raises(errors.UserError, match="`classes_only` must come with format='savedmodel'"):
        niwt_tf.export_model(model, tmp_path / "again.npz", format="keras", classes_only=True)
    with pytest.raises(errors.UserError, match="`classes_only` must be True or False"):
        niwt_tf.export_model(model, tmp_path / "again.npz", classes_only="yes")
    assert [path.name for path in tmp_path.iterdir()] == ["classes.npz"]
