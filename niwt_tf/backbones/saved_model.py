# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A SavedModel's inference as one flat graph, and the two functions that a tensor cuts it into.

The graph is inlined with its variables left outside, as captures, so that both functions read the variables of the
loaded object, and gradients reach them. Control inputs are cleared: the inliner's tie every read of a variable to the
images, so nothing could be cut. What they order in a graph of inference, such as assertions, does not change its result.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import convert_to_constants

from niwt_tf.backbones import cut

_CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative", "Conv2DBackpropInput")
_AFTER_CONVOLUTION = (
    *("BiasAdd", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"),
    *("Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Softplus", "Softsign", "Sigmoid", "Tanh", "IdentityN"),
    *("Add", "AddV2", "AddN", "Sub", "Mul", "RealDiv", "Maximum", "ConcatV2"),
)
_POOLING = ("Mean", "Max", "Sum", "AvgPool", "MaxPool", "MaxPoolV2")
_CALL = re.compile(r"(Stateful)?PartitionedCall(_\d+)?")


class NotSeparable(ValueError):
    """A tensor does not cut the graph in two."""


@dataclasses.dataclass(frozen=True)
class Tensor:
    """Activations in a graph.

    Attributes:
      name: that of the operation that gives them, less the calls that were inlined.
      shape: `(H, W, K)`.
      is_cut: whether all paths from images to features pass through them.
    """

    name: str
    shape: tuple[int, int, int]
    is_cut: bool


@dataclasses.dataclass(frozen=True)
class Part:
    """One of the two functions.

    Attributes:
      function: batches of any size -> what they give.
      variables: those that it reads.
      shape: of what it gives, the batch's size being None.
    """

    function: Callable[[Any], Any]
    variables: tuple[tf.Variable, ...]
    shape: tuple[int | None, ...]


class Graph:
    """A flat graph from images `[N,S,S,3]` to features."""

    def __init__(self, traced: Any) -> None:
        """Inlines what `traced` calls.

        Args:
          traced: a concrete function of one argument, the images, that gives one tensor. The object that holds its
            variables must be kept as long as they are used.
        """
        self._function = _inlined(traced)
        self._variables = {id(variable.handle): variable for variable in traced.graph.variables}
        self._images, self._features = traced.inputs[0].name, traced.outputs[0].name

    @functools.cached_property
    def tensors(self) -> list[Tensor]:
        """The activations of convolutions and of what follows them, before positions are pooled, in order."""
        return [tensor for tensor, _ in self._found]

    def split(self, name: str) -> tuple[Part, Part]:
        """Returns images `[N,S,S,3]` -> activations `[N,H,W,K]`, and these -> features.

        Args:
          name: of one of `tensors`.

        Raises:
          NotSeparable: if it is not a cut.
        """
        activations = next(operation for tensor, operation in self._found if tensor.name == name).outputs[0].name
        try:
            return self._part(self._images, activations), self._part(activations, self._features)
        except ValueError as error:  # UnliftableError is one
            raise NotSeparable(name) from error

    def _part(self, first: str, last: str) -> Part:
        function = self._function.prune(first, last)
        read = [outer for outer, inner in function.graph.captures if inner.consumers()]
        variables = tuple(self._variables[id(handle)] for handle in read if id(handle) in self._variables)
        return Part(lambda batch: _only(function(batch)), variables, tuple(function.outputs[0].shape))

    @functools.cached_property
    def _found(self) -> list[tuple[Tensor, Any]]:
        operations = self._between()
        places = {operation.name: place for place, operation in enumerate(operations)}
        parents = [[places[i.op.name] for i in operation.inputs if i.op.name in places] for operation in operations]
        found, convolved = [], False
        for operation, separates in zip(operations, cut.separators(parents), strict=True):
            convolved = convolved or operation.type in _CONVOLUTIONS
            if separates and convolved and not _has_positions(operation):
                break
            if convolved and operation.type in _CONVOLUTIONS + _AFTER_CONVOLUTION and _is_activation(operation):
                is_cut = separates and all(output is operation.outputs[0] for output in _used(operation, places))
                found.append((operation, is_cut))
        names = _names([operation.name for operation, _ in found])
        return [
            (Tensor(name, tuple(operation.outputs[0].shape[1:]), is_cut), operation)
            for name, (operation, is_cut) in zip(names, found, strict=True)
        ]

    def _between(self) -> list[Any]:
        """Returns the operations on paths from images to features, in topological order."""
        operations = self._function.graph.get_operations()
        reached, needed = {_operation(self._images)}, {_operation(self._features)}
        for operation in operations:
            if any(tensor.op.name in reached for tensor in operation.inputs):
                reached.add(operation.name)
        for operation in reversed(operations):
            if operation.name in needed:
                needed.update(tensor.op.name for tensor in operation.inputs)
        return [operation for operation in operations if operation.name in reached & needed]


def _inlined(traced: Any) -> Any:
    """Returns a wrapped function without arguments, whose graph holds all operations that `traced` runs."""
    definition = convert_to_constants._run_inline_graph_optimization(
        traced, lower_control_flow=False, aggressive_inlining=True
    )
    for node in definition.node:
        data = [name for name in node.input if not name.startswith("^")]
        del node.input[:]
        node.input.extend(data)
        if node.op == "IdentityN":  # a custom gradient, unknown where it was not saved: that of the operations does
            node.attr.pop("_gradient_op_type", None)
    captured = traced.captured_inputs
    names = [tensor.name for tensor in traced.inputs[len(traced.inputs) - len(captured) :]]

    def import_graph() -> None:
        graph = tf.compat.v1.get_default_graph()
        captures = {name: graph.capture(outer) for name, outer in zip(names, captured, strict=True)}
        tf.graph_util.import_graph_def(definition, name="", input_map=captures)

    wrapped = tf.compat.v1.wrap_function(import_graph, [])
    wrapped.graph.variables = tuple(traced.graph.variables)
    return wrapped


def _is_activation(operation: Any) -> bool:
    tensor = operation.outputs[0]
    return tensor.dtype == tf.float32 and tensor.shape.rank == 4 and tensor.shape[1:].is_fully_defined()


def _has_positions(operation: Any) -> bool:
    """Returns whether what an operation gives still has a height and a width."""
    shape = operation.outputs[0].shape
    if shape.rank != 4:
        return False
    pooled = operation.type in _POOLING and shape[1:3].as_list() == [1, 1]
    return not (pooled and operation.inputs[0].shape[1:3].as_list() != [1, 1])


def _used(operation: Any, places: dict[str, int]) -> list[Any]:
    """Returns those outputs of an operation that other operations on the paths take."""
    return [output for output in operation.outputs if any(consumer.name in places for consumer in output.consumers())]


def without_calls(name: str) -> str:
    """Returns the name of an operation less the calls that it was inlined from."""
    return "/".join(part for part in name.split("/") if not _CALL.fullmatch(part))


def _names(operations: list[str]) -> list[str]:
    """Returns names without calls, where that leaves them apart."""
    short = [without_calls(name) for name in operations]
    return [name if name and short.count(name) == 1 else full for name, full in zip(short, operations, strict=True)]


def _operation(tensor: str) -> str:
    return tensor.partition(":")[0]


def _only(given: Any) -> Any:
    return given[0] if isinstance(given, (list, tuple)) else given
