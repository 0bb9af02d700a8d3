# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A network cut once, at a layer, into trunk and head (section 2 of the method: A = T(I), phi = G(A))."""

from __future__ import annotations

import dataclasses
import functools

import keras
import numpy as np

from niwt_tf.backbones import cut
from niwt_tf.util import keras_settings


@dataclasses.dataclass(frozen=True)
class Backbone:
    """A network from images to features, with the layer whose neurons count.

    Attributes:
      network: one flat functional model, images `[N,S,S,3]` uint8 RGB -> features `[N,D]`, preprocessing inside; of
        `without_trunk`, what takes activations in place of images.
      layer: the name of a layer of `network` that gives activations `[N,H,W,K]`, and that all paths pass through.
    """

    network: keras.Model
    layer: str

    def __post_init__(self) -> None:
        if self.network.inputs[0].dtype == "uint8":
            cut.require(self.network, self.layer)

    def without_trunk(self) -> Backbone:
        """Returns the head as a network of its own, whose trunk leaves as they are the activations that it takes."""
        return Backbone(self.head, self.head.layers[0].name)

    @functools.cached_property
    @keras_settings.guarded
    def trunk(self) -> keras.Model:
        """Images `[N,S,S,3]` uint8 -> activations `[N,H,W,K]`."""
        return keras.Model(self.network.input, self.network.get_layer(self.layer).output, name="trunk")

    @functools.cached_property
    @keras_settings.guarded
    def head(self) -> keras.Model:
        """Activations `[N,H,W,K]` -> features `[N,D]`."""
        return keras.Model(self.network.get_layer(self.layer).output, self.network.output, name="head")

    @property
    def image_size(self) -> int:
        """The side `S` of the images that `network` takes, in pixels."""
        return self.network.input_shape[1]

    @property
    def activation_shape(self) -> tuple[int, int, int]:
        """`(H, W, K)`: height and width in positions, and the number of neurons."""
        return tuple(self.network.get_layer(self.layer).output.shape[1:])

    @property
    def feature_size(self) -> int:
        """`D`."""
        return self.network.output_shape[-1]


@dataclasses.dataclass(frozen=True)
class InitialNetwork:
    """A network before it is trained on the seen classes.

    Attributes:
      backbone: the network, cut at a layer.
      is_trained: whether it comes with weights.
      kernel: the weights `[D,C]` of the classifier that it came with; None where it had none.
      bias: its `[C]`.
      why_none: why it had none: the rest of a sentence on the network.
    """

    backbone: Backbone
    is_trained: bool = False
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None
    why_none: str = "gives features alone"
