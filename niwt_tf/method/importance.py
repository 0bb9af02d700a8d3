# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 1 of the method (section 3.1 of the paper): the importance of each neuron for the logit of a class.

alpha_c(I) [K] = mean over positions of d o_c / d A, where o_c is the logit of class c and A [H,W,K] the activations.
Only the head is differentiated. alpha is linear in the class's weights w: alpha(I; w) = J(I)^T w, where J(I) [D,K] is
the head's Jacobian, averaged over positions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.backbones import split_points
from niwt_tf.data import zero_shot
from niwt_tf.numerics import constants, discriminant, unit_vectors
from niwt_tf.util import array_schemas, disk_arrays, progress

_BATCH_SIZE = 128
SHARED_IMAGES = 32  # images on which all classes are compared, and whose Jacobians are averaged


def importances(head: Callable[[tf.Tensor], tf.Tensor], activations: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Compute the importances `[N,K]` of each image's neurons: J^T w.

    Args:
      head: Function from activations `[N,H,W,K]` to features `[N,D]`.
      activations: Activations `[N,H,W,K]` of the images.
      weights: Weights `[N,D]` of the class whose logit is differentiated, for each image.
    """
    return tf.reduce_mean(gradients(head, activations, weights), axis=(1, 2))


def gradients(head: Callable[[tf.Tensor], tf.Tensor], activations: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Compute the gradient `[N,H,W,K]` of a class's logit with respect to the activations; see `importances`."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(activations)
        logits = tf.reduce_sum(head(activations) * weights)
    return tape.gradient(logits, activations)


def variation_within_classes(values: np.ndarray, labels: np.ndarray) -> float:
    """Compute the share, 0..1, of the variance of importances that lies within classes, not between them.

    Behind an affine head it is 0: all images of a class have the same importances, and the reasons that follow from
    these are the class's, not the image's. Importances count by their directions.

    Args:
      values: Importances `[N,K]`; may be mapped from disk.
      labels: Classes `[N]` that they are for.
    """
    units = unit_vectors.units(np.asarray(values, np.float64))
    total = ((units - units.mean(0)) ** 2).sum()
    present, places = np.unique(labels, return_inverse=True)
    means = discriminant.class_means(units, places, len(present))
    within = ((units - means[places]) ** 2).sum()
    return float(within / total) if total > constants.LEAST_DIVISOR else 0.0


def directions(values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Scale importances `[N,K]` to length 1, and compute their lengths `[N,1]`; zeros stay as they are."""
    lengths = tf.maximum(tf.norm(values, axis=-1, keepdims=True), constants.LEAST_DIVISOR)
    return values / lengths, lengths


def adjoint(head: Callable[[tf.Tensor], tf.Tensor], activations: tf.Tensor, tangents: tf.Tensor) -> tf.Tensor:
    """Compute `J t [N,D]`: the gradient with respect to `weights` of sum(importances * tangents).

    This is one Jacobian-vector product of the head; no second derivative is taken.

    Args:
      head: Function from activations `[N,H,W,K]` to features `[N,D]`.
      activations: Activations `[N,H,W,K]` of the images.
      tangents: Tangents `t [N,K]`.
    """
    positions = tf.cast(tf.shape(activations)[1] * tf.shape(activations)[2], activations.dtype)
    spread = tf.broadcast_to(tangents[:, None, None] / positions, tf.shape(activations))
    with tf.autodiff.ForwardAccumulator(activations, spread) as accumulator:
        features = head(activations)
    return accumulator.jvp(features)


def mean_jacobian(head: keras.Model, activations: np.ndarray) -> np.ndarray:
    """Compute the mean over images of J `[D,K]`: the features' derivatives by each neuron, averaged over positions.

    Args:
      head: Network from activations `[N,H,W,K]` to features `[N,D]`.
      activations: Activations `[n,H,W,K]` of the images.
    """
    function, neurons = inference(head), activations.shape[-1]

    @tf.function(reduce_retracing=True)
    def columns(activation: tf.Tensor, tangents: tf.Tensor) -> tf.Tensor:
        return adjoint(function, tf.repeat(activation[None], tf.shape(tangents)[0], axis=0), tangents)

    total = np.zeros((neurons, head.output_shape[-1]))
    for activation in progress.bar(activations, "Jacobian", unit="image"):
        for first in range(0, neurons, _BATCH_SIZE):
            tangents = np.eye(neurons, dtype=np.float32)[first : first + _BATCH_SIZE]
            total[first : first + _BATCH_SIZE] += columns(tf.constant(activation, tf.float32), tangents).numpy()
    return total.T / len(activations)


@dataclasses.dataclass(frozen=True)
class Importances:
    """Importances of training images for their own class, and the other results of the same pass of the trunk.

    Attributes:
      values: Importances `[N,K]` float32.
      labels: Class indices `[N]` int64.
      features: Features `[N,D]` float32.
      activations: Activations `[n,H,W,K]` float16 of a random choice of the images; mapped from disk when loaded.
      of_classes: Importances `[C,K]` float32 of each class on images that all classes share, see `on_shared_images`;
        None behind an affine head, where they are those on the class's own images.
    """

    values: np.ndarray
    labels: np.ndarray
    features: np.ndarray
    activations: np.ndarray
    of_classes: np.ndarray | None = None

    @classmethod
    def load(cls, folder: Path, sizes: array_schemas.Sizes | None = None) -> Importances:
        """Open the arrays that `compute` wrote into `folder`, mapped from disk.

        Args:
          folder: Folder of the files.
          sizes: Sizes of the model's other files.

        Raises:
          errors.DamagedError: If a file is missing, damaged, or does not fit to the others.
        """
        sizes = sizes or array_schemas.Sizes()
        arrays = {name: array_schemas.read(folder / f"{name}.npy", SCHEMA[name], sizes, True) for name in SCHEMA}
        shared = folder / _OF_CLASSES
        return cls(**arrays, of_classes=array_schemas.read(shared, _SHARED, sizes) if shared.exists() else None)


_OF_CLASSES = "of_classes.npy"
_SHARED = array_schemas.Array("float32", "SK")
SCHEMA = {
    "values": array_schemas.Array("float32", "NK"),
    "labels": array_schemas.Array("int", "N", minimum=0, below="S"),
    "features": array_schemas.Array("float32", "ND"),
    "activations": array_schemas.Array("float16", "nHWK", stays_on_disk=True),
}


def compute(
    classifier: classifier_lib.Classifier,
    split: zero_shot.Split,
    kept_images: int,
    seed: int,
    folder: Path,
    jit_compile: bool = False,
) -> Importances:
    """Compute the importances of `split` in one pass of the trunk, without its gradient, and write them to `folder`.

    A call that was interrupted resumes after the last finished batch in `folder`.

    Args:
      classifier: Classifier of the classes that `split` is labelled with.
      split: Training images.
      kept_images: Number of images whose activations are kept.
      seed: Seed of the choice of these images.
      folder: Folder that the arrays are written to; no other call may use it.
      jit_compile: True to compile trunk, head and gradient with XLA.
    """
    kept = choose_kept(len(split), kept_images, seed)
    one_batch = _make_batch_function(classifier, jit_compile)

    def write(arrays: Mapping[str, np.memmap], rows: slice, images: tf.Tensor, labels: tf.Tensor) -> None:
        activations, features, values = one_batch(images, labels)
        arrays["values"][rows], arrays["features"][rows] = values, features
        first = int(kept[: rows.start].sum())
        chosen = activations.numpy()[kept[rows]]
        arrays["activations"][first : first + len(chosen)] = chosen

    shapes = _shapes(classifier, split, int(kept.sum()))
    arrays = disk_arrays.fill(folder, split, shapes, _BATCH_SIZE, write, "importances")
    np.save(folder / "labels.npy", split.labels)
    of_classes = on_shared_images(classifier, arrays["activations"])
    if of_classes is not None:
        np.save(folder / _OF_CLASSES, of_classes)
    return Importances(labels=split.labels, **arrays, of_classes=of_classes)


def on_shared_images(classifier: classifier_lib.Classifier, activations: np.ndarray) -> np.ndarray | None:
    """Compute the importances `[C,K]` of each class on the same images for all classes; None if the head is affine.

    Behind a deep head importances on a class's own images tell of these images as well as of the class's weights. The
    transfer looks for weights on images of other classes (section 3.3 of the paper), and cannot use the first part.
    Behind an affine head all images give a class the same importances.

    Args:
      classifier: Classifier of the classes.
      activations: Activations `[n,H,W,K]` of images of any classes; at most `SHARED_IMAGES` are used.
    """
    head = classifier.backbone.head
    if split_points.is_affine(head):
        return None
    return of_weights(head, some_images(activations, SHARED_IMAGES), classifier.kernel)


def some_images(activations: np.ndarray, count: int) -> np.ndarray:
    """Select the activations of at most `count` images, spread over all."""
    return activations[np.linspace(0, len(activations) - 1, min(count, len(activations))).astype(int)]


def of_weights(head: keras.Model, activations: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Compute the mean over images of the unit importances `[C,K]` for the weights of each class.

    Args:
      head: Network from activations `[N,H,W,K]` to features `[N,D]`.
      activations: Activations `[N,H,W,K]` of the images.
      kernel: Weights `[D,C]`.
    """
    images = tf.constant(activations, tf.float32)

    @tf.function
    def mean_importances(weights: tf.Tensor) -> tf.Tensor:
        rows = tf.repeat(weights[None], len(activations), axis=0)
        values = importances(inference(head), images, rows)
        return tf.reduce_mean(directions(values)[0], axis=0)

    columns = progress.bar(kernel.T, "importances on shared images", unit="class")
    return np.stack([mean_importances(tf.constant(column, tf.float32)).numpy() for column in columns])


def choose_kept(images: int, kept_images: int, seed: int) -> np.ndarray:
    """Choose the images `[N]` bool whose activations `compute` keeps, in the order of all images."""
    kept = np.zeros(images, bool)
    kept[np.random.default_rng([seed, 0xAC7]).permutation(images)[:kept_images]] = True
    return kept


def _shapes(
    classifier: classifier_lib.Classifier, split: zero_shot.Split, kept: int
) -> dict[str, tuple[tuple[int, ...], type]]:
    return {
        "values": ((len(split), classifier.backbone.activation_shape[-1]), np.float32),
        "features": ((len(split), classifier.backbone.feature_size), np.float32),
        "activations": ((kept, *classifier.backbone.activation_shape), np.float16),
    }


def _make_batch_function(
    classifier: classifier_lib.Classifier, jit_compile: bool
) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]:
    trunk, head = classifier.backbone.trunk, classifier.backbone.head
    class_weights = tf.constant(classifier.kernel.T)

    @tf.function(jit_compile=jit_compile, reduce_retracing=True)
    def one_batch(images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        activations = trunk(images, training=False)
        features = head(activations, training=False)
        values = importances(inference(head), activations, tf.gather(class_weights, labels))
        return activations, features, values

    return one_batch


def inference(head: keras.Model) -> Callable[[tf.Tensor], tf.Tensor]:
    """Wrap `head` in a function that never runs in training mode."""
    return lambda activations: head(activations, training=False)
