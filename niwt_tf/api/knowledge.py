# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Datasets, and what is known of classes as vectors: a dataset's own, or the user's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from niwt_tf import errors
from niwt_tf.api import arrays, settings
from niwt_tf.data import registry, zero_shot
from niwt_tf.domains import encoders
from niwt_tf.domains import knowledge as knowledge_lib


def load_dataset(name: str = "aviary", image_size: int = 64, **values: Any) -> zero_shot.ZeroShotDataset:
    """Returns a dataset with its zero-shot split, having drawn or unpacked it where it is not there yet.

    Args:
      name: `aviary`, `folder`, `awa2`, `cub`, `sun` or `apy`.
      image_size: the side of the images to give, in pixels.
      **values: of `config.DataConfig`, such as `data_dir` or `aviary_classes`.

    Raises:
      errors.UserError: if there is no such dataset, or it cannot be had as asked for.
    """
    return registry.load(settings.read("data", dataset=name, **values), image_size)


def load_knowledge(
    dataset: zero_shot.ZeroShotDataset, domain: str = "attributes", **values: Any
) -> knowledge_lib.DomainKnowledge:
    """Returns a vector for each class of a dataset, the seen ones first.

    Args:
      dataset: of `load_dataset`.
      domain: `attributes`, `captions`, `documents`, `sentences`, or several of them joined by `+`.
      **values: of `config.DomainConfig`, such as `text_encoder`.

    Raises:
      errors.UserError: if the dataset lacks the domain.
    """
    return knowledge_lib.load(dataset, settings.read("domain", domain=domain, **values))


def encode_attributes(
    values: np.ndarray, feature_names: Sequence[str], class_names: Sequence[str]
) -> knowledge_lib.DomainKnowledge:
    """Returns a vector for each class, of your own attributes; further classes are taught by naming some of them.

    Args:
      values: `[C,M]`, of any scale.
      feature_names: `M` names.
      class_names: `C` names.

    Raises:
      errors.UserError: if the sizes differ, or values are missing.
    """
    vectors = arrays.require_vectors("values", values, len(class_names), "class")
    if vectors.shape[1] != len(feature_names):
        raise errors.UserError(
            f"`feature_names` must have a name for each column of the values, here {vectors.shape[1]}. Received: "
            f"{len(feature_names)} names. Name every attribute."
        )
    shares = (knowledge_lib.Share("attributes", len(feature_names)),)
    names = tuple(feature_names)
    return knowledge_lib.DomainKnowledge(vectors, names, tuple(class_names), "attributes of the caller's", shares)


def encode_captions(captions: Mapping[str, Sequence[str]], seen: Sequence[str] = ()) -> knowledge_lib.DomainKnowledge:
    """Returns a vector for each class, in the order of the captions: TF-IDF over words and phrases of up to three.

    Args:
      captions: class -> sentences on how it looks, one or more.
      seen: the classes on whose sentences the vocabulary is fitted; all by default.

    Raises:
      errors.UserError: if a class has no sentence, or one that shares no word with another.
    """
    fitted = list(seen) or list(captions)
    empty = [name for name in (*captions, *fitted) if not any(text.strip() for text in captions.get(name, ()))]
    if empty:
        raise errors.UserError(
            f"`captions` must tell of every class. Received: none of {errors.listed(empty)}. Write a sentence on each."
        )
    encoder = encoders.TfidfEncoder.fit([list(captions[name]) for name in fitted])
    vectors = np.stack([encoder(list(texts)).mean(0) for texts in captions.values()])
    silent = [name for name, vector in zip(captions, vectors, strict=True) if not vector.any()]
    if silent:
        raise errors.UserError(
            f"`captions` must share words with those of other classes. Received: {errors.listed(silent)}, of which no "
            "word is known. Describe them in words that are used of others, too."
        )
    shares = (knowledge_lib.Share("captions", vectors.shape[1], encoder=encoder),)
    names = encoder.feature_names or ()
    return knowledge_lib.DomainKnowledge(vectors, names, tuple(captions), "captions of the caller's", shares)
