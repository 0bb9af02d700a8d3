# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Count the epochs of a training, write checkpoints, and stop when the held-out loss no longer falls."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from niwt_tf.numerics import choice
from niwt_tf.util import progress, training_log

_Pair = Sequence[float] | np.ndarray | tuple[tf.Tensor, tf.Tensor]


class Epochs:
    """Epochs of one training, which an interrupted call may have begun.

    The constructor restores the last checkpoint, so all objects that it holds must be built before.
    """

    def __init__(
        self,
        most: int,
        patience: int,
        folder: Path,
        parts: Mapping[str, Any],
        weights: Sequence[keras.Variable],
        every: int = 1,
    ) -> None:
        """Restore the last checkpoint in `folder`, if there is one.

        Args:
          most: Maximum number of epochs.
          patience: Number of epochs without a gain in the held-out loss (see `choice.gains`) before training stops;
            0 never stops it.
          folder: Folder used for the checkpoints of this training alone.
          parts: Objects to save in a checkpoint, such as the optimizer, by name.
          weights: Variables whose values are kept from the best epoch.
          every: Number of epochs between two checkpoints.
        """
        self._most, self._patience, self._every, self._weights = most, patience, every, weights
        self._epoch = tf.Variable(0, dtype=tf.int64)
        self._best_epoch, self._best_loss = tf.Variable(0, dtype=tf.int64), tf.Variable(math.inf, dtype=tf.float64)
        self._best = [tf.Variable(weight.value) for weight in weights] if patience else []
        best = {"best_epoch": self._best_epoch, "best_loss": self._best_loss, "best": self._best}
        state = tf.train.Checkpoint(epoch=self._epoch, **best, **parts)
        self._manager = tf.train.CheckpointManager(state, str(folder), max_to_keep=1)
        self._manager.restore_or_initialize()
        if self.done:
            progress.print_line(f"  resuming after epoch {self.done} of {most}")

    @property
    def done(self) -> int:
        """Number of finished epochs."""
        return int(self._epoch)

    @property
    def remain(self) -> bool:
        """Whether training goes on: neither all epochs are done, nor patience is exhausted."""
        is_exhausted = self._patience and self.done - int(self._best_epoch) >= self._patience
        return self.done < self._most and not is_exhausted

    def finish(self, values: _Pair, held_out: _Pair | None, log: training_log.Log) -> None:
        """Count an epoch, keep its weights if it is the best, and write a checkpoint when one is due.

        Args:
          values: Loss and accuracy on the training images.
          held_out: Loss and accuracy on held-out images; None without patience.
          log: Log for these numbers.
        """
        self._epoch.assign_add(1)
        named = {"loss": float(values[0]), "accuracy": float(values[1])}
        if held_out is not None:
            named |= {"held_out_loss": float(held_out[0]), "held_out_accuracy": float(held_out[1])}
            self._remember(float(held_out[0]))
        log(self.done, **named)
        if self.done % self._every == 0 or not self.remain:
            self._manager.save()

    def _remember(self, held_out_loss: float) -> None:
        if choice.gains(held_out_loss, float(self._best_loss)):
            self._best_loss.assign(held_out_loss)
            self._best_epoch.assign(self._epoch)
            for best, weight in zip(self._best, self._weights, strict=True):
                best.assign(weight.value)

    def restore_best(self) -> None:
        """Restore the weights of the best epoch; without patience, those of the last are kept."""
        for best, weight in zip(self._best, self._weights, strict=False):
            weight.assign(best)
