# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What `niwt_teach` asks before a class is described line by line, and how it listens."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.models import model as model_lib

KINDS = {
    "attributes": "Attributes of {}, commas between them, such as {}",
    "captions": "Sentences on how {} looks, one a line",
    "documents": "A text on {}, line by line",
}


def answers() -> Iterator[str]:
    """Yields what the user types, line by line, until it ends."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  # optional: Windows has none; `input` then lets lines be edited
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    prompt = "> " if sys.stdin.isatty() else ""
    while True:
        try:
            yield input(prompt)
        except EOFError:
            return


def kind(model: model_lib.Model) -> str:
    """Returns what a model knows its classes by: attributes, captions or documents.

    Raises:
      errors.UserError: if it is something else, or several of them.
    """
    found = "+".join(dict.fromkeys(share.domain.removeprefix("binary_") for share in model.known.shares))
    if found not in KINDS:
        raise errors.UserError(
            f"`--interactive` must be for a model that knows its classes by attributes, captions or documents. "
            f"Received: one that knows them by {found}. Describe the class with flags or a file of --classes."
        )
    return found


def beginning(model: model_lib.Model, texts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Returns the lines with which a description begins.

    Args:
      model: that is to learn the class.
      texts: what the flags tell of it, by `attributes`, `captions` or `documents`.

    Raises:
      errors.UserError: if they tell something by which the model does not know its classes.
    """
    known, given = kind(model), [field for field, told in texts.items() if told]
    if given not in ([], [known]):
        raise errors.UserError(
            f"A class must be described as the model knows its classes: by {known}. Received: {' and '.join(given)}. "
            "Leave the flags of others out."
        )
    return tuple(f'"{text}"' if known == "attributes" and "," in text else text for text in texts.get(known, ()))


def ask_name(model: model_lib.Model, given: str, lines: Iterator[str], say: Callable[[str], None]) -> str:
    """Returns the name of a class that is new to a model; nothing if `lines` end before there is one.

    Args:
      model: that is to learn the class.
      given: the first name to try, if there is one.
      lines: what the user answers.
      say: tells the user.
    """
    taken = {names_lib.normal(name): name for name in model.class_names}
    name = given.strip()
    while not names_lib.normal(name) or names_lib.normal(name) in taken:
        known = taken.get(names_lib.normal(name), "")
        say(f"The model knows {known}. Another name:" if known else "The new class's name:")
        answer = next(lines, None)
        if answer is None:
            return ""
        name = answer.strip()
    return name
