# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the audit of descriptions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.domains import audit

_NAMES = ("ant", "bee", "cow", "dog", "eel")


def _descriptions(vectors: Any, **changes: Any) -> audit.ClassDescriptions:
    return audit.ClassDescriptions("signs", "by hand", "Mend it.", _NAMES, np.array(vectors, np.float32), 3, **changes)


_GOOD = [[1, 0], [0, 1], [1, 1], [1, 2], [2, 1]]


def test_classes_that_differ_give_no_warning() -> None:
    assert audit.check(_descriptions(_GOOD, feature_names=("a", "b"), known_words=(0.1, 0.1, 0.1, 0.5, 1))) == []


_SAME = (
    "`signs` describes some classes by the same numbers, or by multiples of them, so that they cannot be "
    "distinguished: "
)


@pytest.mark.parametrize("size", [1, 3])
def test_classes_of_one_direction_are_named_together(size: float) -> None:
    warnings = audit.check(_descriptions([[1, 0], [0, 1], [1, 1], [0, size], [size, size]]))
    assert warnings == [_SAME + "bee = dog, cow = eel"]


def test_classes_that_have_no_attribute_are_named() -> None:
    names = {"feature_names": ("a", "b")}
    assert audit.check(_descriptions([*_GOOD[:4], [0, 0]], **names)) == ["`signs` has only zeros for eel"]
    two = audit.check(_descriptions([[1, 0], [0, 1], [0, 0], [0, 2], [0, 0]], **names))
    assert two == ["`signs` has only zeros for cow, eel", _SAME + "bee = dog, cow = eel"]


@pytest.mark.parametrize("row", [[0, 0], [np.nan, 1], [1, np.inf]])
def test_a_class_without_finite_numbers_is_an_error(row: list[float]) -> None:
    with pytest.raises(errors.UserError) as caught:
        audit.check(_descriptions([*_GOOD[:4], row]))
    assert str(caught.value) == (
        "`signs` must describe every class by finite numbers that are not all zero. Received: by hand, with only "
        "zeros, or NaN or infinity, for eel. Mend it."
    )


def test_seen_classes_that_are_all_the_same_are_an_error() -> None:
    with pytest.raises(
        errors.UserError, match="Received: by hand, with the same description for all 3 seen classes. Mend"
    ):
        audit.check(_descriptions([[1, 1], [1, 1], [1, 1], [1, 0], [0, 1]]))


def test_attributes_that_seen_classes_share_are_named() -> None:
    vectors = [[1, 0, 5], [1, 1, 5], [1, 2, 5], [0, 1, 5], [1, 7, 5]]
    assert audit.check(_descriptions(vectors, feature_names=("a", "b", "c"))) == [
        "2 of 3 attributes are the same for all seen classes, so that nothing can be learned from them: a, c"
    ]
    assert audit.check(_descriptions(vectors)) == [], "numbers without names of attributes need not differ"


def test_unseen_classes_with_few_known_words_are_named() -> None:
    assert audit.check(_descriptions(_GOOD, known_words=(0, 0, 0, 0.49, 0.5))) == [
        "most words of `signs` occur in no text of the seen classes for dog (49% known)"
    ]


def test_only_new_classes_are_checked() -> None:
    descriptions = _descriptions([[1, 0], [1, 0], [0, 0], [0, 1], [1, 0]], known_words=(1, 1, 1, 0, 0))
    assert audit.check(descriptions, first=4) == [
        _SAME + "ant = bee = eel",
        "most words of `signs` occur in no text of the seen classes for eel (0% known)",
    ]


@pytest.mark.parametrize("size", [1, 2**-10, 2**16])
def test_a_new_class_is_compared_with_all_before(size: float) -> None:
    old = np.random.default_rng(0).normal(size=(4, 50)).astype(np.float32)
    assert audit.check(_descriptions([*old, size * old[1]]), first=4) == [_SAME + "bee = eel"]
    assert audit.check(_descriptions([*old, old[1] + np.eye(50, dtype=np.float32)[0] / 100]), first=4) == []


def test_a_new_class_without_attributes_equals_an_old_one_without() -> None:
    warnings = audit.check(_descriptions([[1, 0], [0, 1], [1, 1], [0, 0], [0, 0]], feature_names=("a", "b")), first=4)
    assert warnings == ["`signs` has only zeros for eel", _SAME + "dog = eel"]
