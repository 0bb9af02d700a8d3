# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Encode captions and documents as vectors: the mean over the encoded texts of each class."""

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
    """Encode the texts of each class, and average them.

    An encoder that learns is fitted to the seen classes' text alone.

    Args:
      known: Texts of the classes.
      kind: `captions` or `documents`.
      dataset: Dataset of these classes.
      config: Choice of the encoder.

    Raises:
      errors.UserError: If a class has no text, no word can be learned from the seen classes, or there is no such
        encoder.
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
    """Read texts from a folder of the user: each line of a file is a caption, or a whole file is a document.

    Args:
      kind: `captions` or `documents`.
      folder: Folder that holds `<class>.txt`.
      dataset: Dataset of the classes.

    Raises:
      errors.UserError: If a class has no file or two, or a file is empty or not UTF-8.
    """
    read = {"captions": class_texts.captions, "documents": class_texts.documents}[kind]
    path = named_files.class_texts(f"{kind}_dir", folder)
    return zero_shot.Texts(read(path, dataset.class_names, errors.setting(f"{kind}_dir")), f"the files in {folder}")


def _filled(known: zero_shot.Texts, kind: str, class_names: Sequence[str]) -> list[list[str]]:
    """Select the texts of each class that are not blank, and check that each class has one."""
    texts = part.of_classes(known.by_class, class_names, kind, known.source)
    filled = [[text for text in of_class if text.strip()] for of_class in texts]
    empty = [name for name, of_class in zip(class_names, filled, strict=True) if not of_class]
    if empty:
        raise errors.UserError(
            f"`{kind}` must tell of every class. Received: {known.source}, with no text for {errors.listed(empty)}. "
            f"Write some, or name a folder of your own with {errors.setting(f'{kind}_dir')}."
        )
    return filled


def _encoder(config: config_lib.DomainConfig, seen: Sequence[Sequence[str]]) -> encoders.Encoder:
    if config.text_encoder == "tfidf":
        return encoders.TfidfEncoder.fit(seen, config.tfidf_phrase, config.tfidf_components)
    return fitted_elsewhere(config.text_encoder)


def fitted_elsewhere(text_encoder: str) -> encoders.Encoder:
    """Load an encoder that is not fitted to the texts here.

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
def _word_vectors(path: Path, changed: int) -> word_vectors.WordVectors:
    """Read a file of word vectors, some GiB, and keep it in memory while its modification time `changed` stays."""
    del changed
    return word_vectors.WordVectors(path)


def _flat(by_class: Sequence[Sequence[str]]) -> list[str]:
    return [text for texts in by_class for text in texts]
