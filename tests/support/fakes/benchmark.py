# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What the fake benchmarks have in common: tiny photographs, and a proposed split as xlsa17.zip has it."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from PIL import Image

from niwt_tf.data.benchmarks import benchmark
from niwt_tf.data.benchmarks import builder as builder_lib

PARTS = ("train", "test_seen", "test_unseen")
IMAGES_OF_CLASS = {"train": 4, "test_seen": 2, "test_unseen": 3}
SIDE = 24


@dataclasses.dataclass(frozen=True)
class Fake:
    """A benchmark on disk.

    Attributes:
      root: what --data_dir names.
      mat: the split.
      classes: all of them, as the split orders them.
      unseen: those of `classes` that are not seen.
      validation: those of the seen ones that `val_loc` or valclasses1.txt names.
      labels: name of each image -> its class.
      parts: part -> the names of its images.
      attributes: class -> `[M]`, of `original_att`.
    """

    root: Path
    mat: Path
    classes: tuple[str, ...]
    unseen: frozenset[str]
    validation: frozenset[str]
    labels: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]
    attributes: Mapping[str, np.ndarray]

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes as labels count them."""
        seen = sorted(name for name in self.classes if name not in self.unseen)
        return (*seen, *sorted(self.unseen))

    @property
    def sizes(self) -> dict[str, int]:
        """Part -> its number of images."""
        return {part: len(names) for part, names in self.parts.items()}

    def builder(self, base: type[builder_lib.Builder]) -> type[builder_lib.Builder]:
        """Returns a builder of the same name that expects the numbers of this fake."""
        seen = len(self.classes) - len(self.unseen)
        counts = benchmark.Counts(**self.sizes, seen=seen, unseen=len(self.unseen))
        changed = {
            "name": base.name,
            "BENCHMARK": dataclasses.replace(base.BENCHMARK, counts=counts),
            "pkg_dir_path": base._get_pkg_dir_path(),
        }
        kind: Any = types.new_class(
            "Builder", (base,), {"skip_registration": True}, lambda space: space.update(changed)
        )
        kind.__module__ = base.__module__
        return kind


@dataclasses.dataclass(frozen=True)
class Listed:
    """An image of a split.

    Attributes:
      name: as niwt_tf has it.
      label: its class.
      part: where it belongs.
      remote: its path on the authors' disk.
    """

    name: str
    label: str
    part: str
    remote: str


def parts_of_class(is_unseen: bool) -> list[str]:
    """Returns the part of each image of a class."""
    parts = PARTS[2:] if is_unseen else PARTS[:2]
    return [part for part in parts for _ in range(IMAGES_OF_CLASS[part])]


def draw(path: Path, seed: int, side: int = SIDE) -> None:
    """Writes a photograph that no other seed gives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BILINEAR).save(path, "JPEG", quality=90)


def write_split(
    root: Path,
    folder: str,
    listed: Sequence[Listed],
    classes: Sequence[str],
    unseen: Sequence[str],
    validation: Sequence[str],
    attributes: np.ndarray,
    version: str,
) -> Fake:
    """Writes `root`/xlsa17/data/`folder`/, and returns what lies there.

    Args:
      root: what --data_dir will name.
      folder: the benchmark's in the archive.
      listed: all images, in the order of `image_files`.
      classes: in the order of `allclasses_names`.
      unseen: which of them are.
      validation: which of the seen play unseen.
      attributes: `[M,C]`, with -1 for what is missing.
      version: "2017" or "2.0".
    """
    place = root / "xlsa17" / "data" / folder
    place.mkdir(parents=True)
    seen = [name for name in classes if name not in unseen]
    lists = {
        "allclasses": classes,
        "trainvalclasses": seen,
        "testclasses": unseen,
        "trainclasses1": [name for name in seen if name not in validation],
        "valclasses1": validation,
    }
    for name, entries in lists.items():
        (place / f"{name}.txt").write_text("".join(f"{entry}\n" for entry in entries))
    mat = place / "att_splits.mat"
    scipy.io.savemat(mat, _variables(listed, classes, unseen, validation, attributes, version))
    features = {
        "features": np.zeros((4, len(listed)), np.float32),
        "labels": np.array([[classes.index(one.label) + 1] for one in listed], np.float64),
        "image_files": cells([one.remote for one in listed]),
    }
    scipy.io.savemat(place / "res101.mat", features)
    return Fake(
        root,
        mat,
        tuple(classes),
        frozenset(unseen),
        frozenset(validation),
        {one.name: one.label for one in listed},
        {part: tuple(one.name for one in listed if one.part == part) for part in PARTS},
        dict(zip(classes, attributes.T, strict=True)),
    )


def _variables(
    listed: Sequence[Listed],
    classes: Sequence[str],
    unseen: Sequence[str],
    validation: Sequence[str],
    attributes: np.ndarray,
    version: str,
) -> dict[str, np.ndarray]:
    known = np.maximum(attributes, 0)
    variables = {
        "allclasses_names": cells(classes),
        "att": known / np.linalg.norm(known, axis=0),
        "original_att": attributes,
        "trainval_loc": _places(listed, lambda one: one.part == "train"),
        "test_seen_loc": _places(listed, lambda one: one.part == "test_seen"),
        "test_unseen_loc": _places(listed, lambda one: one.part == "test_unseen"),
    }
    if version == "2017":  # whole classes, the images of test_seen_loc included
        out = {*unseen, *validation}
        variables["train_loc"] = _places(listed, lambda one: one.label not in out)
        variables["val_loc"] = _places(listed, lambda one: one.label in validation)
    return variables


def _places(listed: Sequence[Listed], chosen: Any) -> np.ndarray:
    return np.array([[place] for place, one in enumerate(listed, 1) if chosen(one)], np.uint16)


def cells(texts: Sequence[str]) -> np.ndarray:
    """Returns a MATLAB cell array, a column."""
    column = np.empty((len(texts), 1), object)
    column[:, 0] = texts
    return column


def shuffled(listed: Sequence[Listed]) -> list[Listed]:
    """Returns the images in an order that is not that of their names."""
    return [listed[place] for place in np.random.default_rng(0).permutation(len(listed))]
