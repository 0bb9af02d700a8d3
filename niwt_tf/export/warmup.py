# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Requests that TensorFlow Serving sends to a model before it takes others, so that no user waits for the first one.

They are messages of TensorFlow Serving's, whose package is not needed: of each only the fields that count are declared.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

FILE = Path("assets.extra", "tf_serving_warmup_requests")
# As in tensorflow_serving/apis; a tensor is left as the bytes of its `TensorProto`, which are the same on the wire.
_PROTO = """
name: "niwt_tf/warmup.proto" package: "niwt_tf.serving" syntax: "proto3"
message_type { name: "ModelSpec"
  field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "signature_name" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "PredictRequest"
  field { name: "model_spec" number: 1 type: TYPE_MESSAGE type_name: ".niwt_tf.serving.ModelSpec"
          label: LABEL_OPTIONAL }
  field { name: "inputs" number: 2 type: TYPE_MESSAGE type_name: ".niwt_tf.serving.PredictRequest.InputsEntry"
          label: LABEL_REPEATED }
  nested_type { name: "InputsEntry" options { map_entry: true }
    field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "value" number: 2 type: TYPE_BYTES label: LABEL_OPTIONAL } } }
message_type { name: "PredictLog"
  field { name: "request" number: 1 type: TYPE_MESSAGE type_name: ".niwt_tf.serving.PredictRequest"
          label: LABEL_OPTIONAL } }
message_type { name: "PredictionLog"
  field { name: "predict_log" number: 6 type: TYPE_MESSAGE type_name: ".niwt_tf.serving.PredictLog"
          label: LABEL_OPTIONAL } }
"""


def write(folder: Path, name: str, size: int) -> None:
    """Writes the requests of one grey image into a SavedModel's folder: to `serving_default` and to `from_bytes`.

    Args:
      folder: the SavedModel's.
      name: the model's.
      size: the side of the image, in pixels.

    Raises:
      OSError: if they cannot be written.
    """
    image = tf.fill((size, size, 3), tf.constant(128, tf.uint8))
    inputs = {"serving_default": {"images": image[None]}, "from_bytes": {"image_bytes": tf.io.encode_jpeg(image)[None]}}
    (folder / FILE).parent.mkdir()
    with tf.io.TFRecordWriter(str(folder / FILE)) as writer:
        for signature, tensors in inputs.items():
            writer.write(request(name, signature, tensors))


def request(name: str, signature: str, inputs: Mapping[str, tf.Tensor]) -> bytes:
    """Returns a `PredictionLog` that holds a request.

    Args:
      name: the model's.
      signature: which of its functions is asked.
      inputs: what it takes, by name.
    """
    log = _prediction_log()()
    asked = log.predict_log.request
    asked.model_spec.name, asked.model_spec.signature_name = name, signature
    for key, tensor in inputs.items():
        asked.inputs[key] = tf.make_tensor_proto(tensor).SerializeToString()
    return log.SerializeToString()


@functools.cache
def _prediction_log() -> Any:
    """Returns the message's class, in a pool of its own: the true package may be loaded, too."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(_PROTO, descriptor_pb2.FileDescriptorProto()))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("niwt_tf.serving.PredictionLog"))
