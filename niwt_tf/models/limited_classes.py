# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The record of classes that were taught within a limit on what the known classes lose."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from niwt_tf import errors
from niwt_tf.util import array_schemas, json_files, json_schemas

FILE, PHOTOGRAPHS = "limited.json", "photographs.npz"
SINCE = 4  # format of bundles
_SHARE = json_schemas.Number(0.0, 1.0)
_SCHEMA = json_schemas.Record(
    {
        "names": json_schemas.List(json_schemas.Text(), is_unique=True),
        "limit": json_schemas.Number(0.0, 0.5),
        "offset": json_schemas.Number(),
        "expected": json_schemas.Record(
            {
                "limit": json_schemas.Number(0.0, 0.5),
                "loss": _SHARE,
                "loss_error": _SHARE,
                "recognised": json_schemas.Nullable(_SHARE),
                "low": _SHARE,
                "high": _SHARE,
                "cosine": json_schemas.Nullable(json_schemas.Number(-1.0, 1.0)),
                "chance": json_schemas.Nullable(_SHARE),
            }
        ),
    }
)
_ARRAYS = {
    "features": array_schemas.Array("float32", "PD", may_be_empty=True),
    "owners": array_schemas.Array("int", "P", minimum=0, below="L", may_be_empty=True),
}


@dataclasses.dataclass(frozen=True)
class Promise:
    """What was expected when classes were taught.

    Attributes:
      limit: Loss of the known classes that was worth spending, at most the limit.
      loss: Expected loss of balanced accuracy on known classes, 0..1.
      loss_error: Its standard error.
      recognised: Expected share of a new class's images that are recognised; None if it could not be estimated.
      low: Share that one known class in ten stayed below when it played a new one.
      high: Share that one known class in ten exceeded.
      cosine: How well descriptions predict the means of known classes, see `MeanPrediction`; None if no class
        was described without photographs.
      chance: How often random descriptions would predict as well; None likewise.
    """

    limit: float = 0.0
    loss: float = 0.0
    loss_error: float = 0.0
    recognised: float | None = None
    low: float = 0.0
    high: float = 1.0
    cosine: float | None = None
    chance: float | None = None


@dataclasses.dataclass(frozen=True)
class LimitedClasses:
    """Classes that were taught within a limit.

    Attributes:
      names: Names of the classes, the last ones of the classifier.
      limit: Largest loss of balanced accuracy on known classes that the user accepts.
      offset: Number that is added to the scores of these classes by their means.
      expected: What was expected when the last of them were taught.
      photographs: Features `[P,D]` of their photographs.
      owners: Index `[P]` into `names` of each photograph's class.
    """

    names: tuple[str, ...] = ()
    limit: float = 0.0
    offset: float = 0.0
    expected: Promise = Promise()
    photographs: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((0, 1), np.float32))
    owners: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0, np.int64))

    def photographs_of(self, name: str) -> np.ndarray:
        """Return the features `[P,D]` of the photographs of one class."""
        own = self.names.index(name) if name in self.names else -1
        return self.photographs[self.owners == own]

    def without(self, removed: Collection[str]) -> LimitedClasses:
        """Leave out classes, with their photographs."""
        left = [index for index, name in enumerate(self.names) if name not in removed]
        places = np.full(len(self.names) + 1, -1)
        places[left] = np.arange(len(left))
        is_left = places[self.owners] >= 0
        return dataclasses.replace(
            self,
            names=tuple(self.names[index] for index in left),
            photographs=self.photographs[is_left],
            owners=places[self.owners[is_left]],
        )

    def save(self, folder: Path) -> None:
        """Write the record into a folder."""
        record = {"names": list(self.names), "limit": self.limit, "offset": self.offset}
        json_files.write(folder / FILE, record | {"expected": dataclasses.asdict(self.expected)})
        np.savez(folder / PHOTOGRAPHS, features=self.photographs, owners=self.owners)


def load(folder: Path, unseen: Sequence[str], size: int) -> LimitedClasses:
    """Read what `save` wrote.

    Args:
      folder: Folder of the files.
      unseen: Names of the classes that were not learned from images; the last ones must be these classes.
      size: Number of features of the network, without the gate's.

    Raises:
      errors.DamagedError: If a file is missing or damaged, or does not fit to the model.
    """
    path, sizes = folder / FILE, array_schemas.Sizes()
    record = json_schemas.read(path, _SCHEMA)
    names = tuple(record["names"])
    if names != tuple(unseen)[len(unseen) - len(names) :]:
        raise errors.damaged(path, f"names classes that are not the last of the model: {errors.listed(names)}")
    sizes.require(path, "names", "L", [len(names)])
    sizes.require(path, "the network's features", "D", [size])
    arrays = array_schemas.read_all(folder / PHOTOGRAPHS, _ARRAYS, sizes)
    if len(arrays["features"]) != len(arrays["owners"]):
        raise errors.damaged(folder / PHOTOGRAPHS, "has photographs without a class")
    return LimitedClasses(
        names,
        record["limit"],
        record["offset"],
        Promise(**record["expected"]),
        arrays["features"].reshape(-1, size),
        arrays["owners"],
    )
