# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Decide whether -1 among attributes is a value, as in z-scores, or means a missing value, as in AWA2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from niwt_tf.data import zero_shot

_CODE = -1.0
_MOST_MISSING = 0.25  # share of values that may be missing in a table of 0..1


def is_missing_code(table: np.ndarray) -> bool:
    """Decide by the other values of a table whether -1 means a missing value.

    It does if they are 0 or more and some are above 1; or if all are within 0..1, some below 1, and -1 is rare.

    Args:
      table: All values; NaN for empty cells.
    """
    others = table[~np.isnan(table) & (table != _CODE)]
    if not len(others) or others.min() < 0:
        return False
    return bool(others.max() > 1 or ((others < 1).any() and (table == _CODE).mean() <= _MOST_MISSING))


def attributes(
    names: Sequence[str], rows: Mapping[str, np.ndarray], table: np.ndarray, source: str
) -> zero_shot.Attributes:
    """Build attributes in which -1 becomes a missing value if the whole table suggests that.

    Args:
      names: Names of the `M` attributes.
      rows: Class -> its values `[M]`; NaN for empty cells.
      table: Values that decide this, if possible all of the source, including those of other classes.
      source: Description of the source, for the user.
    """
    coded = {name: row == _CODE for name, row in rows.items()}
    values = {name: row.astype(np.float32) for name, row in rows.items()}
    if is_missing_code(table):
        values = {name: np.where(coded[name], np.float32(np.nan), row) for name, row in values.items()}
    return zero_shot.Attributes(tuple(names), values, source, coded)


def decide(attributes: zero_shot.Attributes, choice: str) -> tuple[dict[str, np.ndarray], str]:
    """Decide about -1 as the user chose: class -> values, NaN if missing, and the decision in words, empty if no -1.

    Args:
      attributes: Attributes of the classes.
      choice: Choice of the user: `auto` keeps the decision by the table, `-1` makes each -1 a missing value, `none`
        makes it a value.
    """
    if not any(coded.any() for coded in attributes.coded.values()):
        return dict(attributes.values), ""
    if choice == "auto":
        is_missing = any(np.isnan(row[attributes.coded[name]]).any() for name, row in attributes.values.items())
    else:
        is_missing = choice == "-1"
    code = np.float32(np.nan if is_missing else _CODE)
    values = {name: np.where(attributes.coded[name], code, row) for name, row in attributes.values.items()}
    reason = "by the table's other values" if choice == "auto" else "as set"
    return values, f"-1 is {'missing' if is_missing else 'a value'}, {reason} (missing_value)"
