# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write the files of TensorBoard's projector: vectors of all classes, their names and a thumbnail of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector import projector_config_pb2

from niwt_tf.numerics import unit_vectors
from niwt_tf.runs import finished_run
from niwt_tf.tensorboard_log import thumbnails as thumbnails_lib
from niwt_tf.util import clean

_CONFIG = "projector_config.pbtxt"  # name that the projector looks for
_METADATA = "metadata.tsv"
_SPRITES = "sprites.png"
_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"  # suffix of a variable's name in a checkpoint
_BLANK = 235  # grey, 0..255


def write(run: finished_run.FinishedRun, thumbnails: Sequence[np.ndarray | None], folder: Path) -> None:
    """Write a checkpoint, names, thumbnails and the projector's settings into `folder`.

    Args:
      run: Run whose class vectors are displayed.
      thumbnails: Images `[S,S,3]` uint8 RGB, one of each class; None leaves a blank tile.
      folder: Existing folder.
    """
    # Only the direction of predicted importances counts, and observed ones are means of unit vectors.
    embeddings = {
        "domain_vectors": run.vectors.domain,
        "predicted_importances": unit_vectors.units(run.vectors.predicted),
        "observed_importances": unit_vectors.units(run.vectors.observed),
        "classifier_weights": run.vectors.weights,
    }
    variables = {name: tf.Variable(values, dtype=tf.float32) for name, values in embeddings.items()}
    tf.train.Checkpoint(**variables).save(str(folder / "embeddings"))
    (folder / _METADATA).write_text(metadata(run.class_names, run.seen_classes), "utf-8")
    Image.fromarray(sprites(thumbnails)).save(folder / _SPRITES)
    (folder / _CONFIG).write_text(_settings(list(embeddings)), "utf-8")


def metadata(class_names: Sequence[str], seen_classes: int) -> str:
    """Format a header and one line with name and kind for each class."""
    kinds = ["seen"] * seen_classes + ["unseen"] * (len(class_names) - seen_classes)
    rows = [("class", "kind"), *((clean.cell(name), kind) for name, kind in zip(class_names, kinds, strict=True))]
    return "".join("\t".join(row) + "\n" for row in rows)


def sprites(thumbnails: Sequence[np.ndarray | None]) -> np.ndarray:
    """Arrange the thumbnails as tiles of one square image `[H,W,3]` uint8, row by row; grey if one is missing."""
    size, side = thumbnails_lib.SIZE, math.ceil(math.sqrt(len(thumbnails)))
    sheet = np.full((side * size, side * size, 3), _BLANK, np.uint8)
    for number, image in enumerate(thumbnails):
        if image is not None:
            top, left = (size * place for place in divmod(number, side))
            sheet[top : top + size, left : left + size] = image
    return sheet


def _settings(names: Sequence[str]) -> str:
    settings = projector_config_pb2.ProjectorConfig()
    for name in names:
        embedding = settings.embeddings.add(tensor_name=name + _SUFFIX, metadata_path=_METADATA)
        embedding.sprite.image_path = _SPRITES
        embedding.sprite.single_image_dim.extend([thumbnails_lib.SIZE] * 2)
    return text_format.MessageToString(settings)
