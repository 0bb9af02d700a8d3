# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the counting of epochs: what is kept on disk, when it ends, and which epoch is given back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import pytest

from niwt_tf.training import epochs


class _Run:
    """A training whose weight is the number of the epoch, on held-out losses that are given."""

    def __init__(self, folder: Path, losses: Sequence[float], patience: int, most: int = 6, every: int = 1) -> None:
        self.weight = keras.Variable(0.0)
        parts = {"weight": self.weight.value}
        self.epochs = epochs.Epochs(most, patience, folder, parts, [self.weight], every)
        self.losses, self.patience = losses, patience
        self.logs: list[tuple[int, dict[str, float]]] = []

    def go(self, most: int = 100) -> float:
        """Returns the weight at the end, or after so many epochs."""
        for _ in range(most):
            if not self.epochs.remain:
                self.epochs.restore_best()
                break
            number = self.epochs.done
            self.weight.assign(number + 1.0)
            held_out = (self.losses[number], 0.5) if self.patience else None
            self.epochs.finish((1.0, 0.25), held_out, self._log)
        return float(self.weight)

    def _log(self, step: int, **values: Any) -> None:
        self.logs.append((step, values))


def test_without_patience_all_epochs_are_done_and_the_last_is_kept(tmp_path: Path) -> None:
    run = _Run(tmp_path, (), patience=0)
    assert run.go() == 6.0
    assert run.logs == [(step, {"loss": 1.0, "accuracy": 0.25}) for step in range(1, 7)]


@pytest.mark.parametrize(
    ("losses", "patience", "done", "best"),
    [
        ([3, 2, 4, 5, 0, 0], 2, 4, 2),
        ([3, 2, 4, 1, 5, 6], 2, 6, 4),
        ([1, 1, 1, 1, 1, 1], 3, 4, 1),  # no lower loss is no gain
        ([1, 1 - 1e-6, 1 + 1e-6, 1 - 2e-6, 1, 1], 3, 4, 1),  # nor is rounding
        ([1, 1 - 6e-5, 1 - 12e-5, 1 - 18e-5, 1 - 24e-5, 1 - 30e-5], 2, 6, 5),  # but many small gains are one
        ([6, 5, 4, 3, 2, 1], 1, 6, 6),
    ],
)
def test_patience_ends_the_training_and_gives_back_the_best_epoch(
    losses: list[float], patience: int, done: int, best: int, tmp_path: Path
) -> None:
    run = _Run(tmp_path, losses, patience)
    assert run.go() == best
    assert run.epochs.done == done
    assert run.logs[0] == (1, {"loss": 1.0, "accuracy": 0.25, "held_out_loss": losses[0], "held_out_accuracy": 0.5})


@pytest.mark.parametrize("killed_after", [1, 2, 3])
def test_the_best_epoch_outlives_a_kill(killed_after: int, tmp_path: Path) -> None:
    losses = [3, 2, 4, 5, 0, 0]
    _Run(tmp_path, losses, 2).go(killed_after)
    again = _Run(tmp_path, losses, 2)
    assert again.epochs.done == killed_after
    assert again.go() == 2.0
    assert again.epochs.done == 4
    done = _Run(tmp_path, losses, 2)
    assert not done.epochs.remain
    assert done.go() == 2.0


def test_a_checkpoint_is_written_every_so_many_epochs_and_at_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _Run(tmp_path, (), 0, most=7, every=3).go(5)
    assert _Run(tmp_path, (), 0, most=7, every=3).epochs.done == 3
    assert capsys.readouterr().out == "  resuming after epoch 3 of 7\n"
    _Run(tmp_path, (), 0, most=7, every=3).go()
    assert _Run(tmp_path, (), 0, most=7, every=3).epochs.done == 7
    assert len(list(tmp_path.glob("*.index"))) == 1
