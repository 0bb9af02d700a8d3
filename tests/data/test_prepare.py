# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of preparing a dataset once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from fakes import holding
from niwt_tf.data import prepare
from niwt_tf.util import locks, progress


class Numbers(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """The numbers 0 to 4; or those in the manual folder."""

    name = "numbers"
    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = ""
    trouble: BaseException | None = None

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict({"number": tf.int64}))

    def _split_generators(self, dl_manager: Any) -> dict[str, Iterator[tuple[int, dict[str, int]]]]:
        named = list(Path(dl_manager._manual_dir).glob("*.txt")) if dl_manager._manual_dir else []
        return {"train": self._generate_examples(int(named[0].stem) if named else 5)}

    def _generate_examples(self, count: int) -> Iterator[tuple[int, dict[str, int]]]:
        for number in range(count):
            if self.trouble and number == 3:
                raise self.trouble
            print("noise of a library")
            yield number, {"number": number}
        progress.print_line("  heard")


def _numbers(builder: Numbers) -> list[int]:
    return sorted(int(example["number"]) for example in builder.as_dataset(split="train").as_numpy_iterator())


def test_a_dataset_is_prepared_with_one_line_and_what_the_builder_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = Numbers(data_dir=tmp_path)
    assert not prepare.is_prepared(builder)
    prepare.prepare(builder)
    assert capsys.readouterr() == (
        f"  preparing the images in {tmp_path / 'numbers' / '1.0.0'}\n  heard\n",
        "",
    )
    assert prepare.is_prepared(builder) and prepare.is_prepared(Numbers(data_dir=tmp_path))
    assert _numbers(builder) == [0, 1, 2, 3, 4]


def test_the_builder_finds_files_in_the_manual_folder(tmp_path: Path) -> None:
    (tmp_path / "manual").mkdir()
    (tmp_path / "manual" / "2.txt").touch()
    builder = Numbers(data_dir=tmp_path / "prepared")
    prepare.prepare(builder, tmp_path / "manual")
    assert _numbers(builder) == [0, 1]


@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_is_cut_short_is_not_prepared_and_can_be_begun_anew(
    tmp_path: Path, trouble: BaseException, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Numbers, "trouble", trouble)
        with pytest.raises(type(trouble)):
            prepare.prepare(Numbers(data_dir=tmp_path))
    print("printed again")
    assert "printed again" in capsys.readouterr().out
    builder = Numbers(data_dir=tmp_path)
    assert not prepare.is_prepared(builder)
    prepare.prepare(builder)
    assert _numbers(builder) == [0, 1, 2, 3, 4]


def test_the_second_waits_and_uses_what_the_first_prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare.prepare(Numbers(data_dir=tmp_path / "first"))
    builder = Numbers(data_dir=tmp_path / "second")
    folder = Path(builder.data_dir)
    with holding.another_process(locks.beside(folder)) as process:
        lines = holding.end_when_waited_for(
            monkeypatch, process, lambda: shutil.copytree(tmp_path / "first" / "numbers" / "1.0.0", folder)
        )
        prepare.prepare(builder)
    assert len(lines) == 1 and lines[0].endswith(f", which writes the images in {folder}")
    assert builder.info.splits["train"].num_examples == 5 and _numbers(builder) == [0, 1, 2, 3, 4]


def test_what_a_killed_preparation_left_is_removed(tmp_path: Path) -> None:
    for name in ("incomplete.A1B2C3_1.0.0", "incomplete.A1B2C3_2.0.0"):
        (tmp_path / "numbers" / name / "half").mkdir(parents=True)
    prepare.prepare(Numbers(data_dir=tmp_path))
    assert {path.name for path in (tmp_path / "numbers").iterdir()} == {"1.0.0", "incomplete.A1B2C3_2.0.0"}
