# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the metrics of a user's images: the table, the file, and what is not replaced."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fakes import models
from niwt_tf import errors
from niwt_tf.explain.map_quality import measure_images, registry, scoring
from niwt_tf.models import model as model_lib


@pytest.fixture(scope="module")
def model() -> model_lib.Model:
    return models.by_attributes()


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(path)
    return paths


def test_a_table_is_printed_and_a_file_is_written(
    model: model_lib.Model, images: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out, chosen = images[0].parent, ("insertion", "sparseness", "pointing")
    boxes = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [np.nan] * 4], np.float32)
    measure_images.require_place(out)
    measure_images.measure(model.explained_model, images, out, chosen, "tiger", boxes=boxes)
    record = json.loads((out / measure_images.FILE).read_text("utf-8"))
    assert (record["images"], record["class"], list(record["methods"])) == (3, "tiger", ["gradcam", "random"])
    assert [list(scores) for scores in record["methods"].values()] == [list(chosen)] * 2
    assert record["methods"]["random"]["pointing"] == {"mean": 1, "standard_error": 0, "images": 2}
    assert record["definitions"]["insertion"]["better"] == "higher"
    assert record["definitions"]["insertion"]["source"] == registry.METRICS["insertion"].source
    printed = capsys.readouterr().out
    assert printed.startswith("\n  maps of 3 images") and len(printed.splitlines()) == 5
    assert "  pointing " in printed and printed.endswith("   higher\n")
    measure_images.require_place(out)  # an earlier call's file may be replaced


def test_scores_stand_in_columns() -> None:
    half, none = scoring.MapScore(np.array([0.5, 0.5])), scoring.MapScore(np.full(2, np.nan))
    assert measure_images.table({"gradcam": {"deletion": half}, "random": {"deletion": none}}) == (
        "\n  maps of 2 images               gradcam      random   better"
        "\n  deletion                         0.500           -   lower"
    )


@pytest.mark.parametrize("content", ['{"harmonic_mean": 0.8}', "[]", "no JSON"])
def test_another_file_of_the_name_stays(tmp_path: Path, content: str) -> None:
    (tmp_path / "metrics.json").write_text(content, "utf-8")
    with pytest.raises(errors.UserError, match=r"`out` must hold no metrics\.json, or that of earlier explanations"):
        measure_images.require_place(tmp_path)
    assert (tmp_path / "metrics.json").read_text("utf-8") == content


def test_an_image_that_cannot_be_read_is_left_out(model: model_lib.Model, images: list[Path]) -> None:
    images[1].write_bytes(b"no image")
    measure_images.measure(model.explained_model, images, images[0].parent, ("sparseness",))
    record = json.loads((images[0].parent / measure_images.FILE).read_text("utf-8"))
    assert record["images"] == 2
