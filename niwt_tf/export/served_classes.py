# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The class table within a SavedModel: one variable, which a running program replaces.

The variable holds the arrays as strings of bytes. A call reads it once, so that its answer is of one table, however
many threads replace it meanwhile; and its shape stays, however many classes there are, which Keras' `TFSMLayer` needs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from niwt_tf.export import class_table
from niwt_tf.numerics import constants

VARIABLE = "class_table"  # the name of the variable in the loaded SavedModel
_PARTS = 15  # strings in it
_OTHERS = (
    "bias",
    "head_kernel",
    "head_bias",
    "means_kernel",
    "means_bias",
    "temperature",
    "typical_kernel",
    "typical_bias",
    "typical_center",
    "typical_means",
    "typical_spreads",
    "typical_least",
)


class Classes(NamedTuple):
    """The classes of one call, as tensors.

    Attributes:
      names: Names `[C]`.
      seen: True for classes `[C]` that were learned from images.
      kernel: Kernel `[D+1,C]` of the features, the gate's among them.
      bias: Bias `[C]`, gamma subtracted for seen classes.
      head: Kernel `[D,G]` and bias `[G]` of the head's logits, from which the gate's feature follows.
      means: The same of the scores by class means.
      temperature: Number `[]` by which scores are divided to become logits of probabilities.
      typical: Kernel `[D,C]` and bias `[C]` of the products that tell what is typical, and the features' center `[D]`.
      levels: Means `[2,C]` and spreads `[2,C]` of what is typical, and the least number `[C]` of an accepted image.
    """

    names: tf.Tensor
    seen: tf.Tensor
    kernel: tf.Tensor
    bias: tf.Tensor
    head: tuple[tf.Tensor, tf.Tensor]
    means: tuple[tf.Tensor, tf.Tensor]
    temperature: tf.Tensor
    typical: tuple[tf.Tensor, tf.Tensor, tf.Tensor]
    levels: tuple[tf.Tensor, tf.Tensor, tf.Tensor]

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

    def accepted(self, features: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
        """Decide for features `[N,D]` of the network and predicted classes `[N]` which images are accepted, `[N]`."""
        (kernel, bias, center), features = self.typical, tf.cast(features, tf.float32)
        means, spreads, least = (tf.gather(level, predicted, axis=-1) for level in self.levels)
        products = tf.gather(features @ kernel + bias, predicted, batch_dims=1)
        cosines = products / tf.maximum(tf.norm(features - center, axis=1), constants.LEAST_DIVISOR)
        return tf.reduce_min((tf.stack([products, cosines]) - means) / spreads, axis=0) >= least


class ServedClasses:
    """The variable, with the functions that read and replace it."""

    def __init__(self, table: class_table.ClassTable) -> None:
        """Create the variable, which holds `table` at first."""
        arrays = {name: tf.constant(array) for name, array in table.arrays().items()}
        specs = {name: tf.TensorSpec([None] * len(array.shape), array.dtype, name) for name, array in arrays.items()}
        self._network, self._features = table.network, len(table.kernel)
        self.variable = tf.Variable(_encoded(arrays), trainable=False, name=VARIABLE)
        self.use = tf.function(self._use, input_signature=[specs], autograph=False)

    def read(self) -> Classes:
        """Read the classes, within a graph."""
        names, seen, *numbers = tf.unstack(self.variable.read_value(), _PARTS)
        kernel, bias, *others = (tf.io.decode_raw(part, tf.float32) for part in numbers)
        head_kernel, head_bias, means_kernel, means_bias, temperature, typical_kernel, *typical = others
        typical_bias, typical_center, typical_means, typical_spreads, typical_least = typical
        return Classes(
            tf.ensure_shape(tf.io.parse_tensor(names, tf.string), [None]),
            tf.ensure_shape(tf.io.parse_tensor(seen, tf.bool), [None]),
            tf.reshape(kernel, [self._features + 1, -1]),
            bias,
            (tf.reshape(head_kernel, [self._features, -1]), head_bias),
            (tf.reshape(means_kernel, [self._features, -1]), means_bias),
            tf.reshape(temperature, []),
            (tf.reshape(typical_kernel, [self._features, -1]), typical_bias, typical_center),
            (tf.reshape(typical_means, [2, -1]), tf.reshape(typical_spreads, [2, -1]), typical_least),
        )

    def _use(self, table: dict[str, tf.Tensor]) -> None:
        """Replace the classes by those of `classes.npz`, the arrays of which `table` holds without the checksum."""
        with tf.control_dependencies([self._check_network(table), self._check_arrays(table)]):
            self.variable.assign(_encoded(table))

    def _check_network(self, table: dict[str, tf.Tensor]) -> Any:
        rule = f"Classes must be of the network that this SavedModel holds, with SHA-256 {self._network}. Received: "
        remedy = ". Make classes.npz of a model with that network, or export this one as a whole."
        message = tf.strings.join([rule, table["network"], remedy])
        return tf.debugging.Assert(table["network"] == self._network, [message])

    def _check_arrays(self, table: dict[str, tf.Tensor]) -> Any:
        """Check that shapes are those of the network's features and of one number of classes, and numbers no NaN."""
        classes, gate = tf.size(table["class_names"]), tf.size(table["head_bias"])
        expected: dict[str, list[Any]] = {
            **{name: [self._features, classes] for name in ("kernel", "typical_kernel")},
            **{name: [classes] for name in ("bias", "seen", "gate_weights")},
            **{name: [classes] for name in ("typical_bias", "typical_least")},
            **{name: [2, classes] for name in ("typical_means", "typical_spreads")},
            "typical_center": [self._features],
            "temperature": [],
            **{name: [self._features, gate] for name in ("head_kernel", "means_kernel")},
            "means_bias": [gate],
        }
        fits = [tf.reduce_all(tf.shape(table[name]) == shape) for name, shape in expected.items()]
        same = [
            tf.reduce_all(tf.io.decode_raw(_raw(array), tf.float32) == tf.reshape(array, [-1]))
            for array in table.values()
            if array.dtype == tf.float32
        ]
        is_valid = tf.reduce_all([*fits, *same, classes > 0, gate > 0, table["format"] == class_table.FORMAT])
        message = f"Classes must be the arrays of a {class_table.FILE} of format {class_table.FORMAT}, unchanged."
        return tf.debugging.Assert(is_valid, [message])


def encode(table: class_table.ClassTable) -> tf.Tensor:
    """Encode a table as the variable's value."""
    return _encoded({name: tf.constant(array) for name, array in table.arrays().items()})


def _encoded(arrays: dict[str, tf.Tensor]) -> tf.Tensor:
    kernel = tf.concat([arrays["kernel"], arrays["gate_weights"][None]], axis=0)
    others = (arrays[name] for name in _OTHERS)
    texts = [tf.io.serialize_tensor(arrays[name]) for name in ("class_names", "seen")]
    return tf.stack([*texts, *map(_raw, (kernel, *others))])


def _raw(array: tf.Tensor) -> tf.Tensor:
    """Return the bytes of an array of float32: the last field of a serialized tensor.

    `decode_raw` reads them twice as fast as `parse_tensor` reads the whole, which counts at each call.
    """
    size = 4 * tf.size(array)
    return tf.strings.substr(tf.io.serialize_tensor(array), -size, size)
