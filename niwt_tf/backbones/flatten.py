# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Convert a model that contains models to one flat graph of layers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import keras

from niwt_tf.backbones import layer_names, preprocessing


def onto(model: keras.Model, tensor: keras.KerasTensor, taken: Iterable[str] = ()) -> Any:
    """Call the layers of `model`, and those of models inside it, one by one on `tensor`; return the output.

    The layers keep their weights, but forget their earlier calls: `model` itself must not be used any more.
    Sums of two maps of the same shape become layers, so that a network can be split at them.

    Args:
      model: Functional or sequential model.
      tensor: Tensor that replaces the input of `model`.
      taken: Names that no layer may get; a number is added to a name that is taken, here or within the model.
    """
    names, sums = set(taken), dict[int, keras.layers.Add]()
    for operation in {id(operation): operation for operation in _operations(model)}.values():
        operation._inbound_nodes.clear()
        operation._outbound_nodes.clear()
        if not isinstance(operation, keras.layers.InputLayer):
            operation.name = _take(operation.name, names)

    def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(operation, keras.Sequential):
            (output,) = args
            for layer in operation.layers:
                output = call(layer, output)
            return output
        if isinstance(operation, keras.Model):
            return operation._run_through_graph(args[0], call_fn=call)
        if isinstance(operation, preprocessing.Preprocessing):  # from an old file
            return preprocessing.prepare(args[0], operation.mode, operation.name)
        if _is_sum(operation, args):
            if id(operation) not in sums:
                name = _take(f"{args[1]._keras_history.operation.name}_sum", names)
                sums[id(operation)] = keras.layers.Add(name=name)
            return sums[id(operation)](list(args))
        return operation(*args, **kwargs)

    return call(model, tensor)


def _operations(operation: Any) -> Iterator[Any]:
    """List layers and operations; those inside a model replace the model."""
    if not isinstance(operation, keras.Model):
        yield operation
        return
    for inner in operation.layers if isinstance(operation, keras.Sequential) else operation.operations:
        yield from _operations(inner)


def _is_sum(operation: Any, args: tuple[Any, ...]) -> bool:
    """Check whether an operation, not a layer, adds two maps of the same shape."""
    return (
        type(operation).__name__ == "Add"
        and not isinstance(operation, keras.layers.Layer)
        and len(args) == 2
        and all(isinstance(arg, keras.KerasTensor) and len(arg.shape) == 4 for arg in args)
        and args[0].shape == args[1].shape
    )


def _take(name: str, names: set[str]) -> str:
    """Make `name` unique among `names` by a number if needed, and add it to them."""
    numbered = (layer_names.numbered(name, number) for number in itertools.count())
    free = next(one for one in numbered if one not in names)
    names.add(free)
    return free
