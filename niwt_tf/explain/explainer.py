# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Explains decisions in one pass: the trunk runs once and without its gradient, the head's gradient is all there is.

What is added to the logits of all classes alike changes no decision, so the map is that of a class's logit less the
mean logit: Grad-CAM with the class's importances less the mean importances over classes. Of the weights of an unseen
class much is what all classes share, and its plain map often shows the background.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from niwt_tf import importance
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.explain import visual

_BATCH_SIZE = 128
_PREDICTED = -1  # in place of a class: the one that is predicted


@dataclasses.dataclass(frozen=True)
class Explanations:
    """What a classifier decided of images, and what the decisions rest on.

    Attributes:
      logits: `[N,C]` float32, gamma taken off those of the seen classes.
      predictions: `[N]` int64, the classes with the highest logits.
      classes: `[N]` int64, the classes that are explained.
      importances: of the neurons for these classes, `[N,K]` float32.
      maps: Grad-CAM of these classes against the mean of all, `[N,H,W]` float32, at least 0.
      activations: the neurons' mean activations over each image, `[N,K]` float32.
      watched: the activation maps of `P` neurons that were asked for, `[N,H,W,P]` float32.
    """

    logits: np.ndarray
    predictions: np.ndarray
    classes: np.ndarray
    importances: np.ndarray
    maps: np.ndarray
    activations: np.ndarray
    watched: np.ndarray

    @property
    def runners_up(self) -> np.ndarray:
        """The classes with the second highest logits, `[N]` int64."""
        return np.argsort(-self.logits, axis=1, kind="stable")[:, 1]


class Explainer:
    """Explains the decisions of a classifier over seen and unseen classes."""

    def __init__(self, classifier: classifier_lib.Classifier, gamma: float = 0.0, jit_compile: bool = False) -> None:
        """Prepares the pass.

        Args:
          classifier: of all classes.
          gamma: what is taken off the seen classes' logits.
          jit_compile: compiles the pass with XLA.
        """
        self.classifier = classifier
        self._one_batch = _make_batch_function(classifier, gamma, jit_compile)

    def __call__(
        self, images: np.ndarray, classes: np.ndarray | None = None, watched: Sequence[int] = ()
    ) -> Explanations:
        """Explains images, batch by batch.

        Args:
          images: `[N,S,S,3]` uint8, RGB.
          classes: `[N]`, the class to explain of each image; the predicted one by default.
          watched: the indices of `P` neurons whose activation maps are wanted, too.
        """
        neurons = tf.constant(watched, tf.int32, [len(watched)])
        asked = np.full(len(images), _PREDICTED) if classes is None else np.asarray(classes, np.int64)
        batches = [
            self._one_batch(
                images[start : start + _BATCH_SIZE], tf.constant(asked[start : start + _BATCH_SIZE]), neurons
            )
            for start in range(0, len(images), _BATCH_SIZE) or (0,)
        ]
        return Explanations(*(np.concatenate(parts) for parts in zip(*batches, strict=True)))


def _make_batch_function(
    classifier: classifier_lib.Classifier, gamma: float, jit_compile: bool
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, ...]]:
    trunk, head = classifier.backbone.trunk, importance.inference(classifier.backbone.head)
    kernel, by_class = tf.constant(classifier.kernel), tf.constant(classifier.kernel.T)
    shared = tf.reduce_mean(by_class, axis=0, keepdims=True)
    margin = [0.0 if name in classifier.unseen else gamma for name in classifier.class_names]
    bias = tf.constant(classifier.bias - np.array(margin, np.float32))

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def one_batch(images: tf.Tensor, asked: tf.Tensor, neurons: tf.Tensor) -> tuple[tf.Tensor, ...]:
        activations = trunk(images, training=False)
        logits = tf.cast(head(activations), tf.float32) @ kernel + bias
        predictions = tf.argmax(logits, axis=1)
        classes = tf.where(asked == _PREDICTED, predictions, asked)
        values = importance.importances(head, activations, tf.gather(by_class, classes))
        maps = visual.grad_cam(activations, values - importance.importances(head, activations, shared))
        means, watched = tf.reduce_mean(activations, axis=(1, 2)), tf.gather(activations, neurons, axis=-1)
        return logits, predictions, classes, values, maps, means, watched

    return one_batch
