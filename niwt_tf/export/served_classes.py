# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The class table within a SavedModel: one variable, which a running program replaces.

The variable holds the arrays of `class_table` as serialized tensors, names among them. A call reads it once, so that
its answer is of one table, however many threads replace it meanwhile; and its shape stays, however many classes there
are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from niwt_tf.export import class_table

VARIABLE = "class_table"  # the name of the variable in the loaded SavedModel


class Classes(NamedTuple):
    """The classes of one call, as tensors.

    Attributes:
      names: Names `[C]`.
      seen: True for classes `[C]` that were learned from images.
      kernel: Kernel `[D+1,C]` of the features, the gate's among them.
      bias: Bias `[C]`, gamma subtracted for seen classes.
      head: Kernel `[D,G]` and bias `[G]` of the head's logits, from which the gate's feature follows.
      means: The same of the scores by class means.
    """

    names: tf.Tensor
    seen: tf.Tensor
    kernel: tf.Tensor
    bias: tf.Tensor
    head: tuple[tf.Tensor, tf.Tensor]
    means: tuple[tf.Tensor, tf.Tensor]

    def completed(self, features: tf.Tensor) -> tf.Tensor:
        """Append the gate's feature to features `[N,D]` of the network; it counts for nothing without a gate."""
        features = tf.cast(features, tf.float32)
        head, means = (
            tf.reduce_max(features @ kernel + bias, axis=1, keepdims=True) for kernel, bias in (self.head, self.means)
        )
        return tf.concat([features, head - means], axis=1)

    def scores(self, features: tf.Tensor) -> tf.Tensor:
        """Compute scores `[N,C]` float32 of features `[N,D]` of the network."""
        return self.completed(features) @ self.kernel + self.bias


class ServedClasses:
    """The variable, with the functions that read and replace it."""

    def __init__(self, table: class_table.ClassTable) -> None:
        """Create the variable, which holds `table` at first."""
        arrays = {name: tf.constant(array) for name, array in table.arrays().items()}
        self._specs = {
            name: tf.TensorSpec([None] * len(array.shape), array.dtype, name) for name, array in arrays.items()
        }
        self._network, self._features = table.network, len(table.kernel)
        self.variable = tf.Variable(encode(table), trainable=False, name=VARIABLE)
        self.use = tf.function(self._use, input_signature=[self._specs], autograph=False)

    def read(self) -> Classes:
        """Read the classes, within a graph."""
        parts = tf.unstack(self.variable.read_value(), len(self._specs))
        held = {
            name: tf.ensure_shape(tf.io.parse_tensor(part, spec.dtype), spec.shape)
            for part, (name, spec) in zip(parts, self._specs.items(), strict=True)
        }
        return Classes(
            held["class_names"],
            held["seen"],
            tf.concat([held["kernel"], held["gate_weights"][None]], axis=0),
            held["bias"],
            (held["head_kernel"], held["head_bias"]),
            (held["means_kernel"], held["means_bias"]),
        )

    def _use(self, table: dict[str, tf.Tensor]) -> None:
        """Replace the classes by those of `classes.npz`, the arrays of which `table` holds without the checksum."""
        with tf.control_dependencies([self._check_network(table), self._check_shapes(table)]):
            self.variable.assign(_encoded(table))

    def _check_network(self, table: dict[str, tf.Tensor]) -> Any:
        rule = f"Classes must be of the network that this SavedModel holds, with SHA-256 {self._network}. Received: "
        remedy = ". Make classes.npz of a model with that network, or export this one as a whole."
        message = tf.strings.join([rule, table["network"], remedy])
        return tf.debugging.Assert(table["network"] == self._network, [message])

    def _check_shapes(self, table: dict[str, tf.Tensor]) -> Any:
        """Check that the shapes are those of the network's features, and of one number of classes, at least 1."""
        classes, gate = tf.size(table["class_names"]), tf.size(table["head_bias"])
        expected: dict[str, list[Any]] = {
            "kernel": [self._features, classes],
            **{name: [classes] for name in ("bias", "seen", "gate_weights")},
            **{name: [self._features, gate] for name in ("head_kernel", "means_kernel")},
            "means_bias": [gate],
        }
        fits = [tf.reduce_all(tf.shape(table[name]) == shape) for name, shape in expected.items()]
        is_valid = tf.reduce_all([*fits, classes > 0, gate > 0, table["format"] == class_table.FORMAT])
        message = f"Classes must be the arrays of a {class_table.FILE} of format {class_table.FORMAT}, unchanged."
        return tf.debugging.Assert(is_valid, [message])


def encode(table: class_table.ClassTable) -> tf.Tensor:
    """Encode a table as the variable's value."""
    return _encoded({name: tf.constant(array) for name, array in table.arrays().items()})


def _encoded(arrays: dict[str, tf.Tensor]) -> tf.Tensor:
    return tf.stack([tf.io.serialize_tensor(arrays[name]) for name in sorted(arrays)])
