# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reads proposed splits (Xian et al., "Zero-Shot Learning - A Comprehensive Evaluation of the Good, the Bad and the
Ugly", TPAMI 2018), as MATLAB files or as lists of file names.

`att_splits.mat` counts images from 1, in the order of `image_files` in the `res101.mat` beside it. If that file is
missing, images are counted in the order of their names, which is the same order for AWA2 and CUB.
"""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.data.benchmarks import split_files
from niwt_tf.data.files import matlab, text_files

PARTS = ("train", "test_seen", "test_unseen")
_FEATURES = "res101.mat"
_VALIDATION_CLASSES = "valclasses1.txt"
_LOCATIONS = {"train": "trainval_loc", "test_seen": "test_seen_loc", "test_unseen": "test_unseen_loc"}
_FOLDER_OF_IMAGES = re.compile(r".*/(?:JPEGImages|images|ayahoo_test_images)/")
_REMEDY = f"Get the proposed split from its page, and put it where {errors.setting('data_dir')} says."


@dataclasses.dataclass(frozen=True)
class ProposedSplit:
    """Images for training and for the tests.

    Attributes:
      version: "2017" if `train_loc` includes images of `test_seen_loc`; "2.0" if that is corrected; "of lists".
      parts: Indices `[n]` int64 of the images of each of `PARTS`, counted from 0 in the order of the images on disk.
      validation: Pseudo-unseen classes of validation; empty if the split names none.
    """

    version: str
    parts: Mapping[str, np.ndarray]
    validation: frozenset[str]


def read(file: split_files.SplitFile, names: Sequence[str], labels: Sequence[str]) -> ProposedSplit:
    """Read the split of the images on disk.

    Args:
      file: Files of the split.
      names: Names of all images, `<class>/<file>`, in the order in which a MATLAB file without image names counts them.
      labels: Class of each image.

    Raises:
      errors.UserError: If the files are damaged, do not fit the images, or have an unseen class in training.
    """
    split = _read_mat(file, names, labels) if len(file.paths) == 1 else _read_lists(file, names, labels)
    _require_disjoint(file, split.parts, names)
    _require_unseen(file, split.parts, labels)
    return split


def _read_mat(file: split_files.SplitFile, names: Sequence[str], labels: Sequence[str]) -> ProposedSplit:
    path = file.paths[0]
    found = matlab.read(path, required=tuple(_LOCATIONS.values()), optional=("train_loc", "val_loc"))
    places = {key: values.astype(np.int64).ravel() - 1 for key, values in found.items()}
    order = _order(file, names)
    _require_range(path, places, len(order))
    parts = {part: order[places[key]] for part, key in _LOCATIONS.items()}
    if {"train_loc", "val_loc"} <= places.keys():
        version = "2017" if set(places["train_loc"]) & set(places["test_seen_loc"]) else "2.0"
        validation = {labels[i] for i in order[places["val_loc"]]}
        return ProposedSplit(version, parts, frozenset(validation))
    listed = file.folder / _VALIDATION_CLASSES
    if not listed.is_file():
        raise errors.UserError(
            "`train_loc` and `val_loc` must say which classes settings are tuned on, or valclasses1.txt must. "
            f"Received: {path} with {', '.join(found)}, and no {listed}. {_REMEDY}"
        )
    return ProposedSplit("2.0", parts, _validation(file, labels))


def _order(file: split_files.SplitFile, names: Sequence[str]) -> np.ndarray:
    """Compute the index `[N]` in `names` of the image at each position that the file counts."""
    features = file.folder / _FEATURES
    if not features.is_file():
        return np.arange(len(names))
    files = matlab.strings(matlab.read(features, required=("image_files",))["image_files"])
    return _indices(features, image_names(files), names)


def image_names(files: Sequence[str]) -> list[str]:
    """Convert paths on the authors' disk, as in `image_files`, to unique names `<class>/<file>`."""
    return numbered([_FOLDER_OF_IMAGES.sub("", re.sub(r"[\\/]+", "/", name)) for name in files])


def numbered(names: Sequence[str]) -> list[str]:
    """Number the second and later of equal names, so that all are unique: `x.jpg`, `x.jpg#2`."""
    seen: collections.Counter[str] = collections.Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return result


def _read_lists(file: split_files.SplitFile, names: Sequence[str], labels: Sequence[str]) -> ProposedSplit:
    everything, test_seen = (
        _indices(path, [line.split()[0] for line in text_files.lines(path)], names) for path in file.paths[:2]
    )
    classes = sorted({labels[index] for index in everything})
    unseen = set(names_lib.join(text_files.lines(file.paths[2]), classes, str(file.paths[0]), _REMEDY).values())
    is_unseen = np.array([labels[index] in unseen for index in everything])
    parts = {"train": everything[~is_unseen], "test_seen": test_seen, "test_unseen": everything[is_unseen]}
    return ProposedSplit("of lists", parts, _validation(file, labels))


def _validation(file: split_files.SplitFile, labels: Sequence[str]) -> frozenset[str]:
    path = file.folder / _VALIDATION_CLASSES
    if not path.is_file():
        return frozenset()
    found = names_lib.join(text_files.lines(path), sorted(set(labels)), "the split's classes", _REMEDY)
    return frozenset(found.values())


def _indices(source: Path, wanted: Sequence[str], names: Sequence[str]) -> np.ndarray:
    index = {name: number for number, name in enumerate(names)}
    missing = [name for name in wanted if name not in index]
    if missing:
        raise errors.UserError(
            f"Images of a split must be there. Received: {source}, of whose {len(wanted):,} images {len(missing):,} "
            f"are not among the {len(names):,} found, such as {errors.listed(missing, 3)}. Unpack the images whole."
        )
    return np.array([index[name] for name in wanted], np.int64)


def _require_range(path: Path, places: Mapping[str, np.ndarray], images: int) -> None:
    for key, values in places.items():
        if not len(values) or values.min() < 0 or values.max() >= images:
            limits = f"from {values.min() + 1:,} to {values.max() + 1:,}" if len(values) else "none"
            raise errors.UserError(
                f"`{key}` must count images from 1 to {images:,}, the number of them found. Received: {path} with "
                f"{limits}. {_REMEDY}"
            )


def _require_disjoint(file: split_files.SplitFile, parts: Mapping[str, np.ndarray], names: Sequence[str]) -> None:
    count = collections.Counter(np.concatenate([parts[part] for part in PARTS]).tolist())
    twice = [names[index] for index, number in count.items() if number > 1]
    if twice:
        raise errors.UserError(
            f"Splits must be disjoint. Received: {file.paths[0]}, in which {len(twice):,} images are in two parts or "
            f"twice in one, such as {errors.listed(twice, 3)}. {_REMEDY}"
        )


def _require_unseen(file: split_files.SplitFile, parts: Mapping[str, np.ndarray], labels: Sequence[str]) -> None:
    train, seen, unseen = ({labels[index] for index in parts[part]} for part in PARTS)
    if unseen & (train | seen):
        raise errors.UserError(
            f"No unseen class may be in training. Received: {file.paths[0]}, which has images of "
            f"{errors.listed(sorted(unseen & (train | seen)))} both in training and among the unseen. Images and "
            f"split do not belong together, or lie in another order than {_FEATURES} would tell. {_REMEDY}"
        )
    if seen != train or not unseen:
        raise errors.UserError(
            "Seen classes must have images for training and for the test, and there must be unseen ones. Received: "
            f"{file.paths[0]}, which lacks either for {errors.listed(sorted(seen ^ train)) or 'no class'}, with "
            f"{len(unseen)} unseen classes. {_REMEDY}"
        )
