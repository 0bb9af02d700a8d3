# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write the requests that TensorFlow Serving sends to a model before users do, so that no user waits for the first one.

The requests are messages of TensorFlow Serving. Its package is not needed, because the few fields that are used are
declared here.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

FILE = Path("assets.extra", "tf_serving_warmup_requests")
# As in tensorflow_serving/apis; a tensor is declared as the bytes of its `TensorProto`, the same on the wire.
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
    """Write requests with one grey image into a SavedModel's folder, for `serving_default` and `from_bytes`.

    Args:
      folder: Folder of the SavedModel.
      name: Name of the model.
      size: Side of the image, in pixels.

    Raises:
      OSError: If the file cannot be written.
    """
    image = tf.fill((size, size, 3), tf.constant(128, tf.uint8))
    inputs = {"serving_default": {"images": image[None]}, "from_bytes": {"image_bytes": tf.io.encode_jpeg(image)[None]}}
    (folder / FILE).parent.mkdir()
    with tf.io.TFRecordWriter(str(folder / FILE)) as writer:
        for signature, tensors in inputs.items():
            writer.write(request(name, signature, tensors))


def request(name: str, signature: str, inputs: Mapping[str, tf.Tensor]) -> bytes:
    """Encode a request as a serialized `PredictionLog`.

    Args:
      name: Name of the model.
      signature: Name of the signature to call.
      inputs: Inputs of the signature, by name.
    """
    log = _prediction_log()()
    predict_request = log.predict_log.request
    predict_request.model_spec.name, predict_request.model_spec.signature_name = name, signature
    for key, tensor in inputs.items():
        predict_request.inputs[key] = tf.make_tensor_proto(tensor).SerializeToString()
    return log.SerializeToString()


@functools.cache
def _prediction_log() -> Any:
    """Build the message class, in a pool of its own because TensorFlow Serving's own package may be loaded, too."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(_PROTO, descriptor_pb2.FileDescriptorProto()))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("niwt_tf.serving.PredictionLog"))
