# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load an image model of TensorFlow Hub: find out how it is called, and which images it takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from niwt_tf import errors
from niwt_tf.backbones import saved_model
from niwt_tf.util import hub, paths

_IMAGE_SIZE = 224  # if neither the model nor `image_size` sets it
_OUTPUTS = ("default", "feature_vector")


@dataclasses.dataclass(frozen=True)
class ImageModel:
    """A loaded image model.

    Attributes:
      image_size: Side of the images, in pixels.
      graph: Graph of its inference.
      trainable: Identities, as `id` gives them, of the variables that may be trained.
      loaded: Object that holds the variables; keep it as long as the graph.
    """

    image_size: int
    graph: saved_model.Graph
    trainable: frozenset[int]
    loaded: Any


def load(handle: str, image_size: int = 0) -> ImageModel:
    """Load an image model.

    Args:
      handle: Address on TensorFlow Hub, or path of the model's folder.
      image_size: Side of the images, in pixels, if the model accepts any; 0 leaves it to the model.

    Raises:
      errors.UserError: If it cannot be loaded, or does not turn images into features.
    """
    path = None if "://" in handle else paths.expanded(handle)
    if path and not path.exists():
        raise errors.UserError(
            f"`{errors.setting('backbone', 'hub:...')}` must name a SavedModel that exists: a run reads it again at "
            f"every start. Received: {errors.setting('backbone', 'hub:' + handle)}, which does not exist. Put it "
            "back, or choose another model."
        )
    loaded = hub.load("backbone", handle, path)
    size = _size(handle, loaded, image_size)
    traced = _trace(handle, loaded, size)
    variables = getattr(loaded, "trainable_variables", None)
    if variables is None:
        variables = [variable for variable in traced.graph.variables if variable.trainable]
    return ImageModel(size, saved_model.Graph(traced), frozenset(map(id, variables)), loaded)


def _trace(handle: str, loaded: Any, size: int) -> Any:
    """Trace the inference as a concrete function, images `[N,S,S,3]` float32 -> floats `[N,D]` or `[N,H,W,D]`."""
    images, trouble = tf.TensorSpec([None, size, size, 3], tf.float32, name="images"), ""
    for call in _calls(loaded):
        try:
            traced = tf.function(_select_features(call), autograph=False).get_concrete_function(images)
        except (TypeError, ValueError, tf.errors.OpError) as error:
            trouble = errors.first_line(error)
            continue
        rank = traced.outputs[0].shape.rank
        if rank not in (2, 4) or traced.outputs[0].shape[-1] is None or not traced.outputs[0].dtype.is_floating:
            raise _no_image_model(handle, f"gives {_describe(traced.outputs[0])}")
        return traced
    raise _no_image_model(handle, f"fails on images of {size} x {size} pixels: {trouble}")


def _select_features(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda images: hub.output(call(images), _OUTPUTS)


def _calls(loaded: Any) -> Iterator[Callable[[Any], Any]]:
    """List the ways to call a model, the best first."""
    if callable(loaded):
        yield lambda images: loaded(images, training=False)
        yield lambda images: loaded(images)
    yield from map(_call_by_keyword, _signatures(loaded))


def _call_by_keyword(signature: Any) -> Callable[[Any], Any]:
    (name,) = signature.structured_input_signature[1]
    return lambda images: signature(**{name: images})


def _signatures(loaded: Any) -> list[Any]:
    signatures = getattr(loaded, "signatures", {})
    usual = [signatures[name] for name in hub.SIGNATURES if name in signatures]
    return [signature for signature in usual if len(signature.structured_input_signature[1]) == 1]


def _size(handle: str, loaded: Any, image_size: int) -> int:
    """Choose the side of the images: the model's own, else `image_size`, else the usual one."""
    functions = [*(loaded.__call__.concrete_functions if callable(loaded) else []), *_signatures(loaded)]
    if not functions:
        raise _no_image_model(handle, f"cannot be called and has no signature {' or '.join(hub.SIGNATURES)}")
    specs = [_image_spec(function) for function in functions]
    image_specs = [spec for spec in specs if spec is not None and _takes_images(spec)]
    if not image_specs:
        raise _no_image_model(handle, f"takes {_describe(specs[0]) if specs[0] is not None else 'no tensor'}")
    size = image_specs[0].shape[1] if image_specs[0].shape.rank else None
    if size and image_size not in (0, size):
        raise errors.UserError(
            f"`{errors.setting('image_size')}` must be the size that the model takes. Received: "
            f"{errors.setting('image_size', image_size)} with {errors.setting('backbone', 'hub:' + handle)}, which "
            f"takes {size} pixels. Leave {errors.setting('image_size')} out."
        )
    return size or image_size or _IMAGE_SIZE


def _image_spec(function: Any) -> tf.TensorSpec | None:
    """Find the shape and type of the first tensor argument of a concrete function."""
    arguments = tf.nest.flatten(function.structured_input_signature)
    return next((argument for argument in arguments if isinstance(argument, tf.TensorSpec)), None)


def _takes_images(spec: tf.TensorSpec) -> bool:
    """Check whether a function takes a batch of any number of square RGB images."""
    if spec.dtype != tf.float32 or spec.shape.rank not in (None, 4):
        return False
    return spec.shape.rank is None or (
        spec.shape[0] is None and spec.shape[1] == spec.shape[2] and spec.shape[3] in (None, 3)
    )


def _describe(spec: Any) -> str:
    return f"{spec.dtype.name} {spec.shape}"


def _no_image_model(handle: str, trouble: str) -> errors.UserError:
    return errors.UserError(
        f"`{errors.setting('backbone', 'hub:...')}` must name a model that turns N square RGB images [N,S,S,3] "
        f"float32 into features [N,D]. Received: {errors.setting('backbone', 'hub:' + handle)}, which {trouble}. "
        "Choose an image feature vector or an image classification model in the format of TensorFlow 2."
    )
