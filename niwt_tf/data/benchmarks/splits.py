# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read proposed splits (Xian et al., "Zero-Shot Learning - A Comprehensive Evaluation of the Good, the Bad and the
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
from niwt_tf.util import paths

PARTS = ("train", "test_seen", "test_unseen")
_LOCATIONS = {"train": "trainval_loc", "test_seen": "test_seen_loc", "test_unseen": "test_unseen_loc"}
_FOLDER_OF_IMAGES = re.compile(r".*/(?:JPEGImages|images|ayahoo_test_images)/")
_REMEDY = f"Download the proposed split from its page into the folder {errors.setting('data_dir')}."


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
    return _read_mat(file, names, labels) if len(file.paths) == 1 else _read_lists(file, names, labels)


def _read_mat(file: split_files.SplitFile, names: Sequence[str], labels: Sequence[str]) -> ProposedSplit:
    path = file.paths[0]
    variables = matlab.read(path, required=tuple(_LOCATIONS.values()), optional=("train_loc", "val_loc"))
    positions = {key: matlab.whole_numbers(path, key, values) - 1 for key, values in variables.items()}
    order = _order(file, names)
    _require_range(path, positions, len(order))
    _require_whole(path, positions, len(order))
    parts = {part: order[positions[key]] for part, key in _LOCATIONS.items()}
    _require_parts(file, parts, names, labels)
    if {"train_loc", "val_loc"} <= positions.keys():
        _require_shared_out(path, positions)
        version = "2017" if set(positions["train_loc"]) & set(positions["test_seen_loc"]) else "2.0"
        train, validation = ({labels[i] for i in order[positions[key]]} for key in ("train_loc", "val_loc"))
        if train & validation:
            raise errors.UserError(
                f"`train_loc` and `val_loc` must show different classes. Received: {path}, where both show "
                f"{errors.listed(sorted(train & validation))}. {_REMEDY}"
            )
        return ProposedSplit(version, parts, frozenset(validation))
    class_list = file.folder / split_files.VALIDATION_CLASSES
    if not paths.has_file(class_list):
        raise errors.UserError(
            "The validation classes must be given by `train_loc` and `val_loc`, or by "
            f"{split_files.VALIDATION_CLASSES}. Received: {path} with {', '.join(variables)}, and no {class_list}. "
            f"{_REMEDY}"
        )
    return ProposedSplit("2.0", parts, _validation(file, labels))


def _order(file: split_files.SplitFile, names: Sequence[str]) -> np.ndarray:
    """Compute the index `[N]` in `names` of the image at each position that the file counts."""
    features = file.folder / split_files.ORDER
    if not paths.has_file(features):
        return np.arange(len(names))
    files = matlab.read(features, texts=("image_files",))["image_files"].tolist()
    return _indices(features, image_names(files), names)


def image_names(files: Sequence[str]) -> list[str]:
    """Convert paths on the authors' disk, as in `image_files`, to unique names `<class>/<file>`."""
    return number_duplicates([_FOLDER_OF_IMAGES.sub("", re.sub(r"[\\/]+", "/", name)) for name in files])


def number_duplicates(names: Sequence[str]) -> list[str]:
    """Number the second and later of equal names, so that all are unique: `x.jpg`, `x.jpg#2`."""
    counts: collections.Counter[str] = collections.Counter()
    unique_names = []
    for name in names:
        counts[name] += 1
        unique_names.append(name if counts[name] == 1 else f"{name}#{counts[name]}")
    return unique_names


def _read_lists(file: split_files.SplitFile, names: Sequence[str], labels: Sequence[str]) -> ProposedSplit:
    others, test_seen = (
        _indices(path, [line.split()[0] for line in text_files.lines(path)], names) for path in file.paths[:2]
    )
    classes = sorted({labels[index] for index in others})
    unseen = set(names_lib.join(text_files.lines(file.paths[2]), classes, str(file.paths[0]), _REMEDY).values())
    is_unseen = np.array([labels[index] in unseen for index in others])
    parts = {"train": others[~is_unseen], "test_seen": test_seen, "test_unseen": others[is_unseen]}
    _require_parts(file, parts, names, labels)
    return ProposedSplit("of lists", parts, _validation(file, labels))


def _validation(file: split_files.SplitFile, labels: Sequence[str]) -> frozenset[str]:
    path = file.folder / split_files.VALIDATION_CLASSES
    if not paths.has_file(path):
        return frozenset()
    matches = names_lib.join(text_files.lines(path), sorted(set(labels)), "the split's classes", _REMEDY)
    return frozenset(matches.values())


def _indices(source: Path, split_names: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """Look up the indices `[n]` in `names` of the images that a split names."""
    index = {name: number for number, name in enumerate(names)}
    missing = [name for name in split_names if name not in index]
    if missing:
        raise errors.UserError(
            f"All images of a split must exist. Received: {source}, with {len(split_names):,} images, of which "
            f"{len(missing):,} are not among the {len(names):,} on disk, such as {errors.listed(missing, 3)}. Unpack "
            "all archives of the images."
        )
    return np.array([index[name] for name in split_names], np.int64)


def _require_range(path: Path, positions: Mapping[str, np.ndarray], images: int) -> None:
    for key, values in positions.items():
        if not len(values) or values.min() < 0 or values.max() >= images:
            limits = f"positions from {values.min() + 1:,} to {values.max() + 1:,}" if len(values) else "no position"
            raise errors.UserError(
                f"`{key}` must hold positions from 1 to {images:,}, the number of images on disk. Received: {path} "
                f"with {limits}. {_REMEDY}"
            )


def _require_whole(path: Path, positions: Mapping[str, np.ndarray], images: int) -> None:
    """Check that each image is in a part, as in all official files: otherwise some positions are lost."""
    left_out = images - len(np.unique(np.concatenate([positions[key] for key in _LOCATIONS.values()])))
    if left_out:
        raise errors.UserError(
            f"`trainval_loc`, `test_seen_loc` and `test_unseen_loc` must hold positions of all {images:,} images. "
            f"Received: {path}, without {left_out:,} of them. {_REMEDY} The images may be others, too, than those that "
            f"it counts, which {split_files.ORDER} would tell."
        )


def _require_shared_out(path: Path, positions: Mapping[str, np.ndarray]) -> None:
    """Check that each training image is of `train_loc` or of `val_loc`: else classes for validation may be lost."""
    shared = np.union1d(positions["train_loc"], positions["val_loc"])
    if lost := len(np.setdiff1d(positions["trainval_loc"], shared)):
        raise errors.UserError(
            f"`train_loc` and `val_loc` must hold all positions of `trainval_loc`. Received: {path}, without {lost:,} "
            f"of them. {_REMEDY}"
        )


def _require_parts(
    file: split_files.SplitFile, parts: Mapping[str, np.ndarray], names: Sequence[str], labels: Sequence[str]
) -> None:
    _require_disjoint(file, parts, names)
    _require_unseen(file, parts, labels)


def _require_disjoint(file: split_files.SplitFile, parts: Mapping[str, np.ndarray], names: Sequence[str]) -> None:
    count = collections.Counter(np.concatenate([parts[part] for part in PARTS]).tolist())
    repeated = [names[index] for index, number in count.items() if number > 1]
    if repeated:
        raise errors.UserError(
            f"The parts of a split must be disjoint. Received: {file.paths[0]}, with {len(repeated):,} images in two "
            f"parts, or twice in one, such as {errors.listed(repeated, 3)}. {_REMEDY}"
        )


def _require_unseen(file: split_files.SplitFile, parts: Mapping[str, np.ndarray], labels: Sequence[str]) -> None:
    train, seen, unseen = ({labels[index] for index in parts[part]} for part in PARTS)
    if unseen & (train | seen):
        raise errors.UserError(
            f"An unseen class must not have training images. Received: {file.paths[0]}, with images of "
            f"{errors.listed(sorted(unseen & (train | seen)))} both in training and among the unseen. The split may "
            f"be one of other images, or count them in another order, which {split_files.ORDER} would give. {_REMEDY}"
        )
    if seen != train or not unseen:
        raise errors.UserError(
            "Each seen class must have images for training and for the test, and a class must be unseen. Received: "
            f"{file.paths[0]}, where {errors.listed(sorted(seen ^ train)) or 'no class'} has only one of them, with "
            f"{len(unseen)} unseen classes. {_REMEDY}"
        )
