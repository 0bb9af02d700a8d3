# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of reading published features, from small files in the official layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import io

from niwt_tf import errors
from niwt_tf.baselines import run, xlsa17

# Classes in the order of the file; dog and fox are unseen, cat is pseudo-unseen in tuning. Seven images of each.
_CLASSES = ("fox", "ant", "cat", "bee", "dog")
_IMAGES = 7
_LABELS = np.tile(np.arange(5), _IMAGES)  # image 0 is a fox, 1 an ant, ...
_ATT = np.eye(5) * 0.6 + np.roll(np.eye(5), 1, axis=0) * 0.8  # columns of length 1
_REMEDY = "Unpack xlsa17.zip again, and name the folder of one of its datasets."


def _cells(texts: list[str]) -> np.ndarray:
    cells = np.empty((len(texts), 1), object)
    cells[:, 0] = texts
    return cells


def _images_of(*names: str) -> np.ndarray:
    return np.isin(_LABELS, [_CLASSES.index(name) for name in names])


_TEST = np.arange(len(_LABELS)) >= 25  # the last two images of each class, where it is seen
_ALL = {
    "trainval_loc": _images_of("ant", "bee", "cat") & ~_TEST,
    "test_seen_loc": _images_of("ant", "bee", "cat") & _TEST,
    "test_unseen_loc": _images_of("dog", "fox"),
    "train_loc": _images_of("ant", "bee"),  # as in the official files, images of the test are among them
    "val_loc": _images_of("cat"),
}


def _write(folder: Path, split: dict[str, Any] | None = None, features: dict[str, Any] | None = None) -> Path:
    """Writes both files; `split` and `features` replace variables in them."""
    places = {name: (np.flatnonzero(kept)[:, None] + 1).astype(np.uint16) for name, kept in _ALL.items()}
    names = _cells(list(_CLASSES))
    io.savemat(
        folder / "att_splits.mat",
        {"att": _ATT, "original_att": 100 * _ATT, "allclasses_names": names, **places} | (split or {}),
    )
    files = [
        f"/BS/xian/work/data//AWA2/JPEGImages/{_CLASSES[label]}/{_CLASSES[label]}_{number}.jpg"
        for number, label in enumerate(_LABELS)
    ]
    variables = {
        "features": np.stack([np.arange(35.0), _LABELS + 0.5, np.ones(35)]),  # D x N
        "labels": (_LABELS[:, None] + 1).astype(np.float64),
        "image_files": _cells(files),
    }
    io.savemat(folder / "res101.mat", variables | (features or {}))
    return folder


def _numbers(features: np.ndarray) -> list[int]:
    """Reads the numbers of the images from the first feature."""
    return features[:, 0].astype(int).tolist()


def test_images_classes_and_vectors_are_those_of_the_files(tmp_path: Path) -> None:
    dataset = xlsa17.load(_write(tmp_path))
    order = [1, 2, 3, 0, 4]  # ant, cat, bee, then fox and dog
    assert dataset.problem.seen_classes == 3
    np.testing.assert_allclose(dataset.problem.vectors, _ATT.T[order])
    for images, place in (
        (dataset.problem, "trainval_loc"),
        (dataset.seen, "test_seen_loc"),
        (dataset.unseen, "test_unseen_loc"),
    ):
        assert _numbers(images.features) == np.flatnonzero(_ALL[place]).tolist()
        np.testing.assert_array_equal(np.array(order)[images.labels] + 0.5, images.features[:, 1])
        assert images.features.dtype == np.float32 and images.features.shape[1] == 3


def test_the_validation_split_holds_training_images_alone(tmp_path: Path) -> None:
    dataset = xlsa17.load(_write(tmp_path))
    (split,) = dataset.validation_splits
    order = [1, 3, 2]  # ant and bee stay seen, cat is pseudo-unseen
    np.testing.assert_allclose(split.problem.vectors, _ATT.T[order])
    parts = split.problem, split.seen, split.unseen
    assert sorted(number for part in parts for number in _numbers(part.features)) == _numbers(dataset.problem.features)
    assert [len(part.labels) for part in parts] == [8, 2, 5]  # one of five held out in each class
    assert split.problem.seen_classes == 2 and set(split.unseen.labels) == {2}
    for part in parts:
        np.testing.assert_array_equal(np.array(order)[part.labels] + 0.5, part.features[:, 1])


def test_the_seed_holds_out_other_images(tmp_path: Path) -> None:
    folder = _write(tmp_path)
    held_out = {tuple(_numbers(xlsa17.load(folder, seed).validation_splits[0].seen.features)) for seed in range(6)}
    assert len(held_out) > 1
    assert xlsa17.load(folder, 3).problem.seed == 3


def test_baselines_run_on_it(tmp_path: Path) -> None:
    scores = run.compare_features(f"xlsa17:{_write(tmp_path)}", ["prototype", "oracle"])
    assert [*scores] == ["prototype", "oracle"]
    assert 0 <= scores["prototype"]["harmonic_mean"] <= 1
    assert scores["prototype"]["harmonic_mean_expected"] >= 0


def _assert_error(message: str, folder: Path) -> None:
    with pytest.raises(errors.UserError) as caught:
        xlsa17.load(folder)
    assert str(caught.value) == message


def test_missing_files_are_named(tmp_path: Path) -> None:
    _write(tmp_path)
    (tmp_path / "res101.mat").unlink()
    _assert_error(
        f"`features='xlsa17:DIR'` must name a folder with res101.mat and att_splits.mat. Received: {tmp_path}, without "
        f"{tmp_path}/res101.mat. Both are in xlsa17.zip, from https://www.mpi-inf.mpg.de/departments/"
        "computer-vision-and-machine-learning/research/zero-shot-learning/"
        "zero-shot-learning-the-good-the-bad-and-the-ugly",
        tmp_path,
    )


def test_features_of_another_size_than_the_labels_are_an_error(tmp_path: Path) -> None:
    _assert_error(
        f"`features` must have a column for each of `labels` and `image_files`. Received: {tmp_path}/res101.mat with "
        f"(35, 3), 35 labels and 35 files. {_REMEDY}",
        _write(tmp_path, features={"features": np.ones((35, 3))}),
    )


def test_attributes_of_another_number_of_classes_are_an_error(tmp_path: Path) -> None:
    _assert_error(
        f"`att` must have a column for each of `allclasses_names`. Received: {tmp_path}/att_splits.mat with (5, 4) for "
        f"5 names. {_REMEDY}",
        _write(tmp_path, split={"att": _ATT[:, :4]}),
    )


@pytest.mark.parametrize(("shift", "first", "last"), [(0, 0, 4), (2, 2, 6)])
def test_labels_must_number_the_classes_from_one(tmp_path: Path, shift: int, first: int, last: int) -> None:
    _assert_error(
        "`labels` must number the 5 classes of att_splits.mat from 1. Received: "
        f"{tmp_path}/res101.mat with labels from {first} to {last}. {_REMEDY}",
        _write(tmp_path, features={"labels": _LABELS[:, None] + shift}),
    )


@pytest.mark.parametrize(("pseudo_unseen", "count"), [(("dog",), 0), (("ant", "bee", "cat"), 3)])
def test_some_seen_classes_must_be_pseudo_unseen_and_some_must_stay(
    tmp_path: Path, pseudo_unseen: tuple[str, ...], count: int
) -> None:
    others = {"ant", "bee", "cat", "fox"} - {*pseudo_unseen}
    train = (np.flatnonzero(_images_of(*others))[:, None] + 1).astype(np.uint16)
    places = (np.flatnonzero(_images_of(*pseudo_unseen))[:, None] + 1).astype(np.uint16)
    _assert_error(
        f"`val_loc` must show some of the seen classes, but not all. Received: {count} of 3 seen classes. {_REMEDY}",
        _write(
            tmp_path,
            split={"train_loc": train, "val_loc": places},
        ),
    )


def test_a_missing_variable_is_an_error(tmp_path: Path) -> None:
    _write(tmp_path)
    io.savemat(tmp_path / "res101.mat", {"features": np.ones((3, 35))})
    with pytest.raises(errors.UserError, match=r"must contain `features`, `labels`, `image_files`.*without labels"):
        xlsa17.load(tmp_path)


@pytest.mark.parametrize("features", ["res101", "xlsa17", "xlsa17:", "mat:/data"])
def test_the_setting_must_have_its_form(features: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        run.compare_features(features, ["ale"])
    assert str(caught.value) == (
        f"`features` must be xlsa17:DIR. Received: features={features!r}. Name a folder of xlsa17.zip, such as "
        "xlsa17:xlsa17/data/AWA2."
    )
