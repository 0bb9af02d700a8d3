# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What VGG16 and ResNet101 take: seconds and memory of each stage, against what a user would pick instead.

Random weights, random images of 224 x 224 pixels, each network in a process of its own, without and with XLA. A stage's
seconds hold its tracing and compiling, and for the fine-tuning a checkpoint; those of the transfer are of a step after
the first. Its peak is the most that the process had resident meanwhile. A ratio is the other's seconds over ours.

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
    """Prints a table of the networks, each measured in a process of its own."""
    print(_ROW.format(*_HEADER), flush=True)
    for name in names or ("vgg16", "resnet101"):
        for xla in ("off", "on"):
            subprocess.run([sys.executable, __file__, "--measure", count, name, xla], check=True)


def measure(count: str, name: str, xla: str) -> None:
    """Prints the rows of one network."""
    with tempfile.TemporaryDirectory() as scratch:
        subject = _subject(int(count), name, xla == "on", Path(scratch))
        for stage, (ours, instead, other) in _STAGES.items():
            mine, theirs = _measured(ours, subject), _measured(other, subject) if other and xla == "off" else None
            compared = ("", "", "", "")
            if theirs:
                compared = (instead, f"{theirs[0]:.2f}", f"{theirs[1]:.2f}", f"{theirs[0] / mine[0]:.2f}")
            print(_ROW.format(name, xla, stage, f"{mine[0]:.2f}", f"{mine[1]:.2f}", *compared), flush=True)


@dataclasses.dataclass
class _Subject:
    """A network with a classifier, its images, and what a stage leaves for the next."""

    classifier: Any
    split: Any
    folder: Path
    jit_compile: bool
    importances: Any = None


def _subject(count: int, name: str, jit_compile: bool, folder: Path) -> _Subject:
    with contextlib.redirect_stdout(io.StringIO()):  # the table alone is for standard output
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
    return _Subject(classifier.Classifier(backbone, kernel, kernel[0], names), split, folder, jit_compile)


def _measured(stage: Callable[[_Subject], float | None], subject: _Subject) -> tuple[float, float]:
    """Returns a stage's seconds, its own count of them if it has one, and the most GiB resident meanwhile."""
    process, done, peak = psutil.Process(), threading.Event(), 0

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.01):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    begun = time.perf_counter()
    try:
        seconds = stage(subject)
    finally:
        elapsed = time.perf_counter() - begun
        done.set()
        watcher.join()
    return elapsed if seconds is None else seconds, peak / 2**30


def _features(subject: _Subject) -> None:
    from niwt_tf.backbones import features

    network, folder = subject.classifier.backbone.network, subject.folder / "features"
    features.compute(network, subject.split, _BATCH_SIZE, folder, subject.jit_compile)


def _predict(subject: _Subject) -> None:
    import keras

    network = subject.classifier.backbone.network
    anew = keras.Model(network.input, network.output)  # as `predict` keeps what it traced
    anew.predict(subject.split.images.batch(_BATCH_SIZE), verbose=0)


def _importances(subject: _Subject) -> None:
    from niwt_tf.method import importance

    folder = subject.folder / "importances"
    folder.mkdir()
    count = len(subject.split)
    subject.importances = importance.compute(subject.classifier, subject.split, count, 0, folder, subject.jit_compile)


def _grad_cam(subject: _Subject) -> None:
    """Differentiates with the whole network on the tape, as Keras' guide to Grad-CAM does."""
    import keras
    import tensorflow as tf

    backbone, kernel = subject.classifier.backbone, subject.classifier.kernel
    network = backbone.network
    both = keras.Model(network.input, [network.get_layer(backbone.layer).output, network.output])
    for images, labels in subject.split.batches(_BATCH_SIZE):
        with tf.GradientTape() as tape:
            activations, features = both(images)
            logits = tf.gather(features @ kernel, labels, batch_dims=1)
        tf.reduce_mean(tape.gradient(logits, activations), (1, 2))


def _map(subject: _Subject) -> None:
    from niwt_tf import config
    from niwt_tf.method.domain_map import domain_map, fit

    vectors = np.random.default_rng(1).normal(size=(_SEEN, _ATTRIBUTES)).astype(np.float32)
    labels = np.asarray(subject.importances.labels)
    sums = domain_map.class_sums(subject.importances.values, labels, _SEEN)
    counts = np.maximum(np.bincount(labels, minlength=_SEEN), 1)
    fit.fit_to_sums(vectors, sums, counts, config.MapConfig(), 0)


def _target(subject: _Subject) -> np.ndarray:
    return np.random.default_rng(2).normal(size=(1, subject.importances.values.shape[1])).astype(np.float32)


def _transfer(subject: _Subject) -> float:
    """Returns the seconds of a step."""
    from niwt_tf import config
    from niwt_tf.method.weight_transfer import descent

    def run(steps: int) -> float:
        begun = time.perf_counter()
        settings = config.TransferConfig(transfer_batch=_TRANSFER_BATCH, transfer_steps=steps)
        classifier, kept = subject.classifier, subject.importances.activations
        lambdas = np.array([_LAMBDA])
        head, target, kernel = classifier.backbone.head, _target(subject), classifier.kernel
        descent.transfer(head, kept, target, kernel, lambdas, settings, 0, subject.jit_compile)
        return time.perf_counter() - begun

    first = run(1)
    return (run(1 + _STEPS) - first) / _STEPS


def _second_order(subject: _Subject) -> float:
    """Returns the seconds of a step as the original takes it: the whole network, and a gradient of a gradient."""
    import keras
    import tensorflow as tf

    backbone, mean = subject.classifier.backbone, subject.classifier.kernel.mean(1)
    weights, target = tf.Variable(mean), tf.linalg.l2_normalize(_target(subject)[0])
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

    images = next(iter(subject.split.batches(_TRANSFER_BATCH)))[0]
    step(images)
    begun = time.perf_counter()
    for _ in range(_STEPS):
        step(images)
    return (time.perf_counter() - begun) / _STEPS


def _prediction(subject: _Subject) -> None:
    classifier = subject.classifier
    for images, _ in subject.split.batches(_BATCH_SIZE):
        classifier.logits(classifier.backbone.network(images, training=False).numpy())


def _fine_tuning(subject: _Subject) -> None:
    """Trains all of the network for an epoch."""
    from niwt_tf import config
    from niwt_tf.training import full_training

    classifier = subject.classifier
    settings = config.BackboneConfig(epochs=1, batch_size=_BATCH_SIZE)
    start = (classifier.kernel, classifier.bias)
    folder = subject.folder / "checkpoints"
    full_training.train(
        classifier.backbone,
        subject.split,
        classifier.class_names,
        settings,
        0,
        folder,
        subject.jit_compile,
        initial=start,
    )


def _fit(subject: _Subject) -> None:
    import keras

    network = subject.classifier.backbone.network
    model = keras.Model(network.input, keras.layers.Dense(_SEEN)(network.output))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(1e-5), loss, jit_compile=False)
    model.fit(subject.split.batches(_BATCH_SIZE), shuffle=False, verbose=0)


_Stage = tuple[Callable[[_Subject], float | None], str, Callable[[_Subject], float | None] | None]
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
