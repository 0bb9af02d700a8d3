# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Folders of runs that are damaged, mixed, forged or stale, loaded as users load them."""

from __future__ import annotations

import functools
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fakes import whole_run
from malformed import artefacts, mutations
from malformed.artefacts import Files
from malformed.mutations import choose
from niwt_tf import workdir
from niwt_tf.models import model as model_lib

_STAGES = ("knowledge", "rehearsal", "importances", "map", "transfer", "inverse_map", "evaluate", "explain")


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the name and the action of each case; an action writes below a folder of its own."""
    return mutations.deal({name: functools.partial(_act, name) for name in _CASES}, seed, count, folder)


def _act(name: str, rng: np.random.Generator, place: Path) -> None:
    root, (files, expected) = place / "run", _good()
    damaged = dict(files)
    _CASES[name](rng, damaged)
    for file, data in damaged.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(data)
    _PLACES.get(name, lambda rng, root: None)(rng, root)
    artefacts.require_same(model_lib.load(root), expected)


@functools.cache
def _good(run: str = "one") -> tuple[Files, dict[str, Any]]:
    """Returns the files of a good run, and the contents of its model."""
    with tempfile.TemporaryDirectory() as folder:
        root = whole_run.write(Path(folder) / "run", run)
        files = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        return files, artefacts.expected(root)


def _forged(change: artefacts.Change) -> artefacts.Change:
    """Returns a change after which the checksums in the records are right again."""

    def apply(rng: np.random.Generator, files: Files) -> None:
        change(rng, files)
        for stage in _STAGES:
            record = json.loads(files[f"{stage}/{workdir.RECORD}"])
            with tempfile.TemporaryDirectory() as folder:
                for name in [name for name in record["files"] if f"{stage}/{name}" in files]:
                    path = Path(folder) / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(files[f"{stage}/{name}"])
                record["files"] = whole_run.digests(Path(folder))
            files[f"{stage}/{workdir.RECORD}"] = json.dumps(record).encode()

    return apply


def _change_record(change: Callable[[np.random.Generator, dict[str, Any]], object]) -> artefacts.Change:
    def apply(rng: np.random.Generator, files: Files) -> None:
        name = f"{choose(rng, _STAGES[:-2])}/{workdir.RECORD}"
        record = json.loads(files[name])
        change(rng, record)
        files[name] = json.dumps(record).encode()

    return apply


def _swap_stages(rng: np.random.Generator, files: Files) -> None:
    """Replace one stage by that of another run."""
    other, _ = _good("another")
    stage = choose(rng, _STAGES[:6])
    files |= {name: data for name, data in other.items() if name.startswith(f"{stage}/")}


def _drop_stage(rng: np.random.Generator, files: Files) -> None:
    stage = choose(rng, _STAGES[:6])
    for name in [name for name in files if name.startswith(f"{stage}/")]:
        del files[name]


def _add_file(rng: np.random.Generator, files: Files) -> None:
    name = choose(rng, ("transfer/activations.npy", "explain/neurons.json.npy", "map/more.npz"))
    files[name] = files["importances/activations.npy"]


def _change_settings(rng: np.random.Generator, files: Files) -> None:
    config = json.loads(files["config.json"])
    config |= choose(
        rng, ({"seed": 5}, {"map_folds": 9}, {"transfer_fit": "descent"}, {"domain": "captions"}, {"lambdas": [7.0]})
    )
    files["config.json"] = json.dumps(config).encode()


def _misplace(place: Callable[[Path], object]) -> Callable[[np.random.Generator, Path], None]:
    def apply(rng: np.random.Generator, root: Path) -> None:
        path = choose(rng, sorted(path for path in root.rglob("*") if path.is_file()))
        path.unlink()
        place(path)

    return apply


def _make_sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(12 * 2**30)


_PLACES: dict[str, Callable[[np.random.Generator, Path], object]] = {
    "a link to nothing": _misplace(lambda path: path.symlink_to("nothing")),
    "a link to itself": _misplace(lambda path: path.symlink_to(path.name)),
    "a link to /dev/zero": _misplace(lambda path: path.symlink_to("/dev/zero")),
    "a pipe": _misplace(os.mkfifo),
    "a folder": _misplace(Path.mkdir),
    "a file of 12 GiB": _misplace(_make_sparse),
}
_CASES: dict[str, artefacts.Change] = {
    **artefacts.DAMAGES,
    **{f"{name}, forged": _forged(change) for name, change in artefacts.FORGERIES.items()},
    **{name: lambda rng, files: None for name in _PLACES},
    "a stage of another run": _swap_stages,
    "a stage missing": _drop_stage,
    "a file too many": _add_file,
    "other settings": _change_settings,
    "another version": _change_record(lambda rng, record: record.update(version=choose(rng, (1, -1, 10**30)))),
    "another settings' record": _change_record(lambda rng, record: record.update(settings="0" * 64)),
    "other artefacts": _change_record(
        lambda rng, record: record["reads"].update({choose(rng, record["reads"]): "0" * 64})
    ),
    "no checksums": _change_record(lambda rng, record: record.update(files={})),
    "no record": lambda rng, files: files.pop(f"{choose(rng, _STAGES[:6])}/{workdir.RECORD}"),
    "a record of the first versions": lambda rng, files: files.update(
        {f"{choose(rng, _STAGES[:6])}/{workdir.RECORD}": b'{"fingerprint": "0"}'}
    ),
    "checksums of files elsewhere": _change_record(
        lambda rng, record: record["files"].update({choose(rng, ("/dev/zero", "../../../etc/passwd")): "0" * 64})
    ),
}
