# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the projector's names and sprites, by hand; TensorBoard itself reads them in test_tensorboard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from fakes import finished
from niwt_tf.tensorboard_log import projector, thumbnails

_S = thumbnails.SIZE


def test_metadata_has_a_line_for_each_class_whatever_its_name() -> None:
    assert projector.metadata(["a\tb", "c\nd", "e"], 2) == "class\tkind\na b\tseen\nc d\tseen\ne\tunseen\n"
    assert projector.metadata(["=A()", "\x1b[31m"], 1) == "class\tkind\n'=A()\tseen\n\\x1b[31m\tunseen\n"


def test_sprites_lie_row_by_row_in_a_square_and_what_has_no_image_is_grey() -> None:
    tiles = [None if number == 2 else np.full((_S, _S, 3), number, np.uint8) for number in range(5)]
    sheet = projector.sprites(tiles)
    assert sheet.shape == (3 * _S, 3 * _S, 3)
    grey = 235
    assert sheet[::_S, ::_S, 0].tolist() == [[0, 1, grey], [3, 4, grey], [grey, grey, grey]]
    assert sheet[_S - 1 :: _S, _S - 1 :: _S, 2].tolist() == [[0, 1, grey], [3, 4, grey], [grey, grey, grey]]


def test_the_files_stay_whole_when_their_folder_is_renamed(tmp_path: Path) -> None:
    run = finished.write(tmp_path / "run")
    (tmp_path / "partial").mkdir()
    projector.write(run, [None] * 5, tmp_path / "partial")
    (tmp_path / "partial").rename(tmp_path / "done")
    checkpoint = tf.train.latest_checkpoint(str(tmp_path / "done"))
    assert checkpoint is not None
    observed = tf.train.load_variable(checkpoint, "observed_importances/.ATTRIBUTES/VARIABLE_VALUE")
    np.testing.assert_allclose(np.linalg.norm(observed, axis=1), 1, rtol=1e-5)
    assert str(tmp_path) not in (tmp_path / "done" / "projector_config.pbtxt").read_text()
