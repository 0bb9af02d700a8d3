# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Flags of `niwt_teach`, which are read and checked before TensorFlow starts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from absl import flags

from niwt_tf import errors
from niwt_tf.cli import launch
from niwt_tf.data import described_classes, user_images
from niwt_tf.data.files import text_files
from niwt_tf.models import paths

_ONE = ("captions", "captions_file", "attributes", "document_file")  # flags that describe the class of --name


@dataclasses.dataclass(frozen=True)
class Asked:
    """Request that the flags make.

    Attributes:
      model: Folder of the run, or bundle, that holds the old model.
      name: Name of the one class to teach; empty if the user is asked for it later, or the classes are in a file.
      described: Classes to teach, with the texts that describe each.
      forget: Classes to remove.
      interactive: True if the user describes the class line by line.
      images: Image files on which the effect is shown.
      out: Path of the new model; None to put it beside the old one.
      safe_mode: True to refuse a bundle that runs a SavedModel.
    """

    model: Path
    name: str
    described: described_classes.DescribedClasses
    forget: tuple[str, ...]
    interactive: bool
    images: tuple[Path, ...]
    out: Path | None
    safe_mode: bool

    def new_file(self, name: str = "") -> Path:
        """Choose the path of the new model, and check it.

        Args:
          name: Name of the class, if the user was asked for it; else empty.

        Raises:
          errors.UserError: If the path exists, or does not end in `.keras`.
        """
        added = (name,) if name else tuple(self.described)
        return paths.require_new(self.out or paths.beside(self.model, added, self.forget))


def define(values: flags.FlagValues, program: str) -> None:
    """Define the flags.

    Args:
      values: Flag values to which the flags are added.
      program: Name by which absl knows the main program: `sys.argv[0]`.
    """
    here = {"module_name": program, "flag_values": values}
    before = set(values)
    flags.DEFINE_string("model", None, "A finished run's folder, or a .keras bundle.", **here)
    flags.DEFINE_string("name", "", "The new class.", **here)
    flags.DEFINE_multi_string("captions", [], "A sentence on how it looks; may be given several times.", **here)
    flags.DEFINE_string("captions_file", "", "A text file with a sentence on a line.", **here)
    text = (
        "Attributes that it has, commas between: stripes,crown color: red,furry:0.8,fast:80%. Quote one with a comma."
    )
    flags.DEFINE_string("attributes", "", text, **here)
    flags.DEFINE_string("document_file", "", "A text file on it.", **here)
    flags.DEFINE_string("classes", "", "A .yaml or .csv file that describes several classes.", **here)
    flags.DEFINE_list("forget", [], "Classes to remove that were taught by words.", **here)
    flags.DEFINE_boolean("interactive", False, "Asks for a description line by line, and shows what each does.", **here)
    flags.DEFINE_list("images", [], "Files, patterns or folders of images on which the effect is shown.", **here)
    flags.DEFINE_string("out", "", "The new .keras bundle; beside the old model by default.", **here)
    flags.DEFINE_boolean("safe_mode", True, "Refuses a bundle that runs a SavedModel, which is a program.", **here)
    launch.define_import_module(values, program)
    for name in set(values) - before:
        values.register_key_flag_for_module(program, values[name])


def read(values: flags.FlagValues) -> Asked:
    """Read the flags and check them.

    Raises:
      errors.UserError: If flags contradict one another, or name a file that does not exist.
      OSError: If a file cannot be read.
    """
    _require_one_task(values)
    model = paths.require(values.model)
    asked = Asked(
        model=model,
        name=values.name.strip(),
        described=_described(values),
        forget=tuple(values.forget),
        interactive=values.interactive,
        images=tuple(user_images.find(values.images)) if values.images else (),
        out=Path(values.out).expanduser() if values.out else None,
        safe_mode=values.safe_mode,
    )
    if asked.out or asked.described or asked.name or not asked.interactive:
        asked.new_file()
    return asked


def _require_one_task(values: flags.FlagValues) -> None:
    given = [f"--{flag}" for flag in ("name", *_ONE) if values[flag].value]
    if values.classes and (given or values.interactive):
        others = errors.listed([*given, *(["--interactive"] if values.interactive else [])])
        raise errors.UserError(
            f"`--classes` must be all that describes classes. Received: --classes with {others}. Leave one of them out."
        )
    teaches = bool(values.classes or given or values.interactive)
    if not teaches and not values.forget:
        raise errors.UserError(
            "`niwt_teach` must be asked for something. Received: no class. Add --name with --captions or --attributes, "
            "--classes=FILE, --interactive, or --forget=NAME."
        )
    if given and not values.name.strip() and not values.interactive:
        raise errors.UserError(
            f"`--name` must name the class that is described. Received: {errors.listed(given)} alone. Add --name=NAME."
        )
    if values.images and not teaches:
        raise errors.UserError(
            "`--images` must come with a class to teach, whose effect they show. Received: --images with --forget "
            "alone. Leave --images out."
        )


def _described(values: flags.FlagValues) -> described_classes.DescribedClasses:
    """Read the classes that the flags describe, with their texts."""
    if values.classes:
        return described_classes.read(text_files.require_file(values.classes, "classes"))
    texts = {"captions": tuple(values.captions), "attributes": described_classes.split_attributes(values.attributes)}
    if values.captions_file:
        texts["captions"] += tuple(text_files.lines(text_files.require_file(values.captions_file, "captions_file")))
    if values.document_file:
        texts["documents"] = (text_files.text(text_files.require_file(values.document_file, "document_file")),)
    texts = {field: tuple(text for text in told if text.strip()) for field, told in texts.items()}
    if values.name and not any(texts.values()) and not values.interactive:
        raise errors.UserError(
            f"A class must be described. Received: --name={values.name} with an empty description. Add --captions, "
            "--captions_file, --attributes or --document_file, or --interactive to be asked."
        )
    return {values.name.strip(): texts} if any(texts.values()) or values.name else {}
