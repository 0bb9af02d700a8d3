# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Dialogue in which the user describes a class line by line; each line teaches the model anew and shows the result."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Iterator, Sequence

from niwt_tf import errors
from niwt_tf.cli import lesson_text, questions
from niwt_tf.data import described_classes
from niwt_tf.domains import description, words
from niwt_tf.explain import textual
from niwt_tf.models import effect, teach
from niwt_tf.models import model as model_lib
from niwt_tf.util import progress

_COMMANDS = "Commands: undo takes back the last line, show repeats them all, save writes the model, quit does not."
_WIDTH = 100


class Dialogue:
    """Dialogue about one class, whose description grows line by line.

    Attributes:
      told: Lines of the description so far.
      result: Result of teaching these lines; None while there are none.
    """

    def __init__(
        self,
        model: model_lib.Model,
        name: str,
        probes: effect.Probes | None = None,
        say: Callable[[str], None] = progress.say,
    ) -> None:
        """Begin with an empty description.

        Args:
          model: Model to teach; it stays as it is.
          name: Name of the class.
          probes: Images on which the effect is shown; None for none.
          say: Function that prints a text for the user.
        """
        self.told: tuple[str, ...] = ()
        self.result: teach.Result | None = None
        self._model, self._name, self._probes, self._say = model, name, probes, say
        self._kind = questions.kind(model)

    def hold(self, lines: Iterator[str], given: Sequence[str] = ()) -> teach.Result | None:
        """Read lines and follow them until the user saves or quits.

        Args:
          lines: Lines that the user types.
          given: Lines to begin with.

        Returns:
          Result to save; None if the user quits or `lines` end.
        """
        names = self._model.known.feature_names
        what = questions.KINDS[self._kind].format(
            self._name, ", ".join(textual.readable(names[index]) for index in (0, -1))
        )
        self._say(textwrap.fill(f"{what}. {_COMMANDS}", _WIDTH))
        if given:
            self._learn(tuple(given))
        for line in map(str.strip, lines):
            command = line.casefold()
            if command == "quit" or (command == "save" and self.result):
                return self.result if command == "save" else None
            self._follow(command, line)
        return None

    def _follow(self, command: str, line: str) -> None:
        """Execute a command, or add the line to the description."""
        if command == "undo":
            self.told, self.result = self.told[:-1], None
            if self.told:
                self._learn(self.told)
        if command in ("undo", "show", "save"):
            self._say("\n".join(f"  {one}" for one in self.told) or "Nothing is told yet.")
        elif line:
            self._learn((*self.told, line))

    def _learn(self, told: tuple[str, ...]) -> None:
        """Teach the model anew; if the lines have a mistake, print it and leave the last line out."""
        begun = time.perf_counter()
        try:
            result = teach.teach(self._model, [self._description(told)])
            self._require_known(told[-1], result.lessons[0].reading.unknown)
        except errors.UserError as error:
            self._say(f"{error.as_flags()}\nThis line is left out.")
            return
        self.told, self.result = told, result
        self._say(lesson_text.of_lesson(result.lessons[0]))
        if self._probes and self._probes.paths:
            self._say(lesson_text.of_effect(effect.effect(self._model, result.model, self._probes)))
        self._say(lesson_text.row("taught in", f"{time.perf_counter() - begun:.1f} s"))

    def _description(self, told: Sequence[str]) -> description.Description:
        if self._kind == "attributes":
            items = tuple(item for line in told for item in described_classes.split_attributes(line))
            return description.Description(self._name, attributes=items)
        if self._kind == "captions":
            return description.Description(self._name, captions=tuple(told))
        return description.Description(self._name, documents=("\n".join(told),))

    def _require_known(self, line: str, unknown: Sequence[str]) -> None:
        """Check that the model knows a word of a line of text, joining words aside; raise errors.UserError if not."""
        if self._kind != "attributes" and all(
            word in unknown for word in words.words(line) if word.lower() not in words.STOP_WORDS
        ):
            raise errors.UserError(
                f"A line must have words that the model knows. Received: none but unknown words: {line}."
            )
