# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read YAML as texts, lists and dicts; scalars stay as they are written: `no`, `101` and `2026-11-25` are texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from niwt_tf import errors
from niwt_tf.data.files import text_files


def read(path: Path) -> Any:
    """Read the texts, lists and dicts of a file; None if it is empty.

    Raises:
      errors.UserError: If it is not UTF-8 or not YAML, or has a repeated key or an alias.
      OSError: If it cannot be read.
    """
    content = text_files.text(path)
    try:
        root = yaml.compose(content, yaml.SafeLoader)
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(content)):  # aliases can expand hugely
            raise _wrong(path, "with an alias (*name)", "Write out its text.")
        return None if root is None else _plain(path, root)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        trouble = getattr(error, "problem", None) or errors.first_line(error)
        raise _wrong(path, f"{line}{trouble}", 'Correct it; put "quotes" around a text that has a colon.') from None
    except RecursionError:
        raise _wrong(path, "with lists nested too deeply", "Use fewer levels.") from None


def _plain(path: Path, node: yaml.Node) -> Any:
    """Convert a node to texts, lists and dicts; PyYAML itself would keep only the last of equal keys."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(path, one) for one in node.value]
    if not isinstance(node, yaml.MappingNode):
        return str(node.value).strip()
    values: dict[str, Any] = {}
    for key, value in node.value:
        name, line = _plain(path, key), key.start_mark.line + 1
        if not isinstance(name, str) or not name:
            raise _wrong(path, f"line {line}: a key that is not a text", "Write a text before the colon.")
        if name in values:
            raise _wrong(path, f"line {line}: {name!r} for the second time", "Keep one of them.")
        values[name] = _plain(path, value)
    return values


def _wrong(path: Path, trouble: str, remedy: str) -> errors.UserError:
    return errors.UserError(f"The file must be YAML. Received: {path}, {trouble}. {remedy}")
