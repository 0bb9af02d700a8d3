# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A user's description of a new class, and the domain vector that a model reads from it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from niwt_tf import errors
from niwt_tf.domains import attribute_list, encoders, knowledge, texts, words

_FIELDS = {
    "attributes": "attributes",
    "binary_attributes": "attributes",
    "captions": "captions",
    "documents": "documents",
}


@dataclasses.dataclass(frozen=True)
class Description:
    """A user's description of a class.

    Attributes:
      name: Name of the class.
      attributes: Attributes, each written as `attribute_list` reads it.
      captions: Sentences that describe how the class looks.
      documents: Longer texts.
    """

    name: str
    attributes: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Reading:
    """A model's reading of a description.

    Attributes:
      vector: Domain vector `[M]` float32.
      understood: Features of the class, the strongest first: listed attributes with their values, and phrases with
        their weights. If an encoder's numbers have no names, words that it knows, with their counts.
      unknown: Words that the model does not know, the most frequent of each domain first.
      known_words: Share of the words that the model knows, in 0..1, the lowest over the domains; 1 for attributes.
    """

    vector: np.ndarray
    understood: tuple[tuple[str, float], ...]
    unknown: tuple[str, ...]
    known_words: float = 1.0


def read(told: Description, known: knowledge.DomainKnowledge, seen_classes: int, text_encoder: str) -> Reading:
    """Encode a description as a domain vector of the model.

    Args:
      told: Description in every domain of the model's knowledge, and in no other.
      known: Knowledge of the model's classes, the seen ones first.
      seen_classes: Number of seen classes.
      text_encoder: Encoder of texts if none was fitted to the seen classes' own; see `config.DomainConfig`.

    Raises:
      errors.UserError: If the description is empty or in another domain, contradicts itself, or has nothing that the
        model understands.
    """
    _require_domains(told, [share.domain for share in known.shares])
    readings, start = [], 0
    for share in known.shares:
        own = slice(start, start + share.size)
        names, seen = known.feature_names[own], known.vectors[:seen_classes, own]
        readings.append(_read_share(told, share, names, seen, text_encoder))
        start += share.size
    understood = sorted((one for part in readings for one in part.understood), key=lambda one: -one[1])
    unknown = dict.fromkeys(word for part in readings for word in part.unknown)
    vector = np.concatenate([part.vector for part in readings])
    return Reading(vector, tuple(understood), tuple(unknown), min(part.known_words for part in readings))


def _require_domains(told: Description, domains: Sequence[str]) -> None:
    """Check that a description is in `domains`, all of them and no other, or raise errors.UserError."""
    wanted = {_FIELDS[domain] for domain in domains if domain in _FIELDS}
    given = {flag for flag in _FIELDS.values() if any(text.strip() for text in getattr(told, flag))}
    if not set(domains) <= set(_FIELDS):
        raise errors.UserError(
            f"`{errors.setting('domain')}` must be one in which new classes can be described: attributes, captions or "
            f"documents. Received: a model that knows its classes by {' and '.join(domains)}. Make one with another, "
            f"such as niwt --domain=captions"
        )
    if given != wanted:
        raise errors.UserError(
            f"A class must be described as the model knows its classes: by {' and '.join(sorted(wanted))}. Received: "
            f"{_flags(given) or 'an empty description'} of {told.name!r}. Give {_flags(wanted)}, and no other."
        )


def _flags(fields: Collection[str]) -> str:
    return " and ".join(errors.setting("document_file" if field == "documents" else field) for field in sorted(fields))


def _read_share(
    told: Description, share: knowledge.Share, names: Sequence[str], seen: np.ndarray, text_encoder: str
) -> Reading:
    if _FIELDS[share.domain] == "attributes":
        own = seen / np.float32(share.factor)
        listed = attribute_list.parse(told.attributes, names, own)
        values = attribute_list.fill(listed, names, own)
        return Reading(values * np.float32(share.factor), tuple((names[i], listed[i]) for i in listed), ())
    written = [text for text in getattr(told, share.domain) if text.strip()]
    return _read_texts(written, share, names, share.encoder or texts.fitted_elsewhere(text_encoder))


def _read_texts(
    written: Sequence[str], share: knowledge.Share, names: Sequence[str], encoder: encoders.Encoder
) -> Reading:
    counts = Counter(word for text in written for word in words.words(text) if word.lower() not in words.JOINING)
    unknown = tuple(word for word, _ in counts.most_common() if not encoder.knows(word))
    vector = encoder(written).mean(0)
    if not vector.any():
        raise errors.UserError(
            f"`{errors.setting(share.domain)}` must have words that the model knows. Received: none but words unknown "
            f"to it: {errors.listed(unknown)}. Describe the class in words of the descriptions that the model learned "
            "from."
        )
    if encoder.feature_names is None:
        understood = [(word, float(count)) for word, count in counts.most_common() if word not in unknown]
    else:
        understood = [(names[index], float(vector[index])) for index in np.argsort(-vector, kind="stable")]
    there = tuple(one for one in understood if one[1] > 0)
    return Reading(vector * np.float32(share.factor), there, unknown, words.known_share(written, encoder.knows))
