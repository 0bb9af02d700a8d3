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
from niwt_tf.util import clean, progress

INSTRUCTIONS = {
    "attributes": "List attributes of {}, separated by commas, such as {}",
    "captions": "Describe how {} looks, one sentence on each line",
    "documents": "Write a text about {}, line by line",
}
_FLAGS = {"attributes": "attributes", "captions": "captions", "documents": "document_file"}


def input_lines() -> Iterator[str]:
    """Read lines from the terminal, or from a file or pipe, until the input ends."""
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


def description_kind(model: model_lib.Model) -> str:
    """Determine how the classes of a model are described: by attributes, captions or documents.

    Raises:
      errors.UserError: If they are described by something else, or by several of these.
    """
    kind = "+".join(dict.fromkeys(share.domain.removeprefix("binary_") for share in model.knowledge.slices))
    if kind not in INSTRUCTIONS:
        raise errors.UserError(
            f"`--interactive` must be used with a model whose classes are described by attributes, captions or "
            f"documents. Received: a model whose classes are described by {kind}. Describe the new class by other "
            "flags, or in a file for --classes."
        )
    return kind


def initial_lines(model: model_lib.Model, texts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Collect the lines with which a description begins; attributes that contain a comma are quoted.

    Args:
      model: Model that will learn the class.
      texts: Texts from the flags, by `attributes`, `captions` or `documents`.

    Raises:
      errors.UserError: If there are texts of another kind than those that describe the model's classes.
    """
    kind = description_kind(model)
    others = [f"--{_FLAGS[field]}" for field, values in texts.items() if values and field != kind]
    if others:
        raise errors.UserError(
            f"A new class must be described like the model's other classes: by {kind}. Received: "
            f"{' and '.join(others)}. Leave that out."
        )
    return tuple(f'"{text}"' if kind == "attributes" and "," in text else text for text in texts.get(kind, ()))


def ask_name(
    model: model_lib.Model, first: str, lines: Iterator[str], print_line: Callable[[str], None] = progress.print_line
) -> str:
    """Ask for the name of a class until it differs from the names that a model has.

    Args:
      model: Model that will learn the class.
      first: Name to try before asking; may be empty.
      lines: Lines that the user types.
      print_line: Function that prints a text for the user.

    Returns:
      Name of the class; empty if `lines` end before there is one.
    """
    taken = {names_lib.normal(name): name for name in model.class_names}
    name = first.strip()
    while not names_lib.normal(name) or names_lib.normal(name) in taken:
        other = clean.name(taken.get(names_lib.normal(name), ""))
        print_line(f"The model already has a class {other}. Another name:" if other else "Name of the new class:")
        answer = next(lines, None)
        if answer is None:
            return ""
        name = answer.strip()
    return name
