# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Keras' settings of a process, such as those of `keras.json`: none of them may change what niwt_tf computes.

Importing this module does not import Keras.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from niwt_tf import errors

_BACKEND, _OTHER_BACKENDS = "tensorflow", ("jax", "torch", "openvino")
# What they are here, by the names of `keras.config`; the policy last, as it follows from floatx where none is set.
_OURS: dict[str, Any] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "dtype_policy": "float32",
}

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Class = TypeVar("_Class", bound=type)


def require() -> Any:
    """Import Keras, on TensorFlow.

    Raises:
      errors.UserError: if its settings are not valid, or it computes on something else.
    """
    try:
        import keras
    except ValueError as error:  # of what keras.json sets
        raise errors.UserError(
            f"`keras.json` must hold settings that Keras knows. Received: {errors.first_line(error)}, in {_path()}. "
            "Mend or remove that file."
        ) from None
    except ModuleNotFoundError as error:
        if error.name not in _OTHER_BACKENDS:
            raise
        raise _other_backend(error.name) from None
    if keras.config.backend() != _BACKEND:
        raise _other_backend(keras.config.backend())
    return keras


def _other_backend(name: str) -> errors.UserError:
    place = "the variable KERAS_BACKEND" if os.environ.get("KERAS_BACKEND") else _path()
    return errors.UserError(
        f"Keras' `backend` must be {_BACKEND}. Received: {name}, set by {place}. Start Python with "
        f"KERAS_BACKEND={_BACKEND}."
    )


def set_aside() -> list[str]:
    """Give this process our settings for good, and return a line for each that was another.

    Raises:
      errors.UserError: as `require` does.
    """
    before = _set(_OURS)
    del before["dtype_policy"]  # no file sets it
    return [
        f"  {name}={value} of {_path()} does not count here: it is {_OURS[name]}"
        for name, value in before.items()
        if value != _OURS[name]
    ]


@contextlib.contextmanager
def ours() -> Iterator[None]:
    """Give Keras our settings for a while, and then those that the user chose."""
    before = _set(_OURS)
    try:
        yield
    finally:
        _set(before)


def guarded(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Return a function that runs with our settings."""

    @functools.wraps(function)
    def within(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with ours():
            return function(*args, **kwargs)

    return within


def guard_methods(kind: _Class) -> _Class:
    """Return a class whose public methods run with our settings."""
    for name, member in list(vars(kind).items()):
        if inspect.isfunction(member) and not name.startswith("_"):
            setattr(kind, name, guarded(member))
    return kind


def _set(values: dict[str, Any]) -> dict[str, Any]:
    """Return Keras' settings, and change them to `values`."""
    keras = require()
    before = {name: getattr(keras.config, name)() for name in values}
    for name, value in values.items():
        getattr(keras.config, f"set_{name}")(value)
    return before


def _path() -> Path:
    """Return where Keras reads its settings."""
    home = os.environ.get("KERAS_HOME")
    return Path(home or "~/.keras").expanduser() / "keras.json"
