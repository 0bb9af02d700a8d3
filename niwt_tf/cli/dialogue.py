# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Dialogue in which the user describes a class line by line; each line teaches the model anew and shows the result."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Iterator, Sequence

from niwt_tf import errors
from niwt_tf.cli import prompts, teaching_text
from niwt_tf.data import described_classes
from niwt_tf.domains import description, words
from niwt_tf.explain import textual
from niwt_tf.models import effect, teach, within_limit
from niwt_tf.models import model as model_lib
from niwt_tf.util import clean, progress

_COMMANDS = (
    "Commands: undo removes the last line, show prints all lines, save writes the model, quit ends without writing."
)
_WIDTH = 100


class Dialogue:
    """A dialogue about one new class, whose description grows line by line.

    Attributes:
      description_lines: Lines of the description so far.
      result: Result of teaching these lines; None while there are none.
    """

    def __init__(
        self,
        model: model_lib.Model,
        name: str,
        images: effect.SampleImages | None = None,
        print_line: Callable[[str], None] = progress.print_line,
        max_seen_loss: float | None = None,
    ) -> None:
        """Begin with an empty description.

        Args:
          model: Model to teach; it does not change.
          name: Name of the class.
          images: Images on which the effect is shown; None for none.
          print_line: Function that prints a text for the user.
          max_seen_loss: Limit on the loss of the seen classes; None for none.
        """
        self.description_lines: tuple[str, ...] = ()
        self.result: teach.Result | None = None
        self._model, self._name, self._images, self._print = model, name, images, print_line
        self._limit = max_seen_loss
        self._kind = prompts.description_kind(model)

    def run(self, lines: Iterator[str], initial_lines: Sequence[str] = ()) -> teach.Result | None:
        """Read lines and follow them until the user saves or quits.

        Args:
          lines: Lines that the user types.
          initial_lines: Lines with which the description begins.

        Returns:
          Result to save; None if the user quits or `lines` end.
        """
        names = self._model.knowledge.feature_names
        examples = ", ".join(textual.title(names[index]) for index in (0, -1))
        instruction = prompts.INSTRUCTIONS[self._kind].format(clean.name(self._name), examples)
        self._print(textwrap.fill(f"{instruction}. {_COMMANDS}", _WIDTH))
        if initial_lines:
            self._teach(tuple(initial_lines))
        for line in map(str.strip, lines):
            command = line.casefold()
            if command == "quit" or (command == "save" and self.result):
                return self.result if command == "save" else None
            self._follow(command, line)
        return None

    def _follow(self, command: str, line: str) -> None:
        """Execute a command, or add the line to the description."""
        if command == "undo":
            self.description_lines, self.result = self.description_lines[:-1], None
            if self.description_lines:
                self._teach(self.description_lines)
        if command in ("undo", "show", "save"):
            self._print("\n".join(f"  {one}" for one in self.description_lines) or "The description is empty.")
        elif line:
            self._teach((*self.description_lines, line))

    def _teach(self, lines: tuple[str, ...]) -> None:
        """Teach the model anew; if the last line has a mistake, print it and ignore the line."""
        begun = time.perf_counter()
        try:
            result = teach.teach(self._model, [self._description(lines)], self._limit)
            self._require_known(lines[-1], result.reports[0].reading.unknown)
        except errors.UserError as error:
            self._print(f"{error.as_flags()}\nThis line is ignored.")
            return
        self.description_lines, self.result = lines, result
        self._print(teaching_text.format_report(result.reports[0]))
        if self._images and self._images.paths:
            self._print(teaching_text.format_effect(effect.measure(self._model, result.model, self._images)))
        if result.outlooks:
            self._print(teaching_text.format_promise(result))
            if not within_limit.carries_over(result.model.limited.expected):
                self._print(teaching_text.row("warning", within_limit.doubt(result.model.limited.expected)))
        self._print(teaching_text.row("taught in", f"{time.perf_counter() - begun:.1f} s"))

    def _description(self, lines: Sequence[str]) -> description.Description:
        if self._kind == "attributes":
            items = tuple(item for line in lines for item in described_classes.split_attributes(line))
            return description.Description(self._name, attributes=items)
        if self._kind == "captions":
            return description.Description(self._name, captions=tuple(lines))
        return description.Description(self._name, documents=("\n".join(lines),))

    def _require_known(self, line: str, unknown: Sequence[str]) -> None:
        """Check that the model knows at least one word of a line of text, other than joining words."""
        if self._kind != "attributes" and all(word in unknown for word in words.content_words([line])):
            raise errors.UserError(
                "A line must have a word that the model knows. Received: "
                f"only unknown words: {errors.clipped(line)}. Use words of the "
                "descriptions that the model was trained on."
            )
