# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Damage the files of a run or of a bundle, which are given as bytes by name.

`DAMAGES` change bytes, which checksums notice. `FORGERIES` change contents so that they stay complete files, whose
checksums may be right, and so that they cannot be those of any model: only their schema notices.
"""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from fakes import models
from malformed.mutations import choose
from niwt_tf.models import model as model_lib

Files = dict[str, bytes]
Change = Callable[[np.random.Generator, Files], object]

_ARRAYS = (
    *("knowledge/knowledge.npz", "map/map.npz", "inverse_map/inverse_map.npz", "transfer/classifier.npz"),
    *("importances/activations.npy", "importances/features.npy", "transfer/operator.npy"),
)
_RECORDS = ("config.json", "rehearsal/settings.json", "transfer/calibration.json", "explain/neurons.json")
_MAPS = ("map/forward.keras", "inverse_map/backward.keras")
_SETTINGS = ("map_fit", "map_relevance", "lambda_", "scale", "scale_unit", "bias", "kept_share", "imagined_part")
_FREE = ("unseen",)  # arrays of which any shorter one is another model's


def require_same(model: model_lib.Model, expected: Mapping[str, Any]) -> None:
    """Check that a model is the undamaged one, whose `contents` are expected.

    Raises:
      AssertionError: If it is not.
    """
    actual = contents(model)
    different = [name for name in expected if not np.array_equal(actual[name], expected[name])]
    assert not different, f"silently wrong: {different}"


def contents(model: model_lib.Model) -> dict[str, Any]:
    """Returns all that a model computes with, by name."""
    networks = {"network": model.classifier.backbone.network, "map": model.forward.forward}
    networks["inverse"] = model.inverse.backward
    weights = {
        f"{name} {number}": weight
        for name, network in networks.items()
        for number, weight in enumerate(network.get_weights())
    }
    return {
        **weights,
        "kernel": model.classifier.kernel,
        "bias": model.classifier.bias,
        "gamma": model.gamma,
        "vectors": model.knowledge.vectors,
        "slices": repr([(one.domain, one.size, one.factor) for one in model.knowledge.slices]),
        "names": repr((model.class_names, model.seen, model.knowledge.feature_names, model.neuron_names)),
        "settings": repr(model.settings),
        "residuals": model.forward.residuals,
        "patterns": model.inverse.patterns,
        "activations": model.activations,
        "features": model.features,
        "operator": np.zeros(0) if model.operator is None else model.operator,
        "layer": model.classifier.backbone.layer,
    }


def _with_bytes(change: Callable[[np.random.Generator, bytes], bytes]) -> Change:
    def apply(rng: np.random.Generator, files: Files) -> None:
        name = choose(rng, files)
        files[name] = change(rng, files[name])

    return apply


def _flip(rng: np.random.Generator, data: bytes) -> bytes:
    changed = np.frombuffer(data, np.uint8).copy()
    for position in rng.integers(len(changed), size=rng.integers(1, 20)):
        changed[position] ^= 1 << rng.integers(8)
    return changed.tobytes()


def _swap(rng: np.random.Generator, files: Files) -> None:
    one, other = choose(rng, files), choose(rng, files)
    files[one], files[other] = files[other], files[one]


DAMAGES: dict[str, Change] = {
    "truncated": _with_bytes(lambda rng, data: data[: rng.integers(len(data))]),
    "empty": _with_bytes(lambda rng, data: b""),
    "flipped": _with_bytes(_flip),
    "noise": _with_bytes(lambda rng, data: rng.bytes(len(data))),
    "noise behind": _with_bytes(lambda rng, data: data + rng.bytes(50)),
    "noise before": _with_bytes(lambda rng, data: rng.bytes(7) + data),
    "zeros": _with_bytes(lambda rng, data: b"\0" * len(data)),
    "head, then noise": _with_bytes(lambda rng, data: data[:40] + rng.bytes(len(data))),
    "deep JSON": _with_bytes(lambda rng, data: b"[" * 100_000),
    "deep JSON, closed": _with_bytes(lambda rng, data: b'{"a":' * 500 + b"1" + b"}" * 500),
    "other JSON": _with_bytes(lambda rng, data: choose(rng, (b"null", b"0", b'"text"', b"[]", b"{}", b"true", b"NaN"))),
    "swapped": _swap,
    "missing": lambda rng, files: files.pop(choose(rng, files)),
}


def _change_arrays(change: Callable[[np.random.Generator, np.ndarray], Any], kinds: str = "fiU") -> Change:
    """Returns a change of one array whose kind of dtype is among `kinds`."""

    def apply(rng: np.random.Generator, files: Files) -> None:
        arrays = {name: _load(files[name]) for name in _ARRAYS if name in files}
        found = [
            (name, key)
            for name, members in arrays.items()
            for key, array in members.items()
            if array.dtype.kind in kinds and key not in _FREE
        ]
        name, key = choose(rng, found)
        arrays[name][key] = change(rng, arrays[name][key])
        files[name] = _save(arrays[name])

    return apply


def _load(data: bytes) -> dict[str, Any]:
    loaded = np.load(io.BytesIO(data))
    return dict(loaded) if isinstance(loaded, np.lib.npyio.NpzFile) else {"": loaded}


def _save(arrays: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    if "" in arrays:
        np.save(file, arrays[""])
    else:
        np.savez(file, **arrays)
    return file.getvalue()


def _with_value(value: float) -> Callable[[np.random.Generator, np.ndarray], np.ndarray]:
    def change(rng: np.random.Generator, array: np.ndarray) -> np.ndarray:
        changed = array.copy()
        changed.reshape(-1)[rng.integers(array.size)] = value
        return changed

    return change


def _shorter(rng: np.random.Generator, array: np.ndarray) -> np.ndarray:
    return array[..., :-1] if array.ndim else array[None]


def _longer(rng: np.random.Generator, array: np.ndarray) -> np.ndarray:
    return np.concatenate([array, array[..., -1:]], axis=-1) if array.ndim else np.stack([array] * 2)


def _change_npy(header: bytes) -> Change:
    """Returns a change of the header of an array, alone in its file or in an archive."""

    def apply(rng: np.random.Generator, files: Files) -> None:
        data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
        name = choose(rng, [name for name in _ARRAYS if name in files])
        files[name] = data if name.endswith(".npy") else zip_of({f"{key}.npy": data for key in _load(files[name])})

    return apply


def zip_of(members: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Returns a zip file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


def members_of(data: bytes) -> Files:
    """Returns the members of a zip file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _change_zip(change: Change, method: int = zipfile.ZIP_STORED) -> Change:
    def apply(rng: np.random.Generator, files: Files) -> None:
        name = choose(rng, [name for name in files if name.endswith((".npz", ".keras")) and name in _ARRAYS + _MAPS])
        members = members_of(files[name])
        change(rng, members)
        files[name] = zip_of(members, method)

    return apply


def _twice(rng: np.random.Generator, files: Files) -> None:
    name = choose(rng, [name for name in _ARRAYS + _MAPS if name in files and not name.endswith(".npy")])
    members = members_of(files[name])
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")
        for member in [*members, choose(rng, members)]:
            archive.writestr(member, members[member])
    files[name] = file.getvalue()


def _change_network(change: Callable[[Any], object]) -> Change:
    """Returns a change of the description of the layers of a map."""

    def apply(rng: np.random.Generator, files: Files) -> None:
        name = choose(rng, _MAPS)
        members = members_of(files[name])
        config = json.loads(members["config.json"])
        change(config)
        members["config.json"] = json.dumps(config).encode()
        files[name] = zip_of(members)

    return apply


def _layers(config: Any) -> Any:
    return config["config"]["layers"]


def _huge_layer(config: Any) -> None:
    next(layer for layer in _layers(config) if layer["class_name"] == "Dense")["config"]["units"] = 10**9


def _code(config: Any) -> None:
    layer = next(layer for layer in _layers(config) if layer["class_name"] == "Dense")
    code = {"class_name": "__lambda__", "config": {"code": "4wEA", "defaults": None, "closure": None}}
    layer |= {"class_name": "Lambda", "config": {"name": layer["config"]["name"], "function": code}}


def _change_weights(rng: np.random.Generator, files: Files) -> None:
    name = choose(rng, _MAPS)
    members = members_of(files[name])
    file = io.BytesIO(members["model.weights.h5"])
    with h5py.File(file, "r+") as weights:
        found: list[h5py.Dataset] = []
        weights.visititems(lambda _, one: found.append(one) if isinstance(one, h5py.Dataset) else None)
        one = choose(rng, found)
        one[...] = np.full(one.shape, choose(rng, (np.nan, np.inf)))
    members["model.weights.h5"] = file.getvalue()
    files[name] = zip_of(members)


def _change_record(value: Callable[[np.random.Generator, Any], Any]) -> Change:
    """Returns a change of one value in a JSON file, at any depth."""

    def apply(rng: np.random.Generator, files: Files) -> None:
        name = choose(rng, [name for name in _RECORDS if name in files])
        content = json.loads(files[name])
        holder: Any = content
        while True:
            key = choose(rng, holder if isinstance(holder, dict) else range(len(holder)))
            if not isinstance(holder[key], dict | list) or not holder[key]:
                break
            holder = holder[key]
        holder[key] = value(rng, holder[key])
        files[name] = json.dumps(content).encode()

    return apply


def _other_type(rng: np.random.Generator, value: Any) -> Any:
    return choose(rng, ({"wrong": [1]}, [[["wrong"]]], [{"wrong": None}]))


def _drop_key(rng: np.random.Generator, files: Files) -> None:
    name = choose(rng, ("rehearsal/settings.json", "transfer/calibration.json"))
    content = json.loads(files[name])
    del content[choose(rng, [key for key in content if key in (*_SETTINGS, "harmonic_mean", "gamma")])]
    files[name] = json.dumps(content).encode()


def _drop_file(rng: np.random.Generator, files: Files) -> None:
    del files[choose(rng, [name for name in (*_ARRAYS, *_RECORDS, *_MAPS) if name in files])]


def _out_of_range(rng: np.random.Generator, files: Files) -> None:
    name, key, value = choose(
        rng,
        [
            ("transfer/calibration.json", "gamma", "high"),
            ("transfer/calibration.json", "gamma", True),
            ("transfer/calibration.json", "gamma", 10**400),
            ("transfer/calibration.json", "gamma", None),
            ("rehearsal/settings.json", "lambda_", -1.0),
            ("rehearsal/settings.json", "scale", -1e9),
            ("rehearsal/settings.json", "kept_share", 2),
            ("rehearsal/settings.json", "harmonic_mean", -0.5),
            ("rehearsal/settings.json", "bias", "level\x1b[31m"),
            ("rehearsal/settings.json", "map_fit", "x" * 5000),
            ("rehearsal/settings.json", "map_relevance", 1.5),
            ("rehearsal/settings.json", "rehearsal", "\ud800"),
        ],
    )
    files[name] = json.dumps(json.loads(files[name]) | {key: value}).encode()


def _not_finite(rng: np.random.Generator, files: Files) -> None:
    name, key = choose(rng, (("transfer/calibration.json", "gamma"), ("rehearsal/settings.json", "scale")))
    files[name] = json.dumps(json.loads(files[name]) | {key: choose(rng, (float("nan"), float("-inf")))}).encode()


def _other_classes(rng: np.random.Generator, files: Files) -> None:
    arrays = _load(files["knowledge/knowledge.npz"])
    arrays["class_names"] = arrays["class_names"][::-1]
    files["knowledge/knowledge.npz"] = _save(arrays)


_HUGE = b"{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }\n"
FORGERIES: dict[str, Change] = {
    "not finite": _change_arrays(_with_value(float("nan")), "f"),
    "infinite": _change_arrays(_with_value(float("-inf")), "f"),
    "complex": _change_arrays(lambda rng, array: array.astype(complex), "f"),
    "other byte order": _change_arrays(lambda rng, array: array.astype(array.dtype.newbyteorder(">")), "f"),
    "text for numbers": _change_arrays(lambda rng, array: array.astype(str), "fi"),
    "numbers for text": _change_arrays(lambda rng, array: np.zeros(array.shape), "U"),
    "objects": _change_arrays(lambda rng, array: np.full(array.shape, None)),
    "structured": _change_arrays(lambda rng, array: np.zeros(array.shape, [("a", "f4"), ("b", "i8")])),
    "one axis more": _change_arrays(lambda rng, array: array[None]),
    "shorter": _change_arrays(_shorter),
    "longer": _change_arrays(_longer),
    "no characters": _change_arrays(lambda rng, array: np.full(array.shape, -1, "i4").view("U1"), "U"),
    "huge": _change_npy(_HUGE % (10**6, 10**6)),
    "huge beyond all": _change_npy(_HUGE % (10**18, 10**18)),
    "negative": _change_npy(_HUGE % (-1, -1)),
    "no header": _change_npy(b"(" * 9000),
    "a header of signs": _change_npy(b"-" * 9000 + b"1"),
    "a bomb": _change_zip(lambda rng, files: files.update({"bomb.npy": b"\0" * 2**26}), zipfile.ZIP_DEFLATED),
    "bz2": _change_zip(lambda rng, files: None, zipfile.ZIP_BZIP2),
    "outside": _change_zip(lambda rng, files: files.update({"../../outside.npy": b""})),
    "a member missing": _change_zip(lambda rng, files: files.pop(choose(rng, files))),
    "a file missing": _drop_file,
    "a member twice": _twice,
    "a huge layer": _change_network(_huge_layer),
    "code": _change_network(_code),
    "a layer of nobody": _change_network(lambda config: _layers(config)[1].update(class_name="Nobody", module="no")),
    "no layers": _change_network(lambda config: config.update(config={})),
    "a list for a network": _change_network(lambda config: config.clear()),
    "weights that are not finite": _change_weights,
    "another type in JSON": _change_record(_other_type),
    "out of range": _out_of_range,
    "JSON that is not finite": _not_finite,
    "a key missing": _drop_key,
    "other classes": _other_classes,
}


def expected(path: Path) -> dict[str, Any]:
    """Returns the contents of the undamaged model at a path."""
    return contents(model_lib.load(path))


def good() -> model_lib.Model:
    """Returns the model that bundles are made of."""
    return models.by_attributes(deep=True)
