# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Layers at which a network can be cut in two: every path from images to features passes through them."""

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
class Cut:
    """A layer at which a network can be cut.

    Attributes:
      layer: Name of the layer.
      shape: Shape `(H, W, K)` of its activations.
      trunk_share: Share of the network's multiply-accumulates up to and including this layer, 0..1.
    """

    layer: str
    shape: tuple[int, int, int]
    trunk_share: float


def separators(parents: Sequence[Sequence[int]]) -> list[bool]:
    """Find the nodes of a graph that all paths from the first to the last node pass through; one bool for each node.

    A node separates if no edge skips over it, so the time is linear in the number of edges.

    Args:
      parents: Parents of each node, in topological order; all nodes lie on a path from the first to the last.
    """
    furthest = list(range(len(parents)))
    for node, before in enumerate(parents):
        for parent in before:
            furthest[parent] = node  # nodes come in order, so the last write is the furthest
    answers, reached = [], 0
    for node in range(len(parents)):
        answers.append(reached <= node)
        reached = max(reached, furthest[node])
    return answers


def cuts(network: keras.Model) -> list[Cut]:
    """Find the layers at which `network` can be cut, in order.

    They are convolutions, layers that follow them, and layers that join branches. They give `[N,H,W,K]` and lie between
    the first convolution and the pooling of all positions.
    """
    nodes = _nodes(network)
    costs = [_multiply_accumulates(node) for node in nodes]
    names = [node.operation.name for node in nodes]
    total, spent, found, convolved = sum(costs) or 1, 0, [], False
    for node, separates, cost in zip(nodes, separators(_parents(nodes)), costs, strict=True):
        layer, spent = node.operation, spent + cost
        is_trunk = getattr(layer, "gives_activations", False)  # the first part of a SavedModel
        convolved = convolved or is_trunk or isinstance(layer, _CONVOLUTIONS)
        if separates and convolved and not _has_positions(node):
            break
        kind = is_trunk or isinstance(layer, _CONVOLUTIONS + _AFTER_CONVOLUTION)
        if separates and convolved and kind and names.count(layer.name) == 1:
            found.append(Cut(layer.name, tuple(node.outputs[0].shape[1:]), spent / total))
    return found


def require(network: keras.Model, layer: str) -> None:
    """Check that `network` can be cut at `layer`; otherwise raise errors.UserError, which names possible layers."""
    valid = [cut.layer for cut in cuts(network)]
    names = [node.operation.name for node in _nodes(network)]
    if layer in valid:
        return
    more = f" and {len(valid) - _MOST_NAMES} more that niwt --list_layers shows" if len(valid) > _MOST_NAMES else ""
    words = ", ".join(valid[-_MOST_NAMES:]) + more
    if layer not in names:
        raise errors.unknown_value("layer", layer, valid, words)
    place = names.index(layer)
    before = [name for name in valid if names.index(name) < place]
    after = [name for name in valid if names.index(name) > place]
    if before and after:
        raise errors.UserError(
            f"`{errors.setting('layer')}` must be a convolution, or what follows one, that all paths from images to "
            f"features pass through. Received: {errors.setting('layer', layer)}, which is not. The nearest that are: "
            f"{before[-1]} before it, {after[0]} after it."
        )
    raise errors.UserError(
        f"`{errors.setting('layer')}` must be one of {words}. Received: {errors.setting('layer', layer)}, which lies "
        f"{'after the last' if before else 'before the first'} of them."
    )


def is_affine(head: keras.Model) -> bool:
    """Check whether the head is affine: it only adds, and multiplies by weights.

    The Jacobian of such a head is the same for every image.
    """
    operations = head.layers if isinstance(head, keras.Sequential) else head.operations
    layers = [layer for layer in operations if not isinstance(layer, keras.layers.InputLayer)]
    linear = keras.activations.linear
    return all(isinstance(layer, _AFFINE) and getattr(layer, "activation", linear) is linear for layer in layers)


def last(network: keras.Model) -> str:
    """Find the last layer at which `network` can be cut.

    Raises:
      errors.UserError: If there is none.
    """
    found = cuts(network)
    if not found:
        raise errors.UserError(
            f"`{errors.setting('backbone')}` must have a convolution that all paths from images to features pass "
            f"through. Received: a network of the layers {errors.listed(layer.name for layer in network.layers)}. "
            f"Name another {errors.setting('backbone')}."
        )
    return found[-1].layer


def table(network: keras.Model, default: str) -> str:
    """List every cut of `network` with name, shape and share of the arithmetic; the cut at `default` is marked."""
    rows = cuts(network)
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
    """Multiply the positions of a layer's output (for a transposed convolution: input) by the sizes of its kernels."""
    if not isinstance(node.operation, _MULTIPLYING):
        return 0
    kernels = sum(math.prod(weight.shape) for weight in node.operation.weights if len(weight.shape) > 1)
    at = node.input_tensors if isinstance(node.operation, keras.layers.Conv2DTranspose) else node.outputs
    return math.prod(at[0].shape[1:-1]) * kernels
