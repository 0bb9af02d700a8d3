# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The program `niwt_export`: write a model in a format that runs without niwt_tf."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from absl import flags

from niwt_tf.cli import launch
from niwt_tf.export import target
from niwt_tf.method.calibration import typicality
from niwt_tf.models import paths
from niwt_tf.util import paths as paths_lib
from niwt_tf.util import progress

_CONTENTS = {
    target.SAVED_MODEL: "a SavedModel with the signatures serving_default, from_bytes, explain and importances",
    target.LITERT: "predictor.tflite and labels.txt",
    target.ONNX: "predictor.onnx and labels.txt",
    target.OPENVINO: "predictor.xml, predictor.bin and labels.txt",
    target.KERAS: "a bundle",
}
_DESCRIPTION = """Export a model, with a model card, in a format that runs without niwt_tf.

niwt_export --model=runs/aviary-attributes
niwt_export --model=zoo.keras --format=onnx
niwt_export --model=zoo+okapi.keras --classes_only --out=exported/zoo

The first writes a SavedModel into exported/aviary-attributes/1, for TensorFlow and TensorFlow Serving. The last adds a
version to exported/zoo that serves the classes of this model, without exporting its network again."""


def define(values: flags.FlagValues, program: str) -> None:
    """Define the flags.

    Args:
      values: Flag values to which the flags are added.
      program: Name by which absl knows the main program: `sys.argv[0]`.
    """
    here = {"module_name": program, "flag_values": values}
    text = "Model to export: the folder of a finished run of niwt, or a .keras bundle. Required."
    flags.DEFINE_string("model", None, text, **here)
    text = (
        f"Format to write: {target.SAVED_MODEL}; {target.LITERT}, {target.ONNX} or {target.OPENVINO}, which hold the "
        f"predictor alone and need the pip extra of that name; or {target.KERAS}, a bundle for niwt_teach and "
        "niwt_explain."
    )
    flags.DEFINE_string("format", target.SAVED_MODEL, text, **here)
    text = (
        "Write only the classes, for a SavedModel of the same network: into --out, a new .npz file, which running "
        "programs take in; or into the next version of the folder --out, which TensorFlow Serving reads."
    )
    flags.DEFINE_boolean("classes_only", False, text, **here)
    text = (
        "Share of the images of known classes that the SavedModel's output `accepted` keeps, above 0 and below 1; an "
        "image that is less typical of its class probably shows none of the classes."
    )
    flags.DEFINE_float("reject", typicality.SHARE, text, **here)
    text = "Path to write: a new or empty folder, or a new .keras or .npz file; by default in exported/."
    flags.DEFINE_string("out", None, text, **here)
    launch.define_loading(values, program)
    for name in ("model", "format", "classes_only", "reject", "out", "safe_mode"):
        values.register_key_flag_for_module(program, values[name])


def main(arguments: Sequence[str]) -> None:
    """Export the model that the flags name."""
    del arguments
    values = flags.FLAGS
    format = target.require_format(values.format)
    typicality.require_share(values.reject)
    source = paths.require(values.model)
    name = paths.name(source)
    kind = target.CLASSES if values.classes_only else values.format
    out = paths_lib.expanded(values.out) if values.out else target.default(name, kind)
    if values.classes_only:
        target.require_classes_only(out, format)
    else:
        target.require_new(out, format)
    launch.start_tensorflow(values.import_module)
    from niwt_tf.export import export  # starts TensorFlow
    from niwt_tf.models import model as model_lib  # starts TensorFlow

    begun = time.monotonic()
    progress.print_line(f"reading {source}")
    model = model_lib.load(source, values.safe_mode)
    progress.print_line(f"writing {out}")
    if values.classes_only:
        out, contents = export.export_classes(model, out, name, values.reject), f"{len(model.class_names):,} classes"
    else:
        export.export(model, out, format, name, values.reject)
        contents = _CONTENTS[format]
    progress.print_line(f"\nwrote {contents} to {out} in {time.monotonic() - begun:.1f} s")


def run() -> None:
    """Run the console script."""
    define(flags.FLAGS, sys.argv[0])
    launch.run(main, _DESCRIPTION, resumes=False)
