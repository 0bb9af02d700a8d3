# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A network that is split at a layer into trunk and head: activations A = trunk(images), features phi = head(A)."""

from __future__ import annotations

import dataclasses
import functools

import keras
import numpy as np

from niwt_tf.backbones import split_points
from niwt_tf.util import keras_settings


@dataclasses.dataclass(frozen=True)
class Backbone:
    """A network from images to features, with the layer whose neurons are used.

    Attributes:
      network: Flat functional model with preprocessing, images `[N,S,S,3]` uint8 RGB -> features `[N,D]`; after
        `without_trunk` it takes activations in place of images.
      layer: Name of the layer whose output is the activations `[N,H,W,K]`; all paths to features pass through it.
    """

    network: keras.Model
    layer: str

    def __post_init__(self) -> None:
        if self.network.inputs[0].dtype == "uint8":
            split_points.require(self.network, self.layer)

    def without_trunk(self) -> Backbone:
        """Build a backbone of the head alone; its trunk passes activations through unchanged."""
        return Backbone(self.head, self.head.layers[0].name)

    @functools.cached_property
    @keras_settings.guarded
    def trunk(self) -> keras.Model:
        """Model from images `[N,S,S,3]` uint8 to activations `[N,H,W,K]`."""
        return keras.Model(self.network.input, self.network.get_layer(self.layer).output, name="trunk")

    @functools.cached_property
    @keras_settings.guarded
    def head(self) -> keras.Model:
        """Model from activations `[N,H,W,K]` to features `[N,D]`."""
        return keras.Model(self.network.get_layer(self.layer).output, self.network.output, name="head")

    @property
    def image_size(self) -> int:
        """Side `S` of the images that `network` takes, in pixels."""
        return self.network.input_shape[1]

    @property
    def activation_shape(self) -> tuple[int, int, int]:
        """Shape `(H, W, K)` of the activations: height and width in positions, and number of neurons."""
        return tuple(self.network.get_layer(self.layer).output.shape[1:])

    @property
    def feature_size(self) -> int:
        """Number of features, `D`."""
        return self.network.output_shape[-1]


@dataclasses.dataclass(frozen=True)
class InitialNetwork:
    """A network before it is trained on the seen classes.

    Attributes:
      backbone: Network and the layer at which it is split.
      is_trained: True if the network comes with weights.
      kernel: Weights `[D,C]` of the network's own classifier; None if it has none.
      bias: Bias `[C]` of that classifier; None if it has none.
      why_none: Reason why there is no classifier, worded to follow "which", such as "gives features alone".
    """

    backbone: Backbone
    is_trained: bool = False
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None
    why_none: str = "gives features alone"
