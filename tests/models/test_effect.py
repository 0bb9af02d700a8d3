# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the effect of new classes on the predictions for images."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakes import models
from niwt_tf.models import effect as effect_lib
from niwt_tf.models import model as model_lib
from niwt_tf.models import state


@pytest.fixture(scope="module")
def model() -> model_lib.Model:
    return models.by_attributes()


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """Three images of the network's size and a larger one."""
    rng = np.random.default_rng(0)
    found = [tmp_path / f"{number}.png" for number in range(4)]
    for path, side in zip(found, (8, 8, 8, 30), strict=True):
        Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8)).save(path)
    return found


def _with_weights(model: model_lib.Model, kernel: np.ndarray, names: tuple[str, ...]) -> model_lib.Model:
    """Returns a model of these weights; its first class is seen, and gamma is 0.5."""
    bias = np.zeros(len(names), np.float32)
    classifier = dataclasses.replace(model.classifier, kernel=kernel, bias=bias, class_names=names, unseen=names[1:])
    return dataclasses.replace(model, classifier=classifier, gamma=0.5)


def test_images_are_seen_as_the_model_sees_them(model: model_lib.Model, paths: list[Path]) -> None:
    (paths[0].parent / "no.jpg").write_text("no image", "utf-8")
    samples = effect_lib.read_images(model, [paths[0], paths[0].parent / "no.jpg", *paths[1:]])
    assert samples.paths == tuple(paths)
    (unreadable,) = samples.unreadable
    assert unreadable.startswith(f"{paths[0].parent / 'no.jpg'} (")
    scores = model.predict(np.stack([np.array(Image.open(path)) for path in paths[:3]])).scores
    np.testing.assert_allclose(
        samples.features[:3] @ model.classifier.kernel + state.calibrated_bias(model), scores, rtol=1e-5
    )


def test_no_readable_image_is_no_error(model: model_lib.Model, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("no image", "utf-8")
    samples = effect_lib.read_images(model, [tmp_path / "no.png"])
    assert samples.paths == () and samples.features.shape == (0, 6) and len(samples.unreadable) == 1


def test_effects_by_hand(model: model_lib.Model) -> None:
    features = np.float32([[3, 0, 0], [2.5, 2, 0], [2, 1.4, 3], [0, 4, 0]])
    samples = effect_lib.SampleImages(tuple(Path(f"{name}.png") for name in "abcd"), features, ())
    before = _with_weights(model, np.eye(3, 2, dtype=np.float32), ("Horse", "Okapi"))
    # Scores less gamma, which is 1.3 for the model with the new class:
    #      Horse  Okapi  zebra
    #   a   1.7    0      0
    #   b   1.2    2      0      Horse before
    #   c   0.7    1.4    3      Horse before
    #   d  -1.3    4      0
    after = dataclasses.replace(
        _with_weights(model, np.eye(3, dtype=np.float32), ("Horse", "Okapi", "zebra")), gamma=1.3
    )
    effect = effect_lib.measure(before, after, samples)
    (class_effect,) = effect.classes
    assert (class_effect.class_name, class_effect.count, class_effect.before) == ("zebra", 1, (("Horse", 1),))
    assert [path.name for path, _ in class_effect.clearest] == ["c.png", "a.png", "b.png"]
    assert [margin for _, margin in class_effect.clearest] == pytest.approx([1.6, -1.7, -2])
    assert (effect.other_changes, effect.images) == (1, 4)


def test_several_new_classes_are_reported_one_by_one(model: model_lib.Model) -> None:
    samples = effect_lib.SampleImages((Path("a.png"), Path("b.png")), np.float32([[1, 5, 0], [1, 0, 5]]), ())
    before = _with_weights(model, np.float32([[1], [0], [0]]), ("Horse",))
    after = _with_weights(model, np.eye(3, dtype=np.float32), ("Horse", "zebra", "okapi"))
    effect = effect_lib.measure(before, after, samples)
    assert [(one.class_name, one.count, one.clearest[0][0].name) for one in effect.classes] == [
        ("zebra", 1, "a.png"),
        ("okapi", 1, "b.png"),
    ]
    assert effect.other_changes == 0


def test_a_taught_class_shows_in_the_effect(model: model_lib.Model, paths: list[Path]) -> None:
    after = model.teach("zebra", attributes=["coat: striped", "horns"])
    effect = effect_lib.measure(model, after, effect_lib.read_images(model, paths))
    images = np.stack([np.array(Image.open(path)) for path in paths[:3]])
    is_zebra = [name == "zebra" for name in after.predict(images).classes]
    assert sum(is_zebra) <= effect.classes[0].count <= sum(is_zebra) + 1  # the larger image is the fourth
    assert effect.images == 4
