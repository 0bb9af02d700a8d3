# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The program `niwt`: run all stages of the method, from images to scores."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from absl import flags

from niwt_tf import config as config_lib
from niwt_tf import pipeline, workdir
from niwt_tf.cli import flags as flags_lib
from niwt_tf.cli import launch, table
from niwt_tf.util import progress

_DESCRIPTION = """Train an image classifier, and teach it classes without any image of them, from descriptions alone.

Without flags, it draws birds of 60 species, learns 48 of them from images and 12 from their attributes, and prints the
accuracies on both. To resume an interrupted run, repeat its command. --helpfull lists all settings."""


def main(arguments: Sequence[str]) -> None:
    """Run the stages that are not finished and print the scores, or list the layers for `--list_layers`."""
    del arguments
    values = flags.FLAGS
    config = flags_lib.config(values)
    if values.list_layers:
        progress.print_line(_layers(config.backbone))
        return
    folder = workdir.Workdir(values.workdir or f"runs/{config.data.dataset}-{config.domain.domain}")
    metrics = pipeline.run(config, folder, values.stages, values.overwrite, launch.start_tensorflow)
    if metrics:
        progress.print_line(table.table(metrics, folder.root))


def _layers(config: config_lib.BackboneConfig) -> str:
    launch.start_tensorflow()
    from niwt_tf.backbones import build  # starts TensorFlow

    return build.layers(config)


def run() -> None:
    """Run the console script."""
    flags_lib.define(flags.FLAGS, sys.argv[0])
    launch.run(main, _DESCRIPTION)
