# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load the domain vectors of the classes from attributes, captions, documents, sentences, or several of them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.domains import attributes, audit, encoders, part, sentences, texts
from niwt_tf.util import progress

_OF_ATTRIBUTES = ("attributes", "binary_attributes")


@dataclasses.dataclass(frozen=True)
class Share:
    """The slice of the domain vectors that comes from one domain.

    Attributes:
      domain: Name of the domain, one of `config.DOMAINS`.
      size: Number of the vectors' numbers in this slice.
      factor: Factor by which these numbers were scaled.
      encoder: Encoder fitted to the seen classes' text; None if none was fitted.
    """

    domain: str
    size: int
    factor: float = 1.0
    encoder: encoders.TfidfEncoder | None = None


@dataclasses.dataclass(frozen=True)
class DomainKnowledge:
    """The domain vectors of all classes.

    Attributes:
      vectors: `[C,M]` float32 domain vectors.
      feature_names: Names of the `M` features, such as attributes or words.
      class_names: Names of the `C` classes.
      source: Description of the data that the vectors come from.
      shares: Slices of the vectors, one for each domain, in order.
    """

    vectors: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    source: str
    shares: tuple[Share, ...] = ()

    def save(self, path: Path) -> None:
        """Write everything to an `.npz` file."""
        fitted: dict[str, Any] = {
            f"{share.domain}/{name}": array
            for share in self.shares
            for name, array in (share.encoder.arrays() if share.encoder else {}).items()
        }
        np.savez(
            path,
            vectors=self.vectors,
            feature_names=np.array(self.feature_names),
            class_names=np.array(self.class_names),
            source=self.source,
            domains=np.array([share.domain for share in self.shares], str),
            sizes=np.array([share.size for share in self.shares], np.int64),
            factors=np.array([share.factor for share in self.shares], np.float64),
            **fitted,
        )

    @classmethod
    def load(cls, path: Path) -> DomainKnowledge:
        """Read a file that `save` wrote, without pickle."""
        with np.load(path, allow_pickle=False) as saved:
            return cls(
                saved["vectors"],
                tuple(saved["feature_names"].tolist()),
                tuple(saved["class_names"].tolist()),
                str(saved["source"]),
                _shares(saved),
            )


def _shares(saved: Mapping[str, np.ndarray]) -> tuple[Share, ...]:
    parts = zip(saved["domains"].tolist(), saved["sizes"].tolist(), saved["factors"].tolist(), strict=True)
    return tuple(Share(*one, _fitted(one[0], saved)) for one in parts)


def _fitted(domain: str, saved: Mapping[str, np.ndarray]) -> encoders.TfidfEncoder | None:
    """Restore the encoder that `DomainKnowledge.save` wrote for a domain; None if it wrote none."""
    names = [name for name in saved if name.startswith(f"{domain}/")]
    return encoders.TfidfEncoder.from_arrays({name.partition("/")[2]: saved[name] for name in names}) if names else None


def load(dataset: zero_shot.ZeroShotDataset, config: config_lib.DomainConfig, is_told: bool = True) -> DomainKnowledge:
    """Load the knowledge of the classes of `dataset` in the domains of `config`.

    Text encoders are fitted to the seen classes' text alone. The vectors of several domains are concatenated, each
    scaled to a mean length of 1 over the seen classes. The vectors of a single domain keep their scale.

    Args:
      dataset: Dataset with the classes and their descriptions.
      config: Choice of domains and encoder.
      is_told: True to print warnings about doubtful knowledge.

    Raises:
      errors.UserError: If the dataset lacks a domain, a domain has nothing about a class, or a domain describes all
        seen classes alike.
    """
    parts = {domain: _load_part(domain, dataset, config) for domain in config.domain.split("+")}
    for domain, one in parts.items():
        for doubt in _check(domain, one, dataset):
            if is_told:
                progress.say(f"  warning: {doubt}")
    shares = tuple(_share(domain, one, len(parts) > 1, len(dataset.seen)) for domain, one in parts.items())
    scaled = [one.vectors * np.float32(share.factor) for one, share in zip(parts.values(), shares, strict=True)]
    source = " + ".join(one.source for one in parts.values())
    return DomainKnowledge(np.concatenate(scaled, axis=1), _names(parts), dataset.class_names, source, shares)


def _load_part(domain: str, dataset: zero_shot.ZeroShotDataset, config: config_lib.DomainConfig) -> part.Part:
    if domain in _OF_ATTRIBUTES:
        return attributes.load(_told(domain, dataset), dataset, config.missing_value)
    if domain == "sentences":
        return sentences.load(_told(domain, dataset), dataset)
    folder = {"captions": config.captions_dir, "documents": config.documents_dir}[domain]
    known = texts.from_folder(domain, folder, dataset) if folder else _told(domain, dataset)
    return texts.load(known, domain, dataset, config)


def _told(domain: str, dataset: zero_shot.ZeroShotDataset) -> Any:
    """Read the dataset's own descriptions of its classes in `domain`."""
    read = getattr(dataset.descriptions, domain)
    if read is None:
        has = [name for name in config_lib.DOMAINS if getattr(dataset.descriptions, name)]
        own = (
            f", or give your own with {errors.setting(f'{domain}_dir')}" if domain in ("captions", "documents") else ""
        )
        raise errors.UserError(
            f"`{errors.setting('domain')}` must be something that the dataset tells of its classes. Received: "
            f"{errors.setting('domain')} with {domain}, {errors.setting('dataset', dataset.name)}, which has "
            f"{', '.join(has) or 'none'}. Name one of those{own}."
        )
    return read()


def _check(domain: str, one: part.Part, dataset: zero_shot.ZeroShotDataset) -> list[str]:
    """Check the vectors of a domain with `audit.check`, which raises errors.UserError, and return its warnings."""
    remedy = f"Mend what the dataset tells of them, or name another {errors.setting('domain')}."
    if domain in ("captions", "documents"):
        remedy = (
            f"Write other text into a folder for {errors.setting(f'{domain}_dir')}, or name another "
            f"{errors.setting('text_encoder')}."
        )
    features = one.feature_names if domain in _OF_ATTRIBUTES else ()
    told = audit.Told(
        domain, one.source, remedy, dataset.class_names, one.vectors, len(dataset.seen), features, one.known_words
    )
    return audit.check(told)


def _share(domain: str, one: part.Part, scaled: bool, seen_classes: int) -> Share:
    factor = 1 / float(np.linalg.norm(one.vectors[:seen_classes], axis=1).mean()) if scaled else 1.0
    fitted = one.encoder if isinstance(one.encoder, encoders.TfidfEncoder) else None
    return Share(domain, len(one.feature_names), factor, fitted)


def _names(parts: Mapping[str, part.Part]) -> tuple[str, ...]:
    """Join the feature names of all domains; a name that two domains share is prefixed with its domain."""
    count = Counter(name for one in parts.values() for name in set(one.feature_names))
    return tuple(
        f"{domain}: {name}" if count[name] > 1 else name for domain, one in parts.items() for name in one.feature_names
    )
