# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Trunk and head of a SavedModel that is split at a tensor, as Keras layers.

The layers run the SavedModel's inference, also in training: its batch norms keep their statistics, and its dropout has
no effect, but gradients reach its other variables.

They are not registered with Keras, because a SavedModel is a program. Only code that loads a run's own files names
`OBJECTS`, so that a .keras file from elsewhere cannot run a SavedModel.
"""

from __future__ import annotations

import dataclasses
import weakref
from typing import Any

import keras
import tensorflow as tf

from niwt_tf.backbones import flat_graph, hub_image


@dataclasses.dataclass(frozen=True)
class Source:
    """Location of a SavedModel, and the tensor at which it is split.

    Attributes:
      handle: Address on TensorFlow Hub, or absolute path of the folder.
      image_size: Side of the images, in pixels.
      tensor: Name of one of `saved_model.Graph.tensors`.
    """

    handle: str
    image_size: int
    tensor: str


class SplitModel:
    """A loaded SavedModel, split in two; the layers of both parts share its variables."""

    def __init__(self, image: hub_image.ImageModel, tensor: str) -> None:
        self.image = image
        self.trunk, self.head = image.graph.split(tensor)
        self._views: dict[int, keras.Variable] = {}

    def view(self, variable: tf.Variable) -> keras.Variable:
        """Wrap the SavedModel's own variable as a Keras variable; both parts share the same one."""
        if id(variable) not in self._views:
            self._views[id(variable)] = keras.Variable(
                variable,
                shape=variable.shape,
                dtype=variable.dtype.name,
                trainable=id(variable) in self.image.trainable,
                name=variable.name.partition(":")[0].replace("/", "_"),
            )
        return self._views[id(variable)]


class _Part(keras.layers.Layer):
    """One of the two parts of a SavedModel."""

    def __init__(self, source: Source, split: SplitModel, part: flat_graph.Part, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self._split: SplitModel
        self._part: flat_graph.Part
        for name, value in {"_split": split, "_part": part}.items():
            object.__setattr__(self, name, value)  # hidden from TensorFlow, whose checkpoints would hold all of it
        self.source = source
        for number, variable in enumerate(part.variables):
            setattr(self, f"variable_{number}", split.view(variable))
        self.built = True

    def call(self, batch: Any) -> Any:
        """Compute the output of the part for a batch."""
        return self._part.function(batch)

    def compute_output_spec(self, batch: Any) -> keras.KerasTensor:
        """Return the shape that the SavedModel reports."""
        return keras.KerasTensor((batch.shape[0], *self._part.shape[1:]), "float32")

    def get_config(self) -> dict[str, Any]:
        """Describe the layer so that it can be made again from the same SavedModel."""
        return {**super().get_config(), "source": dataclasses.asdict(self.source)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> _Part:
        """Build the layer from the result of `get_config`."""
        return cls(**{**config, "source": Source(**config["source"])})


class SavedModelTrunk(_Part):
    """Layer from images `[N,S,S,3]` float32, as the SavedModel expects them, to activations `[N,H,W,K]`."""

    gives_activations = True

    def __init__(self, source: Source, split: SplitModel | None = None, **kwargs: Any) -> None:
        split = split or _load(source)
        _waiting[source] = split
        super().__init__(source, split, split.trunk, **kwargs)


class SavedModelHead(_Part):
    """Layer from activations `[N,H,W,K]` to features."""

    def __init__(self, source: Source, split: SplitModel | None = None, **kwargs: Any) -> None:
        split = split or _waiting.pop(source, None) or _load(source)
        super().__init__(source, split, split.head, **kwargs)


OBJECTS = {layer.__name__: layer for layer in (SavedModelTrunk, SavedModelHead)}

# The model of the last trunk, kept for its head: when Keras loads a network, it builds the head after the trunk.
_waiting: weakref.WeakValueDictionary[Source, SplitModel] = weakref.WeakValueDictionary()


def _load(source: Source) -> SplitModel:
    return SplitModel(hub_image.load(source.handle, source.image_size), source.tensor)
