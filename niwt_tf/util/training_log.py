# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write TensorBoard logs of training loops into the folders of their stages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import tensorflow as tf


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
                tf.summary.scalar(tag, value)

    try:
        yield log
    finally:
        writer.close()
