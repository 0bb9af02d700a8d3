# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of proposed splits: made by hand in the shapes of the official files, and the official ones themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from scipy import io

from niwt_tf import errors
from niwt_tf.data.benchmarks import split_files, splits
from niwt_tf.util import checksum

# Twelve images of four classes, three of each, sorted; dog is unseen, cat plays unseen in tuning.
_CLASSES = ("ant", "bee", "cat", "dog")
_NAMES = tuple(f"{label}/{label}_{number}.jpg" for label in _CLASSES for number in (1, 2, 3))
_LABELS = tuple(name.split("/")[0] for name in _NAMES)
_PARTS = {
    "train": ("ant/ant_1.jpg", "ant/ant_3.jpg", "bee/bee_2.jpg", "bee/bee_3.jpg", "cat/cat_1.jpg", "cat/cat_2.jpg"),
    "test_seen": ("ant/ant_2.jpg", "bee/bee_1.jpg", "cat/cat_3.jpg"),
    "test_unseen": ("dog/dog_1.jpg", "dog/dog_2.jpg", "dog/dog_3.jpg"),
}
_TUNED = {"train_loc": _PARTS["train"][:4], "val_loc": _PARTS["train"][4:]}
_REMEDY = "Download the proposed split from its page into the folder data_dir."


def _locations(order: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
    """Return `[n,1]` uint16, counted from 1, as the official files have it."""
    return np.array([[order.index(name) + 1] for name in wanted], np.uint16).reshape(-1, 1)


def _cells(texts: Sequence[str]) -> np.ndarray:
    cells = np.empty((len(texts), 1), object)
    cells[:, 0] = texts
    return cells


def _mat(folder: Path, order: Sequence[str] = _NAMES, **changes: Any) -> split_files.SplitFile:
    """Write att_splits.mat; a change gives a location anew by names or by an array, None leaves it out."""
    wanted: dict[str, Any] = {f"{part}_loc": names for part, names in _PARTS.items() if part != "train"}
    wanted |= {"trainval_loc": _PARTS["train"], **_TUNED} | changes
    found = {
        name: value if isinstance(value, np.ndarray) else _locations(order, value)
        for name, value in wanted.items()
        if value is not None
    }
    return _save(folder, found)


def _save(folder: Path, variables: dict[str, np.ndarray]) -> split_files.SplitFile:
    path = folder / "att_splits.mat"
    io.savemat(path, {"att": np.zeros((2, 4)), "allclasses_names": _cells(_CLASSES), **variables})
    return split_files.SplitFile((path,), checksum.sha256(path))


def _features(folder: Path, files: Sequence[str]) -> None:
    """Write res101.mat, with the names of the images as on the authors' disk."""
    variables = {"image_files": _cells(files), "features": np.zeros((2, len(files))), "labels": np.ones((4, 1))}
    io.savemat(folder / "res101.mat", variables)


def _named(split: splits.ProposedSplit, names: Sequence[str] = _NAMES) -> dict[str, tuple[str, ...]]:
    """Return the names of each part's images, in order."""
    return {part: tuple(names[index] for index in indices) for part, indices in split.parts.items()}


def _assert_raises(message: str, file: split_files.SplitFile, names: Sequence[str] = _NAMES) -> None:
    with pytest.raises(errors.UserError) as caught:
        splits.read(file, names, [name.split("/")[0] for name in names])
    assert str(caught.value) == message


def test_locations_count_from_one_in_the_order_of_the_names(tmp_path: Path) -> None:
    split = splits.read(_mat(tmp_path), _NAMES, _LABELS)
    assert {part: indices.tolist() for part, indices in split.parts.items()} == {
        "train": [0, 2, 4, 5, 6, 7],
        "test_seen": [1, 3, 8],
        "test_unseen": [9, 10, 11],
    }
    assert all(indices.dtype == np.int64 for indices in split.parts.values())
    assert (split.version, split.validation) == ("2.0", {"cat"})


def test_the_last_location_that_uint16_holds_is_that_image(tmp_path: Path) -> None:
    seen = ["ant/1.jpg", "ant/2.jpg", "bee/1.jpg", "bee/2.jpg"]
    names = [*seen, *(f"dog/{number:05d}.jpg" for number in range(5, 65_536))]
    locations = {"trainval_loc": [1, 3], "train_loc": [1], "val_loc": [3], "test_seen_loc": [2, 4]}
    locations["test_unseen_loc"] = list(range(5, 65_536))
    file = _save(tmp_path, {key: np.array(value, np.uint16)[:, None] for key, value in locations.items()})
    split = splits.read(file, names, [name.split("/")[0] for name in names])
    assert [len(split.parts[part]) for part in splits.PARTS] == [2, 2, 65_531]
    assert split.parts["test_unseen"][-1] == 65_534


@pytest.mark.parametrize(
    "prefix",
    [
        "/BS/xian/work/data/Animals_with_Attributes2//JPEGImages/",
        "/BS/work/MSc/CUB_200_2011/CUB_200_2011/images/",
        "/BS//images/SUN//images//",
        "/BS/xian/apascal/ayahoo_test_images/",
        "C:\\data\\JPEGImages\\",
        "",
    ],
)
def test_images_are_joined_by_name_whatever_order_the_disk_has(tmp_path: Path, prefix: str) -> None:
    official = [_NAMES[index] for index in np.random.default_rng(3).permutation(12)]
    on_disk = [_NAMES[index] for index in np.random.default_rng(4).permutation(12)]
    _features(tmp_path, [prefix + (name.replace("/", "\\") if "\\" in prefix else name) for name in official])
    split = splits.read(_mat(tmp_path, official), on_disk, [name.split("/")[0] for name in on_disk])
    assert _named(split, on_disk) == _PARTS
    assert split.validation == {"cat"}


def test_double_slashes_anywhere_in_a_name_are_one(tmp_path: Path) -> None:
    _features(tmp_path, [f"/BS//JPEGImages//{name.replace('/', '//')}" for name in _NAMES])
    assert _named(splits.read(_mat(tmp_path), _NAMES, _LABELS)) == _PARTS


def test_the_two_folders_of_apascal_and_ayahoo_may_be_mixed_and_an_image_there_twice(tmp_path: Path) -> None:
    files = ["/x/VOC2012/JPEGImages/a.jpg", "/x/VOC2012/JPEGImages/a.jpg", "/x/ayahoo_test_images/b.jpg"]
    _features(tmp_path, [*files, "/x/ayahoo_test_images/a.jpg"])
    names = ["b.jpg", "a.jpg", "a.jpg#2", "a.jpg#3"]
    locations = {"trainval_loc": [1], "train_loc": [1], "val_loc": [3], "test_seen_loc": [2], "test_unseen_loc": [3, 4]}
    file = _save(tmp_path, {key: np.array(value, np.uint16)[:, None] for key, value in locations.items()})
    split = splits.read(file, names, ["jet", "cow", "cow", "jet"])
    assert _named(split, names) == {"train": ("a.jpg",), "test_seen": ("a.jpg#2",), "test_unseen": ("b.jpg", "a.jpg#3")}


def test_images_that_the_split_does_not_name_are_left_out(tmp_path: Path) -> None:
    _features(tmp_path, [f"/x/images/{name}" for name in _NAMES])
    names = ("aaa/new.jpg", *_NAMES, "zoo/new.jpg")
    split = splits.read(_mat(tmp_path), names, [name.split("/")[0] for name in names])
    assert _named(split, names) == _PARTS


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(official=st.permutations(_NAMES), on_disk=st.permutations(_NAMES))
def test_no_order_changes_the_parts(
    tmp_path_factory: pytest.TempPathFactory, official: list[str], on_disk: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("split")
    _features(folder, [f"/x//images/{name}" for name in official])
    split = splits.read(_mat(folder, official), on_disk, [name.split("/")[0] for name in on_disk])
    assert _named(split, on_disk) == _PARTS


def test_an_image_missing_on_disk_is_reported(tmp_path: Path) -> None:
    _features(tmp_path, [f"/x/images/{name}" for name in _NAMES])
    _assert_raises(
        f"All images of a split must exist. Received: {tmp_path / 'res101.mat'}, with 12 images, of which 2 are not "
        "among the 10 on disk, such as ant/ant_1.jpg, dog/dog_3.jpg. Unpack all archives of the images.",
        _mat(tmp_path),
        _NAMES[1:-1],
    )


@pytest.mark.parametrize(
    ("overlap", "version"),
    [((), "2.0"), (("ant/ant_2.jpg",), "2017"), (("dog/dog_1.jpg",), "2.0")],
)
def test_the_version_follows_from_training_images_in_the_test(
    tmp_path: Path, overlap: tuple[str, ...], version: str
) -> None:
    file = _mat(tmp_path, train_loc=_TUNED["train_loc"] + overlap)
    split = splits.read(file, _NAMES, _LABELS)
    assert split.version == version
    assert _named(split) == _PARTS, "only trainval_loc is for training"


@pytest.mark.parametrize("part", ["trainval_loc", "test_seen_loc", "test_unseen_loc"])
def test_a_location_that_lost_an_image_is_reported(tmp_path: Path, part: str) -> None:
    names = _PARTS[part.removesuffix("_loc").replace("trainval", "train")]
    file = _mat(tmp_path, **{part: names[:-1]})
    with pytest.raises(errors.UserError) as caught:
        splits.read(file, _NAMES, _LABELS)
    assert str(caught.value) == (
        "`trainval_loc`, `test_seen_loc` and `test_unseen_loc` must hold positions of all 12 images. Received: "
        f"{file.paths[0]}, without 1 of them. {_REMEDY} The images may be others, too, than those that it "
        "counts, which res101.mat would tell."
    )


@pytest.mark.parametrize("part", ["train_loc", "val_loc"])
def test_training_images_of_neither_location_are_reported(tmp_path: Path, part: str) -> None:
    file = _mat(tmp_path, **{part: _TUNED[part][:-1]})
    with pytest.raises(errors.UserError) as caught:
        splits.read(file, _NAMES, _LABELS)
    assert str(caught.value) == (
        f"`train_loc` and `val_loc` must hold all positions of `trainval_loc`. Received: {file.paths[0]}, without 1 of "
        f"them. {_REMEDY}"
    )


def test_a_class_both_for_training_and_for_validation_is_reported(tmp_path: Path) -> None:
    file = _mat(tmp_path, val_loc=("ant/ant_1.jpg", *_TUNED["val_loc"]))
    message = f"`train_loc` and `val_loc` must show different classes. Received: {file.paths[0]}, where both show ant."
    with pytest.raises(errors.UserError, match=message):
        splits.read(file, _NAMES, _LABELS)


def test_listed_validation_classes_stand_in_for_train_loc(tmp_path: Path) -> None:
    (tmp_path / "valclasses1.txt").write_bytes(b"Cat\r\nbee\r\n")
    split = splits.read(_mat(tmp_path, train_loc=None, val_loc=None), _NAMES, _LABELS)
    assert (split.version, split.validation) == ("2.0", {"cat", "bee"})
    split = splits.read(_mat(tmp_path), _NAMES, _LABELS)
    assert split.validation == {"cat"}, "locations go before the list"


@pytest.mark.parametrize("absent", [("train_loc", "val_loc"), ("train_loc",), ("val_loc",)])
def test_without_either_the_message_names_both(tmp_path: Path, absent: tuple[str, ...]) -> None:
    file = _mat(tmp_path, **dict.fromkeys(absent))
    there = [name for name in ("trainval_loc", "test_seen_loc", "test_unseen_loc", "train_loc", "val_loc")]
    _assert_raises(
        "The validation classes must be given by `train_loc` and `val_loc`, or by valclasses1.txt. "
        f"Received: {file.paths[0]} with {', '.join(name for name in there if name not in absent)}, and no "
        f"{tmp_path / 'valclasses1.txt'}. {_REMEDY}",
        file,
    )


def test_an_unknown_validation_class_is_reported(tmp_path: Path) -> None:
    (tmp_path / "valclasses1.txt").write_text("cat\neel", "utf-8")
    _assert_raises(
        "Every class must have its name in the split's classes. Received: no match for eel. Unmatched names there: "
        f"ant, bee, dog. {_REMEDY}",
        _mat(tmp_path, train_loc=None, val_loc=None),
    )


@pytest.mark.parametrize(
    ("key", "values", "limits"),
    [
        ("trainval_loc", [1, 13], "positions from 1 to 13"),
        ("test_seen_loc", [0, 2], "positions from 0 to 2"),
        ("test_unseen_loc", [10, 60_000], "positions from 10 to 60,000"),
        ("val_loc", [0], "positions from 0 to 0"),
        ("test_seen_loc", [], "no position"),
    ],
)
def test_locations_out_of_range_are_reported(tmp_path: Path, key: str, values: list[int], limits: str) -> None:
    file = _mat(tmp_path, **{key: np.array(values, np.uint16).reshape(-1, 1)})
    _assert_raises(
        f"`{key}` must hold positions from 1 to 12, the number of images on disk. Received: {file.paths[0]} with "
        f"{limits}. {_REMEDY}",
        file,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"test_seen_loc": (*_PARTS["test_seen"], "bee/bee_2.jpg", "ant/ant_1.jpg")},
        {"trainval_loc": (*_PARTS["train"], "bee/bee_2.jpg", "ant/ant_1.jpg")},
    ],
)
def test_an_image_in_two_parts_or_twice_in_one_is_reported(tmp_path: Path, change: dict[str, Any]) -> None:
    file = _mat(tmp_path, **change)
    _assert_raises(
        f"The parts of a split must be disjoint. Received: {file.paths[0]}, with 2 images in two parts, or twice in "
        f"one, such as ant/ant_1.jpg, bee/bee_2.jpg. {_REMEDY}",
        file,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"trainval_loc": (*_PARTS["train"], "dog/dog_3.jpg"), "test_unseen_loc": _PARTS["test_unseen"][:2]},
        {"test_seen_loc": (*_PARTS["test_seen"], "dog/dog_3.jpg"), "test_unseen_loc": _PARTS["test_unseen"][:2]},
    ],
)
def test_an_unseen_class_in_training_is_reported(tmp_path: Path, change: dict[str, Any]) -> None:
    file = _mat(tmp_path, **change)
    _assert_raises(
        f"An unseen class must not have training images. Received: {file.paths[0]}, with images of dog both in "
        "training and among the unseen. The split may be one of other images, or count them in another order, which "
        f"res101.mat would give. {_REMEDY}",
        file,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"trainval_loc": _PARTS["train"][:4], "test_seen_loc": _PARTS["test_seen"] + _PARTS["train"][4:]},
        {"trainval_loc": _PARTS["train"] + _PARTS["test_seen"][2:], "test_seen_loc": _PARTS["test_seen"][:2]},
    ],
)
def test_a_seen_class_without_training_or_test_image_is_reported(tmp_path: Path, change: dict[str, Any]) -> None:
    file = _mat(tmp_path, **change)
    _assert_raises(_lacking(file, "cat", 1), file)


def _lacking(file: split_files.SplitFile, names: str, unseen: int) -> str:
    return (
        "Each seen class must have images for training and for the test, and a class must be unseen. Received: "
        f"{file.paths[0]}, where {names} has only one of them, with {unseen} unseen classes. {_REMEDY}"
    )


def test_locations_that_lack_are_reported(tmp_path: Path) -> None:
    file = _mat(tmp_path, test_seen_loc=None)
    with pytest.raises(errors.UserError, match="must contain `trainval_loc`, .*, without test_seen_loc, with "):
        splits.read(file, _NAMES, _LABELS)


@pytest.mark.parametrize("name", ["att_splits.mat", "res101.mat"])
def test_text_files_named_mat_are_reported(tmp_path: Path, name: str) -> None:
    file = _mat(tmp_path)
    (tmp_path / name).write_text("<html>404 Not Found</html>\n" * 20, "utf-8")
    with pytest.raises(errors.UserError, match=f"^{name} must be a MATLAB file .* Download it again.$"):
        splits.read(file, _NAMES, _LABELS)


def test_numbered_names_differ() -> None:
    assert splits.number_duplicates(["a", "b", "a", "a", "b"]) == ["a", "b", "a#2", "a#3", "b#2"]
    assert splits.number_duplicates([]) == []


def _lists(folder: Path, **changes: str) -> split_files.SplitFile:
    """Write the three lists: images with labels, without those of test_seen; those; and the unseen classes."""
    files = {
        "image_label_PS": _lines(*_PARTS["train"], *_PARTS["test_unseen"]),
        "test_seen_PS": _lines(*_PARTS["test_seen"]),
        "testclasses": "dog\n",
    }
    for name, text in (files | changes).items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    paths = tuple(folder / name for name in split_files.LISTS)
    return split_files.SplitFile(paths, checksum.sha256(*paths))


def _lines(*names: str) -> str:
    return "\n".join(f"{name} {_CLASSES.index(name[:3])}" for name in names)


def test_lists_give_the_same_parts(tmp_path: Path) -> None:
    split = splits.read(_lists(tmp_path), _NAMES, _LABELS)
    assert _named(split) == _PARTS
    assert all(indices.dtype == np.int64 for indices in split.parts.values())
    assert (split.version, split.validation) == ("of lists", frozenset())


def test_lists_may_name_validation_classes(tmp_path: Path) -> None:
    (tmp_path / "valclasses1.txt").write_text("bee\n", "utf-8")
    assert splits.read(_lists(tmp_path, testclasses="Dog"), _NAMES, _LABELS).validation == {"bee"}


def test_an_unknown_class_among_the_unseen_is_reported(tmp_path: Path) -> None:
    file = _lists(tmp_path, testclasses="dog\neel\n")
    _assert_raises(
        f"Every class must have its name in {file.paths[0]}. Received: no match for eel. Unmatched names there: ant, "
        f"bee, cat. {_REMEDY}",
        file,
    )


@pytest.mark.parametrize("name", ["image_label_PS", "test_seen_PS"])
def test_a_listed_image_missing_on_disk_is_reported(tmp_path: Path, name: str) -> None:
    file = _lists(tmp_path, **{name: _lines("ant/ant_1.jpg", "dog/dog_1.jpg", "bee/bee_9.jpg")})
    _assert_raises(
        f"All images of a split must exist. Received: {tmp_path / name}.txt, with 3 images, of which 1 are not among "
        "the 12 on disk, such as bee/bee_9.jpg. Unpack all archives of the images.",
        file,
    )


def test_lists_that_overlap_are_reported(tmp_path: Path) -> None:
    file = _lists(tmp_path, test_seen_PS=_lines(*_PARTS["test_seen"], "ant/ant_1.jpg"))
    with pytest.raises(errors.UserError, match="parts of a split must be disjoint.*1 images .* such as ant/ant_1.jpg"):
        splits.read(file, _NAMES, _LABELS)


def test_an_empty_list_of_seen_test_images_is_reported(tmp_path: Path) -> None:
    file = _lists(tmp_path, test_seen_PS="\n")
    _assert_raises(_lacking(file, "ant, bee, cat", 1), file)


def test_an_empty_list_of_unseen_classes_is_reported(tmp_path: Path) -> None:
    file = _lists(tmp_path, testclasses="\n", image_label_PS=_lines(*_PARTS["train"]))
    _assert_raises(_lacking(file, "no class", 0), file)


# The real files, without images: their names are those of the lists.


def _real_names(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of all images of a benchmark, sorted, and their classes."""
    listed = [(folder / name).read_text("utf-8").split("\n") for name in split_files.LISTS[:2]]
    names = sorted(line.split()[0] for lines in listed for line in lines if line.strip())
    return names, [name.split("/")[0] for name in names]


def _real(shared_data: Path, folder: str, name: str) -> split_files.SplitFile:
    path = shared_data / folder / name
    return split_files.SplitFile((path,), checksum.sha256(path))


@pytest.mark.parametrize(
    ("folder", "name", "counts", "classes"),
    [
        ("awa2_text", "att_splits.mat", [23_527, 5_882, 7_913], [40, 10, 13]),
        ("cub_text", "sent_splits.mat", [7_057, 1_764, 2_967], [150, 50, 50]),
    ],
)
def test_the_real_splits_have_their_published_sizes_and_equal_their_lists(
    shared_data: Path, folder: str, name: str, counts: list[int], classes: list[int]
) -> None:
    names, labels = _real_names(shared_data / folder)
    assert len(names) == len(set(names)) == sum(counts)
    split = splits.read(_real(shared_data, folder, name), names, labels)
    assert [len(split.parts[part]) for part in splits.PARTS] == counts
    seen, seen_again, unseen = ({labels[index] for index in split.parts[part]} for part in splits.PARTS)
    assert [len(seen), len(unseen), len(split.validation)] == classes
    assert seen == seen_again and split.validation < seen
    assert split.version == "2017"
    paths = tuple(shared_data / folder / name for name in split_files.LISTS)
    listed = splits.read(split_files.SplitFile(paths, ""), names, labels)
    assert {part: set(indices.tolist()) for part, indices in split.parts.items()} == {
        part: set(indices.tolist()) for part, indices in listed.parts.items()
    }
    assert unseen == set((shared_data / folder / "testclasses.txt").read_text("utf-8").split())


def test_a_missing_image_of_a_real_split_is_reported_even_where_images_are_counted(shared_data: Path) -> None:
    names, labels = _real_names(shared_data / "awa2_text")
    for missing in (0, 20_000):
        some = [name for index, name in enumerate(names) if index != missing]
        with pytest.raises(
            errors.UserError, match="must hold positions from 1 to 37,321, the number of images on disk"
        ):
            splits.read(_real(shared_data, "awa2_text", "att_splits.mat"), some, labels[:-1])


def test_one_image_too_many_in_the_middle_of_a_real_split_is_reported(shared_data: Path) -> None:
    names, _ = _real_names(shared_data / "awa2_text")
    more = sorted([*names, "giant+panda/copy.jpg"])
    with pytest.raises(errors.UserError, match=r"must hold positions of all 37,323 images\. .* without 1 of them"):
        splits.read(_real(shared_data, "awa2_text", "att_splits.mat"), more, [name.split("/")[0] for name in more])
