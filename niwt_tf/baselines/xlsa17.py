# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read the features that Xian et al. publish, and their proposed split: `res101.mat`, `att_splits.mat` of xlsa17.zip.

The classes of `val_loc` are pseudo-unseen, those of `train_loc` stay seen. Both locations include test images, so only
their classes' images in `trainval_loc` are used. A fifth of each class that stays seen is held out.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from niwt_tf import errors
from niwt_tf.baselines import features as features_lib
from niwt_tf.baselines import method
from niwt_tf.data import zero_shot
from niwt_tf.data.benchmarks import split_files, splits
from niwt_tf.data.files import matlab
from niwt_tf.util import checksum

FEATURES, SPLIT = "res101.mat", "att_splits.mat"
_REMEDY = "Unpack xlsa17.zip again, and name the folder of one of its datasets."


def load(folder: Path, seed: int = 0) -> features_lib.FeatureDataset:
    """Load the features and the split.

    Args:
      folder: Folder that holds both files, such as `xlsa17/data/AWA2`.
      seed: Random seed that chooses the held-out fifth, and seed of the baselines.

    Raises:
      errors.UserError: If a file is missing or damaged, or the files do not belong together.
      OSError: If a file cannot be read.
    """
    missing = [str(folder / name) for name in (FEATURES, SPLIT) if not (folder / name).is_file()]
    if missing:
        raise errors.UserError(
            f"`{errors.setting('features', 'xlsa17:DIR')}` must name a folder with {FEATURES} and {SPLIT}. Received: "
            f"{folder}, without {' and '.join(missing)}. Both are in xlsa17.zip, from {split_files.PAGE}"
        )
    table = _read(folder / FEATURES, folder / SPLIT, seed)
    file = split_files.SplitFile((folder / SPLIT,), checksum.sha256(folder / SPLIT))
    split = splits.read(file, splits.image_names(table.files), [table.names[label] for label in table.labels])
    return _arrange(table, split)


@dataclasses.dataclass(frozen=True)
class _Table:
    """Images and classes of both files.

    Attributes:
      features: `[N,D]` float32 features.
      labels: `[N]` indices into `names`.
      files: Names of the `N` images.
      names: Names of the `C` classes.
      vectors: `[C,M]` float32 attributes of the classes.
      seed: Random seed of the split and of the baselines.
    """

    features: np.ndarray
    labels: np.ndarray
    files: list[str]
    names: list[str]
    vectors: np.ndarray
    seed: int

    def images(self, rows: np.ndarray, order: np.ndarray) -> features_lib.LabelledFeatures:
        """Select images; their labels are indices into `order`."""
        positions = np.full(len(self.names), -1)
        positions[order] = np.arange(len(order))
        return features_lib.LabelledFeatures(self.features[rows], positions[self.labels[rows]])

    def problem(self, rows: np.ndarray, order: np.ndarray, seen_classes: int) -> method.Problem:
        """Build the problem of some images, in which the first `seen_classes` classes of `order` are seen."""
        images = self.images(rows, order)
        return method.Problem(
            images.features, images.labels, self.vectors[order], seen_classes, "attributes", self.seed
        )


def _read(features_path: Path, split_path: Path, seed: int) -> _Table:
    split = matlab.read(split_path, required=("att",), texts=("allclasses_names",))
    images = matlab.read(features_path, required=("features", "labels"), texts=("image_files",))
    names, files = split["allclasses_names"].tolist(), images["image_files"].tolist()
    labels = matlab.whole_numbers(features_path, "labels", images["labels"]) - 1
    if split["att"].shape[1:] != (len(names),):
        raise errors.UserError(
            "`att` must have a column for each of `allclasses_names`. Received: "
            f"{split_path} with {split['att'].shape} for {len(names)} names. {_REMEDY}"
        )
    if not images["features"].shape[1:] == labels.shape == (len(files),):
        raise errors.UserError(
            "`features` must have a column for each of `labels` and `image_files`. Received: "
            f"{features_path} with {images['features'].shape}, {len(labels)} labels and {len(files)} files. {_REMEDY}"
        )
    if labels.min() < 0 or labels.max() >= len(names):
        raise errors.UserError(
            f"`labels` must number the {len(names)} classes of {SPLIT} from 1. Received: {features_path} with labels "
            f"from {labels.min() + 1} to {labels.max() + 1}. {_REMEDY}"
        )
    features = np.ascontiguousarray(images["features"].T, np.float32)
    return _Table(features, labels, files, names, split["att"].T.astype(np.float32), seed)


def _arrange(table: _Table, split: splits.ProposedSplit) -> features_lib.FeatureDataset:
    train, seen_test, unseen_test = (split.parts[part] for part in splits.PARTS)
    seen, unseen = np.unique(table.labels[train]), np.unique(table.labels[unseen_test])
    order = np.concatenate([seen, unseen])
    return features_lib.FeatureDataset(
        table.problem(train, order, len(seen)),
        (_validation_split(table, train, seen, split),),
        table.images(seen_test, order),
        table.images(unseen_test, order),
    )


def _validation_split(
    table: _Table, train: np.ndarray, seen: np.ndarray, split: splits.ProposedSplit
) -> features_lib.ValidationSplit:
    """Build the validation split from the training images `[n]` of the seen classes `[S]`."""
    pseudo_unseen = np.array([table.names[label] in split.validation for label in seen])
    if not pseudo_unseen.any() or pseudo_unseen.all():
        raise errors.UserError(
            f"`val_loc` must show some of the seen classes, but not all. Received: {pseudo_unseen.sum()} "
            f"of {len(seen)} seen classes. {_REMEDY}"
        )
    staying = seen[~pseudo_unseen]
    order = np.concatenate([staying, seen[pseudo_unseen]])
    stays = np.isin(table.labels[train], staying)
    held_out = zero_shot.hold_out(table.labels[train], table.seed) & stays
    return features_lib.ValidationSplit(
        table.problem(train[stays & ~held_out], order, len(staying)),
        table.images(train[held_out], order),
        table.images(train[~stays], order),
    )
