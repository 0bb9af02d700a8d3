# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Add classes to a model by their descriptions, and remove them: steps 2 and 3 of the method on stored features.

The settings that validation chose for the unseen classes are used for new classes, too: lambda, scale, bias, and the
position of gamma among the margins of the training images.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.domains import audit
from niwt_tf.domains import description as description_lib
from niwt_tf.explain import textual
from niwt_tf.method.calibration import scale_and_bias
from niwt_tf.method.weight_transfer import solve
from niwt_tf.models import class_summary, state, teaching_report
from niwt_tf.util import devices, progress

State = TypeVar("State", bound=state.ModelState)  # such as `model.Model`


@dataclasses.dataclass(frozen=True)
class Result(Generic[State]):
    """A model with new classes, and a report on how the old one reads each of their descriptions."""

    model: State
    reports: tuple[teaching_report.TeachingReport, ...]


def teach(model: State, descriptions: Sequence[description_lib.Description]) -> Result[State]:
    """Add classes to a model by their descriptions, in this order; the model itself does not change.

    Args:
      model: Model to which the classes are added.
      descriptions: Description of each new class.

    Raises:
      errors.UserError: If a name is taken or empty, or the model understands nothing of a description.
    """
    _require_new(model, [description.name for description in descriptions])
    items = progress.bar(descriptions, "reading descriptions", unit="class", delay=progress.DELAY)
    readings = [_read(model, description, len(descriptions) > 1) for description in items]
    vectors = np.stack([reading.vector for reading in readings])
    _print_doubts(model, descriptions, readings)
    targets = model.forward(vectors)
    known = model.summary or class_summary.ClassSummary(model.forward(model.knowledge.vectors))
    summary = dataclasses.replace(known, importances=np.concatenate([known.importances, targets]))
    taught = _calibrated(_with_classes(model, descriptions, vectors, _weights(model, targets)), summary)
    return Result(taught, teaching_report.build(model, known.importances, descriptions, readings, targets))


def forget(model: State, names: Sequence[str]) -> State:
    """Remove classes that were learned from descriptions; the model itself does not change.

    Args:
      model: Model from which the classes are removed.
      names: Names of the classes, in any spelling that `textual.class_index` accepts.

    Raises:
      errors.UserError: If there is no such class, or it was learned from images.
    """
    removed = {textual.class_index(name, model.class_names, "forget") for name in names}
    seen = [model.class_names[index] for index in sorted(removed) if index < len(model.seen)]
    if seen:
        raise errors.UserError(
            f"`{errors.setting('forget')}` must name only classes that were learned from descriptions. Received: "
            f"{errors.listed(seen)}, learned from images. Classes that can be removed: "
            f"{errors.listed(model.classifier.unseen) or 'none'}."
        )
    kept = [index for index in range(len(model.class_names)) if index not in removed]
    class_names = tuple(model.class_names[index] for index in kept)
    classifier = dataclasses.replace(
        model.classifier,
        kernel=model.classifier.kernel[:, kept],
        bias=model.classifier.bias[kept],
        class_names=class_names,
        unseen=class_names[len(model.seen) :],
    )
    vectors = model.knowledge.vectors[kept]
    left = dataclasses.replace(
        model,
        classifier=classifier,
        knowledge=dataclasses.replace(model.knowledge, vectors=vectors, class_names=class_names),
        taught=tuple(description for description in model.taught if description.name in set(class_names)),
    )
    return _calibrated(left, class_summary.ClassSummary(model.forward(vectors)))


def _read(model: state.ModelState, description: description_lib.Description, is_named: bool) -> description_lib.Reading:
    """Read a description; if `is_named`, an error in it begins with the class's name."""
    try:
        return description_lib.read(description, model.knowledge, len(model.seen), model.config.domain.text_encoder)
    except errors.UserError as error:
        if not is_named:
            raise
        raise errors.UserError(f"{description.name}: {error.text}") from None


def _print_doubts(
    model: state.ModelState,
    descriptions: Sequence[description_lib.Description],
    readings: Sequence[description_lib.Reading],
) -> None:
    """Print doubts about descriptions, such as two classes with the same description; see `audit.check`."""
    old, names = model.knowledge, [description.name for description in descriptions]
    audited = audit.ClassDescriptions(
        "descriptions",
        f"the description of {errors.listed(names)}",
        "Describe it in more detail.",
        (*old.class_names, *names),
        np.concatenate([old.vectors, [reading.vector for reading in readings]]),
        len(model.seen),
        known_words=[1.0] * len(old.class_names) + [reading.known_words for reading in readings],
    )
    for doubt in audit.check(audited, first=len(old.class_names)):
        progress.print_line(f"  warning: {doubt}")


def _weights(model: state.ModelState, targets: np.ndarray) -> np.ndarray:
    """Compute the new classes' weights `[D,U]`."""
    request = solve.Request(targets, model.settings.lambda_, model.operator)
    jit_compile = devices.compiles(model.config.jit_compile)
    (kernel,) = solve.weights(
        [request], model.classifier, model.activations, model.config.transfer, model.config.seed, jit_compile
    )
    return kernel


def _with_classes(
    model: State, descriptions: Sequence[description_lib.Description], vectors: np.ndarray, kernel: np.ndarray
) -> State:
    """Build the model with new classes, beside the seen and all earlier ones.

    Args:
      model: Model before.
      descriptions: Descriptions of the `U` new classes.
      vectors: Their domain vectors `[U,M]`.
      kernel: Their weights `[D,U]`, before scale and bias.
    """
    names = tuple(description.name for description in descriptions)
    old, seen = model.classifier, len(model.seen)
    seen_classifier = dataclasses.replace(
        old, kernel=old.kernel[:, :seen], bias=old.bias[:seen], class_names=model.seen, unseen=()
    )
    new = scale_and_bias.extend(
        seen_classifier,
        kernel,
        names,
        model.settings.scale,
        model.settings.bias,
        model.features,
        model.settings.scale_unit,
    )
    classifier = dataclasses.replace(
        old,
        kernel=np.concatenate([old.kernel, new.kernel[:, seen:]], axis=1),
        bias=np.concatenate([old.bias, new.bias[seen:]]),
        class_names=old.class_names + names,
        unseen=old.unseen + names,
    )
    knowledge = dataclasses.replace(
        model.knowledge,
        vectors=np.concatenate([model.knowledge.vectors, vectors]),
        class_names=model.knowledge.class_names + names,
    )
    return dataclasses.replace(
        model, classifier=classifier, knowledge=knowledge, taught=model.taught + tuple(descriptions)
    )


def _calibrated(model: State, summary: class_summary.ClassSummary) -> State:
    """Set gamma at the position that validation chose, 0 if all classes are seen, and complete the summary.

    Args:
      model: Model with its present classes.
      summary: Summary of them, whose logits may lack the last classes.
    """
    transfer = model.settings.gamma_transfer
    logits = class_summary.summarize_logits(model.classifier, model.features, transfer, summary.logits)
    gamma = transfer.gamma_of(logits) if logits else 0.0
    return dataclasses.replace(model, gamma=gamma, summary=dataclasses.replace(summary, logits=logits))


def _require_new(model: state.ModelState, names: Sequence[str]) -> None:
    """Check that names are not empty, and differ from those of a model's classes and from one another."""
    taken = {names_lib.normal(name): name for name in model.class_names}
    for name in names:
        form = names_lib.normal(name)
        if not form:
            raise errors.UserError(
                f"`{errors.setting('name')}` must be the name of the new class. Received: an empty name. Add "
                f"{errors.setting('name', 'NAME')}."
            )
        if form in taken:
            raise errors.UserError(
                f"`{errors.setting('name')}` must differ from the names of the model's classes. Received: {name!r}, "
                f"where the model has {taken[form]!r}. Choose another name; or remove that class with "
                f"{errors.setting('forget')} first, if it was learned from a description."
            )
        taken[form] = name
