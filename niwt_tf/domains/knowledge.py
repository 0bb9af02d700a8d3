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
    "domains": array_schemas.Array("text", "s", may_be_empty=True),
    "sizes": array_schemas.Array("int", "s", minimum=1, may_be_empty=True),
    "factors": array_schemas.Array("float", "s", may_be_empty=True),
    "text_encoders": array_schemas.Array("text", "s", may_be_empty=True, is_optional=True),
    "parts": array_schemas.Array("text", "s", may_be_empty=True, is_optional=True),
} | {f"*/{name}": schema for name, schema in encoders.SCHEMA.items()}


@dataclasses.dataclass(frozen=True)
class DomainSlice:
    """The slice of the domain vectors that comes from one domain; of texts, from one encoder and one part.

    Attributes:
      domain: Name of the domain, one of `config.DOMAINS`.
      size: Number of columns in this slice.
      factor: Factor by which these columns were scaled.
      encoder: Encoder fitted to the seen classes' text; None if none was fitted.
      text_encoder: Name of the encoder as in `config.DomainConfig`; empty for a domain without text, and for the
        model's setting, as in files of earlier versions.
      part: Part of the body or object that the slice's text speaks of; empty for whole texts.
    """

    domain: str
    size: int
    factor: float = 1.0
    encoder: encoders.TfidfEncoder | None = None
    text_encoder: str = ""
    part: str = ""


@dataclasses.dataclass(frozen=True)
class DomainKnowledge:
    """The domain vectors of all classes.

    Attributes:
      vectors: `[C,M]` float32 domain vectors.
      feature_names: Names of the `M` features, such as attributes or words.
      class_names: Names of the `C` classes.
      source: Description of the data that the vectors come from.
      slices: Slices of the vectors in order, one or more for each domain.
    """

    vectors: np.ndarray
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    source: str
    slices: tuple[DomainSlice, ...] = ()

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """Sizes of the slices by source, which the map weighs: the parts of one text are slices of one source."""
        sources = itertools.groupby(self.slices, key=lambda one: (one.domain, one.text_encoder))
        return tuple(tuple(one.size for one in slices) for _, slices in sources)

    def columns(self, number: int) -> slice:
        """Locate the columns of the slice of this number, from 0."""
        first = sum(one.size for one in self.slices[:number])
        return slice(first, first + self.slices[number].size)

    def own_names(self, number: int) -> tuple[str, ...]:
        """Return the names of a slice's features as the slice has them, without the prefix that `join` gives some."""
        names = self.feature_names[self.columns(number)]
        if len(self.slices) == 1:
            return names
        prefix = f"{_titles(self.slices)[number]}: "
        return tuple(name.removeprefix(prefix) for name in names)

    def save(self, path: Path) -> None:
        """Write everything to an `.npz` file."""
        encoder_arrays: dict[str, Any] = {
            f"{group}/{name}": array
            for group, one in zip(_groups([one.domain for one in self.slices]), self.slices, strict=True)
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
            **_given("text_encoders", [one.text_encoder for one in self.slices]),
            **_given("parts", [one.part for one in self.slices]),
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
    fitted = [_load_encoder(path, group, size, saved) for group, size in zip(_groups(names), sizes, strict=True)]
    named, parts = (saved[name].tolist() if name in saved else [""] * len(names) for name in ("text_encoders", "parts"))
    rows = zip(names, sizes, factors, fitted, named, parts, strict=True)
    return tuple(itertools.starmap(DomainSlice, rows))


def _given(name: str, texts: Sequence[str]) -> dict[str, Any]:
    """Build the array of this name if a text is not empty."""
    return {name: np.array(texts)} if any(texts) else {}


def _load_encoder(path: Path, group: str, size: int, saved: Mapping[str, np.ndarray]) -> encoders.TfidfEncoder | None:
    """Restore the encoder that `DomainKnowledge.save` wrote for a slice; None if it wrote none."""
    arrays = {name.partition("/")[2]: saved[name] for name in saved if name.startswith(f"{group}/")}
    if not arrays:
        return None
    if not encoders.REQUIRED <= arrays.keys() or len(arrays.get("components", arrays["phrases"])) != size:
        raise errors.damaged(path, f"has an encoder that does not fit to its vectors of {group}")
    return encoders.TfidfEncoder.from_arrays(arrays)


def _groups(domains: Sequence[str]) -> list[str]:
    """Name the group of each slice's arrays in a file: its domain, with a number where it has several slices."""
    counts = Counter(domains)
    return [
        f"{domain} {domains[:number].count(domain)}" if counts[domain] > 1 else domain
        for number, domain in enumerate(domains)
    ]


def load(dataset: zero_shot.ZeroShotDataset, config: config_lib.DomainConfig, warn: bool = True) -> DomainKnowledge:
    """Load the knowledge of the classes of `dataset` in the domains of `config`.

    Text encoders are fitted to the seen classes' text alone. The vectors of several domains, or by several encoders,
    are concatenated, each scaled to a mean length of 1 over the seen classes. Those of a single one keep their scale.

    Args:
      dataset: Dataset with the classes and their descriptions.
      config: Choice of domains and encoders.
      warn: True to print warnings about weak descriptions.

    Raises:
      errors.UserError: If the dataset lacks a domain, a domain has nothing about a class, or a domain describes all
        seen classes alike.
    """
    by_domain = {domain: _load_domain(domain, dataset, config) for domain in config.domain.split("+")}
    for domain, slices in by_domain.items():
        for warning in _check(domain, slices, dataset):
            if warn:
                progress.print_line(f"  warning: {warning}")
    return join(by_domain, dataset.class_names, len(dataset.seen))


def join(
    by_domain: Mapping[str, Sequence[domain_vectors.DomainVectors]], class_names: Sequence[str], seen_classes: int
) -> DomainKnowledge:
    """Join the vectors of several slices, each scaled to a mean length of 1 over the seen classes; one stays as it is.

    Args:
      by_domain: Vectors of all classes, by domain: one or more slices of each.
      class_names: Names of the classes, the seen ones first.
      seen_classes: Number of seen classes.
    """
    vectors = [one for own in by_domain.values() for one in own]
    domains = [domain for domain, own in by_domain.items() for _ in own]
    factors = [_factor(one.vectors[:seen_classes]) if len(vectors) > 1 else 1.0 for one in vectors]
    slices = tuple(map(_slice, domains, vectors, factors))
    scaled = [one.vectors * np.float32(factor) for one, factor in zip(vectors, factors, strict=True)]
    names = _names([one.feature_names for one in vectors], _titles(slices))
    source = " + ".join(one.source for one in vectors if one.source)
    return DomainKnowledge(np.concatenate(scaled, axis=1), names, tuple(class_names), source, slices)


def _load_domain(
    domain: str, dataset: zero_shot.ZeroShotDataset, config: config_lib.DomainConfig
) -> list[domain_vectors.DomainVectors]:
    if domain in _ATTRIBUTE_DOMAINS:
        return [attributes.load(_read(domain, dataset), dataset, config.missing_value)]
    if domain == "sentences":
        return [sentences.load(_read(domain, dataset), dataset)]
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


def _check(
    domain: str, slices: Sequence[domain_vectors.DomainVectors], dataset: zero_shot.ZeroShotDataset
) -> list[str]:
    """Check the vectors of a domain with `audit.check`, which raises errors.UserError, and return its warnings.

    A word counts as known if one of the encoders knows it, so that the most known words of a class count.
    """
    remedy = f"Correct the dataset's descriptions, or choose another {errors.setting('domain')}."
    if domain in ("captions", "documents"):
        remedy = (
            f"Write other texts into a folder for {errors.setting(f'{domain}_dir')}, or choose another "
            f"{errors.setting('text_encoder')}."
        )
    descriptions = audit.ClassDescriptions(
        domain,
        slices[0].source,
        remedy,
        dataset.class_names,
        np.concatenate([one.vectors for one in slices], axis=1),
        len(dataset.seen),
        slices[0].feature_names if domain in _ATTRIBUTE_DOMAINS else (),
        tuple(map(max, zip(*(one.known_words for one in slices), strict=True))),
    )
    return audit.check(descriptions)


def _factor(seen: np.ndarray) -> float:
    """Compute the factor that scales the seen classes' vectors to a mean length of 1; 1 if all are zeros."""
    length = float(np.linalg.norm(seen, axis=1).mean())
    return 1 / length if length else 1.0


def _slice(domain: str, vectors: domain_vectors.DomainVectors, factor: float) -> DomainSlice:
    encoder = vectors.encoder if isinstance(vectors.encoder, encoders.TfidfEncoder) else None
    return DomainSlice(domain, len(vectors.feature_names), factor, encoder, vectors.text_encoder, vectors.part)


def _titles(slices: Sequence[DomainSlice]) -> list[str]:
    """Title each slice by its domain, with the part and the encoder where these differ within the domain."""
    alike = {one.domain: [other for other in slices if other.domain == one.domain] for one in slices}
    titles = []
    for one in slices:
        fields = [
            field for field in ("part", "text_encoder") if len({getattr(x, field) for x in alike[one.domain]}) > 1
        ]
        titles.append(" ".join(filter(None, [one.domain, *(getattr(one, field) for field in fields)])))
    return titles


def _names(names: Sequence[Sequence[str]], titles: Sequence[str]) -> tuple[str, ...]:
    """Join the feature names of all slices; a name that two slices share is prefixed with the slice's title."""
    count = Counter(name for own in names for name in set(own))
    return tuple(
        f"{title}: {name}" if count[name] > 1 else name
        for title, own in zip(titles, names, strict=True)
        for name in own
    )
