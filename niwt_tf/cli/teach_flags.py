# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Flags of `niwt_teach`, which are read and checked before TensorFlow starts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from absl import flags

from niwt_tf import errors
from niwt_tf.cli import classifier_flags, launch
from niwt_tf.data import described_classes, user_images
from niwt_tf.data.files import text_files
from niwt_tf.method.calibration import seen_loss
from niwt_tf.models import paths
from niwt_tf.util import paths as paths_lib

MOST_PRINTED = 20  # new classes that are printed one by one
_TEACHABLE = ".teachable.keras"  # ending of a bundle of a plain Keras classifier without new classes
_DESCRIPTIONS = ("captions", "captions_file", "attributes", "document_file")  # flags that describe the class of --name


@dataclasses.dataclass(frozen=True)
class TeachRequest:
    """The request that the flags make.

    Attributes:
      model: Path of the old model: folder of a run, bundle, or Keras classifier.
      classifier: The request to make a model of a plain Keras classifier first; None for other models.
      name: Name of the one class to teach; empty if the user is asked for it later, or the classes are in a file.
      descriptions: Texts that describe each class to teach, by the name of the class.
      forget: Names of the classes to remove.
      interactive: True if the user describes the class line by line.
      images: Image files on which the effect is shown.
      photographs: Image files of the class of `name`.
      max_seen_loss: Limit on the loss of the seen classes; None for none.
      improve: True if the class of `name` is in the model, and gets photographs.
      force: True to write a model whose descriptions do not carry over.
      out: Path of the new model; None to write it beside the old one.
      safe_mode: True to refuse a bundle that runs a SavedModel.
    """

    model: Path
    classifier: classifier_flags.ClassifierRequest | None
    name: str
    descriptions: described_classes.DescribedClasses
    forget: tuple[str, ...]
    interactive: bool
    images: tuple[Path, ...]
    photographs: tuple[Path, ...]
    max_seen_loss: float | None
    improve: bool
    force: bool
    out: Path | None
    safe_mode: bool

    def new_file(self, name: str = "") -> Path:
        """Choose the path of the new model, and check it.

        Args:
          name: Name of the class, if the user was asked for it; else empty.

        Raises:
          errors.UserError: If the path exists, or does not end in `.keras`.
        """
        added = (name,) if name else tuple(self.descriptions)
        if self.out or added or not self.classifier:
            return paths.require_new(self.out or paths.beside(self.model, added, self.forget))
        return paths.require_new(self.model.with_suffix(_TEACHABLE))

    def reports_file(self) -> Path:
        """Choose the path of the reports on many classes, beside the new model.

        Raises:
          errors.UserError: If the path exists.
        """
        file = self.new_file().with_suffix(".reports.txt")
        if file.exists():
            raise errors.UserError(
                "The reports must be a new file, because no file is overwritten. Received: "
                f"{errors.clipped(str(file))}, which exists. "
                "Choose another --out, or remove the file."
            )
        return file


def define(values: flags.FlagValues, program: str) -> None:
    """Define the flags.

    Args:
      values: Flag values to which the flags are added.
      program: Name by which absl knows the main program: `sys.argv[0]`.
    """
    here = {"module_name": program, "flag_values": values}
    before = set(values)
    text = (
        "Model to teach: the folder of a finished run of niwt, a .keras bundle, or a plain .keras classifier with "
        "--images and --describe. Required."
    )
    flags.DEFINE_string("model", None, text, **here)
    flags.DEFINE_string("name", "", "Name of the new class.", **here)
    flags.DEFINE_multi_string("captions", [], "Sentence that describes how the class looks", **here)
    flags.DEFINE_string("captions_file", "", "Text file of such sentences, one on each line.", **here)
    text = (
        "Attributes of the class, separated by commas: 'stripes,crown color: red,furry:0.8,fast:80%'. Put double "
        "quotes around an attribute that contains a comma."
    )
    flags.DEFINE_string("attributes", "", text, **here)
    flags.DEFINE_string("document_file", "", "Text file with a longer text about the class.", **here)
    text = "YAML or CSV file that describes several classes, in place of --name and the flags for one class."
    flags.DEFINE_string("classes", "", text, **here)
    text = "Names of classes to remove, separated by commas. Only classes learned from descriptions can be removed."
    flags.DEFINE_list("forget", [], text, **here)
    text = "Ask for the description line by line, and show the effect of each line."
    flags.DEFINE_boolean("interactive", False, text, **here)
    text = (
        "Image files, patterns or folders, separated by commas. Shows how new classes change their predictions. For a "
        "plain Keras classifier: the folder that holds <class>/ with photographs of each class that it knows."
    )
    flags.DEFINE_list("images", [], text, **here)
    text = "Photographs of the new class: files, patterns or folders, separated by commas. Words may be left out."
    flags.DEFINE_list("images_of_class", [], text, **here)
    text = (
        "Share of the accuracy on seen classes, from 0 to 0.5, that all classes taught this way may cost together. "
        "With none, gamma lies where validation found the best harmonic mean."
    )
    flags.DEFINE_string("max_seen_loss", str(seen_loss.DEFAULT), text, **here)
    text = "Teach the class of --name, which the model learned without images, once more with --images_of_class."
    flags.DEFINE_boolean("improve", False, text, **here)
    text = "Write the model even if the descriptions tell too little of the classes."
    flags.DEFINE_boolean("force", False, text, **here)
    text = "Path of the new .keras bundle; by default beside the old model. No file is overwritten."
    flags.DEFINE_string("out", "", text, **here)
    classifier_flags.define(values, program)
    launch.define_loading(values, program)
    for name in set(values) - before:
        values.register_key_flag_for_module(program, values[name])


def read(values: flags.FlagValues) -> TeachRequest:
    """Read the flags and check them.

    Raises:
      errors.UserError: If flags contradict one another, or name a file that does not exist.
      OSError: If a file cannot be read.
    """
    _require_one_task(values)
    model = paths.require(values.model)
    classifier = classifier_flags.read(values, model)
    request = TeachRequest(
        model=model,
        classifier=classifier,
        name=values.name.strip(),
        descriptions=_descriptions(values),
        forget=tuple(values.forget),
        interactive=values.interactive,
        images=tuple(user_images.find(values.images)) if values.images and not classifier else (),
        photographs=_photographs(values),
        max_seen_loss=_limit(values.max_seen_loss),
        improve=values.improve,
        force=values.force,
        out=paths_lib.expanded(values.out) if values.out else None,
        safe_mode=values.safe_mode,
    )
    if request.out or request.descriptions or request.name or not request.interactive:
        request.new_file()
    if len(request.descriptions) > MOST_PRINTED:
        request.reports_file()
    return request


def _limit(text: str) -> float | None:
    """Read the limit on the loss of the seen classes."""
    if text.strip().lower() == "none":
        return None
    try:
        return seen_loss.require_limit(float(text))
    except ValueError:
        return seen_loss.require_limit(text)


def _photographs(values: flags.FlagValues) -> tuple[Path, ...]:
    """Find the photographs of the one class that is taught."""
    if values.images_of_class and (values.classes or values.interactive or not values.name.strip()):
        raise errors.UserError(
            "`--images_of_class` must be photographs of the one class of --name. Received: --images_of_class "
            f"{'without --name' if not values.name.strip() else 'with --classes or --interactive'}. Teach one class at "
            "a time by photographs."
        )
    if values.improve and not values.images_of_class:
        raise errors.UserError(
            "`--improve` must come with photographs of the class. Received: --improve without --images_of_class. Add "
            "--images_of_class=FOLDER."
        )
    return tuple(user_images.find(values.images_of_class)) if values.images_of_class else ()


def _require_one_task(values: flags.FlagValues) -> None:
    """Check that the flags ask for something, and do not contradict one another."""
    described = [f"--{flag}" for flag in ("name", *_DESCRIPTIONS) if values[flag].value]
    if values.classes and (described or values.interactive):
        others = errors.listed([*described, *(["--interactive"] if values.interactive else [])])
        raise errors.UserError(
            "`--classes` must be the only description of classes. Received: "
            f"--classes={errors.clipped(values.classes)} with {others}. Leave out --classes, or {others}."
        )
    teaches = bool(values.classes or described or values.interactive)
    if not teaches and not values.forget and not values.describe:
        raise errors.UserError(
            "A class to teach or to remove must be named. Received none. Add --name with --captions or --attributes, "
            "--classes=FILE, --interactive, or --forget=NAME."
        )
    if described and not values.name.strip() and not values.interactive:
        raise errors.UserError(
            f"`--name` must be the name of the new class. Received: {errors.listed(described)} without a name. Add "
            "--name=NAME."
        )
    if values.images and not teaches and not values.describe:
        raise errors.UserError(
            "`--images` must come with a class to teach, whose effect on them is shown. Received: --images with only "
            "--forget. Leave --images out."
        )


def _descriptions(values: flags.FlagValues) -> described_classes.DescribedClasses:
    """Read the texts that describe each class."""
    if values.classes:
        return described_classes.read(text_files.require_file(values.classes, "classes"))
    texts = {"captions": tuple(values.captions), "attributes": described_classes.split_attributes(values.attributes)}
    if values.captions_file:
        texts["captions"] += tuple(text_files.lines(text_files.require_file(values.captions_file, "captions_file")))
    if values.document_file:
        texts["documents"] = (text_files.text(text_files.require_file(values.document_file, "document_file")),)
    texts = {field: tuple(text for text in written if text.strip()) for field, written in texts.items()}
    is_asked = values.interactive or values.images_of_class
    if values.name and not any(texts.values()) and not is_asked:
        raise errors.UserError(
            "A new class must be described. Received: "
            f"{errors.setting('name', values.name)} without a description, or with an empty "
            "one. Add --captions, --captions_file, --attributes, --document_file or --images_of_class, or "
            "--interactive to be asked."
        )
    return {values.name.strip(): texts} if any(texts.values()) or values.name else {}
