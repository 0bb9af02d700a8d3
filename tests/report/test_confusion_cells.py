# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the cells of the confusion matrix."""

from __future__ import annotations

import numpy as np

from niwt_tf.report import confusion_cells


def test_cells_with_images_are_collected_row_by_row() -> None:
    cells = confusion_cells.collect(np.array([[4, 0, 0], [1, 3, 0], [0, 0, 0]]))
    assert cells == [
        confusion_cells.Cell(0, 0, 4, 1.0),
        confusion_cells.Cell(1, 0, 1, 0.25),
        confusion_cells.Cell(1, 1, 3, 0.75),
    ]
    assert [cell.strength for cell in cells] == [1.0, 0.5, 0.87]
