# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Every public function with every kind of wrong argument: each is a UserError with the argument's own name.

`_KINDS` says of what kind each argument is, and `_WRONG` what is wrong of a kind. A public function, method or argument
without an entry fails the first test.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import niwt_tf
from fakes import colours
from niwt_tf import config as config_lib
from niwt_tf import errors, pipeline, workdir
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.data import zero_shot
from niwt_tf.method import inverse_map
from niwt_tf.method.domain_map import domain_map

_NAN, _INF = float("nan"), float("inf")
_LABELS = np.arange(12) % 3
_NAMES = colours.CLASSES[:3]
_FEATURES = ("reddish", "greenish", "bluish")
_CAPTIONS = {"poppy": ["a red flower"], "rose": ["a pink flower"], "iris": ["a blue flower"]}

# What is no value of most kinds.
_STRANGE = {"none": None, "an object": object(), "a dict": {}}
_NO_ARRAY = _STRANGE | {
    "a text": "images.npy",
    "a path": Path("images.npy"),
    "a number": 5,
    "ragged": [[1, 2], [3]],
    "an array of objects": np.array([[1, None]], object),
    "texts": [["1", "2"]],
    "nothing": [],
}
_NO_NUMBER = _STRANGE | {"a text": "1", "nan": _NAN, "infinite": _INF, "a list": [1], "true": True}
_NO_WHOLE = _NO_NUMBER | {"a fraction": 1.5, "a whole float": 1.0}
_NO_TEXT = _STRANGE | {"a number": 5, "bytes": b"red", "a list": ["red"]}
_NO_TEXTS = _STRANGE | {"one text": "red", "a number": 5, "numbers": [1, 2], "nones": [None], "nested": [["red"]]}
_NO_NAMES = _NO_TEXTS | {"an empty name": ["", "a", "b"], "a name twice": ["a", "b", "a"], "an array": np.array(3)}
_NO_OBJECT = {"a text": "small", "a number": 5, "an array": np.zeros((2, 2)), "an object": object()}


def _images(good: Any) -> dict[str, Any]:
    return _NO_ARRAY | {
        "0..1": good / 255,
        "0..255 as floats": good.astype(np.float32),
        "whole numbers": good.astype(np.int64),
        "lists of numbers": good.tolist(),
        "one image": good[0],
        "grey": good[..., :1],
        "with alpha": np.concatenate([good, good[..., :1]], -1),
        "channels first": np.moveaxis(good, -1, 1),
        "without pixels": good[:, :0],
        "nan": np.full(good.shape, _NAN),
        "a list of sizes": [good[0], good[0, :1]],
    }


def _labels(good: Any) -> dict[str, Any]:
    first = int(good.min())
    return _NO_ARRAY | {
        "floats": good.astype(float),
        "nan": np.full(len(good), _NAN),
        "too few": good[:-1],
        "too many": np.append(good, first),
        "one-hot": np.eye(9)[good],
        "booleans": good > 0,
        "names": [str(label) for label in good],
        "negative": np.where(np.arange(len(good)) == 0, -1, good),
        "beyond the classes": np.where(np.arange(len(good)) == 0, 99, good),
        "a class without any": np.full(len(good), first) if good.max() > first else good + 1,
    }


def _matrix(good: Any) -> dict[str, Any]:
    """What is wrong of a matrix, whatever its number of rows."""
    good = np.asarray(good, float)
    holes = np.where(np.arange(good.size).reshape(good.shape) == 1, _NAN, good)
    return _NO_ARRAY | {
        "a vector": good[0],
        "of three dimensions": good[None],
        "a column more": np.concatenate([good, good[:, :1]], 1),
        "without columns": good[:, :0],
        "nan": holes,
        "infinite": np.where(np.isnan(holes), _INF, good),
        "complex": good + 1j,
    }


def _filled(good: Any) -> dict[str, Any]:
    return _matrix(good) | {"no rows": np.asarray(good)[:0]}


def _per_class(good: Any) -> dict[str, Any]:
    """The number of columns is free."""
    wrong = _filled(good) | {"a row more": np.concatenate([good, good[:1]]), "a row fewer": good[:-1]}
    return {name: value for name, value in wrong.items() if name != "a column more"}


def _importances(good: Any) -> dict[str, Any]:
    def but(**changes: Any) -> Any:
        return dataclasses.replace(good, **changes)

    return _NO_OBJECT | {
        "none": None,
        "nan": but(values=np.full_like(good.values, _NAN)),
        "infinite features": but(features=np.full_like(good.features, _INF)),
        "fewer labels": but(labels=good.labels[:-1]),
        "labels as floats": but(labels=good.labels.astype(float)),
        "no images": but(values=good.values[:0], labels=good.labels[:0], features=good.features[:0]),
        "fewer features": but(features=good.features[:-1]),
        "no activations": but(activations=good.activations[:0]),
        "flat activations": but(activations=good.activations[:, 0]),
    }


def _explanations(good: Any) -> dict[str, Any]:
    return _NO_OBJECT | {
        "none": None,
        "nan": dataclasses.replace(good, importances=np.full_like(good.importances, _NAN)),
        "of another network": dataclasses.replace(good, importances=good.importances[:, :-1]),
    }


_WRONG: dict[str, Callable[[Any], dict[str, Any]]] = {
    "images": _images,
    "images or none": lambda good: {name: one for name, one in _images(good).items() if name != "none"},
    "some images": lambda good: _images(good) | {"no images": good[:0]},
    "labels": _labels,
    "matrix": _matrix,
    "matrix or none": lambda good: {name: one for name, one in _matrix(good).items() if name != "none"},
    "filled matrix": _filled,
    "filled matrix of any width": lambda good: {k: v for k, v in _filled(good).items() if k != "a column more"},
    "vectors of classes": _per_class,
    "importances": _importances,
    "explanations": _explanations,
    "explanations or none": lambda good: {name: one for name, one in _explanations(good).items() if name != "none"},
    "maps": lambda _: (
        _NO_ARRAY
        | {
            "unknown": "nonsense",
            "negative": -np.ones((12, 2, 2)),
            "nan": np.full((12, 2, 2), _NAN),
            "too few": np.ones((11, 2, 2)),
            "flat": np.ones((12, 4)),
            "without positions": np.ones((12, 0, 2)),
        }
    ),
    "boxes": lambda _: (
        {name: value for name, value in _NO_ARRAY.items() if name != "none"}
        | {
            "too few": np.tile([0, 0, 1, 1], (11, 1)),
            "reversed": np.tile([1, 0, 0, 1], (12, 1)),
            "outside": np.tile([2, 0, 3, 1], (12, 1)),
            "complex": np.tile([0, 0, 1, 1j], (12, 1)),
        }
    ),
    "blocks": lambda _: (
        _STRANGE | {"a number": 3, "numbers": [1, 2], "texts": [["1"]], "zero": [[0, 3]], "too few": [[1], [1]]}
    ),
    "object": lambda _: _NO_OBJECT | {"none": None},
    "object or none": lambda _: _NO_OBJECT,
    "neurons": lambda good: _NO_OBJECT | {"none": None, "too few": good[:-1], "texts": ["stripes"] * len(good)},
    "number": lambda _: _NO_NUMBER,
    "size": lambda _: _NO_NUMBER | {"negative": -0.1},
    "share": lambda _: _NO_NUMBER | {"negative": -0.1, "above 1": 1.1},
    "kept share": lambda _: _NO_NUMBER | {"zero": 0, "one": 1, "negative": -0.1, "nan": _NAN},
    "kept share or none": lambda _: {k: one for k, one in _WRONG["kept share"](None).items() if k != "none"},
    "limit or none": lambda _: (
        {name: one for name, one in _NO_NUMBER.items() if name != "none"} | {"negative": -0.1, "above a half": 0.51}
    ),
    "shrinkage": lambda _: _NO_NUMBER | {"zero": 0, "above 1": 1.1},
    "count": lambda _: _NO_WHOLE | {"zero": 0, "negative": -1},
    "side": lambda _: _NO_WHOLE | {"zero": 0, "too large": 2049},
    "steps": lambda _: _NO_WHOLE | {"negative": -1, "too many": 10_001},
    "seed": lambda _: _NO_WHOLE | {"negative": -1, "too large": 2**31},
    "columns": lambda _: _NO_WHOLE | {"zero": 0, "all": 5},
    "flag": lambda _: _STRANGE | {"a text": "yes", "a number": 1, "nothing": []},
    "choice": lambda _: _NO_TEXT | {"unknown": "nonsense", "empty": ""},
    "network": lambda _: _NO_TEXT | {"unknown": "nonsense", "empty": "", "a path": Path("mine.keras")},
    "encoder": lambda _: _NO_TEXT | {"unknown": "nonsense"},
    "class": lambda _: _NO_TEXT | {"unknown": "mauve"},
    "taught class": lambda _: _NO_TEXT | {"unknown": "mauve", "empty": "", "learned from images": "red"},
    "new class": lambda _: _NO_TEXT | {"known": "Red", "empty": "", "blank": " "},
    "texts": lambda _: _NO_TEXTS,
    "attributes": lambda _: _NO_TEXTS | {"unknown": ["mauve"], "no number": ["reddish:much"]},
    "names": lambda _: _NO_NAMES | {"none of them": []},
    "names of some": lambda _: _NO_NAMES | {"unknown": ["mauve"]},
    "names of new classes": lambda _: _NO_NAMES | {"none of them": [], "known": ["red"]},
    "names of features": lambda good: _NO_TEXTS | {"none of them": [], "too few": good[:-1]},
    "names of metrics": lambda _: (
        _NO_TEXTS | {"none of them": [], "unknown": ["nonsense"], "without boxes": ["pointing"]}
    ),
    "names of stages": lambda _: _NO_TEXTS | {"unknown": ["nonsense"]},
    "captions": lambda _: (
        _STRANGE
        | {
            "a text": "a red flower",
            "lists alone": [["a red flower"]],
            "numbers as names": {1: ["a red flower"]},
            "a text for a class": {"poppy": "a red flower"},
            "none for a class": {"poppy": ["a red flower"], "rose": []},
            "blank for a class": {"poppy": ["a red flower"], "rose": [" "]},
            "numbers": {"poppy": [1]},
        }
    ),
    "texts of classes or none": lambda _: {k: one for k, one in _WRONG["captions"](None).items() if k != "none"},
    "custom objects": lambda _: {"a text": "Mine", "a class": dict, "a list": [dict], "a number": 1},
    "path": lambda _: _STRANGE | {"a number": 5, "empty": "", "bytes": b"here", "a list": ["here"], "a zero": "a\0b"},
    "model's path": lambda _: _WRONG["path"](None) | {"not there": "nowhere.keras", "no model": "nowhere"},
    "bundle's path": lambda _: _WRONG["path"](None) | {"another ending": "zoo.h5", "taken": __file__},
    "empty place": lambda _: _WRONG["path"](None) | {"taken": str(Path(__file__).parent)},
    "function": lambda _: {"none": None, "a text": "print"},
}

_KINDS: dict[str, dict[str, str]] = {
    "add_classes": {
        "classifier": "object",
        "kernel": "filled matrix",
        "class_names": "names of new classes",
        "features": "filled matrix",
        "scale": "size",
        "bias": "choice",
    },
    "choose_gamma": {"classifier": "object", "features": "filled matrix", "seen_fraction": "share"},
    "compute_features": {"backbone": "object", "images": "images"},
    "compute_importances": {
        "classifier": "object",
        "images": "some images",
        "labels": "labels",
        "kept_images": "count",
        "seed": "seed",
    },
    "encode_attributes": {
        "values": "vectors of classes",
        "feature_names": "names of features",
        "class_names": "names",
        "missing_value": "choice",
    },
    "encode_captions": {"captions": "captions", "seen": "names of some", "text_parts": "choice"},
    "evaluate_gzsl": {
        "seen_logits": "filled matrix of any width",
        "seen_labels": "labels",
        "unseen_logits": "filled matrix",
        "unseen_labels": "labels",
        "seen_classes": "columns",
        "gamma": "number",
    },
    "explain_images": {"classifier": "object", "images": "images", "class_name": "class", "gamma": "number"},
    "export_model": {
        "model": "object",
        "out": "empty place",
        "format": "choice",
        "classes_only": "flag",
        "reject": "kept share",
    },
    "find_reasons": {
        "inverse": "object",
        "importances": "matrix",
        "feature_names": "names of features",
        "count": "count",
    },
    "score_maps": {
        "classifier": "object",
        "images": "some images",
        "maps": "choice",
        "metrics": "names of metrics",
        "class_name": "class",
        "gamma": "number",
        "boxes": "boxes",
        "seed": "seed",
    },
    "fit_classifier": {
        "backbone": "object",
        "images": "some images",
        "labels": "labels",
        "class_names": "names",
        "shrinkage": "shrinkage",
    },
    "fit_inverse_map": {
        "domain_vectors": "vectors of classes",
        "importances": "importances",
        "seed": "seed",
        "values": "settings of map",
    },
    "fit_map": {
        "domain_vectors": "vectors of classes",
        "importances": "importances",
        "how": "choice",
        "seed": "seed",
        "relevance": "steps",
        "shrinkage": "shrinkage",
        "blocks": "blocks",
        "values": "settings of map",
    },
    "load_backbone": {
        "name": "network",
        "seed": "seed",
        "custom_objects": "custom objects",
        "values": "settings of backbone",
    },
    "load_classifier": {
        "name": "network",
        "class_names": "names",
        "custom_objects": "custom objects",
        "values": "settings of backbone",
    },
    "load_dataset": {"name": "choice", "image_size": "side", "values": "settings of data"},
    "load_knowledge": {"dataset": "object", "domain": "choice", "values": "settings of domain"},
    "load_model": {"path": "model's path", "safe_mode": "flag"},
    "make_model": {
        "classifier": "object",
        "knowledge": "object",
        "importances": "importances",
        "forward": "object or none",
        "inverse": "object or none",
        "neurons": "neurons",
        "lambda_": "size",
        "scale": "size",
        "bias": "choice",
        "seen_fraction": "share",
        "text_encoder": "encoder",
        "seed": "seed",
        "transfer_fit": "choice",
        "shrinkage": "shrinkage",
    },
    "make_teachable": {
        "model": "network",
        "images": "some images",
        "labels": "labels",
        "captions": "captions",
        "attributes": "texts of classes or none",
        "documents": "texts of classes or none",
        "knowledge": "object or none",
        "refit_head": "flag",
        "custom_objects": "custom objects",
        "values": "settings of backbone",
    },
    "name_neurons": {
        "classifier": "object",
        "inverse": "object",
        "knowledge": "object",
        "images": "some images",
        "labels": "labels",
        "significance": "share",
    },
    "to_arrays": {"split": "object"},
    "train_classifier": {
        "backbone": "object",
        "images": "some images",
        "labels": "labels",
        "class_names": "names",
        "from_scratch": "flag",
        "seed": "seed",
        "values": "settings of backbone",
    },
    "transfer_weights": {
        "classifier": "object",
        "importances": "importances",
        "targets": "filled matrix",
        "lambda_": "size",
        "seed": "seed",
        "residuals": "matrix or none",
        "shrinkage": "shrinkage",
        "values": "settings of transfer",
    },
    "Model.explain": {"images": "images", "class_name": "class"},
    "Model.forget": {"name": "taught class"},
    "Model.image_reasons": {
        "explanations": "explanations",
        "count": "count",
        "rather_than": "explanations or none",
    },
    "Model.predict": {"images": "images", "batch_size": "count", "reject": "kept share or none"},
    "Model.reasons": {"explanations": "explanations", "count": "count"},
    "Model.save": {"path": "bundle's path"},
    "Model.teach": {
        "name": "new class",
        "captions": "texts",
        "attributes": "attributes",
        "documents": "texts",
        "images": "images or none",
        "max_seen_loss": "limit or none",
        "improve": "flag",
    },
    "Classifier.logits": {"features": "matrix"},
    "DomainMap.__call__": {"domain_vectors": "matrix"},
    "InverseMap.__call__": {"importances": "matrix"},
    "pipeline.run": {
        "config": "object",
        "workdir": "object",
        "stages": "names of stages",
        "overwrite": "flag",
        "start": "function",
    },
    "Workdir": {"root": "path"},
}


def _public() -> dict[str, Callable[..., Any]]:
    """Returns all that the page on the API promises this of; methods without their `self`."""
    functions = {name: getattr(niwt_tf, name) for name in niwt_tf.__all__}
    methods = {f"Model.{name}": method for name, method in vars(niwt_tf.Model).items() if not name.startswith("_")}
    more = {
        "Classifier.logits": classifier_lib.Classifier.logits,
        "DomainMap.__call__": domain_map.DomainMap.__call__,
        "InverseMap.__call__": inverse_map.InverseMap.__call__,
        "pipeline.run": pipeline.run,
        "Workdir": workdir.Workdir,
    }
    return {name: one for name, one in (functions | methods).items() if inspect.isfunction(one)} | more


@pytest.mark.parametrize("name", sorted({*_public(), *_KINDS}))
def test_every_public_function_is_in_the_table_with_all_its_arguments(name: str) -> None:
    taken = [one for one in inspect.signature(_public()[name]).parameters if one != "self"]
    assert list(_KINDS[name]) == taken


@pytest.fixture(scope="module")
def world() -> SimpleNamespace:
    """Small pieces of every kind: a classifier of red, green and blue, and a model that was taught yellow."""
    images = np.random.default_rng(0).integers(0, 60, (12, 2, 2, 3), np.uint8)
    images[np.arange(12), ..., _LABELS] += 120
    whole = colours.classifier(2)
    classifier = classifier_lib.Classifier(whole.backbone, whole.kernel[:, :3], whole.bias[:3], _NAMES)
    importances = niwt_tf.compute_importances(classifier, images, _LABELS, kept_images=4)
    knowledge = niwt_tf.encode_attributes(np.eye(3), _FEATURES, _NAMES)
    forward, inverse = niwt_tf.fit_map(np.eye(3), importances), niwt_tf.fit_inverse_map(np.eye(3), importances)
    neurons = niwt_tf.name_neurons(classifier, inverse, knowledge, images, _LABELS)
    model = niwt_tf.make_model(classifier, knowledge, importances, forward, inverse, neurons)
    taught = model.teach("yellow", attributes=["reddish", "greenish"], max_seen_loss=None)
    told = taught.explain(images)
    return SimpleNamespace(**{name: value for name, value in locals().items() if name != "whole"})


def _call(name: str, world: SimpleNamespace, folder: Path) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Returns a public function, a method of something that there is, and arguments with which it works."""
    w, logits = world, np.arange(60).reshape(12, 5) % 7
    training = {"images": w.images, "labels": _LABELS, "class_names": _NAMES}
    fit = {"domain_vectors": np.eye(3), "importances": w.importances}
    given: dict[str, dict[str, Any]] = {
        "add_classes": {
            "classifier": w.classifier,
            "kernel": np.ones((3, 1)),
            "class_names": ["mauve"],
            "features": w.importances.features,
        },
        "choose_gamma": {
            "classifier": w.taught.classifier,
            "features": w.importances.features,
            "seen_fraction": 0.9,
        },
        "compute_features": {"backbone": w.classifier.backbone, "images": w.images},
        "compute_importances": {"classifier": w.classifier, "images": w.images, "labels": _LABELS},
        "encode_attributes": {"values": np.eye(3), "feature_names": _FEATURES, "class_names": _NAMES},
        "encode_captions": {"captions": {"poppy": ["a red flower"], "rose": ["a pink flower"]}},
        "evaluate_gzsl": {
            "seen_logits": logits,
            "seen_labels": _LABELS,
            "unseen_logits": logits,
            "unseen_labels": 3 + np.arange(12) % 2,
            "seen_classes": 3,
        },
        "explain_images": {"classifier": w.classifier, "images": w.images},
        "score_maps": {"classifier": w.classifier, "images": w.images, "metrics": ["sparseness"]},
        "export_model": {"model": w.model, "out": folder / "zoo.keras", "format": "keras"},
        "find_reasons": {
            "inverse": w.inverse,
            "importances": w.importances.values,
            "feature_names": _FEATURES,
        },
        "fit_classifier": {"backbone": w.classifier.backbone} | training,
        "fit_inverse_map": fit,
        "fit_map": fit,
        "load_backbone": {"name": "small"},
        "load_classifier": {"name": "keras:mine.keras", "class_names": _NAMES},
        "load_dataset": {"name": "aviary"},
        "load_knowledge": {"dataset": _dataset()},
        "load_model": {"path": folder / "model.keras"},
        "make_model": {
            "classifier": w.classifier,
            "knowledge": w.knowledge,
            "importances": w.importances,
            "forward": w.forward,
            "inverse": w.inverse,
            "neurons": w.neurons,
        },
        "make_teachable": {"model": "keras:mine.keras", "images": w.images, "labels": _LABELS, "captions": _CAPTIONS},
        "name_neurons": {
            "classifier": w.classifier,
            "inverse": w.inverse,
            "knowledge": w.knowledge,
            "images": w.images,
            "labels": _LABELS,
        },
        "to_arrays": {"split": _dataset().train},
        "train_classifier": {"backbone": w.classifier.backbone} | training,
        "transfer_weights": {
            "classifier": w.classifier,
            "importances": w.importances,
            "targets": np.ones((1, 3)),
            "residuals": np.ones((3, 3)),
        },
        "Model.explain": {"images": w.images},
        "Model.forget": {"name": "yellow"},
        "Model.image_reasons": {"explanations": w.told, "rather_than": w.told},
        "Model.predict": {"images": w.images},
        "Model.reasons": {"explanations": w.told},
        "Model.save": {"path": folder / "saved.keras"},
        "Model.teach": {"name": "mauve", "attributes": ["reddish", "bluish"], "images": w.images[:3]},
        "Classifier.logits": {"features": w.importances.features},
        "DomainMap.__call__": {"domain_vectors": np.eye(3)},
        "InverseMap.__call__": {"importances": w.importances.values},
        "pipeline.run": {"config": config_lib.RunConfig(), "workdir": workdir.Workdir(folder / "run")},
        "Workdir": {"root": folder},
    }
    owners = {"Model": w.taught, "Classifier": w.classifier, "DomainMap": w.forward, "InverseMap": w.inverse}
    owner, _, method = name.partition(".")
    function = getattr(owners[owner], method) if owner in owners else _public()[name]
    return function, given[name]


def _dataset() -> zero_shot.ZeroShotDataset:
    """Red and green, and blue unseen; with attributes."""
    parts = [zero_shot.Split(tf.data.Dataset.range(len(one)), np.array(one), _black) for one in ([0, 1], [0, 1], [2])]
    descriptions = zero_shot.Descriptions(attributes=lambda: None)
    return zero_shot.ZeroShotDataset("colours", _NAMES[:2], _NAMES[2:], _NAMES[:1], *parts, descriptions, "1", "")


def _black(_: tf.Tensor) -> tf.Tensor:
    return tf.zeros((2, 2, 3), tf.uint8)


# Those take a while, or something that is not there.
_NOT_RUN = {
    *("load_classifier", "load_dataset", "load_knowledge", "load_model", "make_teachable", "train_classifier"),
    "pipeline.run",
}


@pytest.mark.parametrize("name", sorted({*_KINDS} - _NOT_RUN))
def test_the_arguments_that_a_wrong_one_joins_are_right(name: str, world: SimpleNamespace, tmp_path: Path) -> None:
    function, given = _call(name, world, tmp_path)
    function(**given)


@pytest.mark.parametrize(
    ("name", "argument", "kind"),
    [
        (name, argument, kind)
        for name, kinds in _KINDS.items()
        for argument, kind in kinds.items()
        if not kind.startswith("settings")
    ],
)
def test_a_wrong_argument_is_a_mistake_that_names_it(
    name: str, argument: str, kind: str, world: SimpleNamespace, tmp_path: Path
) -> None:
    function, given = _call(name, world, tmp_path)
    wrong = _WRONG[kind](given.get(argument))
    assert wrong
    untold = {what: _untold(function, given | {argument: value}, argument) for what, value in wrong.items()}
    assert not {what: problem for what, problem in untold.items() if problem}


def _wrong_settings(part: str) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(getattr(config_lib.RunConfig(), part)):
        yield field.name, object()
        yield field.name, [object()]
        if {"choices", "form"} & set(field.metadata):
            yield field.name, ["non:sense"] if isinstance(field.default, tuple) else "non:sense"
        if "minimum" in field.metadata:
            for value in (field.metadata["minimum"] - 1, _NAN, _INF):
                yield field.name, (value,) if isinstance(field.default, tuple) else value


@pytest.mark.parametrize(
    ("name", "part"),
    [(n, k.removeprefix("settings of ")) for n, kinds in _KINDS.items() for k in kinds.values() if "settings" in k],
)
def test_a_wrong_setting_is_a_mistake_that_names_it(
    name: str, part: str, world: SimpleNamespace, tmp_path: Path
) -> None:
    function, given = _call(name, world, tmp_path)
    taken = inspect.signature(function).parameters
    wrong = [(setting, value) for setting, value in _wrong_settings(part) if setting not in taken]
    untold = {f"{name}={value}": _untold(function, given | {name: value}, name) for name, value in wrong}
    assert not {what: problem for what, problem in untold.items() if problem}
    assert not _untold(function, given | {"nonsense": 1}, "setting")


def _untold(function: Callable[..., Any], given: dict[str, Any], argument: str) -> str:
    """Returns what is wrong with how a function tells of a wrong argument; nothing if that is as it should be."""
    flag = "(--)?" if function is pipeline.run else ""  # the command line runs it, too
    try:
        function(**given)
    except errors.UserError as error:
        is_told = re.match(rf"`{flag}{re.escape(argument)}[`.]", str(error)) and "Received" in str(error)
        return "" if is_told else str(error)
    except Exception as error:  # what else it may be is what this looks for
        return f"{type(error).__name__}: {error}"
    return "no error"


def test_lists_are_as_good_as_arrays(world: SimpleNamespace) -> None:
    found = niwt_tf.compute_importances(world.classifier, list(world.images), _LABELS.tolist(), kept_images=4)
    np.testing.assert_array_equal(found.values, world.importances.values)
    fitted = niwt_tf.fit_map(np.eye(3).tolist(), found)
    np.testing.assert_allclose(fitted([[1, 0, 0]]), world.forward(np.array([[1, 0, 0]])), rtol=1e-4, atol=1e-6)
    logits = world.classifier.logits(found.features.tolist())
    np.testing.assert_array_equal(logits, world.classifier.logits(found.features))


def test_of_no_images_nothing_is_made(world: SimpleNamespace) -> None:
    none = world.images[:0]
    assert world.taught.predict(none).scores.shape == (0, 4)
    assert world.taught.predict(none).classes == ()
    assert niwt_tf.compute_features(world.classifier.backbone, none).shape == (0, 3)
    for told in (world.taught.explain(none), niwt_tf.explain_images(world.taught.classifier, none, "yellow")):
        assert (told.logits.shape, told.importances.shape, told.maps.shape) == ((0, 4), (0, 3), (0, 2, 2))
        assert world.taught.reasons(told) == []
    assert world.forward(np.zeros((0, 3))).shape == world.inverse(np.zeros((0, 3))).shape == (0, 3)
    assert world.classifier.logits(np.zeros((0, 3))).shape == (0, 3)
