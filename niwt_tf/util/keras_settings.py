# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Keep Keras' settings of a process, such as those of `keras.json`, from changing niwt_tf's results.

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
# Keys: names in `keras.config`. The policy is last because it follows from floatx if none is set.
_SETTINGS: dict[str, Any] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "dtype_policy": "float32",
}

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Class = TypeVar("_Class", bound=type)


def require() -> Any:
    """Import Keras, and check that it runs on TensorFlow.

    Raises:
      errors.UserError: If Keras' settings are not valid, or it runs on another backend.
    """
    try:
        import keras  # starts TensorFlow
    except ValueError as error:  # a setting in keras.json is not valid
        raise errors.UserError(
            f"`keras.json` must hold settings that Keras knows. Received: {errors.first_line(error)}, in {_path()}. "
            "Fix or remove that file."
        ) from None
    except ModuleNotFoundError as error:
        if error.name not in _OTHER_BACKENDS:
            raise
        raise _other_backend(error.name) from None
    if keras.config.backend() != _BACKEND:
        raise _other_backend(keras.config.backend())
    return keras


def _other_backend(name: str) -> errors.UserError:
    source = "the variable KERAS_BACKEND" if os.environ.get("KERAS_BACKEND") else _path()
    return errors.UserError(
        f"Keras' `backend` must be {_BACKEND}. Received: {name}, set by {source}. Start Python with "
        f"KERAS_BACKEND={_BACKEND}."
    )


def apply() -> list[str]:
    """Apply niwt_tf's settings for the rest of the process, and describe in a line each setting that differed.

    Raises:
      errors.UserError: If Keras' settings are not valid, or it runs on another backend.
    """
    before = _set(_SETTINGS)
    del before["dtype_policy"]  # no file sets it
    return [
        f"  {name}={value} of {_path()} has no effect here: {name} is {_SETTINGS[name]}"
        for name, value in before.items()
        if value != _SETTINGS[name]
    ]


@contextlib.contextmanager
def applied() -> Iterator[None]:
    """Apply niwt_tf's settings within the block, and restore the user's settings after it."""
    before = _set(_SETTINGS)
    try:
        yield
    finally:
        _set(before)


def guarded(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Wrap a function so that it runs with niwt_tf's settings."""

    @functools.wraps(function)
    def within(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with applied():
            return function(*args, **kwargs)

    return within


def guard_methods(kind: _Class) -> _Class:
    """Wrap the public methods of a class, in place, so that they run with niwt_tf's settings; return the class."""
    for name, member in list(vars(kind).items()):
        if inspect.isfunction(member) and not name.startswith("_"):
            setattr(kind, name, guarded(member))
    return kind


def _set(values: dict[str, Any]) -> dict[str, Any]:
    """Change Keras' settings to `values`, and return their former values."""
    keras = require()
    before = {name: getattr(keras.config, name)() for name in values}
    for name, value in values.items():
        getattr(keras.config, f"set_{name}")(value)
    return before


def _path() -> Path:
    """Locate the file that Keras reads its settings from."""
    home = os.environ.get("KERAS_HOME")
    return Path(home or "~/.keras").expanduser() / "keras.json"
