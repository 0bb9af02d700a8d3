# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Make a model of the user's own Keras classifier for `niwt_teach`."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from niwt_tf import errors
from niwt_tf.api import teachable
from niwt_tf.cli import classifier_flags, teaching_text
from niwt_tf.config import networks
from niwt_tf.data import user_images
from niwt_tf.domains import described
from niwt_tf.domains import description as description_lib
from niwt_tf.models import effect
from niwt_tf.models import model as model_lib
from niwt_tf.util import arguments, progress


def make(
    request: classifier_flags.ClassifierRequest, new: Sequence[description_lib.Description]
) -> tuple[model_lib.Model, effect.SampleImages]:
    """Make the model, and print what it is made of.

    Args:
      request: Request of the user.
      new: Descriptions of the classes that are taught afterwards, which are checked before the photographs are read.

    Returns:
      The model, and the photographs that it is made of.

    Raises:
      errors.UserError: If the classifier cannot be used, or photographs or descriptions do not fit to it.
    """
    names = tuple(request.descriptions)
    by_domain = {
        domain: {name: texts.get(domain, ()) for name, texts in request.descriptions.items()}
        for domain in described.DOMAINS
    }
    with arguments.named(**dict.fromkeys(described.DOMAINS, "describe")):
        knowledge = described.encode(by_domain, names, request.source)
    for one in new:
        if one.is_given:
            description_lib.read(one, knowledge, len(names), "")
    with _shown_as_file(request.path):
        keras_file = f"{networks.KERAS_FILE}{request.path}"
        network = teachable.load(keras_file, names, request.refit_head, values=request.settings)
    with tempfile.TemporaryDirectory() as folder:
        photographs = _read(request, network.backbone.image_size, Path(folder))
        if photographs.unreadable:
            progress.print_line(teaching_text.row("unreadable", errors.listed(photographs.unreadable)))
        _require_enough(request, photographs)
        images, labels = photographs.images, photographs.labels
        with _shown_as_file(request.path):
            model, heads = teachable.build(network, knowledge, images, labels, request.refit_head)
    counts = np.bincount(photographs.labels)
    progress.print_line(teaching_text.format_classifier(counts, teachable.describe(heads, request.refit_head)))
    if heads.is_doubtful and not request.refit_head:
        progress.print_line(teaching_text.row("warning", teachable.doubt(heads)))
    return model, effect.SampleImages(photographs.paths, model.features, photographs.unreadable)


class _Photographs(NamedTuple):
    """Photographs that could be read, on disk.

    Attributes:
      images: Their middle squares `[N,S,S,3]` uint8, mapped from disk.
      labels: Their classes `[N]`.
      paths: Their paths.
      unreadable: Paths of the others, each with the reason.
    """

    images: np.ndarray
    labels: np.ndarray
    paths: tuple[Path, ...]
    unreadable: tuple[str, ...]


def _read(request: classifier_flags.ClassifierRequest, size: int, folder: Path) -> _Photographs:
    """Read the photographs into a file below `folder`, so that any number fits into memory."""
    files, unreadable = request.photographs.files, list[str]()
    label_of = dict(zip(files, request.photographs.labels, strict=True))
    images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.uint8, (len(files), size, size, 3))
    paths: list[Path] = []
    with progress.bar(None, "reading photographs", len(files), unit="image", delay=progress.DELAY) as bar:
        for batch, squares in user_images.batches(files, size, user_images.JPEG, unreadable):
            images[len(paths) : len(paths) + len(batch)] = squares
            paths += batch
            bar.update(len(batch))
    labels = np.array([label_of[path] for path in paths], np.int64)
    return _Photographs(images[: len(paths)], labels, tuple(paths), tuple(unreadable))


def _require_enough(request: classifier_flags.ClassifierRequest, photographs: _Photographs) -> None:
    """Check that each class has photographs that can be read."""
    counts = np.bincount(photographs.labels, minlength=len(request.descriptions))
    few = [f"{count} of {name}" for name, count in zip(request.descriptions, counts, strict=True) if count < 2]
    if few:
        raise errors.UserError(
            "`--images` must have two photographs or more of each class, which can be read. Received: "
            f"{errors.listed(few)}. Add photographs; a few dozen of each are good."
        )


@contextlib.contextmanager
def _shown_as_file(path: Path) -> Iterator[None]:
    """Name the file in errors as the user did."""
    try:
        yield
    except errors.UserError as error:
        raise error.with_value("model", str(path)) from error.__cause__
