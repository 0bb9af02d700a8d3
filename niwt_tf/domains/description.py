# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A user's description of a new class, and the domain vector that a model reads from it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from niwt_tf import errors
from niwt_tf.domains import encoders, parse_attributes, part_vectors, parts, texts, words
from niwt_tf.domains import knowledge as knowledge_lib

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
      attributes: Attributes, each written as `parse_attributes` reads it.
      captions: Sentences that describe how the class looks.
      documents: Longer texts.
    """

    name: str
    attributes: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()

    @property
    def is_given(self) -> bool:
        """True if there is any text."""
        return any(text.strip() for text in (*self.attributes, *self.captions, *self.documents))


@dataclasses.dataclass(frozen=True)
class Reading:
    """A model's reading of a description.

    Attributes:
      vector: Domain vector `[M]` float32.
      understood: Features of the class, the strongest first: listed attributes with their values, and phrases with
        their weights. If an encoder's numbers have no names, the words that it knows, with their counts.
      unknown: Words that the model does not know, the most frequent of each domain first.
      known_words: Share of the words that the model knows, in 0..1, the lowest over the domains; 1 for attributes.
      left_out: Listed attributes of which nothing can be learned, as they are the same for all seen classes.
      imputed: Parts that are not described in words that the model knows, taken as in the seen classes' mean.
    """

    vector: np.ndarray
    understood: tuple[tuple[str, float], ...]
    unknown: tuple[str, ...]
    known_words: float = 1.0
    left_out: tuple[str, ...] = ()
    imputed: tuple[str, ...] = ()


def read(
    description: Description, knowledge: knowledge_lib.DomainKnowledge, seen_classes: int, text_encoder: str
) -> Reading:
    """Encode a description as a domain vector of the model.

    Args:
      description: Description in every domain of the model's knowledge, and in no other.
      knowledge: Knowledge of the model's classes, the seen ones first.
      seen_classes: Number of seen classes.
      text_encoder: Encoder of texts where a slice of the knowledge names none; see `config.DomainConfig`.

    Raises:
      errors.UserError: If the description is empty or in another domain, contradicts itself, or has nothing that the
        model understands.
    """
    domains = list(dict.fromkeys(one.domain for one in knowledge.slices))
    _require_domains(description, domains)
    texts_of = {domain: _texts_by_part(description, domain, knowledge.slices) for domain in domains}
    readings = []
    for number, domain_slice in enumerate(knowledge.slices):
        names, seen = knowledge.own_names(number), knowledge.vectors[:seen_classes, knowledge.columns(number)]
        own_texts = texts_of[domain_slice.domain].get(domain_slice.part, [])
        readings.append(_read_slice(description, own_texts, domain_slice, names, seen, text_encoder))
    for domain in domains:
        _require_known(domain, [one for one, of in zip(readings, knowledge.slices, strict=True) if of.domain == domain])
    understood = sorted((feature for one in readings for feature in one.understood), key=lambda feature: -feature[1])
    unknown = dict.fromkeys(word for one in readings for word in one.unknown)
    vector = np.concatenate([one.vector for one in readings])
    left_out = tuple(name for one in readings for name in one.left_out)
    if left_out and not understood:
        raise errors.UserError(
            f"`{errors.setting('attributes')}` must have one of which the model can learn. Received: only "
            f"{errors.listed(left_out)}, the same for all seen classes. Add an attribute in which they differ."
        )
    imputed = tuple(dict.fromkeys(part for one in readings for part in one.imputed))
    known_words = min(one.known_words for one in readings)
    return Reading(vector, tuple(understood), tuple(unknown), known_words, left_out, imputed)


def _require_domains(description: Description, domains: Sequence[str]) -> None:
    """Check that a description is in `domains`, all of them and no other, or raise errors.UserError."""
    required = {_FIELDS[domain] for domain in domains if domain in _FIELDS}
    received = {field for field in _FIELDS.values() if any(text.strip() for text in getattr(description, field))}
    if not set(domains) <= set(_FIELDS):
        raise errors.UserError(
            f"`{errors.setting('domain')}` must be one in which a user can describe new classes: attributes, captions "
            f"or documents. Received: a model whose classes are described by {' and '.join(domains)}. Train a model "
            "with another domain, for example by niwt --domain=captions"
        )
    if received != required:
        raise errors.UserError(
            f"A new class must be described in the domains of the model: {' and '.join(sorted(required))}. Received: "
            f"{_settings(received) or 'an empty description'} for {description.name!r}. Give {_settings(required)}, "
            "and no other description."
        )


def _require_known(domain: str, readings: Sequence[Reading]) -> None:
    """Check that a text has a word that one of its domain's encoders knows, or raise errors.UserError."""
    if _FIELDS[domain] == "attributes" or any(one.vector.any() and not one.imputed for one in readings):
        return
    imputed = [part for one in readings for part in one.imputed]
    if imputed:
        raise errors.UserError(
            f"`{errors.setting(domain)}` must describe one of the model's parts, {errors.listed(imputed)}, in words "
            "that the model knows. Received: none of them; unknown words: "
            f"{errors.listed(readings[0].unknown) or 'none'}. Write lines such as `{imputed[0]}: description`."
        )
    raise errors.UserError(
        f"`{errors.setting(domain)}` must contain words that the model knows. Received: only unknown words: "
        f"{errors.listed(readings[0].unknown)}. Use words that occur in the descriptions the model was trained with."
    )


def _settings(fields: Collection[str]) -> str:
    return " and ".join(errors.setting("document_file" if field == "documents" else field) for field in sorted(fields))


def _texts_by_part(
    description: Description, domain: str, slices: Sequence[knowledge_lib.DomainSlice]
) -> Mapping[str, Sequence[str]]:
    """Group the texts of a description by the model's parts of a domain; all of them are those of the part "".

    Documents are cut into sentences, except for models of earlier versions, whose slices do not name their encoder.

    Raises:
      errors.UserError: If a part is named twice or not described, or the texts contradict themselves.
    """
    if _FIELDS[domain] == "attributes":
        return {}
    own = [one for one in slices if one.domain == domain]
    written = [text for text in getattr(description, domain) if text.strip()]
    every = texts.as_sentences(written, domain) if own[0].text_encoder else written
    names = tuple(dict.fromkeys(one.part for one in own if one.part))
    parts.require_described_once(every, names, description.name, domain)
    parts.require_consistent(every, names, description.name, domain)
    return {"": every} | parts.group(every, names)


def _read_slice(
    description: Description,
    own_texts: Sequence[str],
    domain_slice: knowledge_lib.DomainSlice,
    names: Sequence[str],
    seen: np.ndarray,
    text_encoder: str,
) -> Reading:
    if _FIELDS[domain_slice.domain] == "attributes":
        factor = np.float32(domain_slice.factor)
        unscaled = seen / factor
        values = parse_attributes.parse(description.attributes, names, unscaled)
        vector = parse_attributes.impute(values, names, unscaled) * factor
        constant = parse_attributes.is_constant(unscaled)
        understood = tuple((names[index], value) for index, value in values.items() if not constant[index])
        left_out = tuple(names[index] for index in values if constant[index])
        return Reading(vector, understood, (), left_out=left_out)
    encoder = domain_slice.encoder or texts.load_pretrained(domain_slice.text_encoder or text_encoder)
    return _read_texts(own_texts, domain_slice, names, seen, encoder)


def _read_texts(
    own_texts: Sequence[str],
    domain_slice: knowledge_lib.DomainSlice,
    names: Sequence[str],
    seen: np.ndarray,
    encoder: encoders.Encoder,
) -> Reading:
    counts = Counter(words.content_words(own_texts))
    vector = part_vectors.encode_one(own_texts, encoder)
    if vector is None and domain_slice.part:
        return Reading(seen.mean(0), (), _unknown(counts, encoder), imputed=(domain_slice.part,))
    known_words = words.known_share(own_texts, encoder.knows)
    vector = np.zeros(domain_slice.size, np.float32) if vector is None else vector
    features = _features(vector, counts, names, encoder)
    return Reading(vector * np.float32(domain_slice.factor), features, _unknown(counts, encoder), known_words)


def _features(
    vector: np.ndarray, counts: Counter[str], names: Sequence[str], encoder: encoders.Encoder
) -> tuple[tuple[str, float], ...]:
    """List what was understood of a text: its known words, or the features of its vector, the strongest first."""
    if encoder.feature_names is None:
        return tuple((word, float(count)) for word, count in counts.most_common() if encoder.knows(word))
    strongest = np.argsort(-vector, kind="stable")[: np.count_nonzero(vector > 0)]
    return tuple((names[index], float(vector[index])) for index in strongest)


def _unknown(counts: Counter[str], encoder: encoders.Encoder) -> tuple[str, ...]:
    """List the words that an encoder does not know, the most frequent first."""
    return tuple(word for word, _ in counts.most_common() if not encoder.knows(word))
