# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The program `niwt_export`: writes a model for others to use."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from niwt_tf.cli import launch
from niwt_tf.export import target
from niwt_tf.models import paths
from niwt_tf.util import progress

_WRITTEN = {
    target.SAVED_MODEL: "a SavedModel with the signatures serving_default, from_bytes, explain and importances",
    target.LITERT: "predictor.tflite and labels.txt",
    target.ONNX: "predictor.onnx and labels.txt",
    target.OPENVINO: "predictor.xml, predictor.bin and labels.txt",
    target.KERAS: "a bundle",
}
_DESCRIPTION = """Writes a model for others to use, with a card that tells what it is.

niwt_export --model=runs/aviary-attributes

writes a SavedModel into exported/aviary-attributes/1, which TensorFlow loads without niwt_tf and TensorFlow Serving
serves."""


def define(values: flags.FlagValues, program: str) -> None:
    """Define the flags.

    Args:
      values: Flag values to which the flags are added.
      program: Name by which absl knows the main program: `sys.argv[0]`.
    """
    here = {"module_name": program, "flag_values": values}
    flags.DEFINE_string("model", None, "The folder of a finished run, or a .keras bundle.", **here)
    text = (
        f"What is written: {target.SAVED_MODEL}; {target.LITERT}, {target.ONNX} or {target.OPENVINO} (the predictor "
        f"alone, each with an extra of that name installed); or {target.KERAS} (a bundle)."
    )
    flags.DEFINE_string("format", target.SAVED_MODEL, text, **here)
    text = "Where to: a new or an empty folder, or a new .keras file; in exported/ by default."
    flags.DEFINE_string("out", None, text, **here)
    text = "Refuses a bundle that runs a SavedModel of TensorFlow Hub, which is a program."
    flags.DEFINE_boolean("safe_mode", True, text, **here)
    launch.define_import_module(values, program)
    for name in ("model", "format", "out", "safe_mode"):
        values.register_key_flag_for_module(program, values[name])


def main(arguments: Sequence[str]) -> None:
    """Export the model that the flags name."""
    del arguments
    values = flags.FLAGS
    format = target.require_format(values.format)
    place = paths.require(values.model)
    name = paths.name(place)
    out = Path(values.out).expanduser() if values.out else target.default(name, values.format)
    target.require_new(out, format)
    launch.start_tensorflow(values.import_module)
    from niwt_tf.export import export  # starts TensorFlow
    from niwt_tf.models import model as model_lib  # starts TensorFlow

    begun = time.monotonic()
    progress.say(f"reading {place}")
    model = model_lib.load(place, values.safe_mode)
    progress.say(f"writing {out}")
    export.export(model, out, format, name)
    progress.say(f"\n{out}: {_WRITTEN[format]}, in {time.monotonic() - begun:.1f} s")


def run() -> None:
    """Run the console script."""
    define(flags.FLAGS, sys.argv[0])
    launch.run(main, _DESCRIPTION, resumes=False)
