# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the requests that TensorFlow Serving reads: taken apart by hand, as the wire format has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from niwt_tf.export import warmup


def _fields(data: bytes) -> dict[int, list[bytes]]:
    """Returns the fields of a message by number; all are strings, bytes or messages."""
    found: dict[int, list[bytes]] = {}
    place = 0

    def varint() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            value, shift, place = value | (byte & 127) << shift, shift + 7, place + 1
            if byte < 128:
                return value

    while place < len(data):
        key = varint()
        assert key & 7 == 2, "length-delimited"
        length = varint()
        found.setdefault(key >> 3, []).append(data[place : place + length])
        place += length
    return found


def _request(data: bytes) -> tuple[str, str, dict[str, np.ndarray]]:
    """Returns the model, the signature and the inputs of a `PredictionLog`."""
    ((log,),) = _fields(data).values()
    assert list(_fields(data)) == [6] and list(_fields(log)) == [1]
    request = _fields(_fields(log)[1][0])
    spec = _fields(request[1][0])
    inputs = {}
    for entry in map(_fields, request[2]):
        inputs[entry[1][0].decode()] = tf.make_ndarray(tensor_pb2.TensorProto.FromString(entry[2][0]))
    return spec[1][0].decode(), spec[3][0].decode(), inputs


def test_a_request_names_model_signature_and_inputs() -> None:
    data = warmup.request("birds", "explain", {"a": tf.constant([[1, 2]], tf.uint8), "b": tf.constant(["x"])})
    model, signature, inputs = _request(data)
    assert (model, signature, set(inputs)) == ("birds", "explain", {"a", "b"})
    np.testing.assert_array_equal(inputs["a"], [[1, 2]])
    assert inputs["a"].dtype == np.uint8 and inputs["b"].tolist() == [b"x"]


def test_the_file_asks_for_one_image_and_for_one_file(tmp_path: Path) -> None:
    warmup.write(tmp_path, "birds", 8)
    path = tmp_path / "assets.extra" / "tf_serving_warmup_requests"
    records = [_request(record.numpy()) for record in tf.data.TFRecordDataset(str(path))]
    assert [record[:2] for record in records] == [("birds", "serving_default"), ("birds", "from_bytes")]
    images, files = records[0][2]["images"], records[1][2]["image_bytes"]
    assert (images.shape, images.dtype, files.shape) == ((1, 8, 8, 3), np.uint8, (1,))
    np.testing.assert_array_equal(tf.io.decode_jpeg(files[0]).numpy(), images[0])
