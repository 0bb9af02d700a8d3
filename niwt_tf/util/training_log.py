# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write TensorBoard logs of training loops into the folders of their stages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import tensorflow as tf

_PREFIX = "classifier_"  # of the tags of a classifier that is trained before the whole network
_DESCRIPTIONS = {
    "loss": "Training loss. A step is an epoch of the network, or a step of the descent that fits map or weights.",
    "accuracy": "Share of the training images that were classified correctly during the epoch, 0 to 1.",
    "held_out_loss": "Loss on training images that are held out to choose the best epoch.",
    "held_out_accuracy": "Share of the held-out training images that are classified correctly, 0 to 1.",
    "cosine": "Cosine between the importances of the new weights and those that the map predicts; 1 is the best.",
    "rank_correlation": "Rank correlation of predictions with observations, on held-out classes; 1 is the best.",
    "penalty": "Penalty of the ridge regression that was tried at this step.",
}


class Log(Protocol):
    """Function that logs named numbers of one step of a loop."""

    def __call__(self, step: int, **values: float) -> None:
        """Log numbers by name."""


def no_log(step: int, **values: float) -> None:
    """Discard a step's numbers."""
    del step, values


@contextmanager
def scalars(folder: Path) -> Iterator[Log]:
    """Open a log that writes scalars for TensorBoard under `folder`, one tag for each keyword."""
    writer = tf.summary.create_file_writer(str(folder))

    def log(step: int, **values: float) -> None:
        with writer.as_default(step=step):
            for tag, value in values.items():
                tf.summary.scalar(tag, value, description=_DESCRIPTIONS.get(tag.removeprefix(_PREFIX)))

    try:
        yield log
    finally:
        writer.close()
