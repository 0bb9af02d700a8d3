# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A backbone with a linear classifier over its features: o = phi W + b."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import keras
import numpy as np

from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import (
    preprocessing,  # noqa: F401, as load_model must know its layer
    saved_model_layers,
)


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
        """Returns `[N,C]` float32 for features `[N,D]`."""
        return features @ self.kernel + self.bias

    def calibrated_bias(self, gamma: float) -> np.ndarray:
        """Returns the bias `[C]` float32, gamma taken off that of the seen classes."""
        margin = [0.0 if name in self.unseen else gamma for name in self.class_names]
        return self.bias - np.array(margin, np.float32)

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
                backbone=backbone or _load_backbone(folder / "network.keras", str(saved["layer"])),
                kernel=saved["kernel"],
                bias=saved["bias"],
                class_names=tuple(saved["class_names"].tolist()),
                unseen=tuple(saved["unseen"].tolist()),
            )


def _load_backbone(path: Path, layer: str) -> backbone_lib.Backbone:
    objects = saved_model_layers.OBJECTS
    try:
        network = keras.models.load_model(path, custom_objects=objects, compile=False, safe_mode=True)
    except TypeError as error:
        raise _unreadable(path, str(error)) from error
    return backbone_lib.Backbone(network, layer)


def _unreadable(path: Path, trouble: str) -> errors.UserError:
    unknown = re.search(r"Could not locate \w+ '([\w>.]+)'", trouble)
    what = f"needs code that is not Keras' own: {unknown[1]}" if unknown else f"Keras does not read: {trouble[:200]}"
    return errors.UserError(
        f"A network must be made of layers that Keras knows. Received: {path}, which {what}. Have it registered by "
        "--import_module=mine.py or, in Python, import what registers it."
    )
