# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Arrays of any type, shape and layout as arguments of the functions of the library."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
import tensorflow as tf

import niwt_tf
from fakes import colours
from malformed import mutations
from niwt_tf.domains import knowledge as knowledge_lib

_SEEN = colours.CLASSES[:3]
_FEATURES = ("reddish", "greenish", "bluish", "bright")


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the cases, see `harness`."""
    return mutations.deal(_MAKERS, seed, count, folder)


@dataclasses.dataclass(frozen=True)
class _World:
    """Good arguments of every function."""

    classifier: Any
    seen: Any
    images: np.ndarray
    labels: np.ndarray
    vectors: np.ndarray
    importances: Any
    inverse: Any
    knowledge: knowledge_lib.DomainKnowledge
    model: Any


@functools.cache
def _world() -> _World:
    rng = np.random.default_rng(0)
    labels = np.arange(12) % 3
    images = rng.integers(0, 60, (12, 4, 4, 3), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[..., label] += 150
    whole = colours.classifier(4)
    seen = dataclasses.replace(whole, kernel=whole.kernel[:, :3], bias=whole.bias[:3], class_names=_SEEN, unseen=())
    vectors = np.array([[1, 0, 0, 0.2], [0, 1, 0, 0.4], [0, 0, 1, 0.1]], np.float32)
    importances = niwt_tf.compute_importances(seen, images, labels)
    inverse = niwt_tf.fit_inverse_map(vectors, importances)
    knowledge = niwt_tf.encode_attributes(vectors, _FEATURES, _SEEN)
    model = niwt_tf.make_model(seen, knowledge, importances, inverse=inverse)
    return _World(whole, seen, images, labels, vectors, importances, inverse, knowledge, model)


def _functions(world: _World) -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Name -> a function, and its arguments that are arrays."""
    logits = world.classifier.logits(np.array(world.importances.features))
    explained = niwt_tf.explain_images(world.classifier, world.images).importances

    def changed(**arrays: Any) -> Any:
        return dataclasses.replace(world.importances, **arrays)

    return {
        "compute_features": (
            lambda images: niwt_tf.compute_features(world.seen.backbone, images),
            {"images": world.images},
        ),
        "fit_classifier": (
            lambda images, labels: niwt_tf.fit_classifier(world.seen.backbone, images, labels, _SEEN).kernel,
            {"images": world.images, "labels": world.labels},
        ),
        "compute_importances": (
            lambda images, labels: niwt_tf.compute_importances(world.seen, images, labels).values,
            {"images": world.images, "labels": world.labels},
        ),
        "fit_map": (
            lambda vectors, values, features, labels: niwt_tf.fit_map(
                vectors, changed(values=values, features=features, labels=labels)
            )(world.vectors),
            {
                "vectors": world.vectors,
                "values": world.importances.values,
                "features": world.importances.features,
                "labels": world.importances.labels,
            },
        ),
        "fit_inverse_map": (
            lambda vectors, values: niwt_tf.fit_inverse_map(vectors, changed(values=values)).patterns,
            {"vectors": world.vectors, "values": world.importances.values},
        ),
        "transfer_weights": (
            lambda targets, residuals, activations: niwt_tf.transfer_weights(
                world.seen, changed(activations=activations), targets, residuals=residuals
            ),
            {
                "targets": np.ones((1, 3), np.float32),
                "residuals": np.eye(3, dtype=np.float32) / 9,
                "activations": world.importances.activations,
            },
        ),
        "add_classes": (
            lambda kernel, features: niwt_tf.add_classes(world.seen, kernel, ["new"], features).kernel,
            {"kernel": np.ones((3, 1), np.float32), "features": world.importances.features},
        ),
        "choose_gamma": (
            lambda features, fraction: niwt_tf.choose_gamma(world.classifier, features, fraction),
            {"features": world.importances.features, "fraction": np.float64(0.9)},
        ),
        "evaluate_gzsl": (
            lambda seen, seen_labels, unseen, unseen_labels, gamma: niwt_tf.evaluate_gzsl(
                seen, seen_labels, unseen, unseen_labels, 3, gamma
            ),
            {
                "seen": logits,
                "seen_labels": world.labels,
                "unseen": logits[:4],
                "unseen_labels": np.full(4, 3),
                "gamma": np.float32(0.5),
            },
        ),
        "explain_images": (
            lambda images: niwt_tf.explain_images(world.classifier, images).importances,
            {"images": world.images},
        ),
        "score_maps": (
            lambda images, maps: [
                score.values for score in niwt_tf.score_maps(world.classifier, images, maps, ["sparseness"]).values()
            ],
            {"images": world.images, "maps": np.ones((12, 4, 4), np.float32)},
        ),
        "find_reasons": (
            lambda importances: niwt_tf.find_reasons(world.inverse, importances, _FEATURES),
            {"importances": explained},
        ),
        "name_neurons": (
            lambda images, labels: [
                one.name for one in niwt_tf.name_neurons(world.seen, world.inverse, world.knowledge, images, labels)
            ],
            {"images": world.images, "labels": world.labels},
        ),
        "encode_attributes": (
            lambda values: niwt_tf.encode_attributes(values, _FEATURES, _SEEN).vectors,
            {"values": world.vectors},
        ),
        "predict": (lambda images: world.model.predict(images).scores, {"images": world.images}),
        "explain": (lambda images: world.model.explain(images).importances, {"images": world.images}),
    }


def _spread(array: np.ndarray) -> np.ndarray:
    large = np.zeros(tuple(2 * size for size in array.shape), array.dtype)
    view = large[(*(slice(None, None, 2) for _ in array.shape), ...)]  # an array even without dimensions
    view[...] = array
    return view


# The same numbers in another form: the result is the same, or it is told.
_FORMS: dict[str, Callable[[np.ndarray], Any]] = {
    "fortran": np.asfortranarray,
    "strided": _spread,
    "reversed twice": lambda array: array[::-1].copy()[::-1] if array.ndim else array,
    "big endian": lambda array: array.astype(array.dtype.newbyteorder(">")),
    "lists": lambda array: array.tolist(),
    "a tensor": tf.constant,
    "a variable": tf.Variable,
    "read only": lambda array: _read_only(array),
    "masked without a mask": np.ma.masked_array,
    "a list of rows": lambda array: list(array) if array.ndim else array,
    "long": lambda array: array.astype(np.longdouble) if array.dtype.kind == "f" else array,
    "double": lambda array: array.astype(np.float64) if array.dtype.kind == "f" else array,
    "of objects": lambda array: array.astype(object),
    "memory": lambda array: memoryview(np.ascontiguousarray(array)),
}


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = np.array(array)
    copy.setflags(write=False)
    return copy


def _put(array: np.ndarray, value: Any, dtype: Any = None) -> np.ndarray:
    copy = np.array(array, dtype or array.dtype)
    copy.flat[copy.size // 2] = value
    return copy


# What must be told, whatever the argument is.
_WRONG: dict[str, Callable[[np.ndarray], Any]] = {
    "nan": lambda array: _put(array, np.nan, np.float64),
    "inf": lambda array: _put(array, np.inf, np.float64),
    "minus inf": lambda array: _put(array, -np.inf, np.float32),
    "all nan": lambda array: np.full(array.shape, np.nan),
    "masked": lambda array: np.ma.masked_array(array, np.arange(array.size).reshape(array.shape) == array.size // 2),
    "texts": lambda array: array.astype(str),
    "bytes": lambda array: array.astype(bytes),
    "complex": lambda array: array.astype(complex) + 1j,
    "dates": lambda array: np.zeros(array.shape, "datetime64[s]"),
    "structured": lambda array: np.zeros(array.shape, [("a", "f4"), ("b", "f4")]),
    "nones": lambda array: np.full(array.shape, None),
    "none within": lambda array: _put(array, None, object),
    "nothing": lambda array: [],
    "without columns": lambda array: np.zeros((*array.shape[:-1], 0), array.dtype),
    "one dimension more": lambda array: array[None],
    "two dimensions more": lambda array: array[..., None, None],
    "ragged": lambda array: [[1, 2], [3]],
    "a generator": lambda array: (row for row in [1]),
    "a dict": lambda array: {"a": array},
    "a text": lambda array: "text",
    "a path": lambda array: Path("array.npy"),
    "an object": lambda array: object(),
    "sparse": lambda array: scipy.sparse.csr_matrix(np.eye(3)),
    "a ragged tensor": lambda array: tf.ragged.constant([[1, 2], [3]]),
    "a sparse tensor": lambda array: tf.sparse.from_dense(tf.eye(3)),
    "a symbol": lambda array: tf.keras.Input((3,)),
    "a type": lambda array: np.float32,
    "a function": lambda array: np.zeros,
    "one more": lambda array: (
        np.concatenate([array, array[:1]]) if array.ndim == 1 else array[..., :-1] if array.ndim else "1"
    ),
}

# What may be told, or has a finite result.
_STRANGE: dict[str, Callable[[np.ndarray], Any]] = {
    "negative": lambda array: -np.abs(array.astype(float)) - 1,
    "huge": lambda array: _put(array, 1e300, np.float64),
    "large": lambda array: array * np.float64(1e37),
    "tiny": lambda array: array * np.float64(1e-40),
    "zeros": np.zeros_like,
    "constant": np.ones_like,
    "halves": lambda array: array.astype(np.float16),
    "booleans": lambda array: array.astype(bool),
    "integers": lambda array: array.astype(np.int64),
    "unsigned": lambda array: array.astype(np.uint64),
    "huge integers": lambda array: _put(array, 2**62, np.int64),
    "huge unsigned": lambda array: _put(array, 2**64 - 1, np.uint64),
    "bfloat": lambda array: tf.cast(array, tf.bfloat16),
    "none": lambda array: None,
    "a number": lambda array: 5,
    "scalar": lambda array: np.array(1.0),
    "one row": lambda array: array[:1] if array.ndim else array,
    "no row": lambda array: array[:0] if array.ndim else array,
    "repeated": lambda array: np.repeat(array, 2, 0) if array.ndim else array,
    "transposed": lambda array: array.T,
    "a matrix": lambda array: np.asmatrix(array) if array.ndim == 2 else array,
    "broadcast": lambda array: np.broadcast_to(array.reshape(-1)[:1] if array.ndim else array, array.shape),
    "shuffled": lambda array: np.random.default_rng(0).permutation(array) if array.ndim else array,
}


def _numbers(result: Any) -> np.ndarray:
    if isinstance(result, dict):
        return np.array(list(result.values()))
    if isinstance(result, list):
        return np.zeros(0)  # reasons and names, which are texts
    return np.asarray(result, np.float64)


def _call(rng: np.random.Generator, changes: dict[str, Callable[[np.ndarray], Any]]) -> tuple[str, Any, Any]:
    """Call a function with one argument changed: description, result, and result without the change."""
    name, (function, good) = mutations.choose(rng, _functions(_world()).items())
    argument, change = mutations.choose(rng, good), mutations.choose(rng, changes)
    what = f"{name}({argument}={change})"
    expected = function(**good)
    result = function(**(good | {argument: changes[change](np.asarray(good[argument]))}))
    if not np.isfinite(_numbers(result)).all():
        mutations.must_refuse((what, result))
    return what, result, expected


def _of_another_form(rng: np.random.Generator, place: Path) -> object:
    what, result, expected = _call(rng, _FORMS)
    if repr(result) != repr(expected) and not np.array_equal(_numbers(result), _numbers(expected)):
        mutations.must_refuse((what, result, expected))
    return what


def _wrong(rng: np.random.Generator, place: Path) -> object:
    mutations.must_refuse(_call(rng, _WRONG)[:2])
    return None


def _strange(rng: np.random.Generator, place: Path) -> object:
    return _call(rng, _STRANGE)[0]


def _names(rng: np.random.Generator, place: Path) -> object:
    """Give names of classes and features of any kind."""
    world, texts = _world(), mutations.STRANGE_TEXTS
    chosen = [mutations.choose(rng, texts) for _ in range(3)]
    values: tuple[Any, ...] = (
        chosen,
        tuple(chosen),
        np.array(["a", "b", "c"]),
        ["a", "b", "c"] * 2,
        "abc",
        b"abc",
        None,
        5,
        [1, 2, 3],
        {"a", "b", "c"},
    )
    names = mutations.choose(rng, values)
    calls: list[Callable[[], Any]] = [
        lambda: niwt_tf.fit_classifier(world.seen.backbone, world.images, world.labels, names).class_names,
        lambda: niwt_tf.encode_attributes(world.vectors, _FEATURES, names).class_names,
        lambda: niwt_tf.encode_attributes(world.vectors[:, :3], names, _SEEN).feature_names,
        lambda: (
            niwt_tf.add_classes(world.seen, np.ones((3, 3), np.float32), names, world.importances.features).class_names
        ),
        lambda: niwt_tf.find_reasons(world.inverse, np.ones((1, 3)), names),
        lambda: niwt_tf.explain_images(
            world.classifier, world.images, class_name=mutations.choose(rng, (names, chosen[0]))
        ),
        lambda: world.model.forget(names),
    ]
    return repr(mutations.choose(rng, calls)())[:100]


def _teaching(rng: np.random.Generator, place: Path) -> object:
    """Teach a class of any name and description."""
    text, other = (mutations.choose(rng, mutations.STRANGE_TEXTS) for _ in range(2))
    described: tuple[Any, ...] = (
        text,
        [text],
        {text: 1},
        f"reddish:{text}",
        ["reddish", text],
        f"reddish,{text}",
        None,
        5,
        [5],
        b"reddish",
    )
    arguments: dict[str, Any] = {"attributes": mutations.choose(rng, described)}
    if rng.random() < 0.2:
        arguments[mutations.choose(rng, ("captions", "documents"))] = text
    model = _world().model.teach(mutations.choose(rng, ("new", other, 5, None)), **arguments)
    if not np.isfinite(model.classifier.kernel).all():
        mutations.must_refuse(model)
    return "taught"


_MAKERS: dict[str, mutations.Maker] = {
    **{f"of another form {number}": _of_another_form for number in range(3)},
    **{f"wrong {number}": _wrong for number in range(5)},
    **{f"strange {number}": _strange for number in range(5)},
    "names": _names,
    "teaching": _teaching,
}
