# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Import the user's Python code that registers layers with Keras; it runs only if the user names it."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from pathlib import Path

from niwt_tf import errors
from niwt_tf.util import paths

ENDING = ".py"
_NAME = "niwt_user_code_{}"  # name of the module that a file becomes
_MOST_BYTES = 2**24


def run(name: str) -> None:
    """Import a module, once in a process.

    Args:
      name: Name of a module on Python's path, or path of a `.py` file; if empty, nothing is imported.

    Raises:
      errors.UserError: If there is no such module, or it fails.
    """
    if not name:
        return
    try:
        if name.endswith(ENDING):
            _run_file(paths.expanded(name).resolve())
        else:
            _import_module(name)
    except (Exception, SystemExit) as error:  # the user's code may raise any
        raise errors.UserError(
            f"`{errors.setting('import_module')}` must name a module that Python finds, or a {ENDING} file, that "
            f"runs without an error. Received: {errors.setting('import_module', name)} ({type(error).__name__}: "
            f"{errors.first_line(error)}). Fix it, or choose another."
        ) from error


def _import_module(name: str) -> None:
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is not None and spec.has_location and spec.origin:
        _require_readable(Path(spec.origin))
    importlib.import_module(name)


def _require_readable(path: Path) -> None:
    """Check that Python can read a file to its end; what the code then does is up to the user, who asked for it."""
    if why := paths.trouble(path, _MOST_BYTES):
        raise ImportError(f"{path}, {why}")


@functools.cache
def _run_file(path: Path) -> None:
    _require_readable(path)
    name = _NAME.format(path.stem)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
