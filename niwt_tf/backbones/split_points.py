# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Layers at which a network can be split into trunk and head: all paths from images to features pass through them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import keras

from niwt_tf import errors

_MULTIPLYING = (
    keras.layers.Conv2D,
    keras.layers.Conv2DTranspose,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
    keras.layers.Dense,
)
_CONVOLUTIONS = _MULTIPLYING[:-1]
_AFTER_CONVOLUTION = (
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
    keras.layers.Add,
    keras.layers.Multiply,
    keras.layers.Average,
    keras.layers.Maximum,
    keras.layers.Concatenate,
)
_GLOBAL_POOLING = (keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D)
_AFFINE = (
    *_MULTIPLYING,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.AveragePooling2D,
    keras.layers.BatchNormalization,
    keras.layers.ZeroPadding2D,
    keras.layers.Flatten,
    keras.layers.Reshape,
    keras.layers.Dropout,
    keras.layers.Identity,
    keras.layers.Rescaling,
    keras.layers.Add,
    keras.layers.Concatenate,
)
_MOST_NAMES = 12


@dataclasses.dataclass(frozen=True)
class SplitPoint:
    """A layer at which a network can be split.

    Attributes:
      layer: Name of the layer.
      shape: Shape `(H, W, K)` of its activations.
      trunk_share: Share of the network's multiply-accumulates up to and including this layer, 0..1.
    """

    layer: str
    shape: tuple[int, int, int]
    trunk_share: float


def articulation_nodes(parents: Sequence[Sequence[int]]) -> list[bool]:
    """Find the nodes that all paths from the first to the last node of a graph pass through; one bool for each node.

    They are the nodes that no edge skips, so the time is linear in the number of edges.

    Args:
      parents: Parents of each node, in topological order; all nodes lie on a path from the first to the last.
    """
    furthest = list(range(len(parents)))
    for node, before in enumerate(parents):
        for parent in before:
            furthest[parent] = node  # nodes come in order, so the last write is the furthest
    separating, reached = [], 0
    for node in range(len(parents)):
        separating.append(reached <= node)
        reached = max(reached, furthest[node])
    return separating


def find(network: keras.Model) -> list[SplitPoint]:
    """Find the layers at which `network` can be split, in order.

    They are convolutions, layers that follow them, and layers that join branches. They give `[N,H,W,K]` and lie between
    the first convolution and the pooling of all positions.
    """
    nodes = _nodes(network)
    costs = [_multiply_accumulates(node) for node in nodes]
    names = [node.operation.name for node in nodes]
    total, spent, points, convolved = sum(costs) or 1, 0, [], False
    for node, separates, cost in zip(nodes, articulation_nodes(_parents(nodes)), costs, strict=True):
        layer, spent = node.operation, spent + cost
        is_trunk = getattr(layer, "gives_activations", False)  # the first part of a SavedModel
        convolved = convolved or is_trunk or isinstance(layer, _CONVOLUTIONS)
        if separates and convolved and not _has_positions(node):
            break
        kind = is_trunk or isinstance(layer, _CONVOLUTIONS + _AFTER_CONVOLUTION)
        if separates and convolved and kind and names.count(layer.name) == 1:
            points.append(SplitPoint(layer.name, tuple(node.outputs[0].shape[1:]), spent / total))
    return points


def require(network: keras.Model, layer: str) -> None:
    """Check that `network` can be split at `layer`.

    Raises:
      errors.UserError: If it cannot; the message names possible layers.
    """
    valid = [point.layer for point in find(network)]
    names = [node.operation.name for node in _nodes(network)]
    if layer in valid:
        return
    words = list_last(valid)
    if layer not in names:
        raise errors.unknown_value("layer", layer, valid, words)
    place = names.index(layer)
    before = [name for name in valid if names.index(name) < place]
    after = [name for name in valid if names.index(name) > place]
    if before and after:
        raise error(errors.setting("layer", layer), before, after)
    raise errors.UserError(
        f"`{errors.setting('layer')}` must be one of {words}. Received: {errors.setting('layer', layer)}, which comes "
        f"{'after the last' if before else 'before the first'} of them."
    )


def error(received: str, before: Sequence[str], after: Sequence[str]) -> errors.UserError:
    """Build the error for a layer at which a network cannot be split.

    Args:
      received: Description of the layer.
      before: Names of the split points before the layer, in order.
      after: Names of the split points after the layer, in order.
    """
    nearest = [f"{name} before it" for name in before[-1:]] + [f"{name} after it" for name in after[:1]]
    return errors.UserError(
        f"`{errors.setting('layer')}` must be a convolution, or a layer after one, that all paths from images to "
        f"features pass through. Received: {received}, which is not. Choose one of the nearest: {', '.join(nearest)}."
    )


def list_last(names: Sequence[str]) -> str:
    """Join the last names with commas, and refer to the program that lists the others."""
    others = len(names) - _MOST_NAMES
    return ", ".join(names[-_MOST_NAMES:]) + (f" and {others} more that niwt --list_layers shows" if others > 0 else "")


def is_affine(head: keras.Model) -> bool:
    """Check whether the head is affine, so that its Jacobian is the same for every image."""
    operations = head.layers if isinstance(head, keras.Sequential) else head.operations
    layers = [layer for layer in operations if not isinstance(layer, keras.layers.InputLayer)]
    linear = keras.activations.linear
    return all(isinstance(layer, _AFFINE) and getattr(layer, "activation", linear) is linear for layer in layers)


def last(network: keras.Model) -> str:
    """Find the last layer at which `network` can be split.

    Raises:
      errors.UserError: If there is none.
    """
    points = find(network)
    if not points:
        raise errors.UserError(
            f"`{errors.setting('backbone')}` must have a convolution that all paths from images to features pass "
            f"through. Received: a network of the layers {errors.listed(layer.name for layer in network.layers)}. "
            f"Choose another {errors.setting('backbone')}."
        )
    return points[-1].layer


def table(network: keras.Model, default: str) -> str:
    """List every split point of `network` with name, shape and shares of the arithmetic; `default` is marked."""
    rows = find(network)
    width = max(len(row.layer) for row in rows)
    lines = [f"  {'layer':<{width}}  {'H x W x K':<16}  trunk   head"]
    for row in rows:
        shape, mark = " x ".join(map(str, row.shape)), "  the default" if row.layer == default else ""
        shares = f"{row.trunk_share:6.1%} {1 - row.trunk_share:6.1%}"
        lines.append(f"  {row.layer:<{width}}  {shape:<16} {shares}{mark}")
    return "\n".join(lines)


def multiply_accumulates(network: keras.Model) -> int:
    """Count the multiply-accumulates that one image takes in convolutions and dense layers."""
    return sum(map(_multiply_accumulates, _nodes(network)))


def _nodes(network: keras.Model) -> list[Any]:
    """List the calls of layers and operations that make up `network`, in topological order."""
    by_depth = network._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def _parents(nodes: list[Any]) -> list[list[int]]:
    places = {id(node): place for place, node in enumerate(nodes)}
    return [[places[id(parent)] for parent in node.parent_nodes] for node in nodes]


def _has_positions(node: Any) -> bool:
    return len(node.outputs[0].shape) == 4 and not isinstance(node.operation, _GLOBAL_POOLING)


def _multiply_accumulates(node: Any) -> int:
    """Multiply the positions of a layer's output (of a transposed convolution's input) by the sizes of its kernels."""
    if not isinstance(node.operation, _MULTIPLYING):
        return 0
    kernels = sum(math.prod(weight.shape) for weight in node.operation.weights if len(weight.shape) > 1)
    tensors = node.input_tensors if isinstance(node.operation, keras.layers.Conv2DTranspose) else node.outputs
    return math.prod(tensors[0].shape[1:-1]) * kernels
