# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Bundles that are damaged or forged, loaded as users load them."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from malformed import artefacts, mutations
from malformed.artefacts import Files
from malformed.mutations import choose
from niwt_tf.models import bundle
from niwt_tf.models import model as model_lib

_FOLDER, _MANIFEST = "niwt/", "niwt/manifest.json"


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the name and the action of each case; an action writes below a folder of its own."""
    return mutations.deal({name: functools.partial(_act, name) for name in _CASES}, seed, count, folder)


def _act(name: str, rng: np.random.Generator, place: Path) -> None:
    data, expected = _good()
    path = place / "zoo.keras"
    _CASES[name](rng, path, data)
    artefacts.require_same(model_lib.load(path), expected)


@functools.cache
def _good() -> tuple[bytes, dict[str, Any]]:
    """Returns a good bundle, and the contents of its model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "zoo.keras"
        artefacts.good().save(path)
        return path.read_bytes(), artefacts.expected(path)


_Case = Callable[[np.random.Generator, Path, bytes], object]


def _whole(change: artefacts.Change) -> _Case:
    """Returns a case that damages the bytes of the file."""

    def write(rng: np.random.Generator, path: Path, data: bytes) -> None:
        files = {"zoo": data}
        change(rng, files)
        path.write_bytes(files.get("zoo", b""))

    return write


def _members(change: artefacts.Change, is_listed: bool, method: int = zipfile.ZIP_STORED) -> _Case:
    """Returns a case that changes members.

    Args:
      change: the change.
      is_listed: whether the manifest lists the changed members, with right checksums.
      method: how the members are compressed.
    """

    def write(rng: np.random.Generator, path: Path, data: bytes) -> None:
        members = artefacts.members_of(data)
        change(rng, members)
        if is_listed:
            digests = {name: hashlib.sha256(members[name]).hexdigest() for name in members if name != _MANIFEST}
            members[_MANIFEST] = json.dumps({"format": bundle.FORMAT, "sha256": digests}).encode()
        path.write_bytes(artefacts.zip_of(members, method))

    return write


def _inner(change: artefacts.Change) -> artefacts.Change:
    """Returns the change of the files that a run has, too."""

    def apply(rng: np.random.Generator, members: Files) -> None:
        files = {name.removeprefix(_FOLDER): members.pop(name) for name in [*members] if name.startswith(_FOLDER)}
        change(rng, files)
        members |= {_FOLDER + name: data for name, data in files.items()}

    return apply


def _manifest(**changes: Any) -> artefacts.Change:
    def apply(rng: np.random.Generator, members: Files) -> None:
        members[_MANIFEST] = json.dumps(json.loads(members[_MANIFEST]) | changes).encode()

    return apply


def _network(change: Callable[[Any], object]) -> artefacts.Change:
    def apply(rng: np.random.Generator, members: Files) -> None:
        config = json.loads(members["config.json"])
        change(config)
        members["config.json"] = json.dumps(config).encode()

    return apply


def _renamed_scores(config: Any) -> None:
    config["config"]["layers"][-1]["config"]["name"] = "other"


def _twice(rng: np.random.Generator, path: Path, data: bytes) -> None:
    members, file = artefacts.members_of(data), io.BytesIO(data)
    with warnings.catch_warnings(), zipfile.ZipFile(file, "a") as archive:
        warnings.simplefilter("ignore")
        name = choose(rng, members)
        archive.writestr(name, members[name])
    path.write_bytes(file.getvalue())


def _encrypted(rng: np.random.Generator, path: Path, data: bytes) -> None:
    flags = bytearray(data)
    first = flags.index(b"PK\x01\x02")
    flags[first + 8] |= 1
    path.write_bytes(flags)


def _huge_size(rng: np.random.Generator, path: Path, data: bytes) -> None:
    """Declare a size of 4 GiB for a member."""
    changed = bytearray(data)
    places = [place for place in range(len(changed) - 4) if changed[place : place + 4] == b"PK\x01\x02"]
    first = choose(rng, places)
    changed[first + 24 : first + 28] = b"\xfe\xff\xff\xff"
    path.write_bytes(changed)


_PLACES: dict[str, Callable[[Path], object]] = {
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to /dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a file of 12 GiB": lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 12 * 2**30),
}


def _place(place: Callable[[Path], object]) -> _Case:
    return lambda rng, path, data: place(path)


_CASES: dict[str, _Case] = {
    **{name: _whole(change) for name, change in artefacts.DAMAGES.items()},
    **{f"a member {name}": _members(change, False) for name, change in artefacts.DAMAGES.items()},
    **{f"{name}, listed": _members(_inner(change), True) for name, change in artefacts.FORGERIES.items()},
    **{name: _place(place) for name, place in _PLACES.items()},
    "compressed": _members(lambda rng, members: None, True, zipfile.ZIP_DEFLATED),
    "compressed by bz2": _members(lambda rng, members: None, True, zipfile.ZIP_BZIP2),
    "compressed by lzma": _members(lambda rng, members: None, True, zipfile.ZIP_LZMA),
    "a manifest of 32 MiB": _members(
        lambda rng, members: members.update({_MANIFEST: b"[" + b" " * 2**25 + b"]"}), False, zipfile.ZIP_DEFLATED
    ),
    "a member of 64 MiB": _members(
        lambda rng, members: members.update({f"{_FOLDER}bomb.npy": b"\0" * 2**26}), True, zipfile.ZIP_DEFLATED
    ),
    "outside": _members(
        lambda rng, members: members.update({choose(rng, ("../outside", "/outside", "niwt/../../outside")): b""}), True
    ),
    "a later format": _members(_manifest(format=bundle.FORMAT + 1), False),
    "a format without end": _members(_manifest(format=10**400), False),
    "a format of truth": _members(_manifest(format=True), False),
    "a list of checksums": _members(_manifest(sha256=["config.json"]), False),
    "checksums of other types": _members(_manifest(sha256={"config.json": {"a": 1}}), False),
    "no checksums": _members(_manifest(sha256={}), False),
    "a name twice": _twice,
    "encrypted": _encrypted,
    "a huge size": _huge_size,
    "no layer of scores": _members(_network(_renamed_scores), True),
    "no network": _members(_network(lambda config: config.clear()), True),
    "a deep network": _members(lambda rng, members: members.update({"config.json": b"[" * 100_000}), True),
    "no weights": _members(lambda rng, members: members.pop("model.weights.h5"), True),
    "weights of noise": _members(lambda rng, members: members.update({"model.weights.h5": rng.bytes(9000)}), True),
}
