# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The classifier at the end of a user's network: its last weights, with everything linear behind them folded in.

The last weights belong to a dense layer or a 1x1 convolution. Anything that scales and shifts each class and takes the
mean over positions may stand between them and the logits: a batch norm, a temperature, pooling, dropout, a change of
shape. This is tested with numbers, not read from the names of layers.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

_SCORES = {
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "logsoftmax": "log_softmax",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "sigmoid",
    "hardsigmoid": "sigmoid",
    "log_sigmoid": "sigmoid",
    "logsigmoid": "sigmoid",
    "sparse_sigmoid": "sigmoid",
    "sparsesigmoid": "sigmoid",
    "sparsemax": "sparsemax",
}  # name of an activation, or of an operation's class, in lower case -> scores
_COMPETING = ("", "softmax", "log_softmax")  # one label for each image
_POOLING = {3: keras.layers.GlobalAveragePooling1D, 4: keras.layers.GlobalAveragePooling2D}
_SAMPLE_SIZE = 10.0  # numbers of this size reveal nonlinearity, such as that of ReLU6
_TOLERANCE = 1e-4  # share of the largest number


class NoFeaturesError(ValueError):
    """The features of a network cannot be separated from its classifier; arguments: the problem, and the remedy."""


@dataclasses.dataclass(frozen=True)
class NetworkEnd:
    """Features and classifier of a network.

    Attributes:
      features: Symbolic tensor `[N,D]`.
      scores: Function from logits to the network's output: softmax, log_softmax, sigmoid, sparsemax; empty if there is
        none.
      kernel: Weights `[D,C]` float32 of the classifier over the features; None if it cannot be used.
      bias: Bias `[C]` float32 of the classifier; None if it cannot be used.
      why_none: Reason why it cannot be used, worded to follow "which".
    """

    features: Any
    scores: str = ""
    kernel: np.ndarray | None = None
    bias: np.ndarray | None = None
    why_none: str = ""


def find(output: Any) -> NetworkEnd:
    """Find the features and the classifier of a network.

    Args:
      output: Symbolic float32 tensor that the network gives.

    Raises:
      NoFeaturesError: If it ends in scores of classes, but the weights behind them cannot be identified.
    """
    tail, last = _tail(output)
    scoring = [node for node in (last, *tail) if _scores(node)]
    weights = _weights(last)
    if weights is None or (not scoring and not _ends_linearly(last, tail, output)):
        if scoring:
            raise NoFeaturesError(*_no_weights(last, scoring[0]))
        return NetworkEnd(_vector(output), why_none=f"gives features alone: it ends in {_describe([last, *tail][-1])}")
    features = _input(last.input_tensors[0], flat=weights[0].ndim == 4)
    scores = _scores(scoring[-1]) if scoring else ""
    line, trouble = _line_of(last, tail, scoring, output)
    if line is None:
        return NetworkEnd(features, scores, why_none=trouble)
    kernel = weights[0].reshape(-1, weights[0].shape[-1])
    if scores not in _COMPETING or kernel.shape[1] < 2:
        return NetworkEnd(features, scores, why_none=_not_competing(scores, kernel.shape[1]))
    slope, offset = line
    return NetworkEnd(
        features, scores, (kernel * slope).astype(np.float32), (weights[1] * slope + offset).astype(np.float32)
    )


def _tail(output: Any) -> tuple[list[Any], Any]:
    """List the calls between the last weights and the output, in order, and find the call that uses the last weights.

    If there are no weights on the way back, it is the first call met that takes several tensors, or none.
    """
    tail: list[Any] = []
    node = _call(output)
    while len(node.input_tensors) == 1 and not any(len(weight.shape) > 1 for weight in _variables(node.operation)):
        tail.insert(0, node)
        node = _call(node.input_tensors[0])
    return tail, node


def _call(tensor: Any) -> Any:
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]


def _variables(operation: Any) -> list[Any]:
    return getattr(operation, "weights", [])


def _scores(node: Any) -> str:
    """Name the function by which a call turns logits into scores; empty if it does not."""
    layer = node.operation
    activation = getattr(layer, "activation", None)
    name = getattr(activation, "__name__", "") if activation is not None else type(layer).__name__
    return _SCORES.get(name.lower(), "")


def _weights(node: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Read the kernel, `[D,C]` or `[h,w,D,C]`, and bias of a dense layer or of a convolution that acts as one.

    Such a convolution either sees no neighbours, or covers all positions and gives a single one.
    """
    layer = node.operation
    if type(layer) is keras.layers.Dense:
        kernel = layer.kernel
    elif type(layer) is keras.layers.Conv2D and layer.groups == 1 and layer.data_format == "channels_last":
        positions = node.input_tensors[0].shape[1:3]
        if layer.kernel_size == (1, 1) and layer.strides == (1, 1):
            kernel = layer.kernel[0, 0]
        elif tuple(layer.kernel_size) == tuple(positions) and layer.padding == "valid":
            kernel = layer.kernel
        else:
            return None
    else:
        return None
    kernel = np.asarray(keras.ops.convert_to_numpy(kernel))
    bias = np.zeros(kernel.shape[-1], np.float32) if layer.bias is None else keras.ops.convert_to_numpy(layer.bias)
    return kernel, bias


def _vector(output: Any) -> Any:
    """Convert a network's output to `[N,D]`: a map becomes its mean over positions."""
    if len(output.shape) not in (2, 4):
        raise NoFeaturesError(f"gives {tuple(output.shape)}", "Use a model that gives a vector or a map for each image")
    return _input(output)


def _input(tensor: Any, flat: bool = False) -> Any:
    """Convert a tensor to `[N,D]`: by the mean over positions, or all positions in a row if `flat` is true."""
    if len(tensor.shape) == 2:
        return tensor
    if flat:
        return keras.layers.Flatten(dtype="float32", name="features")(tensor)
    return _POOLING[len(tensor.shape)](dtype="float32", name="features")(tensor)


def _ends_linearly(last: Any, tail: Sequence[Any], output: Any) -> bool:
    """Check whether a network without scores gives logits: one for each unit of its last weights.

    A convolution followed by a norm and pooling is the end of a network for features.
    """
    if _activation(last):
        return False
    if not isinstance(last.operation, keras.layers.Dense) and any(_variables(node.operation) for node in tail):
        return False
    return _line(last.outputs[0], output) is not None


def _line_of(
    last: Any, tail: Sequence[Any], scoring: Sequence[Any], output: Any
) -> tuple[tuple[np.ndarray, np.ndarray] | None, str]:
    """Fit slope and offset `[C]` from the output of the last weights to the logits; None and a reason if impossible."""
    name = _describe(last)
    if len(scoring) > 1:
        return None, f"has two layers that turn logits into scores, {_describe(scoring[0])} and {_describe(scoring[1])}"
    if not scoring:
        return _line(last.outputs[0], output), ""
    (scorer,) = scoring
    if _activation(last) and scorer is not last:
        return None, f"has the activation {_activation(last)} behind its last weights, {name}"
    if scorer is last:
        line = _line(scorer.outputs[0], scorer.outputs[0])
    else:
        line = _line(last.outputs[0], scorer.input_tensors[0])
    if line is None:
        return None, f"has {_bend(last, tail, scorer)} between its last weights, {name}, and its scores"
    after = _line(scorer.outputs[0], output)
    if after is None or not (np.allclose(after[0], 1) and np.allclose(after[1], 0, atol=_TOLERANCE)):
        return None, f"changes its scores once more behind {_describe(scorer)}, up to {_describe(tail[-1])}"
    return line, ""


def _bend(last: Any, tail: Sequence[Any], scorer: Any) -> str:
    """Describe what cannot be folded into the last weights."""
    between = tail[: tail.index(scorer)] if scorer in tail else []
    for node in between:
        if not _is_affine(last.outputs[0], node.outputs[0]):
            return f"{_describe(node)}, which is not linear,"
    return "more than one position, or a mixture of classes,"


def _line(start: Any, end: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Fit slope and offset `[C]` of end = slope * mean over positions(start) + offset; None if it does not hold."""
    if math.prod(end.shape[1:]) != start.shape[-1]:
        return None
    if start is end:
        return np.ones(start.shape[-1], np.float32), np.zeros(start.shape[-1], np.float32)
    inputs, outputs = _evaluate(start, end)
    offset = outputs[0]
    slope = outputs[1] - offset
    expected = inputs.reshape(len(inputs), -1, start.shape[-1]).mean(1) * slope + offset
    return (slope, offset) if _agree(outputs, expected) else None


def _is_affine(start: Any, end: Any) -> bool:
    """Check whether one tensor follows from another by additions and multiplications by numbers."""
    _, outputs = _evaluate(start, end)
    return _agree(outputs[2] + outputs[3], outputs[4] + outputs[0])


def _evaluate(start: Any, end: Any) -> tuple[np.ndarray, np.ndarray]:
    """Compute `end` for five values of `start`: zeros, ones, two random ones and their sum; return both."""
    inputs = np.random.default_rng(0).normal(0, _SAMPLE_SIZE, (5, *start.shape[1:])).astype(np.float32)
    inputs[0], inputs[1] = 0, 1
    inputs[4] = inputs[2] + inputs[3]
    outputs = keras.ops.convert_to_numpy(keras.Model(start, end)(inputs, training=False))
    return inputs, outputs.reshape(len(inputs), -1)


def _agree(actual: np.ndarray, expected: np.ndarray) -> bool:
    return bool(np.isfinite(actual).all() and np.abs(actual - expected).max() <= _TOLERANCE * np.abs(actual).max())


def _activation(node: Any) -> str:
    """Return the name of a layer's activation; empty if it has none."""
    name = getattr(getattr(node.operation, "activation", None), "__name__", "linear")
    return "" if name == "linear" else str(name)


def _describe(node: Any) -> str:
    """Describe a call by its layer, such as `top (Dense, relu)`."""
    kind = ", ".join(filter(None, (type(node.operation).__name__, _activation(node))))
    return f"{node.operation.name} ({kind})"


def _no_weights(last: Any, scorer: Any) -> tuple[str, str]:
    return (
        f"scores classes by {_describe(scorer)}, but takes their logits from {_describe(last)}, which is no dense "
        "layer or 1x1 convolution",
        "Use the part before it, keras.Model(model.input, model.get_layer('...').output)",
    )


def _not_competing(scores: str, classes: int) -> str:
    if classes < 2:
        return "has a single output, as if two classes shared it; each class needs an output of its own"
    if scores == "sigmoid":
        return (
            f"scores {classes} labels independently, by a sigmoid, as if an image had several or none; each image must "
            "have one class"
        )
    return f"scores classes by {scores}, which is not a softmax"
