# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A SavedModel's inference as one flat graph; any part of it can become a function.

The graph is inlined, but its variables stay outside, as captures. So its parts read the variables of the loaded object,
and gradients reach them. Control inputs are cleared: those of the inliner tie every read of a variable to the images,
so that nothing could be split. In a graph of inference, the order that they impose does not change the result.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import convert_to_constants

_PREFIX = "flat/"  # keeps the graph's names apart from those that TensorFlow gives to captures


class NotSeparableError(ValueError):
    """A tensor does not split the graph in two."""


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of a graph.

    Attributes:
      function: Function that computes the output of the part for a batch of any size.
      variables: Variables of the loaded object that the function reads.
      shape: Shape of the output; the batch's size is None.
    """

    function: Callable[[Any], Any]
    variables: tuple[tf.Variable, ...]
    shape: tuple[int | None, ...]


class FlatGraph:
    """A graph from images to features.

    Attributes:
      images: Name of the operation that gives the images.
      features: Name of the operation that gives the features.
    """

    def __init__(self, traced: Any) -> None:
        """Inline all functions that `traced` calls.

        Args:
          traced: Concrete function with one argument, the images, and one output tensor. Keep the object that holds its
            variables as long as they are used.
        """
        inner = traced.inputs[len(traced.inputs) - len(traced.captured_inputs) :]
        self._captures = {tensor.op.name: outer for tensor, outer in zip(inner, traced.captured_inputs, strict=True)}
        self._variables = {id(variable.handle): variable for variable in traced.graph.variables}
        self._definition = _inlined(traced)
        self._input = tf.TensorSpec.from_tensor(traced.inputs[0])
        self.images, self.features = traced.inputs[0].op.name, traced.outputs[0].op.name

    def part(self, first: str, spec: tf.TensorSpec | None, last: str) -> Part:
        """Build the function from the first output of operation `first` to that of operation `last`.

        Args:
          first: Name of the operation at which the part begins.
          spec: Shape and type of the first output of `first`; those of the images by default.
          last: Name of the operation at which the part ends.

        Raises:
          NotSeparableError: If the function would need the images, too.
        """
        nodes = self._needed(first, last)
        if first != self.images and self.images in (node.name for node in nodes):
            raise NotSeparableError(first)
        concrete = self._function(nodes, first, spec or self._input, last)
        read = [self._variables[id(outer)] for outer in concrete.captured_inputs if id(outer) in self._variables]
        concrete.graph.variables = tuple(read)  # so that a gradient tape watches them
        return Part(concrete, tuple(read), tuple(concrete.outputs[0].shape))

    def operations(self) -> dict[str, Any]:
        """List the operations on paths from images to features, by name, in topological order."""
        graph = self._function(self._needed(self.images, self.features), self.images, self._input, self.features).graph
        reached = {graph.inputs[0].op.name}
        operations = {self.images: graph.inputs[0].op}
        for operation in graph.get_operations():
            if any(tensor.op.name in reached for tensor in operation.inputs):
                reached.add(operation.name)
                if operation.name.startswith(_PREFIX):  # not the function's own Identity
                    operations[operation.name.removeprefix(_PREFIX)] = operation
        return operations

    def _needed(self, first: str, last: str) -> list[Any]:
        """List the nodes needed to compute the result of operation `last` from that of `first`."""
        by_name = {node.name: node for node in self._definition.node}
        needed: set[str] = set()
        waiting = [last]
        while waiting:
            name = waiting.pop()
            if name != first and name not in needed and name not in self._captures:
                needed.add(name)
                waiting += map(operation_of, by_name[name].input)
        return [node for node in self._definition.node if node.name in needed]

    def _function(self, nodes: Sequence[Any], first: str, spec: tf.TensorSpec, last: str) -> Any:
        """Build a concrete function from nodes."""
        used = {operation_of(name) for node in nodes for name in node.input}
        definition = tf.compat.v1.GraphDef(
            node=nodes, versions=self._definition.versions, library=self._definition.library
        )

        def run(batch: Any) -> Any:
            graph = tf.compat.v1.get_default_graph()
            inputs = {f"{name}:0": graph.capture(outer) for name, outer in self._captures.items() if name in used}
            inputs[f"{first}:0"] = batch
            return tf.graph_util.import_graph_def(definition, inputs, [f"{last}:0"], name=_PREFIX)[0]

        return tf.function(run, autograph=False).get_concrete_function(tf.TensorSpec(spec.shape, spec.dtype))


def operation_of(tensor: str) -> str:
    """Return the name of the operation that gives a tensor."""
    return tensor.partition(":")[0]


def _inlined(traced: Any) -> tf.compat.v1.GraphDef:
    """Inline a concrete function, so that all operations that it runs are on one level."""
    definition = convert_to_constants._run_inline_graph_optimization(
        traced, lower_control_flow=False, aggressive_inlining=True
    )
    for node in definition.node:
        data = [name for name in node.input if not name.startswith("^")]
        del node.input[:]
        node.input.extend(data)
        node.attr.pop("_class", None)  # it may name an operation of the other part
        if node.op == "IdentityN":  # an unsaved custom gradient is unknown: use that of the operations
            node.attr.pop("_gradient_op_type", None)
    return definition
