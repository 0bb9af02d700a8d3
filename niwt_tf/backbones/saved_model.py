# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A SavedModel's inference as one flat graph, and the two functions that a tensor cuts it into.

The graph is inlined with its variables left outside, as captures, so that both functions read the variables of the
loaded object, and gradients reach them. Control inputs are cleared: the inliner's tie every read of a variable to the
images, so nothing could be cut. What they order in a graph of inference does not change its result.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Container
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


class NotSeparableError(ValueError):
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
    """A flat graph from images `[N,S,S,3]` float32 to features."""

    def __init__(self, traced: Any) -> None:
        """Inlines what `traced` calls.

        Args:
          traced: a concrete function of one argument, the images, that gives one tensor. The object that holds its
            variables must be kept as long as they are used.
        """
        self._definition = _inlined(traced)
        inner = traced.inputs[len(traced.inputs) - len(traced.captured_inputs) :]
        self._captures = {tensor.op.name: outer for tensor, outer in zip(inner, traced.captured_inputs, strict=True)}
        self._variables = {id(variable.handle): variable for variable in traced.graph.variables}
        self._images, self._features = traced.inputs[0], traced.outputs[0]

    @property
    def tensors(self) -> list[Tensor]:
        """The activations of convolutions and of what follows them, before positions are pooled, in order."""
        return [tensor for tensor, _ in self._found]

    def split(self, name: str) -> tuple[Part, Part]:
        """Returns images `[N,S,S,3]` -> activations `[N,H,W,K]`, and these -> features.

        Args:
          name: of one of `tensors`.

        Raises:
          NotSeparableError: if it is not a cut.
        """
        activations = next(found for tensor, found in self._found if tensor.name == name)
        return self._part(self._images, activations), self._part(activations, self._features)

    def _part(self, first: Any, last: Any) -> Part:
        """Returns the function from one tensor of the graph to another."""
        nodes = self._nodes(first.op.name, last.op.name)
        function = tf.function(lambda batch: self._run(nodes, {first.name: batch}, last.name), autograph=False)
        concrete = function.get_concrete_function(tf.TensorSpec(first.shape, first.dtype))
        read = [self._variables[id(outer)] for outer in concrete.captured_inputs if id(outer) in self._variables]
        concrete.graph.variables = tuple(read)  # so that a gradient tape watches them
        return Part(concrete, tuple(read), tuple(concrete.outputs[0].shape))

    def _nodes(self, first: str, last: str) -> list[Any]:
        """Returns what it takes to have one operation's result from another's."""
        by_name = {node.name: node for node in self._definition.node}
        needed: set[str] = set()
        waiting = [last]
        while waiting:
            name = waiting.pop()
            if name != first and name not in needed and name not in self._captures:
                needed.add(name)
                waiting += map(_operation, by_name[name].input)
        if self._images.op.name in needed:
            raise NotSeparableError(first)
        return [node for node in self._definition.node if node.name in needed]

    def _run(self, nodes: list[Any], given: dict[str, Any], returned: str) -> Any:
        """Puts nodes into the current graph, and returns one of their tensors."""
        used = {_operation(name) for node in nodes for name in node.input}
        graph = tf.compat.v1.get_default_graph()
        captured = {f"{name}:0": graph.capture(outer) for name, outer in self._captures.items() if name in used}
        definition = tf.compat.v1.GraphDef(
            node=nodes, versions=self._definition.versions, library=self._definition.library
        )
        return tf.graph_util.import_graph_def(definition, {**captured, **given}, [returned], name="")[0]

    @functools.cached_property
    def _found(self) -> list[tuple[Tensor, Any]]:
        """Each of `tensors`, and what it is in a graph."""
        operations = self._between()
        places = {operation.name: place for place, operation in enumerate(operations)}
        parents = [[places[i.op.name] for i in operation.inputs if i.op.name in places] for operation in operations]
        found, convolved = [], False
        for operation, separates in zip(operations, cut.separators(parents), strict=True):
            convolved = convolved or operation.type in _CONVOLUTIONS
            if separates and convolved and not _has_positions(operation):
                break
            if convolved and operation.type in _CONVOLUTIONS + _AFTER_CONVOLUTION and _is_activation(operation):
                found.append((operation.outputs[0], separates and _gives_one(operation, places)))
        names = _names([tensor.op.name for tensor, _ in found])
        shapes = [tuple(tensor.shape[1:]) for tensor, _ in found]
        return [
            (Tensor(name, shape, is_cut), tensor)
            for name, shape, (tensor, is_cut) in zip(names, shapes, found, strict=True)
        ]

    def _between(self) -> list[Any]:
        """Returns the operations on paths from images to features, in topological order."""
        images, features = self._images.op.name, self._features.op.name
        nodes = [node for node in self._definition.node if node.name != images and node.name not in self._captures]
        function = tf.function(
            lambda batch: self._run(nodes, {self._images.name: batch}, self._features.name), autograph=False
        )
        graph = function.get_concrete_function(tf.TensorSpec(self._images.shape, self._images.dtype, images)).graph
        operations = graph.get_operations()
        reached, needed = {graph.inputs[0].op.name}, {features}
        for operation in operations:
            if any(tensor.op.name in reached for tensor in operation.inputs):
                reached.add(operation.name)
        for operation in reversed(operations):
            if operation.name in needed:
                needed.update(tensor.op.name for tensor in operation.inputs)
        return [operation for operation in operations if operation.name in reached & needed]


def _inlined(traced: Any) -> tf.compat.v1.GraphDef:
    """Returns all operations that a concrete function runs, on one level."""
    definition = convert_to_constants._run_inline_graph_optimization(
        traced, lower_control_flow=False, aggressive_inlining=True
    )
    for node in definition.node:
        data = [name for name in node.input if not name.startswith("^")]
        del node.input[:]
        node.input.extend(data)
        node.attr.pop("_class", None)  # what it lies beside may be in the other part
        if node.op == "IdentityN":  # a custom gradient, unknown where it was not saved: that of the operations does
            node.attr.pop("_gradient_op_type", None)
    return definition


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


def _gives_one(operation: Any, names: Container[str]) -> bool:
    """Returns whether operations of these names take no output of an operation but the first."""
    return not any(consumer.name in names for output in operation.outputs[1:] for consumer in output.consumers())


def without_calls(name: str) -> str:
    """Returns the name of an operation less the calls that it was inlined from."""
    return "/".join(part for part in name.split("/") if not _CALL.fullmatch(part))


def _names(operations: list[str]) -> list[str]:
    """Returns names without calls, where that leaves them apart."""
    short = [without_calls(name) for name in operations]
    return [name if name and short.count(name) == 1 else full for name, full in zip(short, operations, strict=True)]


def _operation(tensor: str) -> str:
    return tensor.partition(":")[0]
