# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Captions and documents as vectors: the mean of the encoded texts of each class."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import class_texts, named_files, zero_shot
from niwt_tf.domains import encoders, hub_text, part, word_vectors, words
from niwt_tf.util import progress


def load(
    known: zero_shot.Texts, kind: str, dataset: zero_shot.ZeroShotDataset, config: config_lib.DomainConfig
) -> part.Part:
    """Returns the mean of each class's encoded texts.

    An encoder that learns does so from the seen classes' text alone.

    Args:
      known: the texts.
      kind: `captions` or `documents`.
      dataset: its classes.
      config: which encoder.

    Raises:
      errors.UserError: if a class has no text, or none that the encoder knows a word of, or there is no such encoder.
    """
    by_class = _filled(known, kind, dataset.class_names)
    seen, unseen = by_class[: len(dataset.seen)], by_class[len(dataset.seen) :]
    encoder = _encoder(config, seen)
    texts = progress.bar(by_class, f"encoding {kind}", unit="class")
    vectors = np.stack([encoder(of_class).mean(0) for of_class in texts])
    names = encoder.feature_names or tuple(f"{kind} {number}" for number in range(vectors.shape[1]))
    count = f"{len(_flat(by_class)):,} {kind}"
    told = ", ".join(filter(None, [encoder.name, encoder.unknown(_flat(seen), _flat(unseen))]))
    known_words = tuple(words.known_share(of_class, encoder.knows) for of_class in by_class)
    return part.Part(vectors, names, f"{count}: {known.source}; {told}", encoder, known_words)


def from_folder(kind: str, folder: str, dataset: zero_shot.ZeroShotDataset) -> zero_shot.Texts:
    """Returns the texts in a folder of the user's: a caption is a line of a file, a document is a file.

    Args:
      kind: `captions` or `documents`.
      folder: holds `<class>.txt`.
      dataset: its classes.

    Raises:
      errors.UserError: if a class's file is missing, double or no UTF-8.
    """
    read = {"captions": class_texts.captions, "documents": class_texts.documents}[kind]
    path = named_files.class_texts(f"{kind}_dir", folder)
    return zero_shot.Texts(read(path, dataset.class_names, f"--{kind}_dir"), f"the files in {folder}")


def _filled(known: zero_shot.Texts, kind: str, class_names: Sequence[str]) -> list[list[str]]:
    """Returns the texts of each class that are not blank."""
    texts = part.of_classes(known.by_class, class_names, kind, known.source)
    filled = [[text for text in of_class if text.strip()] for of_class in texts]
    empty = [name for name, of_class in zip(class_names, filled, strict=True) if not of_class]
    if empty:
        raise errors.UserError(
            f"`{kind}` must tell of every class. Received: {known.source}, with no text for {errors.listed(empty)}. "
            f"Write some, or name a folder of your own with --{kind}_dir."
        )
    return filled


def _encoder(config: config_lib.DomainConfig, seen: Sequence[Sequence[str]]) -> encoders.Encoder:
    if config.text_encoder == "tfidf":
        return encoders.TfidfEncoder.fit(seen, config.tfidf_phrase, config.tfidf_components)
    return fitted_elsewhere(config.text_encoder)


def fitted_elsewhere(text_encoder: str) -> encoders.Encoder:
    """Returns an encoder that learns nothing from the texts here.

    Args:
      text_encoder: `word2vec:PATH` or `hub:HANDLE_OR_PATH`.

    Raises:
      errors.UserError: if there is no such file, or it is none.
    """
    path = named_files.encoder_path(text_encoder)
    if path and text_encoder.startswith("word2vec:"):
        return _word_vectors(path, path.stat().st_mtime_ns)
    return hub_text.HubEncoder(text_encoder.partition(":")[2], path)


@functools.lru_cache(maxsize=1)
def _word_vectors(path: Path, changed: int) -> word_vectors.WordVectors:
    """Returns what a file of some GiB holds, read once as long as it has not `changed`."""
    del changed
    return word_vectors.WordVectors(path)


def _flat(by_class: Sequence[Sequence[str]]) -> list[str]:
    return [text for texts in by_class for text in texts]
