# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Flags of `niwt_teach` for a Keras classifier of the user's own, which are read before TensorFlow starts."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from absl import flags

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import class_folders, described_classes
from niwt_tf.data.files import text_files
from niwt_tf.models import bundle
from niwt_tf.util import arguments

_SETTINGS = ("layer", "preprocessing", "image_size")  # of `config.BackboneConfig`
_LATER = ("forget", "improve")  # flags for classes that were learned before


@dataclasses.dataclass(frozen=True)
class ClassifierRequest:
    """A Keras classifier from which a model is made.

    Attributes:
      path: Path of the file.
      descriptions: Texts that describe each class that it knows, in the order of its outputs.
      photographs: Image files of these classes.
      source: Path of the file with the descriptions.
      refit_head: True to fit a new last layer.
      settings: Settings of `config.BackboneConfig` that are not the defaults.
    """

    path: Path
    descriptions: described_classes.DescribedClasses
    photographs: class_folders.LabelledFiles
    source: str
    refit_head: bool
    settings: dict[str, Any]


def define(values: flags.FlagValues, program: str) -> None:
    """Define the flags; arguments as of `teach_flags.define`."""
    here = {"module_name": program, "flag_values": values}
    text = "For a plain Keras classifier: YAML or CSV file that describes its classes, in the order of its outputs."
    flags.DEFINE_string("describe", "", text, **here)
    text = "For a plain Keras classifier: fit a new last layer to the photographs, in place of its own."
    flags.DEFINE_boolean("refit_head", False, text, **here)
    options = config_lib.options(config_lib.BackboneConfig())
    for name in _SETTINGS:
        default, field = options[name]
        define_one = flags.DEFINE_integer if isinstance(default, int) else flags.DEFINE_string
        define_one(name, default, f"For a plain Keras classifier: {field.metadata['help']}", **here)


def read(values: flags.FlagValues, model: Path) -> ClassifierRequest | None:
    """Read the flags and check them; None if the model is a run or a bundle.

    Raises:
      errors.UserError: If the flags do not fit to the model, or folders or descriptions are not of the same classes.
      OSError: If a file cannot be read.
    """
    given = [
        f"--{name}" for name in ("describe", "refit_head", *_SETTINGS) if values[name].value != values[name].default
    ]
    if not bundle.is_plain(model):
        if given:
            raise errors.UserError(
                f"`{given[0]}` must be for a plain Keras classifier. Received: {errors.listed(given)} with "
                f"--model={model}, which knows its classes already. Leave {errors.listed(given)} out."
            )
        return None
    _require_all(values, model)
    settings = {name: values[name].value for name in _SETTINGS if f"--{name}" in given}
    config_lib.BackboneConfig(**settings)
    with arguments.named(classes="describe"):
        descriptions = described_classes.read(text_files.require_file(values.describe, "describe"))
    if len(descriptions) < 2:  # what is known of one class tells nothing of another
        raise errors.UserError(
            "`--describe` must describe two classes or more. Received: "
            f"{errors.setting('describe', values.describe)}, with "
            f"{errors.listed(descriptions)} alone. Describe the class of each output of the model."
        )
    photographs = class_folders.find(values.images[0], tuple(descriptions), values.describe)
    return ClassifierRequest(model, descriptions, photographs, values.describe, values.refit_head, settings)


def _require_all(values: flags.FlagValues, model: Path) -> None:
    """Check that the flags hold all that a plain Keras classifier needs, and nothing that it has not."""
    missing = [f"--{name}" for name in ("images", "describe") if not values[name].value]
    if missing:
        raise errors.UserError(
            "`--model` must be the folder of a run, a bundle of niwt_tf, or a Keras classifier with --images and "
            "--describe. Received: "
            f"{errors.setting('model', model)}, which Keras alone saved, without {' and '.join(missing)}. Add "
            "--images=DIR, with photographs of its classes in DIR/<class>/, and --describe=FILE, which describes these "
            "classes in the order of the model's outputs."
        )
    if len(values.images) > 1:
        raise errors.UserError(
            "`--images` must be one folder that holds <class>/ for each known class. Received: "
            f"--images={errors.clipped(','.join(values.images))}. Give the folder above those of the classes."
        )
    for name in _LATER:
        if values[name].value:
            raise errors.UserError(
                f"`--{name}` must be for a class that was learned before. Received: "
                f"--{name} with {errors.setting('model', model)}, a "
                f"plain Keras classifier. Leave --{name} out."
            )
