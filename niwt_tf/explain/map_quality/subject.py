# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What metrics of maps measure: images with maps, the classifier that they explain, and the method that draws them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.explain import visual

MapFunction = Callable[[np.ndarray, np.ndarray], np.ndarray]  # images [N,S,S,3] uint8, classes [N] -> maps [N,H,W]
MapMaker = Callable[[classifier_lib.Classifier], MapFunction]


@dataclasses.dataclass(frozen=True)
class MappedImages:
    """Images of one batch, with the maps to be measured.

    Attributes:
      images: `[N,S,S,3]` uint8, RGB.
      classes: Classes that the maps explain, `[N]` int64.
      maps: Evidence for these classes, `[N,H,W]`, at least 0.
      boxes: Boxes of the objects, `[N,4]`: ymin, xmin, ymax and xmax in 0..1 of the image; NaN for no box.
    """

    images: np.ndarray
    classes: np.ndarray
    maps: np.ndarray
    boxes: np.ndarray

    @functools.cached_property
    def large_maps(self) -> np.ndarray:
        """Maps in the size of the images, `[N,S,S]` float32, the maximum of each 1; a map without evidence is zeros."""
        return visual.normalise(visual.upsample(self.maps, self.images.shape[1]))

    @property
    def mean_colours(self) -> np.ndarray:
        """Mean colour of each image, `[N,1,1,3]` uint8."""
        return np.rint(self.images.mean((1, 2), keepdims=True)).astype(np.uint8)


@dataclasses.dataclass(frozen=True)
class Subject:
    """The classifier that maps explain, and the method that draws them.

    Attributes:
      classifier: Classifier of all classes.
      gamma: Number subtracted from the logits of seen classes.
      make_maps: Function from a classifier to the function that draws its maps; None if the maps are given, and no
        other can be drawn.
      seed: Seed of everything that a metric draws at random.
    """

    classifier: classifier_lib.Classifier
    gamma: float = 0.0
    make_maps: MapMaker | None = None
    seed: int = 0

    def compile(self, function: Callable[..., tf.Tensor], *arguments: str) -> Callable[..., np.ndarray]:
        """Compile a function of tensors once for batches of any size; the result takes and returns arrays.

        Args:
          function: Function from tensors to one tensor.
          *arguments: Kind of each argument of `function`: `images`, `colours`, `maps` or `classes`.
        """
        side = self.classifier.backbone.image_size
        types = {
            "images": tf.TensorSpec((None, side, side, 3), tf.uint8),
            "colours": tf.TensorSpec((None, 1, 1, 3), tf.uint8),
            "maps": tf.TensorSpec((None, side, side), tf.float32),
            "classes": tf.TensorSpec((None,), tf.int64),
        }
        dtypes = [types[kind].dtype for kind in arguments]
        compiled = tf.function(function).get_concrete_function(*(types[kind] for kind in arguments))

        def call(*values: np.ndarray) -> np.ndarray:
            return compiled(*map(tf.convert_to_tensor, values, dtypes)).numpy()

        return call

    @functools.cached_property
    def draw(self) -> MapFunction:
        """Function that draws the classifier's maps."""
        return self.maps_of(self.classifier)

    def maps_of(self, classifier: classifier_lib.Classifier) -> MapFunction:
        """Make the function that draws the maps of another classifier by the same method.

        Raises:
          ValueError: If no map can be drawn.
        """
        if self.make_maps is None:
            raise ValueError("the maps are given, so that no other can be drawn")
        return self.make_maps(classifier)

    @functools.cached_property
    def probability(self) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        """Function from images `[N,S,S,3]` uint8 and classes `[N]` to the probability `[N]` of each image's class."""

        def probability(images: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
            return tf.gather(tf.nn.softmax(self._logits(images)), classes, batch_dims=1)

        return probability

    @functools.cached_property
    def predict(self) -> Callable[[np.ndarray], np.ndarray]:
        """Compiled function from images `[N,S,S,3]` uint8 to their predicted classes, `[N]` int64."""
        return self.compile(lambda images: tf.argmax(self._logits(images), axis=1), "images")

    def _logits(self, images: tf.Tensor) -> tf.Tensor:
        features = tf.cast(self.classifier.backbone.network(images, training=False), tf.float32)
        return features @ self.classifier.kernel + self.classifier.calibrated_bias(self.gamma)


MetricFunction = Callable[[MappedImages], np.ndarray]  # value of each image, [N]; NaN where it is not defined
