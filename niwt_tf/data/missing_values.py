# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Whether -1 among attributes is a value, as in z-scores, or stands for what is missing, as in AWA2's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from niwt_tf.data import zero_shot

_CODE = -1.0
_MOST = 0.25  # of a table of 0..1: so many may be missing


def looks_missing(table: np.ndarray) -> bool:
    """Return whether -1 stands for what is missing, by the table's other values.

    So it is where they are 0 or more and some are above 1; or where all are within 0..1, not 1 alone, and -1 is rare.

    Args:
      table: all values; NaN where nothing is given.
    """
    others = table[~np.isnan(table) & (table != _CODE)]
    if not len(others) or others.min() < 0:
        return False
    return bool(others.max() > 1 or ((others < 1).any() and (table == _CODE).mean() <= _MOST))


def attributes(
    names: Sequence[str], rows: Mapping[str, np.ndarray], table: np.ndarray, source: str
) -> zero_shot.Attributes:
    """Return attributes of which -1 is missing where the whole table says so.

    Args:
      names: of the `M` attributes.
      rows: class -> its values `[M]`; NaN where nothing is given.
      table: all values of the source, also those of other classes.
      source: in words.
    """
    coded = {name: row == _CODE for name, row in rows.items()}
    values = {name: row.astype(np.float32) for name, row in rows.items()}
    if looks_missing(table):
        values = {name: np.where(coded[name], np.float32(np.nan), row) for name, row in values.items()}
    return zero_shot.Attributes(tuple(names), values, source, coded)


def decide(known: zero_shot.Attributes, choice: str) -> tuple[dict[str, np.ndarray], str]:
    """Return class -> values with NaN for what is missing, and the decision in words; none where -1 is not there.

    Args:
      known: the attributes.
      choice: `auto` leaves it to the table, `-1` makes each -1 missing, `none` makes it a value.
    """
    if not any(coded.any() for coded in known.coded.values()):
        return dict(known.values), ""
    if choice == "auto":
        gone = any(np.isnan(row[known.coded[name]]).any() for name, row in known.values.items())
    else:
        gone = choice == "-1"
    code = np.float32(np.nan if gone else _CODE)
    values = {name: np.where(known.coded[name], code, row) for name, row in known.values.items()}
    why = "by the table's other values" if choice == "auto" else "as asked for"
    return values, f"-1 is {'missing' if gone else 'a value'}, {why} (--missing_value)"
