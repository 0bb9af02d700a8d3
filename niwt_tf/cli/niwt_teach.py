# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The program `niwt_teach`: teaches a model new classes by describing them."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from absl import flags

from niwt_tf.cli import launch, teach_flags
from niwt_tf.util import progress

if TYPE_CHECKING:
    from niwt_tf.models import effect
    from niwt_tf.models import model as model_lib

_DESCRIPTION = """Teaches a model classes that it has never seen, by describing them, in seconds.

niwt_teach --model=runs/aviary-captions --name="Zebra Finch" --captions="A bird with a barred tail and a red bill."
niwt_teach --model=runs/aviary-attributes --name="Zebra Finch" --attributes="bill shape: cone,crown color: red"
niwt_teach --model=zoo.keras --classes=classes.yaml
niwt_teach --model=zoo.keras --interactive --images=photos/
niwt_teach --model=zoo+zebra.keras --forget=zebra

prints what it understood, and writes a new model beside the old one, never over it."""


def main(arguments: Sequence[str]) -> None:
    """Remove and teach classes according to the flags, and write the new model."""
    del arguments
    asked = teach_flags.read(flags.FLAGS)
    launch.start_tensorflow(flags.FLAGS.import_module)
    from niwt_tf.cli import lesson_text  # starts TensorFlow
    from niwt_tf.models import model as model_lib  # starts TensorFlow
    from niwt_tf.models import teach  # starts TensorFlow

    model = old = model_lib.load(asked.model, asked.safe_mode)
    if asked.forget:
        model = teach.forget(old, asked.forget)
        progress.say(f"forgotten: {', '.join(name for name in old.class_names if name not in model.class_names)}")
    taught = _taught(model, asked)
    if taught is None:
        progress.say("Nothing is written.")
        return
    out = asked.new_file(taught.taught[-1].name if asked.interactive else "")
    taught.save(str(out))
    progress.say(f"\n{lesson_text.of_model(taught, asked.model)}\n{lesson_text.row('written', str(out))}")


def _taught(model: model_lib.Model, asked: teach_flags.Asked) -> model_lib.Model | None:
    """Teach the new classes, print the result, and return the new model; None if the user saves nothing."""
    if asked.interactive:
        return _interactive(model, asked)
    if not asked.described:
        return model
    from niwt_tf.cli import lesson_text  # starts TensorFlow
    from niwt_tf.domains import description  # starts TensorFlow
    from niwt_tf.models import effect, teach  # starts TensorFlow

    begun = time.perf_counter()
    result = teach.teach(model, [description.Description(name, **texts) for name, texts in asked.described.items()])
    seconds = time.perf_counter() - begun
    progress.say("\n\n".join(lesson_text.of_lesson(one) for one in result.lessons))
    if probes := _probes(model, asked):
        progress.say(lesson_text.of_effect(effect.effect(model, result.model, probes)))
    progress.say(lesson_text.row("taught in", f"{seconds:.1f} s"))
    return result.model


def _interactive(model: model_lib.Model, asked: teach_flags.Asked) -> model_lib.Model | None:
    from niwt_tf.cli import dialogue, questions  # starts TensorFlow

    given = questions.beginning(model, asked.described.get(asked.name, {}))
    lines = questions.answers()
    name = questions.ask_name(model, asked.name, lines, progress.say)
    if not name:
        return None
    asked.new_file(name)
    result = dialogue.Dialogue(model, name, _probes(model, asked)).hold(lines, given)
    return result.model if result else None


def _probes(model: model_lib.Model, asked: teach_flags.Asked) -> effect.Probes | None:
    """Read the images on which the effect is shown, and print those that cannot be read; None if none is left."""
    if not asked.images:
        return None
    from niwt_tf.cli import lesson_text  # starts TensorFlow
    from niwt_tf.models import effect  # starts TensorFlow

    probes = effect.read(model, asked.images)
    for unreadable in probes.unreadable:
        progress.say(lesson_text.row("unreadable", unreadable))
    return probes if probes.paths else None


def run() -> None:
    """Run the console script."""
    teach_flags.define(flags.FLAGS, sys.argv[0])
    launch.run(main, _DESCRIPTION, resumes=False)
