# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A model of models as one flat graph of layers, each of them called on its own."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import keras

from niwt_tf.backbones import layer_names


def onto(model: keras.Model, tensor: keras.KerasTensor, taken: Iterable[str] = ()) -> Any:
    """Returns what `model` gives for `tensor`, by calling its layers on it one by one, and those of models within it.

    The layers keep their weights, and forget where they were called before: `model` itself must not be used any more.
    Sums of two tensors become layers, so that they have a name to be cut at.

    Args:
      model: a functional or sequential model.
      tensor: in place of its input.
      taken: names of other layers; those of the model that have one of them, or one of each other's, get a number.
    """
    names = set(taken)
    for operation in {id(operation): operation for operation in _operations(model)}.values():
        operation._inbound_nodes.clear()
        operation._outbound_nodes.clear()
        if not isinstance(operation, keras.layers.InputLayer):
            free = (layer_names.numbered(operation.name, number) for number in itertools.count())
            operation.name = next(name for name in free if name not in names)
            names.add(operation.name)
    return _call(model, tensor)


def _operations(operation: Any) -> Iterator[Any]:
    """Yields layers and operations, with those inside of models in their models' place."""
    if not isinstance(operation, keras.Model):
        yield operation
        return
    for inner in operation.layers if isinstance(operation, keras.Sequential) else operation.operations:
        yield from _operations(inner)


def _call(operation: Any, *args: Any, **kwargs: Any) -> Any:
    if isinstance(operation, keras.Sequential):
        tensor = args[0]
        for layer in operation.layers:
            tensor = _call(layer, tensor, **_mode(layer, kwargs))
        return tensor
    if isinstance(operation, keras.Model):
        return operation._run_through_graph(
            args[0], call_fn=lambda inner, *given, **more: _call(inner, *given, **(_mode(inner, kwargs) | more))
        )
    if _is_sum(operation, args):
        producer = args[1]._keras_history.operation
        return keras.layers.Add(name=f"{producer.name}_sum")(list(args))
    return operation(*args, **kwargs)


def _mode(operation: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Returns the training mode that a model was called in, for those of its layers that have one."""
    fixed = kwargs.get("training") is not None and "training" in inspect.signature(operation.call).parameters
    return {"training": kwargs["training"]} if fixed else {}


def _is_sum(operation: Any, args: tuple[Any, ...]) -> bool:
    return (
        type(operation).__name__ == "Add"
        and not isinstance(operation, keras.layers.Layer)
        and len(args) == 2
        and all(isinstance(arg, keras.KerasTensor) and len(arg.shape) == 4 for arg in args)
        and args[0].shape == args[1].shape
    )
