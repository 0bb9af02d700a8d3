# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure how long explanations of 1,000 images take, against predictions for the same images, without drawing.

Both read the same images from memory in batches of 128, run as graphs, and take turns. The first round is left out; the
medians are of the seven rounds after it. On a busy machine the processors' time is more reliable than the clock. The
alternative for users is Grad-CAM by tf-keras-vis, measured on 32 of the images.

python benchmarks/explain.py runs/aviary-attributes
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch
from niwt_tf.util import json_files

launch.start_tensorflow()

import tensorflow as tf  # noqa: E402
from tf_keras_vis import gradcam  # noqa: E402
from tf_keras_vis.utils import scores  # noqa: E402

from niwt_tf import config  # noqa: E402
from niwt_tf.backbones import classifier as classifier_lib  # noqa: E402
from niwt_tf.data import registry  # noqa: E402
from niwt_tf.explain import explainer, keras_vis  # noqa: E402

_IMAGES = 1000
_BATCH_SIZE = 128
_ROUNDS = 7
_BY_KERAS_VIS = 32


def main(folder: str) -> None:
    """Print the seconds of predicting and of explaining, and their ratio."""
    settings = json_files.read(Path(folder) / "config.json")
    values = {name: settings[name] for name in config.options(config.DataConfig())}
    classifier = classifier_lib.Classifier.load(Path(folder) / "transfer")
    size = classifier.backbone.image_size
    dataset = registry.load(config.DataConfig(**values | {"unseen": tuple(values["unseen"])}), size)
    images = np.concatenate([batch.numpy() for batch, _ in dataset.train.batches(_IMAGES).take(1)])
    predict, explain, classes = _predict(classifier), explainer.Explainer(classifier), np.zeros(_BY_KERAS_VIS, int)
    keras_vis_map, first = _keras_vis(classifier), images[:_BY_KERAS_VIS]
    tasks = (lambda: predict(images), lambda: explain(images), lambda: keras_vis_map(first, classes))
    rounds = np.array([[_seconds(task) for task in tasks] for _ in range(_ROUNDS + 1)][1:])
    for name, (predicting, explaining, drawing) in zip(("clock", "processors"), np.median(rounds, 0).T, strict=True):
        print(
            f"by the {name}: predicting {len(images)} images {predicting:.3f} s, explaining {explaining:.3f} s, "
            f"ratio {explaining / predicting:.2f}; tf-keras-vis {drawing / len(first) * len(images):.3f} s"
        )


def _predict(classifier: classifier_lib.Classifier) -> Callable[[np.ndarray], np.ndarray]:
    kernel, bias = tf.constant(classifier.kernel), tf.constant(classifier.bias)

    @tf.function(reduce_retracing=True)
    def one_batch(images: tf.Tensor) -> tf.Tensor:
        return classifier.backbone.network(images, training=False) @ kernel + bias

    return lambda images: np.concatenate(
        [one_batch(images[start : start + _BATCH_SIZE]).numpy() for start in range(0, len(images), _BATCH_SIZE)]
    )


def _keras_vis(classifier: classifier_lib.Classifier) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    grad_cam = gradcam.Gradcam(keras_vis.with_logits(classifier))
    layer = classifier.backbone.layer
    return lambda images, classes: grad_cam(
        scores.CategoricalScore(classes.tolist()),
        images.astype(np.float32),
        penultimate_layer=layer,
        seek_penultimate_conv_layer=False,
    )


def _seconds(task: Callable[[], object]) -> tuple[float, float]:
    """Measure the seconds of a task by the clock, and those of all processors together."""
    begun, begun_cpu = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - begun, time.process_time() - begun_cpu


if __name__ == "__main__":
    main(*sys.argv[1:])
