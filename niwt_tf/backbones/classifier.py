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

    def logits(self, features: np.ndarray, classes: slice = slice(None)) -> np.ndarray:
        """Compute the logits `[N,C]` float32 of features `[N,D]`.

        Args:
          features: Features of `N` images.
          classes: Classes to compute the logits of, by their indices; all by default.

        Raises:
          errors.UserError: If the features are not finite, or have another length than `D`.
        """
        features = arguments.require_matrix("features", features, columns=len(self.kernel), least=0)
        return features @ self.kernel[:, classes] + self.bias[classes]

    def calibrated_bias(self, gamma: float) -> np.ndarray:
        """Subtract gamma from the bias of the seen classes (calibrated stacking), `[C]` float32."""
        return self.bias - gzsl.seen_penalty(len(self.class_names), len(self.seen), gamma).astype(np.float32)

    def save(self, folder: Path, with_network: bool = True) -> None:
        """Write `classifier.npz` and, if `with_network` is true, `network.keras` into `folder`."""
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
        """Read what `save` wrote, in Keras' safe mode and without pickle; a `backbone` replaces the saved network."""
        with np.load(folder / "classifier.npz", allow_pickle=False) as saved:
            return cls(
                backbone=backbone
                or backbone_lib.Backbone(network_file.load(folder / "network.keras"), str(saved["layer"])),
                kernel=saved["kernel"],
                bias=saved["bias"],
                class_names=tuple(saved["class_names"].tolist()),
                unseen=tuple(saved["unseen"].tolist()),
            )
