# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Encode a user's descriptions of known classes, in the form in which new classes are described, as domain vectors."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from niwt_tf import errors
from niwt_tf.domains import attributes, audit, domain_vectors, knowledge, parse_attributes
from niwt_tf.domains import texts as texts_lib
from niwt_tf.util import progress

DOMAINS = ("attributes", "captions", "documents")  # also fields of `description.Description`
_Texts = Mapping[str, Sequence[str]]


def encode(by_domain: Mapping[str, _Texts], class_names: Sequence[str], source: str) -> knowledge.DomainKnowledge:
    """Encode descriptions of known classes; weak ones are told in warnings.

    Texts are encoded by TF-IDF over words and phrases of up to three words, or by part, see `texts.encode`. Of
    attributes, those of all classes form a table: 1 where an attribute is listed, or the number behind it, and 0 where
    it is not. An attribute that has other numbers is unknown where it is not listed, and becomes the mean over the
    classes that have it.

    Args:
      by_domain: Texts by class, for each of `DOMAINS` that is used; attributes are written as `parse_attributes` reads
        them.
      class_names: Names of the `C` classes, all of them known.
      source: Source of the texts, for messages.

    Raises:
      errors.UserError: If a class is not described as the others are, all are described alike, or attributes contradict
        one another.
    """
    encoded = {}
    for domain in DOMAINS:
        texts = {name: _written(by_domain.get(domain, {}), name) for name in class_names}
        if any(texts.values()):
            _require_all(domain, texts, source)
            is_table = domain == "attributes"
            encoded[domain] = [_tabulate(texts, source)] if is_table else _encode_texts(domain, texts, source)
            _print_doubts(domain, encoded[domain], class_names)
    return knowledge.join(encoded, class_names, len(class_names))


def _written(texts: _Texts, name: str) -> list[str]:
    return [text for text in texts.get(name, ()) if text.strip()]


def _require_all(domain: str, texts: _Texts, source: str) -> None:
    missing = [name for name, own in texts.items() if not own]
    if missing:
        raise errors.UserError(
            f"`{errors.setting(domain)}` must describe every class, in the same way. Received: {source}, with {domain} "
            f"of {len(texts) - len(missing):,} classes, but not of {errors.listed(missing)}. Write {domain} of every "
            "class, or of none."
        )


def _encode_texts(domain: str, by_class: _Texts, source: str) -> list[domain_vectors.DomainVectors]:
    slices = texts_lib.encode(list(by_class.values()), domain, list(by_class), len(by_class))
    return [dataclasses.replace(one, source=source) for one in slices]


def _tabulate(texts: _Texts, source: str) -> domain_vectors.DomainVectors:
    """Build the table of attributes from those that each class lists."""
    names: dict[str, str] = {}  # first spelling of each attribute
    cells: list[dict[str, float | None]] = []  # of each class, the numbers of its attributes; None without one
    for name, items in texts.items():
        row: dict[str, float | None] = {}
        for item in items:
            attribute, number = _split(item)
            form = parse_attributes.normalize(attribute)
            names.setdefault(form, attribute)
            if row.setdefault(form, number) != number:
                raise errors.UserError(
                    f"`{errors.setting('attributes')}` must give each attribute one value. Received: {source}, where "
                    f"{name!r} has {errors.clipped(item)!r} and another value of it. Keep one of them."
                )
        cells.append(row)
    columns = np.array([_column([row.get(form, math.nan) for row in cells]) for form in names], np.float32)
    values, summary = attributes.fill_missing(columns.T, len(cells), tuple(names.values()), source)
    return domain_vectors.DomainVectors(values, tuple(names.values()), "; ".join(filter(None, [source, summary])))


def _split(item: str) -> tuple[str, float | None]:
    """Split a listed attribute into its name and its number; None without a number: `crown color: red` is a name."""
    name, colon, text = item.strip().rpartition(":")
    try:
        number = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        return item.strip(), None
    return (name.strip(), number) if colon and name.strip() and math.isfinite(number) else (item.strip(), None)


def _column(cells: Sequence[float | None]) -> list[float]:
    """Compute an attribute's values `[C]` from cells that have a number, None without one, or NaN if not listed."""
    numbers = [cell for cell in cells if cell is not None and not math.isnan(cell)]
    is_graded = any(number not in (0, 1) for number in numbers)
    highest = max([*numbers, 0.0]) if is_graded else 1.0
    absent = math.nan if is_graded else 0.0
    return [highest if cell is None else absent if math.isnan(cell) else cell for cell in cells]


def _print_doubts(domain: str, slices: Sequence[domain_vectors.DomainVectors], class_names: Sequence[str]) -> None:
    """Print a warning for each doubt about the vectors, or raise errors.UserError; see `audit.check`."""
    described = audit.ClassDescriptions(
        errors.setting(domain),
        slices[0].source,
        "Describe what distinguishes the classes.",
        class_names,
        np.concatenate([one.vectors for one in slices], axis=1),
        len(class_names),
        slices[0].feature_names if domain == "attributes" else (),
        slices[0].known_words,
    )
    for doubt in audit.check(described):
        progress.print_line(f"  warning: {errors.UserError(doubt)}")
