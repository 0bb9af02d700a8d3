# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write a model's predictor for clients without TensorFlow, and check it against the live model before it is kept."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from niwt_tf import errors
from niwt_tf.export import accuracy, agreement, card, onnx, openvino, signatures, target, tflite
from niwt_tf.models import model as model_lib
from niwt_tf.util import clean, progress

LABELS = "labels.txt"
_T = TypeVar("_T")
# Messages of LiteRT's converter, ONNX Runtime and OpenVINO about an operation that they do not support.
_UNSUPPORTED = re.compile(
    r"'tf\.(\w+)' op is neither|No Op registered for (\w+)|No conversion rule found for operations: ([\w, ]*\w)"
)


@dataclasses.dataclass(frozen=True)
class Client:
    """A format that clients run.

    Attributes:
      title: Name of the format in messages and on the card.
      runtime: Name of the runtime.
      file: Name of the file that holds the predictor.
      convert: Function that writes a model's predictor into a file.
      load: Function that loads that file into its runtime.
    """

    title: str
    runtime: str
    file: str
    convert: Callable[[model_lib.Model, Path], None]
    load: Callable[[Path], agreement.Predictor]


def write(model: model_lib.Model, out: Path, name: str, format: str) -> None:
    """Write the predictor, `labels.txt` and the card, completely or not at all.

    Args:
      model: Model to export.
      out: Folder, which is empty or does not exist.
      name: Name of the model, for the card.
      format: One of `CLIENTS`.

    Raises:
      errors.UserError: If the format does not support an operation of the network, its converter or runtime fails, or
        its scores differ from the live model's.
      OSError: If a file cannot be written.
    """
    client = CLIENTS[format]
    with target.writing(out) as folder:
        path = folder / client.file
        _quietly(lambda: client.convert(model, path), client.title)
        predictor = _quietly(lambda: client.load(path), client.title)
        measured = _quietly(lambda: agreement.compare(model, predictor), client.title)
        agreement.require(measured, client.title)
        progress.print_line(
            f"  checked with {client.runtime} on {measured.images} sample images: scores differ from the live model's "
            f"by at most {measured.share:.0e} of their spread"
        )
        (folder / LABELS).write_text(_labels(model), "utf-8")
        fields = {
            "title": client.title,
            "runtime": client.runtime,
            "file": client.file,
            "check": {**dataclasses.asdict(measured), "bound": agreement.BOUND},
            "accuracy": accuracy.measure(model, predictor),
        }
        card.write(folder, model, name, {"format": format, "client": fields})


def _quietly(task: Callable[[], _T], title: str) -> _T:
    """Run a converter or a runtime with standard error silenced, and convert its errors to `errors.UserError`."""
    with progress.silent_stderr():
        try:
            return task()
        except (OSError, MemoryError):
            raise
        except Exception as error:
            unsupported, trouble = _unsupported(str(error)), errors.first_line(error)
    if unsupported:
        raise errors.UserError(
            f"A network exported as {title} must consist of operations that {title} supports. Received: a network with "
            f"{unsupported}. Choose another format, such as savedmodel."
        )
    raise errors.UserError(
        f"A network exported as {title} must be converted and run without an error. Received: {trouble}. Choose "
        "another format, such as savedmodel."
    )


def _unsupported(message: str) -> str:
    """Extract the operations that a converter or a runtime reports as unsupported, joined with commas."""
    return errors.listed(sorted({name for names in _UNSUPPORTED.findall(message) for name in names if name}))


def _labels(model: model_lib.Model) -> str:
    kinds = ((name, "seen" if name in model.seen else "unseen") for name in model.class_names)
    return "".join(f"{clean.line(name)}\t{kind}\n" for name, kind in kinds)


def _to_litert(model: model_lib.Model, path: Path) -> None:
    tflite.convert(signatures.predictor(model, tflite.COUNT), model.image_size, _labels(model), path)


def _to_onnx(model: model_lib.Model, path: Path) -> None:
    onnx.convert(signatures.predictor(model), json.dumps(model.class_names), path)


def _to_openvino(model: model_lib.Model, path: Path) -> None:
    openvino.convert(signatures.predictor(model), json.dumps(model.class_names), path)


CLIENTS = {
    target.LITERT: Client("LiteRT", "ai-edge-litert", "predictor.tflite", _to_litert, tflite.load),
    target.ONNX: Client("ONNX", "ONNX Runtime", "predictor.onnx", _to_onnx, onnx.load),
    target.OPENVINO: Client("OpenVINO", "OpenVINO", "predictor.xml", _to_openvino, openvino.load),
}
