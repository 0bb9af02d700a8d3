# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Prompts of `niwt_teach --interactive`: the new class's name, the kind of description, and the user's lines."""

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
    """Read what the user types, line by line, until the input ends."""
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
    """Determine how the classes of a model are described: by attributes, captions or documents.

    Raises:
      errors.UserError: If they are described by something else, or by several of these.
    """
    found = "+".join(dict.fromkeys(share.domain.removeprefix("binary_") for share in model.known.slices))
    if found not in KINDS:
        raise errors.UserError(
            f"`--interactive` must be for a model that knows its classes by attributes, captions or documents. "
            f"Received: one that knows them by {found}. Describe the class with flags or a file of --classes."
        )
    return found


def beginning(model: model_lib.Model, texts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Collect the lines with which a description begins; attributes with a comma are quoted.

    Args:
      model: Model that is to learn the class.
      texts: Texts that the flags hold about the class, by `attributes`, `captions` or `documents`.

    Raises:
      errors.UserError: If there are texts of another kind than those that describe the model's classes.
    """
    known, given = kind(model), [field for field, told in texts.items() if told]
    if given not in ([], [known]):
        raise errors.UserError(
            f"A class must be described as the model knows its classes: by {known}. Received: {' and '.join(given)}. "
            "Leave the flags of others out."
        )
    return tuple(f'"{text}"' if known == "attributes" and "," in text else text for text in texts.get(known, ()))


def ask_name(model: model_lib.Model, given: str, lines: Iterator[str], say: Callable[[str], None]) -> str:
    """Ask for a class's name until it is new to a model.

    Args:
      model: Model that is to learn the class.
      given: First name to try; may be empty.
      lines: Lines that the user types.
      say: Function that prints a text for the user.

    Returns:
      Name of the class; empty if `lines` end before there is one.
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
