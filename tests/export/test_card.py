# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the model card: its fields, and its page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fakes import exported
from niwt_tf import config as config_lib
from niwt_tf.domains import description
from niwt_tf.export import card

_METRICS = {
    "split_version": "proposed split 2.0", "split_sha256": "ab" * 32, "imageless_classes": [], "fine_tuned": "full",
    "gamma": 0.75, "seen_accuracy": 0.9, "unseen_accuracy": 0.6, "harmonic_mean": 0.72, "zsl_accuracy": 0.8,
    "seen_accuracy_uncalibrated": 0.99, "unseen_accuracy_uncalibrated": 0.0, "harmonic_mean_uncalibrated": 0.0,
    "ausuc": 0.65, "packages": {"niwt_tf": "0.0.1"},
}  # fmt: skip
_TAUGHT = (
    description.Description("Giraffe_|x|", ("tall:90%", "brown spots")),
    description.Description("Yak", documents=("A yak. " * 100,)),
)
_CONFIG = config_lib.RunConfig(data=config_lib.DataConfig(dataset="awa2", data_dir="/data/my animals"), seed=3)
_SIGNATURES = {
    "serving_default": {
        "purpose": "Predict the classes of images.",
        "inputs": {"images": {"dtype": "uint8", "shape": ["N", "H", "W", 3], "meaning": "RGB"}},
        "outputs": {"scores": {"dtype": "float32", "shape": ["N", 8], "meaning": "logits"}},
    }
}
_ACCURACY = {
    "measured": True, "images": 1320, "same_prediction": 0.9992,
    "client": {"seen_accuracy": 0.5, "unseen_accuracy": None, "harmonic_mean": None},
    "model": {"seen_accuracy": 0.625, "unseen_accuracy": None, "harmonic_mean": None},
}  # fmt: skip
_CLIENT = {
    "title": "OpenVINO", "runtime": "OpenVINO", "file": "predictor.xml", "accuracy": _ACCURACY,
    "check": {"images": 32, "difference": 0.001, "spread": 50.0, "same_prediction": 1.0, "bound": 1e-3},
}  # fmt: skip


def _write(folder: Path, format_fields: dict[str, Any], **model: Any) -> tuple[dict[str, Any], str]:
    card.write(folder, exported.model(**model), "animals", format_fields)
    return json.loads((folder / "model_card.json").read_text("utf-8")), (folder / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    folder = tmp_path_factory.mktemp("card")
    return _write(
        folder, {"format": "savedmodel", "signatures": _SIGNATURES}, taught=_TAUGHT, config=_CONFIG, metrics=_METRICS
    )


def test_json_describes_the_origin_of_the_model(written: tuple[dict[str, Any], str]) -> None:
    fields, _ = written
    assert fields["data"] == {
        "dataset": "awa2",
        "split_version": "proposed split 2.0",
        "split_sha256": "ab" * 32,
        "imageless_classes": [],
    }
    assert fields["classes"]["seen"] == list(exported.SEEN) and fields["classes"]["unseen"] == list(exported.UNSEEN)
    assert fields["classes"]["taught"][0] == {
        "name": "Giraffe_|x|", "attributes": ["tall:90%", "brown spots"], "captions": [], "documents": [],
    }  # fmt: skip
    assert fields["classes"]["taught"][1]["documents"] == ["A yak. " * 100]
    assert fields["domain"] == {"domain": "attributes", "source": "words by hand"}
    assert fields["network"] == {
        "backbone": "small", "layer": "conv", "image_size": 8, "neurons": 6, "fine_tuned": "full",
    }  # fmt: skip
    assert fields["seed"] == 3
    assert fields["settings"]["lambda"] == 1e-3 and fields["settings"]["gamma"] == exported.GAMMA
    assert fields["command"] == "niwt --dataset=awa2 '--data_dir=my animals' --seed=3"
    assert fields["packages"]["run"] == {"niwt_tf": "0.0.1"} and "tensorflow" in fields["packages"]["export"]
    assert fields["signatures"] == _SIGNATURES and fields["client"] is None


def test_licences_are_left_to_fill_in(written: tuple[dict[str, Any], str]) -> None:
    fields, page = written
    assert fields["licence"] == {"model": None, "weights": None, "data": None}
    assert page.count("| not stated: fill in |") == 3


def test_page_has_scores_with_their_conditions(written: tuple[dict[str, Any], str]) -> None:
    fields, page = written
    assert fields["scores"]["harmonic_mean"] == 0.72
    assert "| gamma 0.750 | 0.900 | 0.600 | 0.720 |\n| gamma 0 | 0.990 | 0.000 | 0.000 |\n" in page
    assert "with the classes of the run, before any class was added or removed." in page
    assert "unseen: 0.800" not in page and "ZSL accuracy, among classes learned from descriptions alone: 0.800." in page


def test_page_counts_and_names_classes(written: tuple[dict[str, Any], str]) -> None:
    _, page = written
    assert "An image classifier of 8 classes: 4 were learned from images, 4 from descriptions alone" in page
    assert "Learned from descriptions, 2: Zebra, Okapi." in page
    assert "Added later by descriptions or photographs, 2; nothing was measured on them:" in page
    assert "- Giraffe\\_&#124;x&#124;: tall:90%, brown spots\n- Yak\n  - A yak. A yak." in page
    assert "... (700 letters, in model\\_card.json)" in page


def test_page_has_a_table_for_each_signature(written: tuple[dict[str, Any], str]) -> None:
    _, page = written
    assert "**serving_default**: Predict the classes of images." in page
    assert "| input | `images` | uint8 [N,H,W,3] | RGB |\n| output | `scores` | float32 [N,8] | logits |\n" in page


def test_page_is_whole_and_its_tables_are_even(written: tuple[dict[str, Any], str]) -> None:
    _, page = written
    assert page.startswith("# animals\n\nAn image") and page.endswith("\n") and "{" not in page and "\n\n\n" not in page
    for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table


def test_a_run_without_scores_says_so(tmp_path: Path) -> None:
    fields, page = _write(tmp_path, {"format": "savedmodel", "signatures": _SIGNATURES})
    assert fields["scores"] is None and fields["packages"]["run"] is None and fields["data"]["split_sha256"] is None
    assert "None: the run was not evaluated." in page and "fine-tuned: not recorded" in page
    assert "Added later" not in page and "\n\n\n" not in page


def test_scores_without_test_images_are_not_measured(tmp_path: Path) -> None:
    nothing = dict.fromkeys(("unseen_accuracy", "harmonic_mean", "zsl_accuracy", "ausuc"))
    _, page = _write(tmp_path, {"format": "savedmodel", "signatures": _SIGNATURES}, metrics={**_METRICS, **nothing})
    assert "| gamma 0.750 | 0.900 | not measured | not measured |" in page and "S against U: not measured." in page


def test_a_client_stands_beside_the_model(tmp_path: Path) -> None:
    fields, page = _write(tmp_path, {"format": "openvino", "client": _CLIENT}, metrics=_METRICS)
    assert fields["client"] == _CLIENT and fields["signatures"] is None and "## Signatures" not in page
    assert "`predictor.xml` takes `images`, RGB uint8 [N,H,W,3], of any size, any number of one size" in page
    assert "at most\n2.0e-05 of their spread (0.001 is allowed), and 100 % of the predictions are equal." in page
    assert "On 1,320 test images, 99.92 % of its predictions equal the live model's:" in page
    assert "| OpenVINO | 0.500 | not measured |" in page and "| live model | 0.625 | not measured |" in page


def test_the_reason_why_nothing_was_measured(tmp_path: Path) -> None:
    unmeasured = {**_CLIENT, "accuracy": {"measured": False, "why": "No images."}}
    _, page = _write(tmp_path, {"format": "litert", "client": unmeasured})
    assert "Its accuracy was not measured: No images." in page and "RGB uint8 [1,H,W,3], of any size. It" in page


def test_names_get_no_syntax_and_nothing_that_misleads(tmp_path: Path) -> None:
    shown = {
        "- [x](javascript:1)": r"- \- \[x\](javascript:1): tall",
        "\x1b[31m\n# <b>": r"- \\x1b\[31m \# &lt;b&gt;: tall",
        "1. ~a~ $b$": r"- 1\. &#126;a&#126; &#36;b&#36;: tall",
    }
    taught = tuple(description.Description(name, ("tall",)) for name in shown)
    fields, page = _write(tmp_path, {"format": "savedmodel", "signatures": _SIGNATURES}, taught=taught)
    assert set(shown.values()) <= set(page.splitlines())
    assert [one["name"] for one in fields["classes"]["taught"]] == list(shown)


def test_a_card_holds_no_path_of_this_machine_and_a_command_that_is_true(tmp_path: Path) -> None:
    data = config_lib.DataConfig("folder", "/home/anna/my birds", "/scratch/prepared")
    backbone = config_lib.BackboneConfig("keras:/home/anna/zoo.keras", import_module="/home/anna/layers.py")
    config = config_lib.RunConfig(data=data, backbone=backbone)
    fields, page = _write(
        tmp_path, {"format": "savedmodel", "signatures": _SIGNATURES}, config=config, metrics=_METRICS
    )
    assert fields["command"] == (
        "niwt --dataset=folder '--data_dir=my birds' --backbone=keras:zoo.keras --import_module=layers.py"
    )
    assert f"```sh\n{fields['command']}\n```" in page and fields["network"]["backbone"] == "keras:zoo.keras"
    assert "/home" not in page + json.dumps(fields) and "/scratch" not in page + json.dumps(fields)
