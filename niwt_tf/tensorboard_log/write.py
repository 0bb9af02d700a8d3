# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write the scores, charts, texts and projector files of a finished run for TensorBoard; stages log the scalars."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorboard.plugins.hparams import summary_v2

from niwt_tf import config as config_lib
from niwt_tf.report import charts
from niwt_tf.runs import finished_run
from niwt_tf.tensorboard_log import decisions, projector, texts
from niwt_tf.util import clean, paths

_STEP = 0  # a finished run has only one step


def write(run: finished_run.FinishedRun, thumbnails: Sequence[np.ndarray | None], folder: Path) -> None:
    """Write settings, scores, images, texts and the projector's files into `folder`.

    Results of the stage `explain` are included if they exist. `tensorboard --logdir <workdir>` displays them.

    Args:
      run: Run to log.
      thumbnails: Images `[S,S,3]` uint8 RGB, one of each class, see `thumbnails.load`.
      folder: Folder of a TensorBoard run, inside the run's folder; created if it does not exist.

    Raises:
      OSError: If the files cannot be written.
    """
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default(step=_STEP):
        summary_v2.hparams(hyperparameters(run.config))
        for name, value in scores(run).items():
            tf.summary.scalar(name, value)
        _write_images(run)
        tf.summary.text("settings", texts.settings(run))
        if run.explained:
            tf.summary.text("neurons", texts.neurons(run.explained))
    writer.close()
    projector.write(run, thumbnails, folder)


def hyperparameters(config: config_lib.RunConfig) -> dict[str, bool | int | float | str]:
    """Convert the settings to types that TensorBoard takes: a list becomes its values joined with commas."""
    return {name: _plain(value) for name, (value, _) in config_lib.options(config).items()}


def scores(run: finished_run.FinishedRun) -> dict[str, float]:
    """Select the scores that are floats, including those of explanations."""
    everything = run.metrics | run.explained_metrics
    return {name: value for name, value in everything.items() if isinstance(value, float)}


def _plain(value: bool | int | float | str | tuple | None) -> bool | int | float | str:
    if isinstance(value, str | tuple):
        return clean.line(paths.with_home(value if isinstance(value, str) else ",".join(map(str, value))))
    return "" if value is None else value


def _write_images(run: finished_run.FinishedRun) -> None:
    if run.curve:
        about = "S against U for every gamma: hollow at gamma 0, filled at the chosen gamma"
        _write_image("seen_unseen_curve", charts.pixels(charts.curve(run.curve, run.metrics)), about)
    figure = charts.confusion(run.confusion, run.seen_classes, run.class_names)
    about = f"rows: true classes; columns: predicted classes; {run.seen_classes} seen classes, then the unseen"
    _write_image("confusion", charts.pixels(figure), about)
    for decision in decisions.read(run.explained) if run.explained else ():
        _write_image(decision.tag, decision.image, decision.about)


def _write_image(tag: str, image: np.ndarray, about: str) -> None:
    tf.summary.image(tag, image[None], description=about)
