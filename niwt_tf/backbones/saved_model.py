# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Activations in a SavedModel's graph, and the two parts into which one of them cuts it."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Container
from typing import Any

import tensorflow as tf

from niwt_tf.backbones import cut, flat_graph

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
      is_cut: True if all paths from images to features pass through them.
    """

    name: str
    shape: tuple[int, int, int]
    is_cut: bool


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
          flat_graph.NotSeparableError: If it is not a cut.
        """
        tensor, operation = next((tensor, found) for tensor, found in self._operations.items() if tensor.name == name)
        activations = tf.TensorSpec((None, *tensor.shape), tf.float32)
        head = self._flat.part(operation, activations, self._flat.features)
        return self._flat.part(self._flat.images, None, operation), head

    @functools.cached_property
    def _operations(self) -> dict[Tensor, str]:
        """Each of `tensors` with the name of its operation."""
        operations = self._flat.operations()
        places = {operation.name: place for place, operation in enumerate(operations.values())}
        parents = [[places[i.op.name] for i in one.inputs if i.op.name in places] for one in operations.values()]
        found, convolved = {}, False
        for (name, operation), separates in zip(operations.items(), cut.separators(parents), strict=True):
            convolved = convolved or operation.type in _CONVOLUTIONS
            if separates and convolved and not _has_positions(operation):
                break
            if convolved and operation.type in _CONVOLUTIONS + _AFTER_CONVOLUTION and _is_activation(operation):
                shape = tuple(operation.outputs[0].shape[1:])
                found[name] = shape, separates and _gives_one(operation, places)
        return {
            Tensor(short, *about): name for short, (name, about) in zip(_names([*found]), found.items(), strict=True)
        }


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


def without_calls(name: str) -> str:
    """Remove from an operation's name the calls that it was inlined from."""
    return "/".join(part for part in name.split("/") if not _CALL.fullmatch(part))


def _names(operations: list[str]) -> list[str]:
    """Remove calls from names, if the names stay different."""
    short = [without_calls(name) for name in operations]
    return [name if name and short.count(name) == 1 else full for name, full in zip(short, operations, strict=True)]
