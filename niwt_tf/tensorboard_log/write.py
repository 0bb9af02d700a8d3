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
from niwt_tf.evaluation import summary
from niwt_tf.report import charts
from niwt_tf.runs import finished_run
from niwt_tf.tensorboard_log import decisions, projector, texts
from niwt_tf.util import clean, paths

_STEP = 0  # a finished run has only one step
_ALWAYS = ("dataset", "domain", "backbone", "layer", "seed")  # settings by which runs are compared
_CHOSEN = ("map_fit", "map_relevance", "lambda_", "scale", "bias")
# TensorBoard's page of hyperparameters reads scores from scalars alone; the other scores are in the text.
_COMPARED = {
    summary.SEEN: "S: accuracy on test images of seen classes, among all classes, mean over classes, 0 to 1.",
    summary.UNSEEN: "U: accuracy on test images of unseen classes, among all classes, mean over classes, 0 to 1.",
    summary.MEAN: "H: harmonic mean of S and U.",
    summary.AUSUC: "Area under the curve of S against U over all gammas.",
}


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
        summary_v2.hparams(hyperparameters(run))
        for name, about in _COMPARED.items():
            if run.metrics[name] is not None:
                tf.summary.scalar(name, run.metrics[name], description=about)
        _write_images(run)
        _write_text("scores", texts.scores(run), "Final scores on test images, and how good the explanations are.")
        _write_text("settings", texts.settings(run), "Command, settings chosen by validation, and all settings.")
        if run.explained:
            about = "Neurons by number, with the feature that each stands for and other candidates."
            _write_text("neurons", texts.neurons(run.explained), about)
    writer.close()
    projector.write(run, thumbnails, folder)


def hyperparameters(run: finished_run.FinishedRun) -> dict[str, bool | int | float | str]:
    """Select what was varied, in types that TensorBoard takes: a list becomes its values joined with commas.

    That is what runs are usually compared by, each setting that differs from its default, and what validation chose.
    """
    defaults = config_lib.options(config_lib.RunConfig())
    settings = {
        name: _plain(value)
        for name, (value, _) in config_lib.options(run.config).items()
        if name in _ALWAYS or value != defaults[name][0]
    }
    chosen = {f"chosen {name.rstrip('_')}": _plain(run.settings[name]) for name in _CHOSEN}
    return settings | {"chosen gamma": run.metrics["gamma"]} | chosen


def _plain(value: bool | int | float | str | tuple | None) -> bool | int | float | str:
    if isinstance(value, str | tuple):
        return clean.line(paths.with_home(value if isinstance(value, str) else ",".join(map(str, value))))
    return "" if value is None else value


def _write_images(run: finished_run.FinishedRun) -> None:
    if run.curve:
        about = "S against U for every gamma: hollow at gamma 0, filled at the chosen gamma"
        _write_image("charts/seen_against_unseen", charts.pixels(charts.curve(run.curve, run.metrics)), about)
    figure = charts.confusion(run.confusion, run.seen_classes, run.class_names)
    about = f"rows: true classes; columns: predicted classes; {run.seen_classes} seen classes, then the unseen"
    _write_image("charts/confusion", charts.pixels(figure), about)
    for decision in decisions.read(run.explained) if run.explained else ():
        _write_image(decision.tag, decision.image, decision.about)


def _write_image(tag: str, image: np.ndarray, about: str) -> None:
    tf.summary.image(tag, image[None], description=about)


def _write_text(tag: str, markdown: str, about: str) -> None:
    tf.summary.text(tag, markdown, description=about)
