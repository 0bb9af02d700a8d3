# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure seconds and memory of each stage with VGG16 and ResNet101, against the usual alternative.

Weights and images of 224 x 224 pixels are random; each network has a process of its own, without and with XLA. The
seconds of a stage include tracing and compiling, and for fine-tuning a checkpoint; those of the transfer are of a step
after the first. The peak is the largest resident memory of the process during the stage. A ratio is the seconds of the
alternative over ours.

python benchmarks/networks.py 64 vgg16 resnet101
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch

_SEEN, _ATTRIBUTES = 10, 85
_BATCH_SIZE, _TRANSFER_BATCH = 32, 8
_STEPS = 5  # of the transfer, after the first
_LAMBDA, _LEARNING_RATE = 1e-3, 1e-3
_ROW = "{:<10} {:<4} {:<12} {:>8} {:>9}   {:<26} {:>8} {:>9} {:>6}"
_HEADER = ("network", "XLA", "stage", "seconds", "peak GiB", "instead", "seconds", "peak GiB", "ratio")


def main(count: str = "64", *names: str) -> None:
    """Print a table of the networks, each measured in a process of its own."""
    print(_ROW.format(*_HEADER), flush=True)
    for name in names or ("vgg16", "resnet101"):
        for xla in ("off", "on"):
            subprocess.run([sys.executable, __file__, "--measure", count, name, xla], check=True)


def measure(count: str, name: str, xla: str) -> None:
    """Print the rows of one network."""
    with tempfile.TemporaryDirectory() as scratch:
        case = _case(int(count), name, xla == "on", Path(scratch))
        for stage, (ours, instead, other) in _STAGES.items():
            mine, theirs = _measure(ours, case), _measure(other, case) if other and xla == "off" else None
            compared = ("", "", "", "")
            if theirs:
                compared = (instead, f"{theirs[0]:.2f}", f"{theirs[1]:.2f}", f"{theirs[0] / mine[0]:.2f}")
            print(_ROW.format(name, xla, stage, f"{mine[0]:.2f}", f"{mine[1]:.2f}", *compared), flush=True)


@dataclasses.dataclass
class _Case:
    """Network with a classifier, its images, and the importances that later stages need."""

    classifier: Any
    split: Any
    folder: Path
    jit_compile: bool
    importances: Any = None


def _case(count: int, name: str, jit_compile: bool, folder: Path) -> _Case:
    with contextlib.redirect_stdout(io.StringIO()):  # standard output is for the table alone
        launch.start_tensorflow()
    import keras
    import tensorflow as tf

    from niwt_tf import config
    from niwt_tf.backbones import build, classifier
    from niwt_tf.data import zero_shot

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    backbone = build.build(config.BackboneConfig(backbone=name, weights="none")).backbone
    kernel = rng.normal(0, 0.01, (backbone.feature_size, _SEEN)).astype(np.float32)
    names = tuple(f"class {number}" for number in range(_SEEN))
    side = backbone.image_size
    images = tf.data.Dataset.from_tensor_slices(rng.integers(0, 256, (count, side, side, 3), np.uint8))
    split = zero_shot.Split(images, np.arange(count) % _SEEN)
    return _Case(classifier.Classifier(backbone, kernel, kernel[0], names), split, folder, jit_compile)


def _measure(stage: Callable[[_Case], float | None], case: _Case) -> tuple[float, float]:
    """Measure the seconds of a stage, or take those that it returns, and the peak of resident memory in GiB."""
    process, done, peak = psutil.Process(), threading.Event(), 0

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.perf_counter()
    try:
        seconds = stage(case)
    finally:
        elapsed = time.perf_counter() - begun
        done.set()
        watcher.join()
    return elapsed if seconds is None else seconds, peak / 2**30


def _features(case: _Case) -> None:
    from niwt_tf.backbones import features

    network, folder = case.classifier.backbone.network, case.folder / "features"
    features.compute(network, case.split, _BATCH_SIZE, folder, case.jit_compile)


def _predict(case: _Case) -> None:
    import keras

    network = case.classifier.backbone.network
    untraced = keras.Model(network.input, network.output)  # `predict` caches its graph in the model
    untraced.predict(case.split.images.batch(_BATCH_SIZE), verbose=0)


def _importances(case: _Case) -> None:
    from niwt_tf.method import importance

    folder = case.folder / "importances"
    folder.mkdir()
    count = len(case.split)
    case.importances = importance.compute(case.classifier, case.split, count, 0, folder, case.jit_compile)


def _grad_cam(case: _Case) -> None:
    """Differentiate with the whole network on the tape, as Keras' guide to Grad-CAM does."""
    import keras
    import tensorflow as tf

    backbone, kernel = case.classifier.backbone, case.classifier.kernel
    network = backbone.network
    both = keras.Model(network.input, [network.get_layer(backbone.layer).output, network.output])
    for images, labels in case.split.batches(_BATCH_SIZE):
        with tf.GradientTape() as tape:
            activations, features = both(images)
            logits = tf.gather(features @ kernel, labels, batch_dims=1)
        tf.reduce_mean(tape.gradient(logits, activations), (1, 2))


def _map(case: _Case) -> None:
    from niwt_tf import config
    from niwt_tf.method.domain_map import domain_map, fit

    vectors = np.random.default_rng(1).normal(size=(_SEEN, _ATTRIBUTES)).astype(np.float32)
    labels = np.asarray(case.importances.labels)
    sums = domain_map.class_sums(case.importances.values, labels, _SEEN)
    counts = np.maximum(np.bincount(labels, minlength=_SEEN), 1)
    fit.fit_to_sums(vectors, sums, counts, config.MapConfig(), 0)


def _target(case: _Case) -> np.ndarray:
    return np.random.default_rng(2).normal(size=(1, case.importances.values.shape[1])).astype(np.float32)


def _transfer(case: _Case) -> float:
    """Measure the seconds of a step."""
    from niwt_tf import config
    from niwt_tf.method.weight_transfer import descent

    def run(steps: int) -> float:
        begun = time.perf_counter()
        settings = config.TransferConfig(transfer_batch=_TRANSFER_BATCH, transfer_steps=steps)
        classifier, kept = case.classifier, case.importances.activations
        lambdas = np.array([_LAMBDA])
        head, target, kernel = classifier.backbone.head, _target(case), classifier.kernel
        descent.transfer(head, kept, target, kernel, lambdas, settings, 0, case.jit_compile)
        return time.perf_counter() - begun

    first = run(1)
    return (run(1 + _STEPS) - first) / _STEPS


def _second_order(case: _Case) -> float:
    """Measure the seconds of a step as in the paper: the whole network, and a gradient of a gradient."""
    import keras
    import tensorflow as tf

    backbone, mean = case.classifier.backbone, case.classifier.kernel.mean(1)
    weights, target = tf.Variable(mean), tf.linalg.l2_normalize(_target(case)[0])
    optimizer = keras.optimizers.Adam(_LEARNING_RATE)
    optimizer.build([weights])

    @tf.function
    def step(images: tf.Tensor) -> None:
        with tf.GradientTape(watch_accessed_variables=False) as outer:
            outer.watch(weights)
            activations = backbone.trunk(images, training=False)
            with tf.GradientTape(watch_accessed_variables=False) as inner:
                inner.watch(activations)
                logits = tf.linalg.matvec(backbone.head(activations, training=False), weights)
            alphas = tf.reduce_mean(inner.gradient(logits, activations), (1, 2))
            cosines = tf.linalg.matvec(tf.linalg.l2_normalize(alphas, -1), target)
            loss = tf.reduce_mean(1 - cosines) + _LAMBDA / 2 * tf.reduce_sum((weights - mean) ** 2)
        optimizer.apply_gradients([(outer.gradient(loss, weights), weights)])

    images = next(iter(case.split.batches(_TRANSFER_BATCH)))[0]
    step(images)
    begun = time.perf_counter()
    for _ in range(_STEPS):
        step(images)
    return (time.perf_counter() - begun) / _STEPS


def _prediction(case: _Case) -> None:
    classifier = case.classifier
    for images, _ in case.split.batches(_BATCH_SIZE):
        classifier.logits(classifier.backbone.network(images, training=False).numpy())


def _fine_tuning(case: _Case) -> None:
    """Train the whole network for an epoch."""
    from niwt_tf import config
    from niwt_tf.training import full_training

    classifier = case.classifier
    settings = config.BackboneConfig(epochs=1, batch_size=_BATCH_SIZE)
    start = (classifier.kernel, classifier.bias)
    folder = case.folder / "checkpoints"
    full_training.train(
        classifier.backbone,
        case.split,
        classifier.class_names,
        settings,
        0,
        folder,
        case.jit_compile,
        initial=start,
    )


def _fit(case: _Case) -> None:
    import keras

    network = case.classifier.backbone.network
    model = keras.Model(network.input, keras.layers.Dense(_SEEN)(network.output))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(1e-5), loss, jit_compile=False)
    model.fit(case.split.batches(_BATCH_SIZE), shuffle=False, verbose=0)


_Stage = tuple[Callable[[_Case], float | None], str, Callable[[_Case], float | None] | None]
_STAGES: dict[str, _Stage] = {
    "features": (_features, "Keras' predict", _predict),
    "importances": (_importances, "the whole network on tape", _grad_cam),
    "map": (_map, "", None),
    "transfer": (_transfer, "a second-order tape", _second_order),
    "prediction": (_prediction, "Keras' predict", _predict),
    "fine-tuning": (_fine_tuning, "Keras' fit", _fit),
}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
