# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check arguments of the Python API: an error states the argument's name, the rule, the value, and a remedy.

Each function returns the argument in the form that the library uses. Nothing here imports TensorFlow.
"""

from __future__ import annotations

import contextlib
import functools
import math
import numbers
import os
import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from niwt_tf import errors

LARGEST_SEED = 2**31 - 1
_NUMBERS = "biuf"  # kinds of NumPy's types

_Kind = TypeVar("_Kind")
_Function = TypeVar("_Function", bound=Callable[..., Any])


def wrong(name: str, rule: str, value: Any, remedy: str) -> errors.UserError:
    """Build the error for a wrong argument.

    Args:
      name: Name of the argument.
      rule: Rule for the argument, worded to follow "must".
      value: Received value.
      remedy: Advice for the user, one sentence.
    """
    return errors.UserError(f"`{name}` must {rule}. Received: {received(name, value)}. {remedy}")


def received(name: str, value: Any) -> str:
    """Describe a value in one line: an array by its shape and type, any other as `name=value`."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        with contextlib.suppress(TypeError, ValueError):  # a class, or a tensor of unknown shape
            return f"{list(value.shape)} of type {value.dtype}{', masked' * np.ma.is_masked(value)}"
    return f"{name}={reprlib.repr(value)}"


@contextlib.contextmanager
def named(**names: str) -> Iterator[None]:
    """Rename settings in the errors that are raised within the block.

    Args:
      **names: Argument of the caller for each setting that it takes under another name.
    """
    try:
        yield
    except errors.UserError as error:
        raise error.renamed(names) from error.__cause__


def accepts_old_names(**names: str) -> Callable[[_Function], _Function]:
    """Decorate a function whose arguments were renamed, so that it takes them by their earlier names, too.

    Args:
      **names: Today's name of an argument for each earlier name.
    """

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            for earlier in names.keys() & kwargs.keys():
                if names[earlier] in kwargs:
                    raise errors.UserError(
                        f"`{names[earlier]}` must be given once. Received: {names[earlier]} and {earlier}, its earlier "
                        f"name. Leave {earlier} out."
                    )
            return function(*args, **{names.get(name, name): value for name, value in kwargs.items()})

        return call  # type: ignore[return-value]  # it has the same arguments

    return decorate


def require_instance(name: str, value: Any, kind: type[_Kind], remedy: str) -> _Kind:
    """Check that an object is of a class, and return it.

    Raises:
      errors.UserError: If it is of another class.
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise wrong(name, f"be {article} {kind.__name__}", value, remedy)
    return value


def require_flag(name: str, value: Any) -> bool:
    """Check that a value is True or False, and return it as a bool.

    Raises:
      errors.UserError: If it is neither.
    """
    if not isinstance(value, bool | np.bool_):
        raise wrong(name, "be True or False", value, "Pass one of them.")
    return bool(value)


def require_number(
    name: str, value: Any, minimum: float = -math.inf, maximum: float = math.inf, remedy: str = ""
) -> float:
    """Check that a value is a finite number within limits, and return it as a float.

    Raises:
      errors.UserError: If it is not.
    """
    if not _is_number(value) or not math.isfinite(value) or not minimum <= value <= maximum:
        raise wrong(name, f"be a finite number{_limits(minimum, maximum)}", value, remedy or "Pass another number.")
    return float(value)


def require_whole(
    name: str, value: Any, minimum: float = -math.inf, maximum: float = math.inf, remedy: str = ""
) -> int:
    """Check that a value is a whole number within limits, and return it as an int.

    Raises:
      errors.UserError: If it is not.
    """
    if not _is_number(value) or not isinstance(value, numbers.Integral) or not minimum <= int(value) <= maximum:
        raise wrong(name, f"be a whole number{_limits(minimum, maximum)}", value, remedy or "Pass another number.")
    return int(value)


def require_seed(seed: Any) -> int:
    """Check a seed, and return it as an int.

    Raises:
      errors.UserError: If it is not a whole number from 0 to 2^31 - 1.
    """
    return require_whole("seed", seed, 0, LARGEST_SEED)


def require_choice(name: str, value: Any, choices: Sequence[str]) -> str:
    """Check that a value is one of several names, and return it.

    Raises:
      errors.UserError: If it is none of them.
    """
    if not isinstance(value, str):
        raise wrong(name, f"be one of {', '.join(choices)}", value, "Pass its name.")
    if value not in choices:
        raise errors.unknown_value(name, value, choices)
    return value


def require_text(name: str, value: Any, may_be_empty: bool = False) -> str:
    """Check that a value is a text, and return it.

    Raises:
      errors.UserError: If it is not a text, or is blank although `may_be_empty` is false.
    """
    if not isinstance(value, str) or not (may_be_empty or value.strip()):
        raise wrong(name, "be a text", value, "Pass a str." if may_be_empty else "Pass a str that is not empty.")
    return str(value)


def require_texts(name: str, values: Any) -> tuple[str, ...]:
    """Check that values are texts, and return them in their order; no texts at all are valid, too.

    Raises:
      errors.UserError: If they are a single text, or not all of them are texts.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise wrong(name, "be a list of texts", values, "Put a single text into a list, ['...'].")
    texts = _listed(values)
    if not all(isinstance(text, str) for text in texts):
        raise wrong(name, "be a list of texts", texts, "Pass each as a str.")
    return tuple(str(text) for text in texts)


def require_names(name: str, values: Any, least: int = 1) -> tuple[str, ...]:
    """Check that names are not empty and differ from one another, and return them in their order.

    Args:
      name: Name of the argument.
      values: Names to check.
      least: Least number of names.

    Raises:
      errors.UserError: If they are not texts, a name is blank or repeated, or there are too few.
    """
    names = require_texts(name, values)
    if not all(one.strip() for one in names):
        raise wrong(name, "not be empty", list(names), "Give each a name.")
    if len(names) < least:
        raise wrong(name, f"be at least {least} name{'s' * (least > 1)}", list(names), "Pass more names.")
    double = sorted({one for one in names if names.count(one) > 1})
    if double:
        raise errors.UserError(
            f"`{name}` must differ. Received: {errors.listed(double)} more than once. Give each name once."
        )
    return names


def require_path(name: str, value: Any) -> str:
    """Check the path of a file or folder, and return it as a text; the file need not exist.

    Raises:
      errors.UserError: If it is neither a text nor a path, or is empty, or holds a NUL character.
    """
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(path, str) or not path.strip() or "\0" in path:
        raise wrong(name, "be a path", value, "Pass a str or a pathlib.Path that is not empty.")
    return path


def require_images(images: Any, least: int = 0, name: str = "images") -> np.ndarray:
    """Check images, and return them as an array `[N,H,W,3]` uint8; they may be mapped from disk.

    Args:
      images: Value to check.
      least: Least number of images.
      name: Name of the argument.

    Raises:
      errors.UserError: If they are of another shape or type, or too few.
    """
    array = as_array(images)
    if array is None or array.dtype != np.uint8 or array.ndim != 4 or array.shape[-1] != 3 or 0 in array.shape[1:3]:
        raise wrong(
            name,
            "be [N,H,W,3] of type uint8, RGB in 0..255",
            images if array is None or array.dtype.kind not in _NUMBERS else array,
            "Convert numbers in 0..1 by (255 * images).round().astype('uint8'), whole numbers in 0..255 by "
            "np.asarray(images, 'uint8'), and a single image by images[None].",
        )
    if len(array) < least:
        raise wrong(name, f"be at least {least}", array, "Pass more images.")
    return array


def require_labels(name: str, labels: Any, rows: int, classes: range) -> np.ndarray:
    """Check labels, and return them as an array `[N]` int64.

    Args:
      name: Name of the argument.
      labels: Class indices of `N` images, each class at least once.
      rows: Number of images, `N`.
      classes: Indices of the classes.

    Raises:
      errors.UserError: If they are of another shape or type, or outside `classes`, or a class has no image.
    """
    array = as_array(labels)
    if array is None or array.shape != (rows,) or array.dtype.kind not in "iu":
        raise wrong(
            name,
            f"be a whole number for each image, [{rows}]",
            labels if array is None or array.dtype.kind not in _NUMBERS else array,
            "Pass the index of each image's class among the class names.",
        )
    used = set(array.tolist())
    outside, missing = sorted(used - set(classes)), sorted(set(classes) - used)
    if outside or missing:
        indices = errors.listed(map(str, outside or missing))
        raise errors.UserError(
            f"`{name}` must be from {classes.start} to {classes.stop - 1}, each class at least once. Received: "
            f"{indices if outside else f'no image of {indices}'}. Leave classes without an image out of the class "
            "names; they can be added later from a description."
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
    """Check a matrix of finite numbers, and return it as an array of `dtype`.

    Args:
      name: Name of the argument.
      value: Value to check.
      rows: Required number of rows; any number by default.
      of_row: Noun for messages, for the object that a row describes.
      columns: Required number of columns; any number, at least one, by default.
      of_column: Noun for messages, for the quantity in a column.
      least: Least number of rows.
      dtype: Type of the returned matrix.

    Raises:
      errors.UserError: If it has another shape, or not all its numbers are finite.
    """
    array = as_array(value)
    shape = f"[{'N' if rows is None else rows},{'M' if columns is None else columns}]"
    if array is None or array.dtype.kind not in _NUMBERS or array.ndim != 2:
        other = value if array is None or array.dtype.kind not in _NUMBERS else array
        remedy = f"Pass a row for each {of_row}, all of the same length."
        raise wrong(name, f"be a matrix of numbers, {shape}", other, remedy)
    if rows is not None and len(array) != rows:
        raise wrong(name, f"have a row for each {of_row}, [{rows},...]", array, "Pass the rows of all, in order.")
    if array.shape[1] != columns if columns is not None else array.shape[1] == 0:
        rule = f"have a number for each {of_column}, {shape}"
        raise wrong(name, rule, array, f"Pass the same {of_column}s for each {of_row}, in order.")
    if len(array) < least:
        raise wrong(name, f"have at least {least} row{'s' * (least > 1)}", array, f"Pass a row for each {of_row}.")
    with np.errstate(over="ignore"):
        matrix = np.asarray(array, dtype)
    if not np.isfinite(matrix).all():
        raise errors.UserError(
            f"`{name}` must be finite numbers. Received: {np.sum(~np.isfinite(matrix)):,} of {matrix.size:,} that are "
            "not. Replace them, for example by means."
        )
    return matrix


def as_array(value: Any) -> np.ndarray | None:
    """Convert a value to a NumPy array; None if that fails, gives an array of objects, or forgets masked values."""
    if np.ma.is_masked(value):
        return None
    try:
        array = np.asarray(value)
    except (NotImplementedError, RuntimeError, TypeError, ValueError):  # tensors without values raise the first
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
