# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The program `niwt_explain`: explains predictions on a user's images, with a finished run or a bundle."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from niwt_tf import errors
from niwt_tf.cli import launch
from niwt_tf.data import user_images
from niwt_tf.models import bundle
from niwt_tf.runs import run_folder
from niwt_tf.util import progress

METHODS = ("gradcam", "gradcampp", "scorecam", "smoothgrad")
_STAGES = ("knowledge", "transfer", "inverse_map")
_DESCRIPTION = """Explains predictions on images with a finished run of niwt.

niwt_explain --workdir=runs/aviary-attributes img1.jpg 'dir/*.jpg' folder/

prints the predicted class of each image, the runner-up and the reasons, and writes a picture of each and
explanations.jsonl."""


def define(values: flags.FlagValues, program: str) -> None:
    """Define the flags.

    Args:
      values: Flag values to which the flags are added.
      program: Name by which absl knows the main program: `sys.argv[0]`.
    """
    here = {"module_name": program, "flag_values": values}
    flags.DEFINE_string("workdir", None, "The finished run's folder.", **here)
    flags.DEFINE_string("model", None, "A .keras bundle, in place of a run; niwt_teach writes one.", **here)
    flags.DEFINE_string("class", None, "Class to explain; the predicted one by default.", **here)
    flags.DEFINE_boolean("safe_mode", True, "Refuses a bundle that runs a SavedModel of TensorFlow Hub.", **here)
    text = f"Method of the map in the picture; reasons do not depend on it. One of: {', '.join(METHODS)}."
    flags.DEFINE_string("method", METHODS[0], text, **here)
    text = (
        "Folder for the pictures; by default explanations in --workdir, or beside the bundle. Only files of an earlier "
        "call are replaced there."
    )
    flags.DEFINE_string("out", None, text, **here)
    flags.DEFINE_integer("top", 5, "Largest number of reasons.", **here)
    launch.define_import_module(values, program)
    for name in ("workdir", "model", "class", "method", "out", "top"):
        values.register_key_flag_for_module(program, values[name])


def main(arguments: Sequence[str]) -> None:
    """Explain the images that the arguments name."""
    values = flags.FLAGS
    root = _root(values)
    if values.method not in METHODS:
        raise errors.unknown_value("method", values.method, METHODS)
    if values.top < 1:
        raise errors.UserError(f"`--top` must be at least 1. Received: --top={values.top}.")
    paths = user_images.find(arguments[1:])
    beside = root.with_suffix(".explanations") if values.model else root / "explanations"
    out = _make_folder(Path(values.out or beside).expanduser())
    launch.start_tensorflow(values.import_module)
    from niwt_tf.explain import explain_images  # starts TensorFlow
    from niwt_tf.models import model as model_lib  # starts TensorFlow
    from niwt_tf.runs import artefacts  # starts TensorFlow

    if values.model:
        model = model_lib.load(root, values.safe_mode)
        explained, dataset = model.explained_model, model.config.data.dataset
    else:
        run_artefacts = artefacts.RunArtefacts(root)
        explained, dataset = run_artefacts.explained_model, run_artefacts.setting("dataset")
    class_name, drawn = values["class"].value or "", dataset == "aviary"
    explain_images.explain(explained, paths, out, class_name, values.method, values.top, drawn)
    progress.say(f"\npictures and {explain_images.LINES} are in {out}")


def _root(values: flags.FlagValues) -> Path:
    """Find the run's folder, or the bundle that replaces it."""
    if not values.model:
        return run_folder.require(values.workdir, _STAGES)
    if values.workdir:
        raise errors.UserError(
            f"`--model` must stand in place of a run. Received: --model={values.model} and --workdir={values.workdir}. "
            "Leave one of them out."
        )
    return bundle.require(values.model)


def _make_folder(out: Path) -> Path:
    """Create the folder `out` if it does not exist, and require that files can be written there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        raise errors.UserError(
            f"`--out` must be a folder that can be written. Received: --out={out} ({error.strerror}). Choose another."
        ) from None
    return out


def run() -> None:
    """Run the console script."""
    define(flags.FLAGS, sys.argv[0])
    launch.run(main, _DESCRIPTION, takes_arguments=True, resumes=False)
