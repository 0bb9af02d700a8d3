# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Files of networks: weights, models of Keras in both formats, and SavedModels, damaged or made of other things."""

from __future__ import annotations

import functools
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

import niwt_tf
from malformed import mutations
from niwt_tf.backbones import weights_file

_CLASSES, _SIZE = ("ant", "bee", "cat"), 8
_WEIGHTS = ("network.weights.h5", "network.h5")


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the cases, see `harness`."""
    return mutations.deal(_MAKERS, seed, count, folder)


@functools.cache
def _network() -> keras.Model:
    keras.utils.set_random_seed(0)
    images = keras.Input((_SIZE, _SIZE, 3), name="images")
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(images)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(images, keras.layers.Dense(len(_CLASSES), name="logits")(x), name="network")


@functools.cache
def _content(name: str) -> bytes:
    """Write the good network in the format that a name says, and return the bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        if name.endswith(".weights.h5"):
            _network().save_weights(path)
        else:
            _network().save(path)
        return path.read_bytes()


def _load_weights(path: Path) -> object:
    network = keras.models.clone_model(_network())
    weights_file.load(network, path, "network")
    if not all(np.isfinite(weight).all() for weight in network.get_weights()):
        mutations.must_refuse("weights that are not finite")
    return [weight.tolist() for weight in network.get_weights()]


def _expected() -> list[Any]:
    return [weight.tolist() for weight in _network().get_weights()]


def _damaged_weights(rng: np.random.Generator, place: Path) -> object:
    path = place / mutations.choose(rng, _WEIGHTS)
    path.write_bytes(mutations.damage(rng, _content(path.name)))
    return len(_load_weights(path))


def _misplaced_weights(rng: np.random.Generator, place: Path) -> object:
    path = place / mutations.choose(rng, _WEIGHTS)
    mutations.misplace(rng, path)
    mutations.must_refuse(_load_weights(path))
    return None


def _nodes(file: h5py.File, kind: type) -> list[str]:
    names: list[str] = []
    file.visititems(lambda name, node: names.append(name) if isinstance(node, kind) else None)
    return names


def _change_array(rng: np.random.Generator, file: h5py.File, place: Path) -> None:
    """Replace an array of weights by a link, a group, or an array of another type, shape or content."""
    name = mutations.choose(
        rng, [one for one in _nodes(file, h5py.Dataset) if "optimizer" not in one and "seed" not in one]
    )
    value = file[name][()]
    group, last = file[name].parent, name.rpartition("/")[2]
    del group[last]
    not_finite = np.array(value, np.float32)
    not_finite.flat[0] = mutations.choose(rng, (np.nan, np.inf, -np.inf))
    with h5py.File(place / "other.h5", "w") as other:
        other["x"] = value
    changes: list[Callable[[], Any]] = [
        lambda: None,
        lambda: group.create_group(last),
        lambda: group.create_group(last).create_dataset("0", data=value),
        lambda: group.__setitem__(last, h5py.SoftLink("/nothing")),
        lambda: group.__setitem__(last, h5py.SoftLink(f"/{name}")),
        lambda: group.__setitem__(last, h5py.SoftLink("/")),
        lambda: group.__setitem__(last, h5py.ExternalLink(str(place / "other.h5"), "/x")),
        lambda: group.__setitem__(last, h5py.ExternalLink("/etc/passwd", "/x")),
        lambda: group.__setitem__(last, h5py.ExternalLink(str(place / "none.h5"), "/x")),
        lambda: group.__setitem__(last, np.zeros((*value.shape, 2), np.float32)),
        lambda: group.__setitem__(last, np.zeros(value.shape[1:], np.float32)),
        lambda: group.__setitem__(last, np.zeros(0, np.float32)),
        lambda: group.__setitem__(last, np.full(value.shape, b"text")),
        lambda: group.__setitem__(last, "text"),
        lambda: group.__setitem__(last, value.astype(complex)),
        lambda: group.__setitem__(last, np.zeros(value.shape, [("a", "f4"), ("b", "f4")])),
        lambda: group.__setitem__(last, np.dtype("f4")),
        lambda: group.__setitem__(last, h5py.Empty("f4")),
        lambda: group.__setitem__(last, not_finite),
        lambda: group.create_dataset(last, (2**40,) * max(1, value.ndim), "f4", chunks=(1,) * max(1, value.ndim)),
        lambda: group.create_dataset(last, value.shape, h5py.special_dtype(vlen=np.float32)),
        lambda: group.create_dataset(last, value.shape, "f4", external=[("/etc/passwd", 0, value.nbytes)]),
        lambda: group.create_virtual_dataset(last, _virtual(value.shape, place)),
    ]
    mutations.choose(rng, changes)()


def _virtual(shape: tuple[int, ...], place: Path) -> h5py.VirtualLayout:
    layout = h5py.VirtualLayout(shape, "f4")
    layout[...] = h5py.VirtualSource(str(place / "other.h5"), "x", shape)
    return layout


def _change_group(rng: np.random.Generator, file: h5py.File, place: Path) -> None:
    """Replace or remove a group, or one of the attributes that list its contents."""
    groups = [name for name in _nodes(file, h5py.Group) if "optimizer" not in name and file[name].keys()]
    name = mutations.choose(rng, groups)
    holders = [node for node in ("/", *groups) if {"layer_names", "weight_names"} & set(file[node].attrs)]
    if holders and rng.random() < 0.6:
        attributes = file[mutations.choose(rng, holders)].attrs
        listed = mutations.choose(rng, [key for key in ("layer_names", "weight_names") if key in attributes])
        values = (
            5,
            "text",
            np.zeros(3),
            [b"../../x"],
            [b"\xff"],
            np.zeros((2, 2)),
            [b"/"],
            [b"x" * 1000],
            h5py.Empty("S5"),
            [b"a", b"a"],
        )
        attributes[listed] = mutations.choose(rng, values)
        return
    parent, last = file[name].parent, name.rpartition("/")[2]
    del parent[last]
    changes: list[Callable[[], Any]] = [
        lambda: None,
        lambda: parent.__setitem__(last, np.zeros(3, np.float32)),
        lambda: parent.__setitem__(last, h5py.SoftLink("/")),
        lambda: parent.__setitem__(last, h5py.SoftLink("/nothing")),
        lambda: parent.__setitem__(last, h5py.ExternalLink(str(place / "none.h5"), "/")),
        lambda: parent.create_group(f"{last}x"),
        lambda: parent.create_group(last),
        lambda: parent.create_group(last).create_group("vars").create_dataset("x", data=0),
        lambda: parent.create_group(last).create_group("vars").create_dataset("-1", data=0),
    ]
    mutations.choose(rng, changes)()


def _changed_weights(change: Callable[[np.random.Generator, h5py.File, Path], None]) -> mutations.Maker:
    def make(rng: np.random.Generator, place: Path) -> object:
        path = place / mutations.choose(rng, _WEIGHTS)
        path.write_bytes(_content(path.name))
        with h5py.File(path, "a") as file:
            change(rng, file, place)
        if _load_weights(path) != _expected():
            mutations.must_refuse("other weights")
        return "equal"

    return make


def _load_model(rng: np.random.Generator, path: Path) -> object:
    """Load a model in one of the ways of the library, and check what it computes."""
    images = np.random.default_rng(0).integers(0, 256, (2, _SIZE, _SIZE, 3), np.uint8)
    if rng.random() < 0.3:
        features = niwt_tf.compute_features(niwt_tf.load_backbone(f"keras:{path}"), images)
    else:
        classifier = niwt_tf.load_classifier(f"keras:{path}", _CLASSES)
        features = classifier.logits(niwt_tf.compute_features(classifier.backbone, images))
    if not np.isfinite(features).all():
        mutations.must_refuse(features)
    return features.shape


def _damaged_model(rng: np.random.Generator, place: Path) -> object:
    path = place / mutations.choose(rng, ("model.keras", "model.h5"))
    path.write_bytes(mutations.damage(rng, _content(path.name)))
    return _load_model(rng, path)


def _misplaced_model(rng: np.random.Generator, place: Path) -> object:
    path = place / mutations.choose(rng, ("model.keras", "model.h5", "model"))
    mutations.misplace(rng, path)
    mutations.must_refuse(_load_model(rng, path))
    return None


def _packed(changes: dict[str, bytes | None]) -> bytes:
    """Pack the good model again, with some of its parts replaced, or left out."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_content("model.keras"))) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        parts = {name: old.read(name) for name in old.namelist()} | changes
        for name, content in parts.items():
            if content is not None:
                new.writestr(name, content)
    return stream.getvalue()


def _repacked(rng: np.random.Generator, place: Path) -> object:
    """Damage, leave out or add a part of a .keras file."""
    with zipfile.ZipFile(io.BytesIO(_content("model.keras"))) as old:
        name = mutations.choose(rng, old.namelist())
        content = old.read(name)
    changes = (
        {name: mutations.damage(rng, content)},
        {name: None},
        {name: b"[" * 100_000},
        {name: b"null"},
        {"../../out.txt": b"out"},
        {"assets/../../../out.txt": b"out"},
        {"/tmp/niwt-out.txt": b"out"},
        {name: bytes(300 * 2**20)},
        {"assets/zeros": bytes(300 * 2**20)},
    )
    path = place / "model.keras"
    path.write_bytes(_packed(mutations.choose(rng, changes)))
    return _load_model(rng, path)


def _walk(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from _walk(item, (*path, key))


def _reconfigured(rng: np.random.Generator, place: Path) -> object:
    """Replace any value of the description of a model."""
    with zipfile.ZipFile(io.BytesIO(_content("model.keras"))) as old:
        config = json.loads(old.read("config.json"))
    keys = mutations.choose(rng, _walk(config))
    holder = functools.reduce(lambda value, key: value[key], keys[:-1], config)
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    values: tuple[Any, ...] = (
        *(None, True, -1, 0, 1, 3.5, 10**9, 2**70, "", "x", [], {}, [1, 2], {"a": 1}, float("nan"), float("inf"), deep),
        *(
            "Lambda",
            "os",
            "keras.src.ops",
            "os.system",
            "x" * 5_000,
            "\x1b[31m",
            "../x",
            [None, 8, 8, 3],
            [None, 10**6, 10**6, 3],
        ),
        {
            "class_name": "Lambda",
            "config": {
                "name": "l",
                "function": {"class_name": "__lambda__", "config": {"code": "4w==", "defaults": None, "closure": None}},
            },
        },
        {"module": "os", "class_name": "system", "config": "touch /tmp/niwt-out.txt", "registered_name": None},
        {"class_name": "__numpy__", "config": {"value": [1], "dtype": "O"}},
    )
    holder[keys[-1]] = mutations.choose(rng, values)
    path = place / "model.keras"
    path.write_bytes(_packed({"config.json": json.dumps(config).encode()}))
    return _load_model(rng, path)


def _reconfigured_h5(rng: np.random.Generator, place: Path) -> object:
    path = place / "model.h5"
    path.write_bytes(_content("model.h5"))
    with h5py.File(path, "a") as file:
        config = file.attrs["model_config"]
        values = (
            "",
            "null",
            "[" * 60_000,
            b"\xff",
            5,
            config[: len(config) // 2],
            config.replace("Dense", "Lambda"),
            config.replace("Conv2D", "Other"),
        )
        name = mutations.choose(rng, ("model_config", "model_config", "keras_version", "backend"))
        file.attrs[name] = mutations.choose(rng, (*values, np.zeros(3), "2.15.0"))
    return _load_model(rng, path)


def _changed_model(change: Callable[[np.random.Generator, h5py.File, Path], None]) -> mutations.Maker:
    def make(rng: np.random.Generator, place: Path) -> object:
        if rng.random() < 0.5:
            path = place / "model.h5"
            path.write_bytes(_content("model.h5"))
            with h5py.File(path, "a") as file:
                change(rng, file, place)
            return _load_model(rng, path)
        with zipfile.ZipFile(io.BytesIO(_content("model.keras"))) as old:
            (place / "w.h5").write_bytes(old.read("model.weights.h5"))
        with h5py.File(place / "w.h5", "a") as file:
            change(rng, file, place)
        path = place / "model.keras"
        path.write_bytes(_packed({"model.weights.h5": (place / "w.h5").read_bytes()}))
        return _load_model(rng, path)

    return make


def _other_model(rng: np.random.Generator, place: Path) -> object:
    """Save a network that is none from images to classes."""
    images = keras.Input((_SIZE, _SIZE, 3))
    flat = keras.layers.Flatten()(images)
    other = keras.Input((3,))
    models: list[Callable[[], keras.Model]] = [
        lambda: keras.Model(other, keras.layers.Dense(3)(other)),
        lambda: keras.Model([images, other], keras.layers.Dense(3)(keras.layers.Concatenate()([flat, other]))),
        lambda: keras.Model(images, [keras.layers.Dense(3)(flat), keras.layers.Dense(2)(flat)]),
        lambda: keras.Model(images, keras.layers.Dense(5)(flat)),
        lambda: keras.Model(images, keras.layers.Dense(3)(flat)),
        lambda: keras.Model(images, images),
        lambda: keras.Sequential([keras.layers.Dense(3)]),
        lambda: keras.Model(
            images, keras.layers.Conv2D(3, 3, data_format="channels_first")(keras.layers.Permute((3, 1, 2))(images))
        ),
        lambda: keras.Model(images, keras.layers.LSTM(3)(keras.layers.Reshape((8, 24))(images))),
        lambda: keras.Model(images, keras.layers.Dense(3, activation="tanh")(keras.layers.Dropout(0.5)(flat))),
        lambda: keras.Model(images, keras.layers.GaussianNoise(1.0)(keras.layers.Dense(3)(flat))),
        lambda: keras.Model(images, keras.layers.Lambda(lambda x: x)(keras.layers.Dense(3)(flat))),
    ]
    path = place / mutations.choose(rng, ("model.keras", "model.h5"))
    mutations.choose(rng, models)().save(path)
    return _load_model(rng, path)


@functools.cache
def _saved_model() -> Path:
    """Write the good network as a SavedModel, once for all cases."""
    folder = Path(tempfile.mkdtemp()) / "saved"
    _network().export(folder, verbose=False)
    return folder


def _damaged_saved_model(rng: np.random.Generator, place: Path) -> object:
    folder = place / "saved"
    shutil.copytree(_saved_model(), folder)
    path = mutations.choose(rng, sorted(one for one in folder.rglob("*") if one.is_file()))
    way = rng.random()
    if way < 0.2:
        mutations.misplace(rng, path)
    elif way < 0.3:
        path.unlink()
    else:
        path.write_bytes(mutations.damage(rng, path.read_bytes()))
    backbone = niwt_tf.load_backbone(f"hub:{folder}")
    return niwt_tf.compute_features(backbone, np.zeros((1, _SIZE, _SIZE, 3), np.uint8)).shape


def _handles(rng: np.random.Generator, place: Path) -> object:
    """Name a network by any text."""
    text = mutations.choose(rng, mutations.STRANGE_TEXTS)
    name = mutations.choose(rng, (text, f"keras:{text}", f"hub:{text}", f"keras:{place}/{text}", f"hub:{place}/{text}"))
    values: tuple[dict[str, Any], ...] = (
        {},
        {"layer": text},
        {"image_size": 10**9},
        {"weights": text},
        {"preprocessing": text},
        {"x": 1},
    )
    niwt_tf.load_backbone(mutations.choose(rng, (name, name, "small")), **mutations.choose(rng, values))
    return None


_MAKERS: dict[str, mutations.Maker] = {
    "damaged weights": _damaged_weights,
    "damaged weights again": _damaged_weights,
    "misplaced weights": _misplaced_weights,
    "arrays of weights": _changed_weights(_change_array),
    "arrays of weights again": _changed_weights(_change_array),
    "arrays of weights once more": _changed_weights(_change_array),
    "groups of weights": _changed_weights(_change_group),
    "groups of weights again": _changed_weights(_change_group),
    "a damaged model": _damaged_model,
    "a damaged model again": _damaged_model,
    "a misplaced model": _misplaced_model,
    "a repacked model": _repacked,
    "a reconfigured model": _reconfigured,
    "a reconfigured model again": _reconfigured,
    "a reconfigured model of HDF5": _reconfigured_h5,
    "arrays of a model": _changed_model(_change_array),
    "groups of a model": _changed_model(_change_group),
    "another model": _other_model,
    "a damaged SavedModel": _damaged_saved_model,
    "handles": _handles,
}
