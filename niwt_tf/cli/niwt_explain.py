# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The program `niwt_explain`: explain the predictions for a user's images, with a finished run or a bundle."""

from __future__ import annotations

import dataclasses
import functools
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from niwt_tf import errors
from niwt_tf.cli import launch
from niwt_tf.data import boxes as boxes_lib
from niwt_tf.data import user_images
from niwt_tf.data.files import text_files
from niwt_tf.explain.map_quality import registry as metrics_lib
from niwt_tf.method.calibration import typicality
from niwt_tf.models import bundle
from niwt_tf.runs import run_folder
from niwt_tf.util import paths as paths_lib
from niwt_tf.util import progress

if TYPE_CHECKING:
    import numpy as np

    from niwt_tf.models import model as model_lib  # starts TensorFlow

METHODS = ("gradcam", "gradcampp", "scorecam", "smoothgrad")
_STAGES = ("knowledge", "importances", "transfer", "inverse_map")
_DESCRIPTION = """Classify images with a finished run of niwt, and explain each prediction.

niwt_explain --workdir=runs/aviary-attributes img1.jpg 'dir/*.jpg' folder/
niwt_explain --model=zoo.keras --class=zebra img1.jpg
niwt_explain --workdir=runs/mine --metrics=all --boxes=mine/boxes.csv mine/images

For each image it prints the predicted class, the runner-up, what speaks for the class in general, and what speaks for
and against it in this image, and draws a picture. Of many images only the first are printed. All explanations, with the
neurons that contribute most, are in explanations.jsonl."""


def define(values: flags.FlagValues, program: str) -> None:
    """Define the flags.

    Args:
      values: Flag values to which the flags are added.
      program: Name by which absl knows the main program: `sys.argv[0]`.
    """
    here = {"module_name": program, "flag_values": values}
    flags.DEFINE_string("workdir", None, "Folder of a finished run of niwt.", **here)
    flags.DEFINE_string("model", None, "In place of --workdir: a .keras bundle, or the folder of a run.", **here)
    text = "Name of the class to explain; by default the predicted class of each image."
    flags.DEFINE_string("class", None, text, **here)
    text = f"Method that draws the map of each picture; the reasons do not depend on it. One of: {', '.join(METHODS)}."
    flags.DEFINE_string("method", METHODS[0], text, **here)
    text = "Folder to write; by default explanations in the workdir, or a folder beside the bundle."
    flags.DEFINE_string("out", None, text, **here)
    flags.DEFINE_integer("top", 5, "Largest number of reasons for an image.", **here)
    text = "Images of which pictures are drawn: all, none, or their number, of the first ones."
    flags.DEFINE_string("pictures", "all", text, **here)
    text = (
        "Share of the images of known classes to keep, such as 0.95: an image that is less typical of its class is "
        "said to show none of the classes. By default every image gets a class."
    )
    flags.DEFINE_float("reject", None, text, **here)
    text = (
        f"Metrics of the maps to measure, after the explanations, with commas between them: {metrics_lib.ALL}, or some "
        f"of {', '.join(metrics_lib.METRICS)}. They are written to metrics.json. Each image takes hundreds of passes."
    )
    flags.DEFINE_list("metrics", None, text, **here)
    text = "For --metrics=pointing: table of the objects' boxes in the images, file,x1,y1,x2,y2 in pixels."
    flags.DEFINE_string("boxes", None, text, **here)
    launch.define_loading(values, program)
    for name in ("workdir", "model", "class", "method", "out", "top", "pictures", "reject", "metrics", "boxes"):
        values.register_key_flag_for_module(program, values[name])


def main(arguments: Sequence[str]) -> None:
    """Explain the images that the arguments name."""
    values = flags.FLAGS
    root = _root(values)
    if values.method not in METHODS:
        raise errors.unknown_value("method", values.method, METHODS)
    if values.top < 1:
        raise errors.UserError(f"`--top` must be at least 1. Received: --top={values.top}.")
    pictures = _pictures(values.pictures)
    if values.reject is not None:
        typicality.require_share(values.reject)
    metrics = _metrics(values)
    paths = user_images.find(arguments[1:])
    boxes = boxes_lib.of_images(text_files.require_file(values.boxes, "boxes"), paths) if values.boxes else None
    beside = root.with_suffix(".explanations") if root.is_file() else root / "explanations"
    out = _make_folder(paths_lib.expanded(values.out or beside))
    launch.start_tensorflow(values.import_module)
    from niwt_tf.data import registry  # starts TensorFlow
    from niwt_tf.explain import explain_images  # starts TensorFlow
    from niwt_tf.explain.map_quality import measure_images  # starts TensorFlow
    from niwt_tf.method import contributions  # starts TensorFlow
    from niwt_tf.models import files  # starts TensorFlow
    from niwt_tf.models import model as model_lib  # starts TensorFlow

    accept = None
    if root.is_file() or values.reject is not None:
        model = model_lib.load(root, values.safe_mode)
        explained, dataset = model.explained_model, model.config.data.dataset
        if values.reject is not None:
            model.confidence.require_estimated()
            accept = functools.partial(_accept, model, values.reject)
    else:
        run = files.open_run(root, values.safe_mode, _STAGES, "model" if values.model else "workdir")
        explained = dataclasses.replace(run.explained_model, neuron_names=run.neuron_names)
        dataset = run.setting("dataset")
    if metrics:
        measure_images.require_place(out)
    progress.print_line(f"{contributions.describe_head(explained.classifier.backbone.head)}\n")
    class_name, encoding = values["class"].value or "", registry.image_encoding(dataset)
    explain_images.explain(explained, paths, out, class_name, values.method, values.top, encoding, pictures, accept)
    written = f"{explain_images.LINES} is" if pictures == 0 else f"pictures and {explain_images.LINES} are"
    progress.print_line(f"\n{written} in {out}")
    if metrics:
        measure_images.measure(explained, paths, out, metrics, class_name, values.method, encoding, boxes)
        progress.print_line(f"\n{measure_images.FILE} is in {out}")


def _metrics(values: flags.FlagValues) -> tuple[str, ...]:
    """Choose the metrics to measure; none if the flag is not given."""
    metrics = () if values.metrics is None else metrics_lib.choose(values.metrics, has_boxes=bool(values.boxes))
    if values.boxes and "pointing" not in metrics:
        raise errors.UserError(
            f"`--boxes` must be given with the metric pointing. Received: {errors.setting('boxes', values.boxes)} and "
            f"{errors.setting('metrics', ','.join(values.metrics)) if values.metrics else 'no --metrics'}. Add "
            "--metrics=pointing, or leave --boxes out."
        )
    return metrics


def _accept(model: model_lib.Model, share: float, images: np.ndarray) -> np.ndarray:
    """Decide which images `[N,S,S,3]` probably show one of the classes: True `[N]`."""
    return model.predict(images, reject=share).accepted


def _pictures(text: str) -> int | None:
    """Parse the number of pictures; None for all."""
    if text in ("all", "none"):
        return None if text == "all" else 0
    if not text.isdecimal():
        raise errors.UserError(
            "`--pictures` must be all, none, or a whole number. Received: "
            f"--pictures={errors.clipped(text)}. Add --pictures=100 for "
            "pictures of the first 100 images."
        )
    return int(text)


def _root(values: flags.FlagValues) -> Path:
    """Find the run's folder, or the bundle."""
    if not (values.model or values.workdir):
        raise errors.UserError(
            "A finished run or a bundle must be named. Received none. Add --workdir=DIR or --model=FILE.keras."
        )
    if not values.model:
        return run_folder.require(values.workdir, _STAGES)
    if values.workdir:
        raise errors.UserError(
            f"`--model` must be given without --workdir. Received: {errors.setting('model', values.model)} and "
            f"{errors.setting('workdir', values.workdir)}. Leave one of them out."
        )
    if paths_lib.expanded(values.model).is_dir():
        return run_folder.require(values.model, _STAGES, "model")
    return bundle.require(values.model)


def _make_folder(out: Path) -> Path:
    """Create a folder if it does not exist, and check that files can be written into it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise errors.UserError(
            "`--out` must be a folder that can be written. Received: "
            f"{errors.setting('out', out)} ({error.strerror}). Choose another "
            "folder."
        ) from None
    return out


def run() -> None:
    """Run the console script."""
    define(flags.FLAGS, sys.argv[0])
    launch.run(main, _DESCRIPTION, takes_arguments=True, resumes=False)
