# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load datasets, and encode descriptions of classes as domain vectors: the dataset's own, or the user's."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from niwt_tf import errors
from niwt_tf.api import settings
from niwt_tf.data import missing_values, registry, zero_shot
from niwt_tf.domains import attributes, audit
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.domains import texts as texts_lib
from niwt_tf.util import arguments, progress

_ATTRIBUTES, _CAPTIONS = "attributes of the caller's", "captions of the caller's"
_LARGEST_SIDE = 2048  # pixels


def load_dataset(name: str = "aviary", image_size: int = 64, **values: Any) -> zero_shot.ZeroShotDataset:
    """Load a dataset with its zero-shot split; draw or unpack the images first if that was not done before.

    Args:
      name: `aviary`, `folder`, `awa2`, `cub`, `sun` or `apy`.
      image_size: Side of the images, in pixels, from 1 to 2048.
      **values: Settings of `config.DataConfig`, such as `data_dir` or `aviary_classes`.

    Raises:
      errors.UserError: If there is no such dataset, or it cannot be obtained with these settings.
    """
    settings.refuse(values, dataset="Name the dataset by `name`.")
    size = arguments.require_whole("image_size", image_size, 1, _LARGEST_SIDE)
    chosen = settings.read("data", {"dataset": "name"}, **(values | {"dataset": name}))
    with arguments.named():
        return registry.load(chosen, size)


def load_knowledge(
    dataset: zero_shot.ZeroShotDataset, domain: str = "attributes", **values: Any
) -> knowledge_lib.DomainKnowledge:
    """Encode what a dataset says of its classes as one vector per class, the seen classes first.

    Args:
      dataset: Dataset from `load_dataset`.
      domain: `attributes`, `binary_attributes`, `captions`, `documents` or `sentences`, or several of them joined by
        `+`.
      **values: Settings of `config.DomainConfig`, such as `text_encoder`.

    Raises:
      errors.UserError: If the dataset lacks the domain, or says nothing of a class, or the same of all seen classes.
    """
    arguments.require_instance("dataset", dataset, zero_shot.ZeroShotDataset, "Give what `load_dataset` returns.")
    chosen = settings.read("domain", **(values | {"domain": domain}))
    with arguments.named():
        return knowledge_lib.load(dataset, chosen)


def encode_attributes(
    values: np.ndarray, feature_names: Sequence[str], class_names: Sequence[str], missing_value: str = "auto"
) -> knowledge_lib.DomainKnowledge:
    """Encode your own attributes as one vector per class.

    A model built with them can be taught further classes by naming some of these attributes.

    Args:
      values: `[C,M]` values of the attributes, on any scale.
      feature_names: Names of the `M` attributes.
      class_names: Names of the `C` classes.
      missing_value: Meaning of -1. `-1` takes it as missing and fills in the attribute's mean, `none` takes it as a
        value, and `auto` decides by the other values and prints the decision.

    Raises:
      errors.UserError: If the sizes differ, a value is not a finite number, an attribute is missing for every class, or
        all classes have the same values.
    """
    classes = arguments.require_names("class_names", class_names)
    names = arguments.require_names("feature_names", feature_names)
    vectors = arguments.require_matrix("values", values, rows=len(classes), of_row="class")
    if vectors.shape[1] != len(names):
        raise errors.UserError(
            f"`feature_names` must have a name for each column of the values, here {vectors.shape[1]}. Received: "
            f"{len(names)} names. Name every attribute."
        )
    choice = settings.read("domain", missing_value=missing_value).missing_value
    rows = {str(index): row for index, row in enumerate(vectors)}
    table = missing_values.attributes(names, rows, vectors, _ATTRIBUTES)
    decided, decision = missing_values.decide(table, choice)
    filled, _ = attributes.fill_missing(np.stack(list(decided.values())), len(vectors), names, _ATTRIBUTES)
    if decision:
        progress.print_line(f"  {decision}")
    _audit("values", _ATTRIBUTES, classes, filled, len(filled), names)
    shares = (knowledge_lib.DomainSlice("attributes", len(names)),)
    return knowledge_lib.DomainKnowledge(filled, names, classes, _ATTRIBUTES, shares)


def encode_captions(
    captions: Mapping[str, Sequence[str]], seen: Sequence[str] = (), text_parts: str = "auto"
) -> knowledge_lib.DomainKnowledge:
    """Encode captions as one vector per class, in their order, by TF-IDF over words and phrases of up to three words.

    Args:
      captions: Sentences on how each class looks, one or more, by the name of the class; or lines such as `tail: long`.
      seen: Classes on whose sentences the vocabulary is fitted; all classes by default.
      text_parts: `auto` gives each part, such as the tail, a vector of its own where most sentences of the seen classes
        speak of a part that most of these classes have; `on` requires parts, and `off` takes whole texts.

    Raises:
      errors.UserError: If a class has no sentence, or none with a known word, if all seen classes have the same vector,
        or if a class names a part twice or does not describe it.
    """
    sentences = _require_captions(captions)
    fitted = _require_seen(seen, sentences)
    empty = [name for name, texts in sentences.items() if not any(text.strip() for text in texts)]
    if empty:
        raise errors.UserError(
            f"`captions` must describe every class. Received: none of {errors.listed(empty)}. Write a sentence on each."
        )
    ordered = [*fitted, *(name for name in sentences if name not in fitted)]
    chosen = settings.read("domain", text_parts=text_parts)
    with arguments.named():
        slices = texts_lib.encode([sentences[name] for name in ordered], "captions", ordered, len(fitted), chosen)
    encoded = np.concatenate([one.vectors for one in slices], axis=1)
    _audit("captions", _CAPTIONS, ordered, encoded, len(fitted), (), slices[0].known_words)
    joined = knowledge_lib.join({"captions": slices}, ordered, len(fitted))
    vectors = joined.vectors[[ordered.index(name) for name in sentences]]
    return dataclasses.replace(joined, vectors=vectors, class_names=tuple(sentences), source=_CAPTIONS)


def _audit(
    what: str,
    source: str,
    class_names: Sequence[str],
    vectors: np.ndarray,
    seen: int,
    feature_names: Sequence[str],
    known_words: Sequence[float] = (),
) -> None:
    """Print a warning for each doubt about the vectors; see `audit.check`."""
    remedy = "Describe what distinguishes the classes, in words or attributes that seen classes have, too."
    classes = audit.ClassDescriptions(what, source, remedy, class_names, vectors, seen, feature_names, known_words)
    for doubt in audit.check(classes):
        progress.print_line(f"  warning: {doubt}")


def _require_captions(captions: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(captions, Mapping) or not captions:
        raise arguments.wrong(
            "captions", "be a dict of a list of sentences for each class", captions, "Give {'zebra': ['...'], ...}."
        )
    names = arguments.require_names("captions", list(captions))
    return {
        name: arguments.require_texts("captions", texts) for name, texts in zip(names, captions.values(), strict=True)
    }


def _require_seen(seen: Any, captions: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Check the classes that the vocabulary is fitted on, and return them: all classes if `seen` is empty."""
    names = arguments.require_names("seen", seen, least=0)
    strange = [name for name in names if name not in captions]
    if strange:
        raise errors.UserError(
            f"`seen` must name classes that have captions. Received: {errors.listed(strange)}. Write a sentence on "
            "each."
        )
    return names or tuple(captions)
