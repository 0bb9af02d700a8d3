# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Compare the speed of an exported model with the live one: scores of 1,000 images, or of COUNT, in batches of 128.

Both take turns. The first round is left out; the ratios are medians of the rounds after it. The export is also loaded
in a process of its own, as a server would do; its seconds are counted after TensorFlow has started.

python benchmarks/export.py runs/aviary-attributes
python benchmarks/export.py runs/vgg16 100
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch

launch.start_tensorflow()

import tensorflow as tf  # noqa: E402

from niwt_tf.export import export  # noqa: E402
from niwt_tf.models import model as model_lib  # noqa: E402

_BATCH_SIZE = 128
_ROUNDS = 15
_LOAD = """
import sys, time, tensorflow as tf
begun = time.perf_counter()
loaded = tf.saved_model.load(sys.argv[1])
print(time.perf_counter() - begun)
"""


def main(path: str, count: str = "1000") -> None:
    """Print seconds of export and of loading, images per second of both, and their ratio."""
    model = model_lib.load(path)
    size = model.image_size
    images = np.random.default_rng(0).integers(0, 256, (int(count), size, size, 3), np.uint8)
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "1")
        exporting, _ = _seconds(lambda: export.export(model, folder))
        command = [sys.executable, "-c", _LOAD, str(folder)]
        loading = float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        predict = _exported(tf.saved_model.load(folder))
        np.testing.assert_allclose(predict(images), model.predict(images).scores, rtol=1e-5, atol=1e-5)
        tasks = (lambda: model.predict(images), lambda: predict(images))
        rounds = np.array([[_seconds(task) for task in tasks] for _ in range(_ROUNDS + 1)][1:])
    print(f"exporting {exporting:.1f} s, loading {loading:.1f} s")
    for name, seconds in zip(("clock", "processors"), np.moveaxis(rounds, -1, 0), strict=True):
        live, served = len(images) / np.median(seconds, axis=0)
        ratio = np.median(seconds[:, 0] / seconds[:, 1])
        print(f"by the {name}: live {live:,.0f} images/s, exported {served:,.0f} images/s, ratio {ratio:.3f}")


def _exported(loaded: Any) -> Callable[[np.ndarray], np.ndarray]:
    predict = loaded.signatures["serving_default"]
    return lambda images: np.concatenate(
        [
            predict(images=tf.constant(images[start : start + _BATCH_SIZE]))["scores"].numpy()
            for start in range(0, len(images), _BATCH_SIZE)
        ]
    )


def _seconds(task: Callable[[], object]) -> tuple[float, float]:
    """Measure the seconds of a task by the clock, and those of all processors together."""
    begun, begun_cpu = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - begun, time.process_time() - begun_cpu


if __name__ == "__main__":
    main(*sys.argv[1:])
