# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load the domain vectors of the classes from attributes, captions, documents, sentences, or several of them."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.domains import attributes, audit, domain_vectors, encoders, sentences, texts
from niwt_tf.util import array_schemas, progress

_ATTRIBUTE_DOMAINS = ("attributes", "binary_attributes")
_SCHEMA = {
    "vectors": array_schemas.Array("float", "CM"),
    "feature_names": array_schemas.Array("text", "M"),
    "class_names": array_schemas.Array("text", "C", is_unique=True),
    "source": array_schemas.Array("text"),
    "domains": array_schemas.Array("text", "s", may_be_empty=True, is_unique=True),
    "sizes": array_schemas.Array("int", "s", minimum=1, may_be_empty=True),
    "factors": array_schemas.Array("float", "s", may_be_empty=True),
} | {f"*/{name}": schema for name, schema in encoders.SCHEMA.items()}


@dataclasses.dataclass(frozen=True)
class DomainSlice:
    """The slice of the domain vectors that comes from one domain.

    Attributes:
      domain: Name of the domain, one of `config.DOMAINS`.
      size: Number of columns in this slice.
      factor: Factor by which these columns were scaled.
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
      slices: Slices of the vectors, one for each domain, in order.
    """

    vectors: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    source: str
    slices: tuple[DomainSlice, ...] = ()

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """Sizes of the slices by source, which the map weighs: the parts of one text are slices of one source."""
        sources = itertools.groupby(self.slices, key=lambda one: one.domain)
        return tuple(tuple(one.size for one in slices) for _, slices in sources)

    def own_names(self, columns: slice, domain: str) -> tuple[str, ...]:
        """Return the names of a domain's columns as the domain has them, without the prefix that `join` gives some."""
        names = self.feature_names[columns]
        return tuple(name.removeprefix(f"{domain}: ") for name in names) if len(self.slices) > 1 else names

    def save(self, path: Path) -> None:
        """Write everything to an `.npz` file."""
        encoder_arrays: dict[str, Any] = {
            f"{one.domain}/{name}": array
            for one in self.slices
            for name, array in (one.encoder.arrays() if one.encoder else {}).items()
        }
        np.savez(
            path,
            vectors=self.vectors,
            feature_names=np.array(self.feature_names),
            class_names=np.array(self.class_names),
            source=self.source,
            domains=np.array([one.domain for one in self.slices], str),
            sizes=np.array([one.size for one in self.slices], np.int64),
            factors=np.array([one.factor for one in self.slices], np.float64),
            **encoder_arrays,
        )

    @classmethod
    def load(cls, path: Path, sizes: array_schemas.Sizes | None = None) -> DomainKnowledge:
        """Read a file that `save` wrote, without pickle.

        Args:
          path: Path of the file.
          sizes: Sizes of the model's other files.

        Raises:
          errors.DamagedError: If the file is missing, damaged, or does not fit to the others.
        """
        saved = array_schemas.read_all(path, _SCHEMA, sizes)
        return cls(
            saved["vectors"],
            tuple(saved["feature_names"].tolist()),
            tuple(saved["class_names"].tolist()),
            str(saved["source"]),
            _load_slices(path, saved),
        )


def _load_slices(path: Path, saved: Mapping[str, np.ndarray]) -> tuple[DomainSlice, ...]:
    names = saved["domains"].tolist()
    sizes, factors = saved["sizes"].tolist(), saved["factors"].tolist()
    is_whole = len(names) == len(sizes) == len(factors) and sum(sizes) == (saved["vectors"].shape[1] if names else 0)
    if not is_whole or not set(names) <= set(config_lib.DOMAINS):
        raise errors.damaged(path, f"has vectors that do not consist of its domains {errors.listed(names)}")
    rows = zip(names, sizes, factors, strict=True)
    return tuple(DomainSlice(name, size, factor, _load_encoder(path, name, size, saved)) for name, size, factor in rows)


def _load_encoder(path: Path, domain: str, size: int, saved: Mapping[str, np.ndarray]) -> encoders.TfidfEncoder | None:
    """Restore the encoder that `DomainKnowledge.save` wrote for a domain; None if it wrote none."""
    arrays = {name.partition("/")[2]: saved[name] for name in saved if name.startswith(f"{domain}/")}
    if not arrays:
        return None
    if not encoders.REQUIRED <= arrays.keys() or len(arrays.get("components", arrays["phrases"])) != size:
        raise errors.damaged(path, f"has an encoder that does not fit to its vectors of {domain}")
    return encoders.TfidfEncoder.from_arrays(arrays)


def load(dataset: zero_shot.ZeroShotDataset, config: config_lib.DomainConfig, warn: bool = True) -> DomainKnowledge:
    """Load the knowledge of the classes of `dataset` in the domains of `config`.

    Text encoders are fitted to the seen classes' text alone. The vectors of several domains are concatenated, each
    scaled to a mean length of 1 over the seen classes. The vectors of a single domain keep their scale.

    Args:
      dataset: Dataset with the classes and their descriptions.
      config: Choice of domains and encoder.
      warn: True to print warnings about weak descriptions.

    Raises:
      errors.UserError: If the dataset lacks a domain, a domain has nothing about a class, or a domain describes all
        seen classes alike.
    """
    by_domain = {domain: _load_domain(domain, dataset, config) for domain in config.domain.split("+")}
    for domain, vectors in by_domain.items():
        for warning in _check(domain, vectors, dataset):
            if warn:
                progress.print_line(f"  warning: {warning}")
    return join(by_domain, dataset.class_names, len(dataset.seen))


def join(
    by_domain: Mapping[str, domain_vectors.DomainVectors], class_names: Sequence[str], seen_classes: int
) -> DomainKnowledge:
    """Join the vectors of several domains, each scaled to a mean length of 1 over the seen classes; one stays as it is.

    Args:
      by_domain: Vectors of all classes, by domain.
      class_names: Names of the classes, the seen ones first.
      seen_classes: Number of seen classes.
    """
    is_scaled = len(by_domain) > 1
    slices = tuple(_slice(domain, one, is_scaled, seen_classes) for domain, one in by_domain.items())
    scaled = [one.vectors * np.float32(own.factor) for one, own in zip(by_domain.values(), slices, strict=True)]
    source = " + ".join(one.source for one in by_domain.values())
    return DomainKnowledge(np.concatenate(scaled, axis=1), _names(by_domain), tuple(class_names), source, slices)


def _load_domain(
    domain: str, dataset: zero_shot.ZeroShotDataset, config: config_lib.DomainConfig
) -> domain_vectors.DomainVectors:
    if domain in _ATTRIBUTE_DOMAINS:
        return attributes.load(_read(domain, dataset), dataset, config.missing_value)
    if domain == "sentences":
        return sentences.load(_read(domain, dataset), dataset)
    folder = {"captions": config.captions_dir, "documents": config.documents_dir}[domain]
    class_texts = texts.read_folder(domain, folder, dataset) if folder else _read(domain, dataset)
    return texts.load(class_texts, domain, dataset, config)


def _read(domain: str, dataset: zero_shot.ZeroShotDataset) -> Any:
    """Read the dataset's own descriptions of its classes in `domain`."""
    read = getattr(dataset.descriptions, domain)
    if read is None:
        domains = [name for name in config_lib.DOMAINS if getattr(dataset.descriptions, name)]
        is_text = domain in ("captions", "documents")
        own = f", or give your own with {errors.setting(f'{domain}_dir')}" if is_text else ""
        raise errors.UserError(
            f"`{errors.setting('domain')}` must name descriptions that the dataset has. Received: {domain} with "
            f"{errors.setting('dataset', dataset.name)}, which has {', '.join(domains) or 'none'}. Choose one of "
            f"those{own}."
        )
    return read()


def _check(domain: str, vectors: domain_vectors.DomainVectors, dataset: zero_shot.ZeroShotDataset) -> list[str]:
    """Check the vectors of a domain with `audit.check`, which raises errors.UserError, and return its warnings."""
    remedy = f"Correct the dataset's descriptions, or choose another {errors.setting('domain')}."
    if domain in ("captions", "documents"):
        remedy = (
            f"Write other texts into a folder for {errors.setting(f'{domain}_dir')}, or choose another "
            f"{errors.setting('text_encoder')}."
        )
    descriptions = audit.ClassDescriptions(
        domain,
        vectors.source,
        remedy,
        dataset.class_names,
        vectors.vectors,
        len(dataset.seen),
        vectors.feature_names if domain in _ATTRIBUTE_DOMAINS else (),
        vectors.known_words,
    )
    return audit.check(descriptions)


def _slice(domain: str, vectors: domain_vectors.DomainVectors, is_scaled: bool, seen_classes: int) -> DomainSlice:
    factor = 1 / float(np.linalg.norm(vectors.vectors[:seen_classes], axis=1).mean()) if is_scaled else 1.0
    encoder = vectors.encoder if isinstance(vectors.encoder, encoders.TfidfEncoder) else None
    return DomainSlice(domain, len(vectors.feature_names), factor, encoder)


def _names(by_domain: Mapping[str, domain_vectors.DomainVectors]) -> tuple[str, ...]:
    """Join the feature names of all domains; a name that two domains share is prefixed with its domain."""
    count = Counter(name for one in by_domain.values() for name in set(one.feature_names))
    return tuple(
        f"{domain}: {name}" if count[name] > 1 else name
        for domain, one in by_domain.items()
        for name in one.feature_names
    )
