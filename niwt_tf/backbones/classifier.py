# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A backbone with a linear classifier over its features: o = phi W + b."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import network_file
from niwt_tf.evaluation import gzsl
from niwt_tf.util import arguments


@dataclasses.dataclass(frozen=True)
class Classifier:
    """A backbone and what tells its classes apart.

    Attributes:
      backbone: the network.
      kernel: `W [D,C]` float32.
      bias: `b [C]` float32.
      class_names: `C` names.
      unseen: those of `class_names` whose weights come from words alone.
    """

    backbone: backbone_lib.Backbone
    kernel: np.ndarray
    bias: np.ndarray
    class_names: tuple[str, ...]
    unseen: tuple[str, ...] = ()

    @property
    def seen(self) -> tuple[str, ...]:
        """The classes that were learned from images, which come first."""
        return self.class_names[: len(self.class_names) - len(self.unseen)]

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Returns `[N,C]` float32 for features `[N,D]`.

        Raises:
          errors.UserError: if these are no finite numbers, or of another network.
        """
        return (
            arguments.require_matrix("features", features, columns=len(self.kernel), least=0) @ self.kernel + self.bias
        )

    def calibrated_bias(self, gamma: float) -> np.ndarray:
        """Returns the bias `[C]` float32, gamma taken off that of the seen classes."""
        return self.bias - gzsl.seen_penalty(len(self.class_names), len(self.seen), gamma).astype(np.float32)

    def save(self, folder: Path, with_network: bool = True) -> None:
        """Writes `network.keras`, unless told not to, and `classifier.npz` into `folder`."""
        if with_network:
            self.backbone.network.save(folder / "network.keras")
        np.savez(
            folder / "classifier.npz",
            kernel=self.kernel,
            bias=self.bias,
            class_names=np.array(self.class_names),
            unseen=np.array(self.unseen, str),
            layer=self.backbone.layer,
        )

    @classmethod
    def load(cls, folder: Path, backbone: backbone_lib.Backbone | None = None) -> Classifier:
        """Returns what `save` wrote, on `backbone` if one is given; Keras' safe mode, no pickle."""
        with np.load(folder / "classifier.npz", allow_pickle=False) as saved:
            return cls(
                backbone=backbone
                or backbone_lib.Backbone(network_file.load(folder / "network.keras"), str(saved["layer"])),
                kernel=saved["kernel"],
                bias=saved["bias"],
                class_names=tuple(saved["class_names"].tolist()),
                unseen=tuple(saved["unseen"].tolist()),
            )
