# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Encode captions and documents as vectors, by each encoder: the mean over the encoded sentences of each class.

Documents are cut into sentences. Where texts speak of one part after the other, see `parts`, each part has a vector.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.config import text_encoders
from niwt_tf.data import class_texts as class_texts_lib
from niwt_tf.data import named_files, zero_shot
from niwt_tf.domains import domain_vectors, encoders, hub_text, part_vectors, parts, word_vectors, words
from niwt_tf.util import progress

_DEFAULT = config_lib.DomainConfig()


def load(
    texts: zero_shot.Texts, kind: str, dataset: zero_shot.ZeroShotDataset, config: config_lib.DomainConfig
) -> list[domain_vectors.DomainVectors]:
    """Encode the texts of each class by each encoder, and average them.

    An encoder that learns is fitted to the seen classes' text alone.

    Args:
      texts: Texts of the classes.
      kind: `captions` or `documents`.
      dataset: Dataset of these classes.
      config: Choice of the encoders.

    Raises:
      errors.UserError: If a class has no text, no word can be learned from the seen classes, or there is no such
        encoder.
    """
    by_class = _select_texts(texts, kind, dataset.class_names)
    source = f"{len(_flat(by_class)):,} {kind}: {texts.source}"
    encoded = encode(by_class, kind, dataset.class_names, len(dataset.seen), config)
    return [dataclasses.replace(one, source=f"{source}; {one.source}") if one.source else one for one in encoded]


def encode(
    by_class: Sequence[Sequence[str]],
    kind: str,
    class_names: Sequence[str],
    seen: int,
    config: config_lib.DomainConfig = _DEFAULT,
) -> list[domain_vectors.DomainVectors]:
    """Encode the texts of each class by each encoder; by part if `config` says so.

    Args:
      by_class: Texts of each class that are not blank, one at least.
      kind: `captions` or `documents`.
      class_names: Names of the classes, the seen ones first.
      seen: Number of seen classes.
      config: Choice of the encoders, and of parts.

    Raises:
      errors.UserError: If no word can be learned from the seen classes, there is no such encoder, there are no parts
        although `config` asks for them, or a class names a part twice or does not describe it.
    """
    sentences = [as_sentences(own, kind) for own in by_class]
    names = _find_parts(sentences[:seen], kind, config.text_parts)
    for class_name, own in zip(class_names, sentences, strict=True):
        parts.require_described_once(own, names, class_name, kind)
    encoded = []
    for name in text_encoders.split(config.text_encoder):
        if names:
            slices = part_vectors.encode(sentences, seen, names, _encoder_of_parts(name))
        else:
            slices = [_encode(sentences, kind, seen, _encoder(name, config, sentences[:seen]))]
        encoded += [dataclasses.replace(one, text_encoder=name) for one in slices]
    return encoded


def as_sentences(texts: Sequence[str], kind: str) -> list[str]:
    """Cut documents into sentences; captions stay as they are."""
    return parts.sentences(texts) if kind == "documents" else list(texts)


def _find_parts(seen: Sequence[Sequence[str]], kind: str, text_parts: str) -> tuple[str, ...]:
    """Find the parts that the vectors have, from the seen classes' texts; none for vectors of whole texts."""
    found = () if text_parts == "off" else parts.find(seen, must_cover=text_parts == "auto")
    if text_parts == "on" and not found:
        raise errors.UserError(
            f"`{errors.setting('text_parts', 'on')}` requires texts that speak of parts: two or more words, such as "
            f"head and tail, each in a sentence of most seen classes, or lines such as `head: red`. Received: {kind} "
            f"without. Write so, or set {errors.setting('text_parts', 'auto')}."
        )
    return found


def _encoder_of_parts(name: str) -> part_vectors.EncoderOf:
    if name == text_encoders.TFIDF:
        return part_vectors.presence_encoder
    pretrained = load_pretrained(name)
    return lambda _: pretrained


def _encode(
    by_class: Sequence[Sequence[str]], kind: str, seen: int, encoder: encoders.Encoder
) -> domain_vectors.DomainVectors:
    """Encode the texts of each class, the first `seen` of them seen classes."""
    classes = progress.bar(by_class, f"encoding {kind}", unit="class")
    vectors = np.stack([encoder(class_texts).mean(0) for class_texts in classes])
    names = encoder.feature_names or tuple(f"{kind} {number}" for number in range(vectors.shape[1]))
    unknown = encoder.unknown(_flat(by_class[:seen]), _flat(by_class[seen:]))
    known_words = tuple(words.known_share(class_texts, encoder.knows) for class_texts in by_class)
    summary = ", ".join(filter(None, [encoder.name, unknown]))
    return domain_vectors.DomainVectors(vectors, names, summary, encoder, known_words)


def read_folder(kind: str, folder: str, dataset: zero_shot.ZeroShotDataset) -> zero_shot.Texts:
    """Read texts from a folder of the user: each line of a file is a caption, or each file is a document.

    Args:
      kind: `captions` or `documents`.
      folder: Folder that holds `<class>.txt`.
      dataset: Dataset of the classes.

    Raises:
      errors.UserError: If a class has no file or two, or a file is empty or not UTF-8.
    """
    read = {"captions": class_texts_lib.captions, "documents": class_texts_lib.documents}[kind]
    path = named_files.class_texts(f"{kind}_dir", folder)
    return zero_shot.Texts(read(path, dataset.class_names, errors.setting(f"{kind}_dir")), f"the files in {folder}")


def _select_texts(texts: zero_shot.Texts, kind: str, class_names: Sequence[str]) -> list[list[str]]:
    """Select the texts of each class that are not blank, and check that each class has one."""
    selected = domain_vectors.select(texts.by_class, class_names, kind, texts.source)
    by_class = [[text for text in class_texts if text.strip()] for class_texts in selected]
    empty = [name for name, class_texts in zip(class_names, by_class, strict=True) if not class_texts]
    if empty:
        raise errors.UserError(
            f"`{kind}` must describe every class. Received: {texts.source}, without text for {errors.listed(empty)}. "
            f"Write a text for each, or give a folder of your own with {errors.setting(f'{kind}_dir')}."
        )
    return by_class


def _encoder(name: str, config: config_lib.DomainConfig, seen: Sequence[Sequence[str]]) -> encoders.Encoder:
    if name == text_encoders.TFIDF:
        return encoders.TfidfEncoder.fit(seen, config.tfidf_phrase, config.tfidf_components)
    return load_pretrained(name)


def load_pretrained(text_encoder: str) -> encoders.Encoder:
    """Load an encoder that was trained elsewhere.

    Args:
      text_encoder: `word2vec:PATH` or `hub:HANDLE_OR_PATH`.

    Raises:
      errors.UserError: If there is no such file, or it is in another format.
    """
    path = named_files.encoder_path(text_encoder)
    if path and text_encoder.startswith("word2vec:"):
        return _word_vectors(path, path.stat().st_mtime_ns)
    return hub_text.HubEncoder(text_encoder.partition(":")[2], path)


@functools.lru_cache(maxsize=1)
def _word_vectors(path: Path, modified: int) -> word_vectors.WordVectors:
    """Read a file of word vectors, some GiB, and cache it in memory until its modification time changes."""
    del modified
    return word_vectors.WordVectors(path)


def _flat(by_class: Sequence[Sequence[str]]) -> list[str]:
    return [text for texts in by_class for text in texts]
