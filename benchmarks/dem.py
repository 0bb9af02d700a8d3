# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Compare the baseline DEM, which is written in NumPy, with the same network, loss and optimizer in Keras.

Both start from the same weights. All steps of a Keras fit run as one graph. Seconds are those of the whole baseline,
with its choice of a candidate and of gamma, by the clock and of all processors together. The data are those of the
tests of the baselines.

python benchmarks/dem.py
"""

from __future__ import annotations

import sys
import time
import types
from pathlib import Path

import numpy as np

_ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests" / "support")]

from niwt_tf.cli import launch  # noqa: E402

launch.start_tensorflow()

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from fakes import linear_world  # type: ignore[import-not-found]  # noqa: E402
from niwt_tf.baselines import dem, measure, method, registry, similarity  # noqa: E402
from niwt_tf.numerics import discriminant  # noqa: E402

_HIDDEN, _LEARNING_RATE, _EPSILON = 256, 1e-3, 1e-8
_LINE = "{:<6} {:>8} {:>11} {:>7}"


def main() -> None:
    """Print seconds and H of both, and the largest difference of their scores with the last candidate."""
    dataset = linear_world.make()
    print(_LINE.format("", "seconds", "processors", "H"))
    for name, fit in (("NumPy", dem.fit), ("Keras", _fit)):
        registry.METHODS["dem"] = types.SimpleNamespace(CANDIDATES=dem.CANDIDATES, fit=fit)
        begun, begun_cpu = time.perf_counter(), time.process_time()
        h = measure.measure("dem", dataset)["harmonic_mean"]
        seconds = time.perf_counter() - begun, time.process_time() - begun_cpu
        print(_LINE.format(name, *(f"{one:.2f}" for one in seconds), f"{h:.3f}"), flush=True)
    problem = dataset.problem
    ours, theirs = (fit(problem, dem.CANDIDATES[-1])(problem.features) for fit in (dem.fit, _fit))
    print(f"scores differ by at most {np.abs(ours - theirs).max() / np.abs(ours).max():.1e} of the largest")


def _fit(problem: method.Problem, setting: dem.Setting) -> method.Scores:
    scale = np.float32(1 / np.sqrt((problem.features**2).sum(1).mean()))
    targets = discriminant.class_means(problem.features * scale, problem.labels, problem.seen_classes)
    targets, vectors = targets.astype(np.float32), problem.directions.astype(np.float32)
    shares = (np.bincount(problem.labels) / len(problem.labels)).astype(np.float32)
    penalty = keras.regularizers.L2(setting.penalty)
    model = keras.Sequential(
        [
            keras.Input((vectors.shape[1],)),
            keras.layers.Dense(_HIDDEN, "relu", kernel_regularizer=penalty),
            keras.layers.Dense(targets.shape[1], "relu", kernel_regularizer=penalty),
        ]
    )
    model.set_weights(dem._start(vectors.shape[1], targets.mean(0), problem.seed))
    optimizer = keras.optimizers.Adam(_LEARNING_RATE, epsilon=_EPSILON)
    model.compile(optimizer, _SquaredDistance(), jit_compile=False, steps_per_execution=setting.steps)
    seen = vectors[: problem.seen_classes]
    model.fit(tf.data.Dataset.from_tensors((seen, targets, shares)).repeat(setting.steps), verbose=0)
    prototypes = model(vectors).numpy()
    return lambda features: similarity.closeness(features * scale, prototypes)


class _SquaredDistance(keras.losses.Loss):
    """Sum over classes of the squared distance of features, times the class's share of images."""

    def __init__(self) -> None:
        super().__init__(reduction="sum")

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        return keras.ops.sum(keras.ops.square(y_true - y_pred), axis=-1)


if __name__ == "__main__":
    main()
