# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Activations in a SavedModel's graph, and the trunk and head into which they split it."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Container
from typing import Any

import tensorflow as tf

from niwt_tf.backbones import flat_graph, split_points

_CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative", "Conv2DBackpropInput")
_AFTER_CONVOLUTION = (
    *("BiasAdd", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"),
    *("Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Softplus", "Softsign", "Sigmoid", "Tanh", "IdentityN"),
    *("Add", "AddV2", "AddN", "Sub", "Mul", "RealDiv", "Maximum", "ConcatV2"),
)
_POOLING = ("Mean", "Max", "Sum", "AvgPool", "MaxPool", "MaxPoolV2")
_CALL = re.compile(r"(Stateful)?PartitionedCall(_\d+)?")


@dataclasses.dataclass(frozen=True)
class Tensor:
    """Activations in a graph.

    Attributes:
      name: Name of the operation that gives them, without the calls that were inlined.
      shape: Shape `(H, W, K)`.
      is_split_point: True if all paths from images to features pass through them.
    """

    name: str
    shape: tuple[int, int, int]
    is_split_point: bool


class Graph:
    """A graph from images `[N,S,S,3]` float32 to features."""

    def __init__(self, traced: Any) -> None:
        """Inline a concrete function from images to features, as `flat_graph.FlatGraph` does."""
        self._flat = flat_graph.FlatGraph(traced)

    @property
    def tensors(self) -> list[Tensor]:
        """Activations of convolutions and of what follows them, before positions are pooled, in order."""
        return [*self._operations]

    def split(self, name: str) -> tuple[flat_graph.Part, flat_graph.Part]:
        """Split the graph into images `[N,S,S,3]` -> activations `[N,H,W,K]`, and activations -> features.

        Args:
          name: Name of one of `tensors`.

        Raises:
          flat_graph.NotSeparableError: If it is not a split point.
        """
        tensor, operation = next(item for item in self._operations.items() if item[0].name == name)
        activations = tf.TensorSpec((None, *tensor.shape), tf.float32)
        head = self._flat.part(operation, activations, self._flat.features)
        return self._flat.part(self._flat.images, None, operation), head

    @functools.cached_property
    def _operations(self) -> dict[Tensor, str]:
        """Names of the operations of `tensors`."""
        operations = self._flat.operations()
        places = {operation.name: place for place, operation in enumerate(operations.values())}
        parents = [[places[i.op.name] for i in one.inputs if i.op.name in places] for one in operations.values()]
        activations, convolved = {}, False
        separating = split_points.articulation_nodes(parents)
        for (name, operation), separates in zip(operations.items(), separating, strict=True):
            convolved = convolved or operation.type in _CONVOLUTIONS
            if separates and convolved and not _has_positions(operation):
                break
            if convolved and operation.type in _CONVOLUTIONS + _AFTER_CONVOLUTION and _is_activation(operation):
                shape = tuple(operation.outputs[0].shape[1:])
                activations[name] = shape, separates and _gives_one(operation, places)
        names = zip(_short_names([*activations]), activations.items(), strict=True)
        return {Tensor(short, *values): name for short, (name, values) in names}


def _is_activation(operation: Any) -> bool:
    tensor = operation.outputs[0]
    return tensor.dtype == tf.float32 and tensor.shape.rank == 4 and tensor.shape[1:].is_fully_defined()


def _has_positions(operation: Any) -> bool:
    """Check whether an operation's output still has a height and a width."""
    shape = operation.outputs[0].shape
    if shape.rank != 4:
        return False
    pooled = operation.type in _POOLING and shape[1:3].as_list() == [1, 1]
    return not (pooled and operation.inputs[0].shape[1:3].as_list() != [1, 1])


def _gives_one(operation: Any, names: Container[str]) -> bool:
    """Check that the operations in `names` use no output of `operation` except the first."""
    return not any(consumer.name in names for output in operation.outputs[1:] for consumer in output.consumers())


def remove_calls(name: str) -> str:
    """Remove the inlined calls from an operation's name."""
    return "/".join(part for part in name.split("/") if not _CALL.fullmatch(part))


def _short_names(operations: list[str]) -> list[str]:
    """Remove calls from names where the names stay unique."""
    short = [remove_calls(name) for name in operations]
    return [name if name and short.count(name) == 1 else full for name, full in zip(short, operations, strict=True)]
