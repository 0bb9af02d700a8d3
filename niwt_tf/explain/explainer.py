# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Explains predictions in one pass: the trunk runs once, and only the head is differentiated.

A number added to the logits of all classes changes no prediction. So the map explains a class's logit minus the mean
logit: it is Grad-CAM with the class's importances minus the mean importances over classes. Without that, the map of an
unseen class often shows the background, because its weights consist largely of what all classes share.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import split_points
from niwt_tf.explain import visual
from niwt_tf.method import contributions, importance
from niwt_tf.util import center_crop

PREDICTED = -1  # stands for the predicted class
_BATCH_SIZE = 128


@dataclasses.dataclass(frozen=True)
class Explanations:
    """Predictions for images, and their explanations.

    Attributes:
      logits: `[N,C]` float32; gamma is subtracted from those of seen classes.
      predictions: Classes with the highest logits, `[N]` int64.
      classes: Classes that are explained, `[N]` int64.
      importances: Importances of the neurons for these classes, `[N,K]` float32.
      maps: Grad-CAM of these classes minus the mean over all classes, `[N,H,W]` float32, at least 0.
      activations: Mean activations of the neurons over each image, `[N,K]` float32.
      tracked_maps: Activation maps of the `P` tracked neurons, `[N,H,W,P]` float32.
      features: Features of the images, `[N,D]` float32.
      contributions: Contributions of the neurons to these classes' logits, `[N,K]` float32, see `contributions`;
        `[N,0]` if they were left out.
    """

    logits: np.ndarray
    predictions: np.ndarray
    classes: np.ndarray
    importances: np.ndarray
    maps: np.ndarray
    activations: np.ndarray
    tracked_maps: np.ndarray
    features: np.ndarray
    contributions: np.ndarray

    @property
    def runners_up(self) -> np.ndarray:
        """Classes with the second highest logits, `[N]` int64."""
        return np.argsort(-self.logits, axis=1, kind="stable")[:, 1]


class Explainer:
    """Explainer of a classifier's predictions over seen and unseen classes."""

    def __init__(
        self,
        classifier: classifier_lib.Classifier,
        gamma: float = 0.0,
        jit_compile: bool = False,
        with_contributions: bool = True,
    ) -> None:
        """Prepare the pass.

        Args:
          classifier: Classifier of all classes.
          gamma: Number to subtract from the logits of seen classes.
          jit_compile: True to compile the pass with XLA.
          with_contributions: False to leave out the neurons' contributions, which behind a head that is not affine take
            many passes of the head.
        """
        self.classifier = classifier
        self._one_batch = _make_batch_function(classifier, gamma, jit_compile, with_contributions)

    def __call__(
        self, images: np.ndarray, classes: np.ndarray | None = None, tracked_neurons: Sequence[int] = ()
    ) -> Explanations:
        """Explain images, batch by batch.

        Args:
          images: `[N,S,S,3]` uint8, RGB.
          classes: Class to explain on each image, `[N]`; the predicted one by default.
          tracked_neurons: Indices of `P` neurons whose activation maps are returned, too.
        """
        neurons = tf.constant(tracked_neurons, tf.int32, [len(tracked_neurons)])
        targets = np.full(len(images), PREDICTED) if classes is None else np.asarray(classes, np.int64)
        batches = [
            self._one_batch(
                images[start : start + _BATCH_SIZE], tf.constant(targets[start : start + _BATCH_SIZE]), neurons
            )
            for start in range(0, len(images), _BATCH_SIZE) or (0,)
        ]
        return Explanations(*(np.concatenate(parts) for parts in zip(*batches, strict=True)))

    def crop_and_explain(self, images: np.ndarray, index: int | None = None) -> Explanations:
        """Explain the middle squares of images of any size.

        Args:
          images: Images `[N,H,W,3]` uint8, RGB; N may be 0.
          index: Class to explain on all images; the predicted one by default.
        """
        batch = images if len(images) else np.zeros((1, *images.shape[1:]), np.uint8)  # not all networks take none
        squares = center_crop.fit(tf.constant(batch), self.classifier.backbone.image_size).numpy()
        explained = self(squares, None if index is None else np.full(len(squares), index))
        rows = {field.name: getattr(explained, field.name)[: len(images)] for field in dataclasses.fields(explained)}
        return Explanations(**rows)


class ExplainedBatch(NamedTuple):
    """Predictions for a batch of images, and their explanations, as tensors.

    Attributes:
      logits: `[N,C]` float32.
      predictions: Classes with the highest logits, `[N]` int64.
      classes: Classes that are explained, `[N]` int64.
      importances: Importances of the neurons for these classes, `[N,K]`.
      maps: Grad-CAM of these classes minus the mean over all classes, `[N,H,W]`, at least 0.
      features: Features of the images, `[N,D]` float32.
      gradients: Gradients of these classes' logits with respect to the activations, `[N,H,W,K]`.
    """

    logits: tf.Tensor
    predictions: tf.Tensor
    classes: tf.Tensor
    importances: tf.Tensor
    maps: tf.Tensor
    features: tf.Tensor
    gradients: tf.Tensor


def explain_batch(
    head: Callable[[tf.Tensor], tf.Tensor],
    kernel: tf.Tensor,
    bias: tf.Tensor,
    activations: tf.Tensor,
    targets: tf.Tensor,
) -> ExplainedBatch:
    """Explain a batch within a graph.

    Args:
      head: Function from activations to features `[N,D]`.
      kernel: Weights of the classifier, `[D,C]` float32.
      bias: Bias of the classifier, `[C]` float32, gamma subtracted for seen classes.
      activations: Activations `[N,H,W,K]` of the images.
      targets: Class to explain on each image, `[N]` int64, or `PREDICTED`; or one value for all images.
    """
    by_class = tf.transpose(kernel)
    features = tf.cast(head(activations), tf.float32)
    logits = features @ kernel + bias
    predictions = tf.argmax(logits, axis=1)
    classes = tf.where(targets == PREDICTED, predictions, targets)
    gradients = importance.gradients(head, activations, tf.gather(by_class, classes))
    values = tf.reduce_mean(gradients, axis=(1, 2))
    shared = importance.importances(head, activations, tf.reduce_mean(by_class, axis=0, keepdims=True))
    maps = visual.grad_cam(activations, values - shared)
    return ExplainedBatch(logits, predictions, classes, values, maps, features, gradients)


def _make_batch_function(
    classifier: classifier_lib.Classifier, gamma: float, jit_compile: bool, with_contributions: bool
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, ...]]:
    kernel, bias = tf.constant(classifier.kernel), tf.constant(classifier.calibrated_bias(gamma))
    trunk, head = classifier.backbone.trunk, importance.inference(classifier.backbone.head)
    is_affine = split_points.is_affine(classifier.backbone.head)

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def one_batch(images: tf.Tensor, targets: tf.Tensor, neurons: tf.Tensor) -> tuple[tf.Tensor, ...]:
        activations = trunk(images, training=False)
        *explained, features, gradients = explain_batch(head, kernel, bias, activations, targets)
        means, tracked_maps = tf.reduce_mean(activations, axis=(1, 2)), tf.gather(activations, neurons, axis=-1)
        if not with_contributions:
            contributed = tf.zeros((tf.shape(activations)[0], 0))
        elif is_affine:
            contributed = tf.reduce_sum(gradients * activations, axis=(1, 2))
        else:
            weights = tf.gather(tf.transpose(kernel), explained[2])
            contributed = contributions.integrate(head, activations, weights)
        return *explained, means, tracked_maps, features, contributed

    return one_batch
