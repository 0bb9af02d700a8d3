# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A backbone with a linear classifier over its features: o = phi W + b."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import keras
import numpy as np

from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import network_file
from niwt_tf.evaluation import gzsl
from niwt_tf.util import arguments, array_schemas

FILE, NETWORK = "classifier.npz", "network.keras"
_SCHEMA = {
    "kernel": array_schemas.Array("float32", "DC"),
    "bias": array_schemas.Array("float32", "C"),
    "class_names": array_schemas.Array("text", "C", is_unique=True),
    "unseen": array_schemas.Array("text", "U", may_be_empty=True),
    "layer": array_schemas.Array("text"),
}


@dataclasses.dataclass(frozen=True)
class Classifier:
    """A backbone with a linear classifier over its features.

    Attributes:
      backbone: Network from images to features `[N,D]`.
      kernel: Weights `W [D,C]` float32.
      bias: Bias `b [C]` float32.
      class_names: Names of the `C` classes, the seen classes first.
      unseen: Members of `class_names` whose weights come from domain knowledge alone.
    """

    backbone: backbone_lib.Backbone
    kernel: np.ndarray
    bias: np.ndarray
    class_names: tuple[str, ...]
    unseen: tuple[str, ...] = ()

    @property
    def seen(self) -> tuple[str, ...]:
        """Names of the classes that were learned from images; they come first."""
        return self.class_names[: len(self.class_names) - len(self.unseen)]

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Compute the logits `[N,C]` float32 of features `[N,D]`.

        Raises:
          errors.UserError: If the features are not finite, or have another length than `D`.
        """
        features = arguments.require_matrix("features", features, columns=len(self.kernel), least=0)
        return self.logits_of(slice(None), features)

    def logits_of(self, classes: slice, features: np.ndarray) -> np.ndarray:
        """Compute the logits of some classes, by their indices, for features `[N,D]` that are finite."""
        return features @ self.kernel[:, classes] + self.bias[classes]

    def calibrated_bias(self, gamma: float) -> np.ndarray:
        """Subtract gamma from the bias of the seen classes (calibrated stacking), `[C]` float32."""
        return self.bias - gzsl.seen_penalty(len(self.class_names), len(self.seen), gamma).astype(np.float32)

    def save(self, folder: Path, with_network: bool = True) -> None:
        """Write `classifier.npz` and, if `with_network` is true, `network.keras` into `folder`."""
        if with_network:
            self.backbone.network.save(folder / NETWORK)
        np.savez(
            folder / FILE,
            kernel=self.kernel,
            bias=self.bias,
            class_names=np.array(self.class_names),
            unseen=np.array(self.unseen, str),
            layer=self.backbone.layer,
        )

    @classmethod
    def load(
        cls,
        folder: Path,
        network: backbone_lib.Backbone | keras.Model | None = None,
        sizes: array_schemas.Sizes | None = None,
        runs_programs: bool = True,
    ) -> Classifier:
        """Read what `save` wrote, in Keras' safe mode and without pickle.

        Args:
          folder: Folder of the files.
          network: Backbone, or network of it, in place of the saved network.
          sizes: Sizes of the model's other files.
          runs_programs: True if the saved network may be a SavedModel of TensorFlow Hub, which is a program.

        Raises:
          errors.UserError: If a file is missing, damaged, or does not fit to the others.
        """
        path, sizes = folder / FILE, sizes or array_schemas.Sizes()
        saved = array_schemas.read_all(path, _SCHEMA, sizes)
        class_names, unseen = tuple(saved["class_names"].tolist()), tuple(saved["unseen"].tolist())
        if len(unseen) >= len(class_names) or class_names[len(class_names) - len(unseen) :] != unseen:
            raise errors.damaged(path, "has unseen classes that are not the last of class_names")
        if not isinstance(network, backbone_lib.Backbone):
            whole = network or network_file.load(folder / NETWORK, runs_programs)
            network = _split(path, whole, str(saved["layer"]))
        sizes.require(path, "the network's features", "D", [network.feature_size])
        sizes.require(path, "the network's layer", "K", network.activation_shape[-1:])
        return cls(network, saved["kernel"], saved["bias"], class_names, unseen)


def _split(path: Path, network: keras.Model, layer: str) -> backbone_lib.Backbone:
    try:
        return backbone_lib.Backbone(network, layer)
    except errors.UserError as error:
        raise errors.damaged(path, f"names a layer that the network cannot be split at: {layer}") from error
