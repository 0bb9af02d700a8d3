# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A message that speaks of flags, in the words of those who call Python."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping

from niwt_tf import errors

_FLAG = re.compile(r"(?<![\w/.-])--(?=[a-z])")


@contextlib.contextmanager
def in_python(words: Mapping[str, str]) -> Iterator[None]:
    """Rewords the errors that pass: flags lose their dashes, and what `words` has is replaced first.

    Args:
      words: what a message may have -> what it says in Python.

    Raises:
      errors.UserError: in place of one that passes.
    """
    try:
        yield
    except errors.UserError as error:
        text = str(error)
        for old, new in words.items():
            text = text.replace(old, new)
        raise type(error)(_FLAG.sub("", text)) from error.__cause__
