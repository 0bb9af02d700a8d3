# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check arguments of the Python API: a wrong one is an error with its name, the rule, what was received, and a remedy.

Each function returns the argument in the one form that the library works with. Nothing here imports TensorFlow.
"""

from __future__ import annotations

import contextlib
import math
import numbers
import os
import re
import reprlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from niwt_tf import errors

LARGEST_SEED = 2**31 - 1
_NUMBERS = "biuf"  # kinds of numpy's types
_COMMAND = re.compile(r"(?=\bniwt(?:_\w+)? --)")  # where a message goes on with a command line

_Kind = TypeVar("_Kind")


def wrong(name: str, rule: str, value: Any, remedy: str) -> errors.UserError:
    """Build the error for a wrong argument.

    Args:
      name: Name of the argument.
      rule: What it must be, to follow "must".
      value: What was received.
      remedy: What to do instead, a sentence.
    """
    return errors.UserError(f"`{name}` must {rule}. Received: {received(name, value)}. {remedy}")


def received(name: str, value: Any) -> str:
    """Describe a value in a line: an array by its shape and type, anything else as it would be written."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{list(value.shape)} of type {value.dtype}"
    return f"{name}={reprlib.repr(value)}"


@contextlib.contextmanager
def named(**names: str) -> Iterator[None]:
    """Name arguments in place of flags in the errors of what is called within; commands in them stay as they are.

    Args:
      **names: Argument for each flag whose name is another.
    """
    try:
        yield
    except errors.UserError as error:
        told, *commands = _COMMAND.split(str(error), maxsplit=1)
        told = re.sub(r"--(\w+)", lambda flag: names.get(flag[1], flag[1]), told)
        raise type(error)("".join([told, *commands])) from error.__cause__


def require_instance(name: str, value: Any, kind: type[_Kind], remedy: str) -> _Kind:
    """Return an object of a class.

    Raises:
      errors.UserError: if it is of another.
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise wrong(name, f"be {article} {kind.__name__}", value, remedy)
    return value


def require_flag(name: str, value: Any) -> bool:
    """Return True or False.

    Raises:
      errors.UserError: if it is neither.
    """
    if not isinstance(value, bool | np.bool_):
        raise wrong(name, "be True or False", value, "Give one of them.")
    return bool(value)


def require_number(
    name: str, value: Any, minimum: float = -math.inf, maximum: float = math.inf, remedy: str = ""
) -> float:
    """Return a finite number within limits.

    Raises:
      errors.UserError: if it is none.
    """
    if not _is_number(value) or not math.isfinite(value) or not minimum <= value <= maximum:
        raise wrong(name, f"be a finite number{_limits(minimum, maximum)}", value, remedy or "Give another number.")
    return float(value)


def require_whole(
    name: str, value: Any, minimum: float = -math.inf, maximum: float = math.inf, remedy: str = ""
) -> int:
    """Return a whole number within limits.

    Raises:
      errors.UserError: if it is none.
    """
    if not _is_number(value) or not isinstance(value, numbers.Integral) or not minimum <= int(value) <= maximum:
        raise wrong(name, f"be a whole number{_limits(minimum, maximum)}", value, remedy or "Give another number.")
    return int(value)


def require_seed(seed: Any) -> int:
    """Return a seed.

    Raises:
      errors.UserError: if it is no whole number from 0 to 2^31 - 1.
    """
    return require_whole("seed", seed, 0, LARGEST_SEED)


def require_choice(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return one of several names.

    Raises:
      errors.UserError: if it is none of them.
    """
    if not isinstance(value, str):
        raise wrong(name, f"be one of {', '.join(choices)}", value, "Give its name.")
    if value not in choices:
        raise errors.unknown_value(name, value, choices)
    return value


def require_text(name: str, value: Any, may_be_empty: bool = False) -> str:
    """Return a text.

    Raises:
      errors.UserError: if it is none, or empty where it may not be.
    """
    if not isinstance(value, str) or not (may_be_empty or value.strip()):
        raise wrong(name, "be a text", value, "Give a str." if may_be_empty else "Give a str that is not empty.")
    return str(value)


def require_texts(name: str, values: Any) -> tuple[str, ...]:
    """Return several texts, in their order; there may be none.

    Raises:
      errors.UserError: if they are a single text, or no texts.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise wrong(name, "be a list of texts", values, "Put a single text into a list, ['...'].")
    texts = _listed(values)
    if not all(isinstance(text, str) for text in texts):
        raise wrong(name, "be a list of texts", texts, "Give each as a str.")
    return tuple(str(text) for text in texts)


def require_names(name: str, values: Any, least: int = 1) -> tuple[str, ...]:
    """Return names that differ, in their order.

    Args:
      name: Name of the argument.
      values: Names, none of them empty.
      least: Fewest names.

    Raises:
      errors.UserError: if they are no such names.
    """
    names = require_texts(name, values)
    if not all(one.strip() for one in names):
        raise wrong(name, "not be empty", list(names), "Give each a name.")
    if len(names) < least:
        raise wrong(name, f"be at least {least} name{'s' * (least > 1)}", list(names), "Give more names.")
    double = sorted({one for one in names if names.count(one) > 1})
    if double:
        raise errors.UserError(
            f"`{name}` must differ. Received: {errors.listed(double)} more than once. Give each name once."
        )
    return names


def require_path(name: str, value: Any) -> str:
    """Return where a file or folder lies.

    Raises:
      errors.UserError: if it is neither a text nor a path, or empty.
    """
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(path, str) or not path.strip() or "\0" in path:
        raise wrong(name, "be a path", value, "Give a str or a pathlib.Path that is not empty.")
    return path


def require_images(images: Any, least: int = 0, name: str = "images") -> np.ndarray:
    """Return images as an array `[N,H,W,3]` uint8; they may be mapped from disk.

    Args:
      images: What should be such images.
      least: Fewest images.
      name: Name of the argument.

    Raises:
      errors.UserError: if they are of another shape or type, or too few.
    """
    array = _as_array(images)
    if array is None or array.dtype != np.uint8 or array.ndim != 4 or array.shape[-1] != 3 or 0 in array.shape[1:3]:
        given = images if array is None or array.dtype.kind not in _NUMBERS else array
        raise wrong(
            name,
            "be [N,H,W,3] of type uint8, RGB in 0..255",
            given,
            "Numbers in 0..1 become such by (255 * images).round().astype('uint8'), whole numbers in 0..255 by "
            "np.asarray(images, 'uint8'), one image by images[None].",
        )
    if len(array) < least:
        raise wrong(name, f"be at least {least}", array, "Give more images.")
    return array


def require_labels(name: str, labels: Any, rows: int, classes: range) -> np.ndarray:
    """Return labels as an array `[N]` int64.

    Args:
      name: Name of the argument.
      labels: A class index for each of `N` images, each class at least once.
      rows: `N`.
      classes: Indices of the classes.

    Raises:
      errors.UserError: if they are of another shape or type, are of no such class, or a class has none.
    """
    array = _as_array(labels)
    if array is None or array.shape != (rows,) or array.dtype.kind not in "iu":
        given = labels if array is None or array.dtype.kind not in _NUMBERS else array
        raise wrong(
            name,
            f"be a whole number for each image, [{rows}]",
            given,
            "Give the index of each image's class among the class names.",
        )
    there = set(array.tolist())
    outside, missing = sorted(there - set(classes)), sorted(set(classes) - there)
    if outside or missing:
        told = errors.listed(map(str, outside or missing))
        raise errors.UserError(
            f"`{name}` must be from {classes.start} to {classes.stop - 1}, each class at least once. Received: "
            f"{told if outside else f'no image of {told}'}. Leave classes without an image out of the class names; "
            "they can be taught by words."
        )
    return array.astype(np.int64)


def require_matrix(
    name: str,
    value: Any,
    rows: int | None = None,
    of_row: str = "image",
    columns: int | None = None,
    of_column: str = "feature",
    least: int = 1,
    dtype: type[np.floating[Any]] = np.float32,
) -> np.ndarray:
    """Return a matrix of finite numbers.

    Args:
      name: Name of the argument.
      value: What should be such a matrix.
      rows: How many rows it must have; any number by default.
      of_row: What each row is of.
      columns: How many columns it must have; any number by default.
      of_column: What each column is of.
      least: Fewest rows.
      dtype: Type of the matrix that is returned.

    Raises:
      errors.UserError: if it has another shape, or holds what is no finite number.
    """
    array = _as_array(value)
    shape = f"[{'N' if rows is None else rows},{'M' if columns is None else columns}]"
    if array is None or array.dtype.kind not in _NUMBERS or array.ndim != 2:
        given = value if array is None or array.dtype.kind not in _NUMBERS else array
        remedy = f"Give a row for each {of_row}, all of the same length."
        raise wrong(name, f"be a matrix of numbers, {shape}", given, remedy)
    if rows is not None and len(array) != rows:
        raise wrong(name, f"have a row for each {of_row}, [{rows},...]", array, "Give the rows of all, in their order.")
    if array.shape[1] != columns if columns is not None else array.shape[1] == 0:
        rule = f"have a number for each {of_column}, {shape}"
        raise wrong(name, rule, array, f"Give what the same {of_column}s say of each {of_row}.")
    if len(array) < least:
        raise wrong(name, f"have at least {least} row{'s' * (least > 1)}", array, f"Give one for each {of_row}.")
    with np.errstate(over="ignore"):
        matrix = np.asarray(array, dtype)
    if not np.isfinite(matrix).all():
        raise errors.UserError(
            f"`{name}` must be finite numbers. Received: {np.sum(~np.isfinite(matrix)):,} of {matrix.size:,} that are "
            "not. Fill in what is missing."
        )
    return matrix


def _as_array(value: Any) -> np.ndarray | None:
    """Return what numpy makes of a value; None where that is no array of numbers or texts."""
    try:
        array = np.asarray(value)
    except (NotImplementedError, RuntimeError, TypeError, ValueError):  # the first of tensors without values
        return None
    return None if array.dtype == object else array


def _listed(values: Iterable[Any]) -> list[Any]:
    try:
        return list(values)
    except TypeError:  # an array without dimensions
        return [values]


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _limits(minimum: float, maximum: float) -> str:
    if maximum < math.inf:
        return f" from {minimum} to {maximum}"
    return f" of at least {minimum}" if minimum > -math.inf else ""
