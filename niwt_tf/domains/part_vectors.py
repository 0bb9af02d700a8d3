# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Encode the texts of classes part by part: one vector for each part, imputed for classes of which it is not described.

The vocabulary of a part is that of the seen classes' texts on it, and what counts is which of the words a text has. On
the few words about a part, weights of TF-IDF would let rare words outweigh those that classes share.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from niwt_tf.domains import domain_vectors, encoders, parts, words

EncoderOf = Callable[[Sequence[Sequence[str]]], encoders.Encoder]


def encode(
    by_class: Sequence[Sequence[str]], seen: int, names: Sequence[str], encoder_of: EncoderOf
) -> list[domain_vectors.DomainVectors]:
    """Encode the texts of each class part by part.

    Args:
      by_class: Texts of the classes, the seen ones first.
      seen: Number of seen classes.
      names: Parts, as `parts.find` returns them for the seen classes.
      encoder_of: Function from the texts on a part by seen class to the encoder of this part.

    Returns:
      Vectors for each part; the source of the first says how many are imputed.
    """
    grouped = [parts.group(texts, names) for texts in by_class]
    encoder_of_part = {name: encoder_of([own.get(name, []) for own in grouped[:seen]]) for name in names}
    known_words = tuple(known_share(own, encoder_of_part) for own in grouped)
    slices, missing = [], 0
    for name, encoder in encoder_of_part.items():
        vectors, is_missing = _vectors([own.get(name, []) for own in grouped], seen, encoder)
        missing += int(is_missing.sum())
        features = tuple(f"{name}: {one}" for one in encoder.feature_names or range(vectors.shape[1]))
        slices.append(domain_vectors.DomainVectors(vectors, features, "", encoder, known_words, part=name))
    new_texts = [text for own in grouped[seen:] for texts in own.values() for text in texts]
    unknown = words.unknown(new_texts, _knows(encoder_of_part.values()), "of unseen classes")
    summary = f"by part: {', '.join(names)}; {missing:,} of {len(names) * len(by_class):,} imputed, {unknown}"
    return [dataclasses.replace(one, source="" if number else summary) for number, one in enumerate(slices)]


def _knows(encoders_of_parts: Collection[encoders.Encoder]) -> Callable[[str], bool]:
    return lambda word: any(encoder.knows(word) for encoder in encoders_of_parts)


def presence_encoder(by_class: Sequence[Sequence[str]]) -> encoders.TfidfEncoder:
    """Build an encoder of which words a text has; all words of the seen classes' texts count the same.

    Args:
      by_class: Texts on one part, by seen class; one of them has a word.
    """
    vocabulary = sorted({word for texts in by_class for text in texts for word in words.phrases(text, 1)})
    rarities = np.ones(len(vocabulary), np.float32)
    return encoders.TfidfEncoder.from_arrays(
        {"phrases": np.array(vocabulary), "rarities": rarities, "phrase": np.array(1)}
    )


def encode_one(texts: Sequence[str], encoder: encoders.Encoder) -> np.ndarray | None:
    """Encode the texts of one class on one part, `[M]`; None if there is no text, or no word that is known."""
    vector = encoder(texts).mean(0) if texts else None
    return vector if vector is not None and vector.any() else None


def _vectors(by_class: Sequence[Sequence[str]], seen: int, encoder: encoders.Encoder) -> tuple[np.ndarray, np.ndarray]:
    """Encode a part of all classes, `[C,M]`, and mark those that have the mean of the seen classes, `[C]` bool."""
    encoded = [encode_one(texts, encoder) for texts in by_class]
    mean = np.mean([one for one in encoded[:seen] if one is not None], axis=0, dtype=np.float32)
    vectors = np.stack([mean if one is None else one for one in encoded])
    return vectors, np.array([one is None for one in encoded])


def known_share(grouped: parts.Grouped, encoder_of_part: Mapping[str, encoders.Encoder]) -> float:
    """Compute the share of a class's words that the encoders of their parts know, in 0..1."""
    shares = [words.known_share(texts, encoder_of_part[part].knows) for part, texts in grouped.items()]
    return sum(shares) / len(shares) if shares else 0.0
