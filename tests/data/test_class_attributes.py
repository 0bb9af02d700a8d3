# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of attributes of classes: tables made by hand, and those of AWA2 and CUB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import io

from niwt_tf import errors
from niwt_tf.data import class_attributes, zero_shot

_PAGE = "Download the file from its official page."


def _tables(
    folder: Path,
    matrix: str = " 1.5  -1.00\n0 100\n\n0.5 2e1 \n",
    classes: str = "     1\tant\n     2\tpolar+bear\n     3\tcat\n",
    attributes: str = "1 furry\n2 lives in water\n",
) -> tuple[Path, Path, Path]:
    paths = (folder / "matrix.txt", folder / "classes.txt", folder / "predicates.txt")
    for path, text in zip(paths, (matrix, classes, attributes), strict=True):
        path.write_text(text, "utf-8")
    return paths


def test_rows_are_joined_by_name_and_missing_values_are_nan(tmp_path: Path) -> None:
    paths = _tables(tmp_path)
    attributes = class_attributes.read_text(*paths, ["cat", "Polar bear", "ant"])
    assert (attributes.names, attributes.source) == (("furry", "lives in water"), str(paths[0]))
    assert list(attributes.values) == ["cat", "Polar bear", "ant"]
    np.testing.assert_array_equal(np.stack(list(attributes.values.values())), [[0.5, 20], [0, 100], [1.5, np.nan]])
    assert all(values.dtype == np.float32 for values in attributes.values.values())


def test_minus_one_is_a_value_where_others_are_negative(tmp_path: Path) -> None:
    attributes = class_attributes.read_text(*_tables(tmp_path, "1.5 -1\n0 1\n-0.5 2\n"), ["ant"])
    np.testing.assert_array_equal(attributes.values["ant"], np.float32([1.5, -1]))
    np.testing.assert_array_equal(attributes.coded["ant"], [False, True])


def test_names_keep_what_follows_the_number(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text(" 1\thas_bill_shape::curved_(up_or_down)\r\n\n12  polar bear \r\n", "utf-8")
    assert class_attributes.read_numbered_names(tmp_path / "names.txt") == [
        "has_bill_shape::curved_(up_or_down)",
        "polar bear",
    ]


@pytest.mark.parametrize("line", ["ant", "2", "two bee", "-1 bee", "2.5 bee"])
def test_a_line_without_number_and_name_is_reported(tmp_path: Path, line: str) -> None:
    path = tmp_path / "classes.txt"
    path.write_text(f"1 ant\n{line}\n", "utf-8")
    with pytest.raises(errors.UserError) as caught:
        class_attributes.read_numbered_names(path)
    assert str(caught.value) == (
        f"Each line of classes.txt must be a number and a name. Received: {line!r} in {path}. {_PAGE}"
    )


def test_a_long_line_without_number_and_name_is_clipped(tmp_path: Path) -> None:
    path = tmp_path / "classes.txt"
    path.write_text("x" * 5_000, "utf-8")
    with pytest.raises(errors.UserError, match=f"Received: '{'x' * 98}[.]{{3}}{'x' * 99}' in {path}. "):
        class_attributes.read_numbered_names(path)


def test_a_missing_class_is_reported(tmp_path: Path) -> None:
    paths = _tables(tmp_path)
    with pytest.raises(errors.UserError) as caught:
        class_attributes.read_text(*paths, ["ant", "dog"])
    assert str(caught.value) == (
        f"Every class must have its name in {paths[1]}. Received: no match for dog. Unmatched names there: cat, "
        f"polar+bear. {_PAGE}"
    )


@pytest.mark.parametrize(
    ("matrix", "received"),
    [("1 2\n3 4\n", "2 x 2"), ("1 2 3\n4 5 6\n7 8 9\n", "3 x 3"), ("1 2\n" * 4, "4 x 2"), ("", "0")],
)
def test_a_matrix_of_another_size_is_reported(tmp_path: Path, matrix: str, received: str) -> None:
    paths = _tables(tmp_path, matrix)
    with pytest.raises(errors.UserError) as caught:
        class_attributes.read_text(*paths, ["ant"])
    assert str(caught.value) == (
        "matrix.txt must have a row for each of 3 classes and a column for each of 2 attributes. Received: "
        f"{paths[0]} with {received}. {_PAGE}"
    )


@pytest.mark.parametrize("matrix", ["1 2\n3\n5 6\n", "1 2\n3 x\n5 6\n", "1,2\n3,4\n5,6\n", "<html></html>\n"])
def test_a_matrix_of_something_else_is_reported(tmp_path: Path, matrix: str) -> None:
    paths = _tables(tmp_path, matrix)
    with pytest.raises(errors.UserError) as caught:
        class_attributes.read_text(*paths, ["ant"])
    message = str(caught.value)
    assert message.startswith(f"The rows of matrix.txt must have equally many numbers. Received: {paths[0]} (")
    assert message.endswith(f"). {_PAGE}")


def _mat(folder: Path, names: Sequence[str] = ("ant", "polar+bear", "cat"), **variables: np.ndarray) -> Path:
    cells = np.empty((len(names), 1), object)
    cells[:, 0] = names
    path = folder / "att_splits.mat"
    io.savemat(path, {"allclasses_names": cells, **variables})
    return path


_ATT = np.array([[0.6, 0.0, -1.0], [0.8, 1.0, 0.0]])  # two attributes of three classes, of unit length
_ORIGINAL = np.array([[30.0, 0.0, -1.0], [40.0, 100.0, 7.5]])


def test_original_attributes_go_first_and_their_missing_values_are_nan(tmp_path: Path) -> None:
    path = _mat(tmp_path, att=_ATT, original_att=_ORIGINAL)
    attributes = class_attributes.read_mat(path, ["cat", "polar bear"], ["furry", "wet"])
    assert (attributes.names, attributes.source, list(attributes.values)) == (
        ("furry", "wet"),
        str(path),
        ["cat", "polar bear"],
    )
    np.testing.assert_array_equal(attributes.values["cat"], np.float32([np.nan, 7.5]))
    np.testing.assert_array_equal(attributes.values["polar bear"], np.float32([0, 100]))
    assert attributes.values["cat"].dtype == np.float32


def test_normalised_attributes_are_all_there_and_may_be_minus_one(tmp_path: Path) -> None:
    attributes = class_attributes.read_mat(_mat(tmp_path, att=_ATT), ["ant", "cat"])
    assert attributes.names == ("attribute 1", "attribute 2")
    np.testing.assert_array_equal(attributes.values["cat"], np.float32([-1, 0]))
    np.testing.assert_array_equal(attributes.values["ant"], np.float32([0.6, 0.8]))


def test_embeddings_are_the_columns_as_they_are(tmp_path: Path) -> None:
    path = _mat(tmp_path, att=_ATT, original_att=_ORIGINAL)
    attributes = class_attributes.read_embeddings(path, ["cat", "ant"])
    assert (list(attributes.values), attributes.source) == (["cat", "ant"], str(path))
    np.testing.assert_array_equal(attributes.values["cat"], np.float32([-1, 0]))


def test_another_number_of_names_is_reported(tmp_path: Path) -> None:
    path = _mat(tmp_path, att=_ATT)
    with pytest.raises(errors.UserError) as caught:
        class_attributes.read_mat(path, ["ant"], ["furry", "wet", "third"])
    assert str(caught.value) == (
        f"Each attribute must have a name. Received: 3 names for the 2 rows of {path}. Use files of the same release "
        "of the dataset."
    )


@pytest.mark.parametrize("read", [class_attributes.read_mat, class_attributes.read_embeddings])
def test_matrices_that_do_not_fit_their_names_are_reported(tmp_path: Path, read: Callable[..., object]) -> None:
    path = _mat(tmp_path, att=_ATT.T)
    with pytest.raises(errors.UserError) as caught:
        read(path, ["ant"])
    assert str(caught.value) == (
        f"`att` must have a column for each of `allclasses_names`. Received: {path} with a matrix of shape [3, 2] for "
        f"3 names. {_PAGE}"
    )


@pytest.mark.parametrize("read", [class_attributes.read_mat, class_attributes.read_embeddings])
def test_a_class_that_the_matlab_file_lacks_is_reported(tmp_path: Path, read: Callable[..., object]) -> None:
    path = _mat(tmp_path, att=_ATT)
    with pytest.raises(errors.UserError, match="must have its name in `allclasses_names` of .*no match for dog"):
        read(path, ["ant", "dog"])


def _awa2(folder: Path, matrix: str) -> zero_shot.Attributes:
    names = class_attributes.read_numbered_names(folder / "classes.txt")
    return class_attributes.read_text(folder / matrix, folder / "classes.txt", folder / "predicates.txt", names)


def test_awa2_lacks_four_attributes_of_the_antelope(shared_data: Path) -> None:
    attributes = _awa2(shared_data / "awa2_text", "predicate-matrix-continuous.txt")
    assert (len(attributes.names), len(attributes.values), attributes.names[0], attributes.names[-1]) == (
        85,
        50,
        "black",
        "domestic",
    )
    missing = {name: np.isnan(values).sum() for name, values in attributes.values.items() if np.isnan(values).any()}
    assert missing == {"antelope": 4}
    there = np.stack(list(attributes.values.values()))
    assert np.nanmin(there) == 0 and np.nanmax(there) == 100
    assert (
        attributes.values["zebra"][attributes.names.index("stripes")]
        > 90
        > attributes.values["lion"][attributes.names.index("stripes")]
    )


def test_awa2_matlab_file_holds_the_matrix_of_the_images_archive(shared_data: Path) -> None:
    folder = shared_data / "awa2_text"
    of_text = _awa2(folder, "predicate-matrix-continuous.txt")
    of_mat = class_attributes.read_mat(folder / "att_splits.mat", [*of_text.values][::-1], of_text.names)
    assert of_mat.names == of_text.names
    for name, values in of_text.values.items():
        np.testing.assert_allclose(of_mat.values[name], values, atol=0.006, err_msg=name)


def test_awa2_binary_attributes_are_zero_or_one(shared_data: Path) -> None:
    attributes = _awa2(shared_data / "awa2_text", "predicate-matrix-binary.txt")
    assert set(np.stack(list(attributes.values.values())).ravel()) == {0, 1}
    assert attributes.values["zebra"][attributes.names.index("stripes")] == 1


def test_cub_attributes_are_by_name(shared_data: Path) -> None:
    folder = shared_data / "cub_text"
    matrix, classes = folder / "class_attribute_labels_continuous.txt", folder / "classes.txt"
    wanted = ["186.Cedar_Waxwing", "001.Black_footed_Albatross"]
    attributes = class_attributes.read_text(matrix, classes, folder / "attributes.txt", wanted)
    rows = np.loadtxt(matrix, dtype=np.float32)
    assert (len(attributes.names), rows.shape) == (312, (200, 312))
    np.testing.assert_array_equal(attributes.values["186.Cedar_Waxwing"], rows[185])
    np.testing.assert_array_equal(attributes.values["001.Black_footed_Albatross"], rows[0])


def test_cub_sentences_are_by_name_though_their_order_is_no_numbers(shared_data: Path) -> None:
    """Kinds of one family have sentences alike: only if columns were joined by name."""
    folder = shared_data / "cub_text"
    names = class_attributes.read_numbered_names(folder / "classes.txt")
    attributes = class_attributes.read_embeddings(folder / "sent_splits.mat", names)
    raw = io.loadmat(folder / "sent_splits.mat", variable_names=("att",))["att"].astype(np.float32)
    assert raw.shape == (1024, 200)
    np.testing.assert_array_equal(attributes.values["002.Laysan_Albatross"], raw[:, 0])
    np.testing.assert_array_equal(attributes.values["001.Black_footed_Albatross"], raw[:, 150])
    vectors = np.stack([attributes.values[name] for name in names])
    vectors -= vectors.mean(0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    families = [name.rsplit("_", 1)[-1] for name in names]
    similar = vectors @ vectors.T - 2 * np.eye(200)
    nearest = [families[index] for index in similar.argmax(1)]
    shared = [family for family in families if families.count(family) > 5]
    right = [one == other for one, other in zip(families, nearest, strict=True) if one in shared]
    assert np.mean(right) > 0.6
