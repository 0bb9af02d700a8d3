# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The program `niwt_teach`: teaches a model new classes by describing them."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from niwt_tf import errors
from niwt_tf.cli import launch, teach_flags
from niwt_tf.util import atomic, clean, progress

if TYPE_CHECKING:
    from niwt_tf.domains import description as description_lib
    from niwt_tf.models import effect
    from niwt_tf.models import model as model_lib
    from niwt_tf.models import teach as teach_lib

_DESCRIPTION = """Teach a trained model new classes from descriptions, in seconds, or remove such classes.

niwt_teach --model=runs/aviary-captions --name="Zebra Finch" --captions="A bird with a barred tail and a red bill."
niwt_teach --model=runs/aviary-attributes --name="Zebra Finch" --attributes="bill shape: cone,crown color: red"
niwt_teach --model=zoo.keras --classes=classes.yaml
niwt_teach --model=zoo.keras --name=zebra --captions="A horse with stripes." --images_of_class=zebras/
niwt_teach --model=zoo.keras --interactive --images=photos/
niwt_teach --model=zoo+zebra.keras --forget=zebra
niwt_teach --model=mine.keras --images=photos/ --describe=classes.yaml --name=zebra --captions="A horse with stripes."

The last one takes your own Keras classifier, photographs of the classes that it knows in photos/<class>/, and
descriptions of these classes in the order of its outputs.

The classes that the model was trained on lose at most two of a hundred images, or --max_seen_loss. It prints how the
model reads each description and what to expect, and writes a new model beside the old one. No file is overwritten. The
reports on more than 20 classes are in a text file beside the new model."""


def main(arguments: Sequence[str]) -> None:
    """Remove and teach classes according to the flags, and write the new model."""
    del arguments
    request = teach_flags.read(flags.FLAGS)
    launch.start_tensorflow(flags.FLAGS.import_module)
    from niwt_tf.cli import teaching_text  # starts TensorFlow
    from niwt_tf.models import teach  # starts TensorFlow

    model, images = _load(request)
    old = model
    if request.forget:
        model = teach.forget(old, request.forget)
        removed = [clean.name(name) for name in old.class_names if name not in model.class_names]
        progress.print_line(f"removed: {', '.join(removed)}")
    new = _teach(model, request, images)
    if new is None:
        progress.print_line("Nothing was written.")
        return
    out = request.new_file(new.taught[-1].name if request.interactive else "")
    new.save(str(out))
    progress.print_line(f"\n{teaching_text.format_model(new, request.model)}\n{teaching_text.row('written', str(out))}")


def _load(request: teach_flags.TeachRequest) -> tuple[model_lib.Model, effect.SampleImages | None]:
    """Load the model, or make one of the user's classifier; the images are the photographs that it is made of."""
    from niwt_tf.models import model as model_lib  # starts TensorFlow

    if not request.classifier:
        return model_lib.load(request.model, request.safe_mode), None
    from niwt_tf.cli import own_classifier  # starts TensorFlow

    return own_classifier.make(request.classifier, _described(request))


def _described(request: teach_flags.TeachRequest) -> list[description_lib.Description]:
    from niwt_tf.domains import description as description_lib  # starts TensorFlow

    return [description_lib.Description(name, **texts) for name, texts in request.descriptions.items()]


def _teach(
    model: model_lib.Model, request: teach_flags.TeachRequest, known_photographs: effect.SampleImages | None
) -> model_lib.Model | None:
    """Teach the new classes, print the reports, and return the new model; None if the user saves nothing.

    Args:
      model: Model to teach.
      request: Request of the user.
      known_photographs: Photographs that the model was made of just now; None if it was there before.
    """
    if request.interactive:
        return _teach_line_by_line(model, request, known_photographs)
    if not request.descriptions:
        return model
    from niwt_tf.cli import teaching_text  # starts TensorFlow
    from niwt_tf.models import effect, teach  # starts TensorFlow

    images = known_photographs or _read_images(model, request.images)
    photographs = _read_images(model, request.photographs)
    if request.photographs and not photographs:
        raise errors.UserError(
            "`--images_of_class` must have photographs that can be read. Received: "
            f"{errors.listed(map(str, request.photographs))}, of which none can be. Name other photographs."
        )
    known_images = None  # the photographs of a new model are those that it was fitted to
    if images and not known_photographs and request.max_seen_loss is not None:
        known_images = effect.labelled(model, images)
    if known_images:
        progress.print_line(teaching_text.format_known_images(known_images))
    begun = time.perf_counter()
    descriptions = _described(request)
    if request.improve and photographs:
        result = teach.improve(model, descriptions[0], photographs.features, request.max_seen_loss, known_images)
    else:
        features = {request.name: photographs.features} if photographs else {}
        result = teach.teach(model, descriptions, request.max_seen_loss, features, known_images)
    seconds = time.perf_counter() - begun
    if photographs:
        progress.print_line(teaching_text.format_photographs(effect.predicted(model, photographs)))
    text = "\n\n".join(map(teaching_text.format_report, result.reports))
    is_long = len(result.reports) > teach_flags.MOST_PRINTED
    if is_long:
        _require_carried(result, request)  # before the file of the reports is written
        file = request.reports_file()
        atomic.write_text(file, f"{text}\n")
        text = teaching_text.format_summary(result.reports, file)
    progress.print_line(text)
    if images:
        improved = result.model.taught[-1].name if request.improve else ""
        progress.print_line(teaching_text.format_effect(effect.measure(model, result.model, images, improved)))
    if result.model.limited.names:
        progress.print_line(teaching_text.format_promise(result))
    progress.print_line(teaching_text.row("taught in", f"{seconds:.1f} s"))
    if not is_long:
        _require_carried(result, request)
    return result.model


def _require_carried(result: teach_lib.Result[model_lib.Model], request: teach_flags.TeachRequest) -> None:
    """Check that the descriptions tell enough of the classes; if the user wants the model anyway, warn of it."""
    from niwt_tf.cli import teaching_text  # starts TensorFlow
    from niwt_tf.models import within_limit  # starts TensorFlow

    promise = result.model.limited.expected
    if within_limit.carries_over(promise):
        return
    if request.force:
        progress.print_line(teaching_text.row("warning", within_limit.doubt(promise)))
    else:
        raise errors.UserError(
            f"The descriptions must tell enough of the classes. Received: {within_limit.doubt(promise)} Nothing was "
            "written. To write the model anyway, add --force."
        )


def _teach_line_by_line(
    model: model_lib.Model, request: teach_flags.TeachRequest, known_photographs: effect.SampleImages | None
) -> model_lib.Model | None:
    from niwt_tf.cli import dialogue, prompts  # starts TensorFlow

    initial_lines = prompts.initial_lines(model, request.descriptions.get(request.name, {}))
    lines = prompts.input_lines()
    name = prompts.ask_name(model, request.name, lines)
    if not name:
        return None
    request.new_file(name)
    images = known_photographs or _read_images(model, request.images)
    result = dialogue.Dialogue(model, name, images, max_seen_loss=request.max_seen_loss).run(lines, initial_lines)
    if result:
        _require_carried(result, request)
    return result.model if result else None


def _read_images(model: model_lib.Model, paths: Sequence[Path]) -> effect.SampleImages | None:
    """Read images, and print those that cannot be read; None if none is left."""
    if not paths:
        return None
    from niwt_tf.cli import teaching_text  # starts TensorFlow
    from niwt_tf.models import effect  # starts TensorFlow

    images = effect.read_images(model, paths)
    for unreadable in images.unreadable:
        progress.print_line(teaching_text.row("unreadable", unreadable))
    return images if images.paths else None


def run() -> None:
    """Run the console script."""
    teach_flags.define(flags.FLAGS, sys.argv[0])
    launch.run(main, _DESCRIPTION, resumes=False)
