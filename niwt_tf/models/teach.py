# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Add classes to a model by their descriptions: steps 2 and 3 of the method, on kept data of training images.

What validation chose for the unseen classes holds for the new ones, too: lambda, scale, bias, and the position of gamma
among the margins of the training images.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np

from niwt_tf import errors
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.data import names as names_lib
from niwt_tf.domains import audit, description
from niwt_tf.explain import textual
from niwt_tf.method.calibration import scale_and_bias
from niwt_tf.method.weight_transfer import solve
from niwt_tf.models import state, teaching_report
from niwt_tf.util import devices, progress

State = TypeVar("State", bound=state.ModelState)  # such as `model.Model`


@dataclasses.dataclass(frozen=True)
class Result(Generic[State]):
    """A model with new classes, and a report on each of their descriptions."""

    model: State
    lessons: tuple[teaching_report.Lesson, ...]


def teach(model: State, described: Sequence[description.Description]) -> Result[State]:
    """Add classes to a model, in the order of their descriptions, and return the new model; `model` stays as it is.

    Raises:
      errors.UserError: If a name is taken or empty, or the model understands nothing of a description.
    """
    _require_new(model, [told.name for told in described])
    readings = [_read(model, told, len(described) > 1) for told in described]
    vectors = np.stack([reading.vector for reading in readings])
    _audit(model, described, readings)
    targets = model.forward(vectors)
    taught = _with_classes(model, described, vectors, _weights(model, targets))
    lessons = zip(described, readings, targets, strict=True)
    return Result(taught, tuple(teaching_report.of(model, told, reading, target) for told, reading, target in lessons))


def forget(model: State, names: Sequence[str]) -> State:
    """Remove classes that were added by descriptions, and return the new model; `model` stays as it is.

    Raises:
      errors.UserError: If there is no such class, or it was learned from images.
    """
    gone = {textual.class_index(name, model.class_names, "forget") for name in names}
    learned = [model.class_names[index] for index in sorted(gone) if index < len(model.seen)]
    if learned:
        raise errors.UserError(
            f"`{errors.setting('forget')}` must name classes that were taught by words. Received: "
            f"{errors.listed(learned)}, learned from images. Those taught by words are "
            f"{errors.listed(model.classifier.unseen) or 'none'}."
        )
    kept = [index for index in range(len(model.class_names)) if index not in gone]
    left = tuple(model.class_names[index] for index in kept)
    classifier = dataclasses.replace(
        model.classifier,
        kernel=model.classifier.kernel[:, kept],
        bias=model.classifier.bias[kept],
        class_names=left,
        unseen=left[len(model.seen) :],
    )
    known = dataclasses.replace(model.known, vectors=model.known.vectors[kept], class_names=left)
    taught = tuple(one for one in model.taught if one.name in left)
    return dataclasses.replace(
        model, classifier=classifier, known=known, taught=taught, gamma=_gamma(model, classifier)
    )


def _read(model: state.ModelState, told: description.Description, is_named: bool) -> description.Reading:
    """Read a description; if `is_named`, an error in it begins with the class's name."""
    try:
        return description.read(told, model.known, len(model.seen), model.config.domain.text_encoder)
    except errors.UserError as error:
        if not is_named:
            raise
        raise errors.UserError(f"{told.name}: {error.text}") from None


def _audit(
    model: state.ModelState, described: Sequence[description.Description], readings: Sequence[description.Reading]
) -> None:
    """Print doubts about descriptions, such as classes that are described the same; see `audit.check`."""
    old, names = model.known, [told.name for told in described]
    told = audit.ClassDescriptions(
        "descriptions",
        f"what is told of {errors.listed(names)}",
        "Tell more of it.",
        (*old.class_names, *names),
        np.concatenate([old.vectors, [reading.vector for reading in readings]]),
        len(model.seen),
        known_words=[1.0] * len(old.class_names) + [reading.known_words for reading in readings],
    )
    for doubt in audit.check(told, first=len(old.class_names)):
        progress.say(f"  warning: {doubt}")


def _weights(model: state.ModelState, targets: np.ndarray) -> np.ndarray:
    """Compute the new classes' weights `[D,U]`."""
    request = solve.Request(targets, model.settings.lambda_, model.operator)
    jit_compile = devices.compiles(model.config.jit_compile)
    (kernel,) = solve.weights(
        [request], model.classifier, model.activations, model.config.transfer, model.config.seed, jit_compile
    )
    return kernel


def _with_classes(
    model: State, described: Sequence[description.Description], vectors: np.ndarray, kernel: np.ndarray
) -> State:
    names = tuple(told.name for told in described)
    old, seen = model.classifier, len(model.seen)
    of_seen = dataclasses.replace(
        old, kernel=old.kernel[:, :seen], bias=old.bias[:seen], class_names=model.seen, unseen=()
    )
    chosen = model.settings
    new = scale_and_bias.extend(of_seen, kernel, names, chosen.scale, chosen.bias, model.features, chosen.scale_unit)
    classifier = dataclasses.replace(
        old,
        kernel=np.concatenate([old.kernel, new.kernel[:, seen:]], axis=1),
        bias=np.concatenate([old.bias, new.bias[seen:]]),
        class_names=old.class_names + names,
        unseen=old.unseen + names,
    )
    known = dataclasses.replace(
        model.known,
        vectors=np.concatenate([model.known.vectors, vectors]),
        class_names=model.known.class_names + names,
    )
    return dataclasses.replace(
        model,
        classifier=classifier,
        known=known,
        taught=model.taught + tuple(described),
        gamma=_gamma(model, classifier),
    )


def _gamma(model: state.ModelState, classifier: classifier_lib.Classifier) -> float:
    """Compute gamma at the position that validation chose; 0 if all classes are seen."""
    if not classifier.unseen:
        return 0.0
    return model.settings.gamma_transfer.gamma(classifier.logits(model.features), len(model.seen))


def _require_new(model: state.ModelState, names: Sequence[str]) -> None:
    taken = {names_lib.normal(name): name for name in model.class_names}
    for name in names:
        form = names_lib.normal(name)
        if not form:
            raise errors.UserError(
                f"`{errors.setting('name')}` must name the new class. Received: an empty name. Add "
                f"{errors.setting('name', 'NAME')}."
            )
        if form in taken:
            raise errors.UserError(
                f"`{errors.setting('name')}` must be new to the model. Received: {name!r}, which it knows as "
                f"{taken[form]!r}. Name the class otherwise, or remove the old one first with "
                f"{errors.setting('forget')}, if it was taught by words."
            )
        taken[form] = name
