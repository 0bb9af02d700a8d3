# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What is known of each class as a vector, from attributes, captions or documents."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf.data import zero_shot
from niwt_tf.domains import encoders


@dataclasses.dataclass(frozen=True)
class DomainKnowledge:
    """A vector for each class.

    Attributes:
      vectors: `[C,M]` float32.
      feature_names: `M` names of attributes, or words.
      class_names: `C` names.
      source: where the vectors come from, in words.
    """

    vectors: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    source: str

    def save(self, path: Path) -> None:
        """Writes an `.npz` file."""
        np.savez(
            path,
            vectors=self.vectors,
            feature_names=np.array(self.feature_names),
            class_names=np.array(self.class_names),
            source=self.source,
        )

    @classmethod
    def load(cls, path: Path) -> DomainKnowledge:
        """Returns what `save` wrote; no pickle."""
        with np.load(path, allow_pickle=False) as saved:
            return cls(
                saved["vectors"],
                tuple(saved["feature_names"].tolist()),
                tuple(saved["class_names"].tolist()),
                str(saved["source"]),
            )


def load(dataset: zero_shot.ZeroShotDataset, config: config_lib.DomainConfig) -> DomainKnowledge:
    """Returns what `config.domain` tells of each class of `dataset`.

    Text encoders are fitted on the seen classes' text alone.

    Args:
      dataset: the classes and their descriptions.
      config: which domain, which encoder.
    """
    return _LOADERS[config.domain](dataset)


def _attributes(dataset: zero_shot.ZeroShotDataset) -> DomainKnowledge:
    known = _require(dataset.descriptions.attributes)()
    vectors = np.stack([known.values[name] for name in dataset.class_names])
    return DomainKnowledge(vectors, known.names, dataset.class_names, f"{len(known.names)} attributes: {known.source}")


def _captions(dataset: zero_shot.ZeroShotDataset) -> DomainKnowledge:
    return _encoded(dataset, _require(dataset.descriptions.captions)(), "captions")


def _documents(dataset: zero_shot.ZeroShotDataset) -> DomainKnowledge:
    return _encoded(dataset, _require(dataset.descriptions.documents)(), "documents")


def _require(read: Any) -> Any:
    return read


def _encoded(dataset: zero_shot.ZeroShotDataset, texts: zero_shot.Texts, kind: str) -> DomainKnowledge:
    encoder = encoders.TfidfEncoder([text for name in dataset.seen for text in texts.by_class[name]])
    vectors = np.stack([encoder(texts.by_class[name]).mean(0) for name in dataset.class_names])
    source = f"{sum(map(len, texts.by_class.values())):,} {kind}: {texts.source}; TF-IDF"
    return DomainKnowledge(vectors, encoder.feature_names, dataset.class_names, source)


_LOADERS = {"attributes": _attributes, "captions": _captions, "documents": _documents}
