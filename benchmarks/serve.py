# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Call an exported model 100,000 times from 8 threads, with images of mixed sizes, and print its resident memory.

The model is exported, and loaded by TensorFlow alone. 400 different requests to its four signatures, of 1 to 32 images
with sides of 4 to 160 pixels, are answered by one thread first. The threads then repeat them in turn, and each answer
is compared with the first one.

python benchmarks/serve.py runs/aviary-attributes
python benchmarks/serve.py runs/aviary-attributes 4000
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from concurrent import futures
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch

launch.start_tensorflow()

import tensorflow as tf  # noqa: E402

from niwt_tf.export import export  # noqa: E402
from niwt_tf.models import model as model_lib  # noqa: E402

_THREADS = 8
_DIFFERENT = 400
_STEPS = 10


def main(path: str, calls: str = "100000") -> None:
    """Print a line after each tenth of the calls: memory, speed, and how far answers differ."""
    with tempfile.TemporaryDirectory() as parent:
        export.export(model_lib.load(path), Path(parent, "1"))
        loaded = tf.saved_model.load(Path(parent, "1"))
        requests = [_request(index) for index in range(_DIFFERENT)]
        expected = [_ask(loaded, *request) for request in requests]
        begun, largest, step = time.perf_counter(), 0.0, int(calls) // _STEPS
        with futures.ThreadPoolExecutor(_THREADS) as pool:
            for done in range(0, int(calls), step):
                numbers = [index % _DIFFERENT for index in range(done, done + step)]
                answers = pool.map(
                    lambda number: _difference(_ask(loaded, *requests[number]), expected[number]), numbers
                )
                largest = max(largest, *answers)
                seconds = time.perf_counter() - begun
                print(
                    f"{done + step:7,} calls: {_resident_mib():5.0f} MiB resident, {(done + step) / seconds:4.0f} "
                    f"calls/s, answers differ by {largest:.1g} at most"
                )


def _request(index: int) -> tuple[str, dict[str, Any]]:
    rng = np.random.default_rng(index)
    number, height, width = rng.integers(1, 33), *rng.integers(4, 161, 2)
    images = rng.integers(0, 256, (number, height, width, 3), dtype=np.uint8)
    signature = ("serving_default", "from_bytes", "explain", "importances")[index % 4]
    if signature == "from_bytes":
        return signature, {"image_bytes": [_png(image) for image in images]}
    return signature, {"images": images} | ({"class_name": [""]} if index % 4 else {})


def _png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def _ask(loaded: Any, signature: str, inputs: dict[str, Any]) -> dict[str, np.ndarray]:
    answer = loaded.signatures[signature](**{name: tf.constant(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in answer.items()}


def _difference(answer: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> float:
    """Compute the largest difference of numbers; infinite if other values differ."""
    numbers = {name for name, value in expected.items() if value.dtype.kind == "f"}
    if any((answer[name] != expected[name]).any() for name in expected.keys() - numbers):
        return float("inf")
    return max(float(np.abs(answer[name] - expected[name]).max(initial=0)) for name in numbers)


def _resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main(*sys.argv[1:])
