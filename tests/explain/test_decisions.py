# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the selection of example predictions."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image

from niwt_tf.explain import decisions, explained_model, explainer, image_reasons

_NAMES = ("ant", "bee", "cat", "fox")


def _image(value: int) -> np.ndarray:
    return np.full((2, 2, 3), value, np.uint8)


def _select(labels: list[int], predictions: list[int]) -> decisions.ExampleSelection:
    selection = decisions.ExampleSelection(_NAMES, _NAMES[:3])
    half = len(labels) // 2
    for part in (slice(0, half), slice(half, None)):  # as batches come
        images = np.stack([_image(number) for number in range(len(labels))[part]])
        selection.add(images, np.array(labels[part]), np.array(predictions[part]))
    return selection


def test_the_first_image_of_each_kind_and_class_is_selected_correct_ones_first() -> None:
    examples = _select([0, 0, 1, 3, 3, 0, 3, 2], [0, 0, 1, 3, 2, 2, 3, 1]).examples()
    assert [(one.label, one.predicted, one.correct) for one in examples] == [
        (3, 3, True),
        (0, 0, True),
        (1, 1, True),
        (3, 2, False),
        (0, 2, False),
        (2, 1, False),
    ]
    assert [int(one.image[0, 0, 0]) for one in examples] == [3, 0, 2, 4, 5, 7]


def test_no_kind_has_more_than_six_examples() -> None:
    names = tuple("abcdefghij")
    selection = decisions.ExampleSelection(names, names)
    labels = np.arange(10)
    selection.add(np.zeros((10, 2, 2, 3), np.uint8), labels, labels)
    selection.add(np.zeros((10, 2, 2, 3), np.uint8), labels, np.zeros(10, int))
    assert [one.correct for one in selection.examples()] == [True] * 6 + [False] * 6


def test_without_images_there_are_no_examples() -> None:
    assert decisions.ExampleSelection(_NAMES, _NAMES[:3]).examples() == []


_FEATURES = ("wings: two", "tail: long", "fur: red")
_SCORES = np.array([[0.1, 0.3, -0.2], [0.5, 0.0, 0.2], [0.0, 0.2, 0.4], [0.0, 0.0, 0.0]])  # of each class


def _explain(images: np.ndarray, classes: np.ndarray | None = None) -> explainer.Explanations:
    """Explains as a network would that takes every image for a bee, and next for an ant."""
    logits = np.tile(np.array([2.0, 3.0, 1.0, 0.0], np.float32), (len(images), 1))
    explained = np.ones(len(images), int) if classes is None else classes
    maps = np.zeros((len(images), 2, 2), np.float32)
    maps[:, 0, 0] = 1 + explained
    shown = np.tile(np.array([0.5, 1.0, -1.0], np.float32), (len(images), 1))
    return explainer.Explanations(
        logits, np.ones(len(images), int), explained, explained, maps, maps, maps, shown, np.zeros((len(images), 0))
    )


def _write(folder: Path) -> list[dict[str, Any]]:
    selection = decisions.ExampleSelection(_NAMES, _NAMES[:3])
    images = np.full((2, 300, 300, 3), 100, np.uint8)
    selection.add(images, np.array([1, 3]), np.array([1, 1]))
    knowledge = SimpleNamespace(feature_names=_FEATURES)
    explain, parts = _explain, (None, 0.0, lambda classes: _SCORES[classes], knowledge, None, None)
    model = explained_model.ExplainedModel(*parts)
    vars(model)["shown"] = image_reasons.ShownFeatures(np.eye(3, dtype=np.float32), np.zeros(3, np.float32))
    return decisions.write(selection, model, explain, folder)


def test_a_record_has_a_view_of_the_prediction_and_one_of_the_true_class_or_the_runner_up(tmp_path: Path) -> None:
    right, wrong = _write(tmp_path)
    assert [(view["class"], view["role"]) for view in right["views"]] == [("bee", "predicted"), ("ant", "runner-up")]
    assert [(view["class"], view["role"]) for view in wrong["views"]] == [("bee", "predicted"), ("fox", "true")]
    assert right["views"][0]["class_reasons"] == right["reasons"] == [("wings: two", 0.5), ("fur: red", 0.2)]
    assert right["views"][1]["class_reasons"] == [("tail: long", 0.3), ("wings: two", 0.1)]
    assert wrong["views"][1]["class_reasons"] == []


def test_the_photo_is_small_and_maps_are_as_large_and_transparent_where_nothing_speaks(tmp_path: Path) -> None:
    for number, record in enumerate(_write(tmp_path)):
        assert record["photo"] == f"decisions/{number:03}-photo.png"
        with Image.open(tmp_path / record["photo"]) as photo:
            assert photo.size == (224, 224) and photo.mode == "RGB"
        for view in record["views"]:
            with Image.open(tmp_path / view["map"]) as drawn:
                assert drawn.size == (224, 224) and drawn.mode == "RGBA"
                alpha = np.asarray(drawn)[..., 3]
                assert alpha[10, 10] > 150 and alpha[-1, -1] < 10


def test_reasons_of_the_image_are_recorded_for_each_class(tmp_path: Path) -> None:
    right, wrong = _write(tmp_path)
    # The images show wings by 0.5, a tail by 1, and lack red fur by 1; a bee has wings by 0.5 and fur by 0.2.
    expected = {"for": [("wings: two", 0.25)], "against": [("no fur: red", -0.2)]}
    assert right["views"][0]["image_reasons"] == wrong["views"][0]["image_reasons"] == expected
    assert wrong["views"][1]["image_reasons"] == {"for": [], "against": []}
    # A bee rather than an ant: wings by 0.4 more.
    assert right["contrast"]["class"] == "ant" and right["contrast"]["reasons"][0] == ("wings: two", 0.2)
    assert right["words"] == "Bee rather than ant because of wings: two."


def test_nothing_selected_gives_no_record(tmp_path: Path) -> None:
    selection: Any = decisions.ExampleSelection(_NAMES, _NAMES[:3])
    unused: Any = None
    assert decisions.write(selection, unused, unused, tmp_path) == []
