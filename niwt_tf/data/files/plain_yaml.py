# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Reads YAML as texts, lists and dicts, all as it is written: `no`, `101` and `2026-11-25` are texts, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from niwt_tf import errors
from niwt_tf.data.files import text_files


def read(path: Path) -> Any:
    """Returns the texts, lists and dicts of a file; None of an empty one.

    Raises:
      errors.UserError: if it is no UTF-8 or no YAML, has a key twice, or an alias.
      OSError: if it cannot be read.
    """
    content = text_files.text(path)
    try:
        root = yaml.compose(content, yaml.SafeLoader)
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(content)):  # a short file could stand for much
            raise _wrong(path, "an alias (*name)", "Write out what it stands for.")
        return None if root is None else _plain(path, root)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        trouble = getattr(error, "problem", None) or errors.first_line(error)
        raise _wrong(path, f"{where}{trouble}", 'Mend it; put "quotes" around a text that has a colon.') from None
    except RecursionError:
        raise _wrong(path, "lists too deep in one another", "Write fewer.") from None


def _plain(path: Path, node: yaml.Node) -> Any:
    """Returns what a node stands for; PyYAML itself would forget all but the last of equal keys."""
    if isinstance(node, yaml.SequenceNode):
        return [_plain(path, one) for one in node.value]
    if not isinstance(node, yaml.MappingNode):
        return str(node.value).strip()
    found: dict[str, Any] = {}
    for key, value in node.value:
        name, line = _plain(path, key), key.start_mark.line + 1
        if not isinstance(name, str) or not name:
            raise _wrong(path, f"line {line}: a key that is no text", "Write a text before the colon.")
        if name in found:
            raise _wrong(path, f"line {line}: {name!r}, which is there before", "Keep one of them.")
        found[name] = _plain(path, value)
    return found


def _wrong(path: Path, trouble: str, remedy: str) -> errors.UserError:
    return errors.UserError(f"The file must be YAML. Received: {path}, {trouble}. {remedy}")
