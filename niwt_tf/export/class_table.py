# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The classes of a model, apart from its network: what a served model takes in when classes are added or removed.

`classes.npz` holds them without pickles, with two SHA-256s. `network` is that of the network whose classes they are.
`sha256` is that of all other arrays, by name: for each of them the line "name type shape", the type as in NumPy's
`dtype.str`, and the array's bytes in C order.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from niwt_tf import errors
from niwt_tf.export import target
from niwt_tf.method.calibration import typicality
from niwt_tf.models import gate
from niwt_tf.models import model as model_lib
from niwt_tf.models import state as state_lib
from niwt_tf.util import array_schemas, atomic

FILE = target.CLASSES_FILE
FORMAT = 1
_CHECKSUM = "sha256"
_SCHEMA = {
    "format": array_schemas.Array("int", minimum=1),
    "network": array_schemas.Array("text"),
    "class_names": array_schemas.Array("text", "C", is_unique=True),
    "seen": array_schemas.Array("bool", "C"),
    "kernel": array_schemas.Array("float32", "DC"),
    "bias": array_schemas.Array("float32", "C"),
    "gate_weights": array_schemas.Array("float32", "C"),
    "head_kernel": array_schemas.Array("float32", "DG"),
    "head_bias": array_schemas.Array("float32", "G"),
    "means_kernel": array_schemas.Array("float32", "DG"),
    "means_bias": array_schemas.Array("float32", "G"),
    "temperature": array_schemas.Array("float32"),
    "typical_kernel": array_schemas.Array("float32", "DC"),
    "typical_bias": array_schemas.Array("float32", "C"),
    "typical_center": array_schemas.Array("float32", "D"),
    "typical_means": array_schemas.Array("float32", "TC"),
    "typical_spreads": array_schemas.Array("float32", "TC"),
    "typical_least": array_schemas.Array("float32", "C"),
    _CHECKSUM: array_schemas.Array("text"),
}


@dataclasses.dataclass(frozen=True, eq=False)
class ClassTable:
    """All of a model that depends on its classes.

    The logits of features `phi [D]` are `phi kernel + g gate_weights + bias`, where g is the feature of `models.gate`:
    the highest of `phi head_kernel + head_bias` minus the highest of `phi means_kernel + means_bias`. A model without a
    gate has `G = 1`, and zeros in their place. The logits divided by `temperature` are those of probabilities. What is
    typical is that of `calibration.typicality`, of products `phi typical_kernel + typical_bias`.

    Attributes:
      network: SHA-256 of the network, see `fingerprint`.
      class_names: Names of the `C` classes.
      seen: True for classes `[C]` that were learned from images.
      kernel: Kernel `[D,C]` float32 of the network's own features.
      bias: Bias `[C]` float32, gamma subtracted for seen classes.
      gate_weights: Weights `[C]` float32 of the gate's feature.
      head_kernel: Kernel `[D,G]` float32 of the head's logits of the seen classes.
      head_bias: Bias `[G]` float32 of these logits.
      means_kernel: Kernel `[D,G]` float32 of the seen classes' scores by class means.
      means_bias: Bias `[G]` float32 of these scores.
      temperature: Temperature `[]` float32, see `calibration.temperature`.
      typical_kernel: Kernel `[D,C]` float32 of the products that tell what is typical, see `models.confidence`.
      typical_bias: Bias `[C]` float32 of these products.
      typical_center: Center `[D]` float32 of the features.
      typical_means: Means `[2,C]` float32 of the numbers that tell what is typical.
      typical_spreads: Standard deviations `[2,C]` float32 of these.
      typical_least: Least number `[C]` float32 of an accepted image.
    """

    network: str
    class_names: tuple[str, ...]
    seen: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    gate_weights: np.ndarray
    head_kernel: np.ndarray
    head_bias: np.ndarray
    means_kernel: np.ndarray
    means_bias: np.ndarray
    temperature: np.ndarray
    typical_kernel: np.ndarray
    typical_bias: np.ndarray
    typical_center: np.ndarray
    typical_means: np.ndarray
    typical_spreads: np.ndarray
    typical_least: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays of the file by name, in the order of the names, without the checksum."""
        own = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: np.asarray(value) for name, value in sorted({"format": FORMAT, **own}.items())}

    def save(self, path: Path) -> None:
        """Write the table as an `.npz` file, completely or not at all.

        Raises:
          OSError: If it cannot be written.
        """
        arrays = self.arrays()
        with atomic.writing(path) as part, part.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays, **{_CHECKSUM: np.array(checksum(arrays))})

    @classmethod
    def load(cls, path: Path) -> ClassTable:
        """Read what `save` wrote.

        Raises:
          errors.DamagedError: If the file is missing or damaged, or of another format.
          OSError: If it cannot be read.
        """
        arrays = array_schemas.read_all(path, _SCHEMA)
        own = str(arrays.pop(_CHECKSUM))
        if (number := int(arrays.pop("format"))) != FORMAT:
            raise errors.damaged(path, f"has format {number}, not {FORMAT}", "Read it with the niwt_tf that wrote it.")
        names, network = tuple(arrays.pop("class_names").tolist()), str(arrays.pop("network"))
        table = cls(network=network, class_names=names, **arrays)
        if checksum(table.arrays()) != own:
            raise errors.damaged(path, f"has other contents than its {_CHECKSUM} says")
        return table


def of(model: model_lib.Model, reject: float = typicality.SHARE) -> ClassTable:
    """Collect the table of a model.

    Args:
      model: Model that is exported.
      reject: Share of the seen classes' images that is kept, above 0 and below 1.
    """
    confidence = model.confidence
    whole, own = model.classifier, gate.remove(model.classifier)
    weights = [[np.zeros((len(own.kernel), 1), np.float32), np.zeros(1, np.float32)]] * 2
    gate_weights = np.zeros(len(own.class_names), np.float32)
    if gate.has(whole):
        weights, gate_weights = gate.weights_of(whole), whole.kernel[-1]
    (head_kernel, head_bias), (means_kernel, means_bias) = weights
    return ClassTable(
        network=fingerprint(model),
        class_names=own.class_names,
        seen=np.array([name in own.seen for name in own.class_names]),
        kernel=own.kernel,
        bias=state_lib.calibrated_bias(model),
        gate_weights=gate_weights,
        head_kernel=head_kernel,
        head_bias=head_bias,
        means_kernel=means_kernel,
        means_bias=means_bias,
        temperature=np.array(confidence.temperature, np.float32),
        typical_kernel=confidence.kernel,
        typical_bias=confidence.bias,
        typical_center=confidence.center,
        typical_means=confidence.levels.means.astype(np.float32),
        typical_spreads=confidence.levels.spreads.astype(np.float32),
        typical_least=confidence.levels.least(reject).astype(np.float32),
    )


def fingerprint(model: state_lib.ModelState) -> str:
    """Compute the SHA-256 of what a model keeps when its classes change: its network, and how it words explanations.

    The order in which Keras lists the weights does not count, because it may change when a network is saved and loaded.
    """
    network = gate.remove(model.classifier).backbone.network
    weights = [*network.get_weights(), *model.inverse.backward.get_weights()]
    texts = [model.classifier.backbone.layer, str(model.image_size), *model.knowledge.feature_names]
    parts = sorted(checksum({"": weight}) for weight in weights) + [checksum({"": np.array(texts)})]
    return hashlib.sha256("".join(parts).encode("ascii")).hexdigest()


def checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """Compute the SHA-256 of arrays by name: their names, types, shapes and contents."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode() + array.tobytes())
    return digest.hexdigest()
