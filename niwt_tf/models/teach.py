# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Add classes to a model by their descriptions, or by photographs, and remove them.

With a limit on what the seen classes lose, see `within_limit`. Without one, steps 2 and 3 of the method run on stored
features, with the settings that validation chose for the unseen classes: lambda, scale, bias, and the position of gamma
among the margins of the training images.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np

from niwt_tf import errors
from niwt_tf.data import names as names_lib
from niwt_tf.domains import audit
from niwt_tf.domains import description as description_lib
from niwt_tf.explain import textual
from niwt_tf.method.calibration import scale_and_bias, seen_loss
from niwt_tf.method.class_means import evidence
from niwt_tf.method.weight_transfer import solve
from niwt_tf.models import class_summary, gate, limited_classes, state, teaching_report, within_limit
from niwt_tf.util import devices, progress

State = TypeVar("State", bound=state.ModelState)  # such as `model.Model`


@dataclasses.dataclass(frozen=True)
class Result(Generic[State]):
    """A model with new classes.

    Attributes:
      model: Model with the classes.
      reports: Report on how the old model reads the description of each described class.
      outlooks: What each class's images are expected to be taken for; empty without a limit.
    """

    model: State
    reports: tuple[teaching_report.TeachingReport, ...]
    outlooks: tuple[within_limit.Outlook, ...] = ()


def teach(
    model: State,
    descriptions: Sequence[description_lib.Description],
    max_seen_loss: float | None = None,
    photographs: Mapping[str, np.ndarray] = types.MappingProxyType({}),
    known_images: evidence.LabelledFeatures | None = None,
) -> Result[State]:
    """Add classes to a model, in this order; the model itself does not change.

    Args:
      model: Model to which the classes are added.
      descriptions: Description of each new class; it may be empty where there are photographs.
      max_seen_loss: Share of the balanced accuracy on seen classes that all classes taught this way may cost together,
        from 0 to 0.5; None to place gamma where validation found the best harmonic mean.
      photographs: Features `[P,D]` of photographs, by the name of the new class.
      known_images: Images of seen classes that nothing was fitted to; by default the training images, each left out.

    Raises:
      errors.UserError: If a name is taken or empty, the model understands nothing of a description, or the limit is
        not valid.
    """
    _require_new(model, [description.name for description in descriptions])
    _require_way(model, descriptions, max_seen_loss, photographs)
    items = progress.bar(descriptions, "reading descriptions", unit="class", delay=progress.DELAY)
    readings = [_read(model, one, len(descriptions) > 1) for one in items]
    if max_seen_loss is not None:
        return _teach_within_limit(model, descriptions, readings, max_seen_loss, photographs, known_images)
    targets, summary, reports = _reported(model, descriptions, readings)
    vectors = np.stack([reading.vector for reading in readings])
    taught = _calibrated(_with_classes(model, descriptions, vectors, _weights(model, targets)), summary)
    return Result(taught, reports)


def improve(
    model: State,
    description: description_lib.Description,
    photographs: np.ndarray,
    max_seen_loss: float | None = seen_loss.DEFAULT,
    known_images: evidence.LabelledFeatures | None = None,
) -> Result[State]:
    """Teach a class that a model learned without images once more, with photographs; the model itself does not change.

    Args:
      model: Model that has the class.
      description: Name of the class, and a new description of it; empty to keep the old one.
      photographs: Features `[P,D]` of photographs of it, beside those that the model has.
      max_seen_loss: Limit, see `teach`; None is no limit, and refused.
      known_images: Images of seen classes, see `teach`.

    Raises:
      errors.UserError: If there is no such class, it was learned from images, or there is no photograph or limit.
    """
    limit = _required_limit(max_seen_loss, "photographs")
    if not len(photographs):
        raise errors.UserError(
            f"`{errors.setting('improve')}` must come with photographs of the class. Received: no photograph. Add "
            f"{errors.setting('images_of_class')}."
        )
    index = textual.class_index(description.name, model.class_names, "name")
    name = model.class_names[index]
    old = next((one for one in model.taught if one.name == name), None)
    new = dataclasses.replace(description if description.is_given or not old else old, name=name)
    own = model.limited.photographs_of(name)
    size = min(part.shape[1] for part in (own, photographs) if len(part))
    together = np.concatenate([part[:, :size] for part in (own, photographs) if len(part)])
    left = forget(model, [name])
    vector = model.knowledge.vectors[index]  # which a class of the run has without a description
    reading = _read(model, new) if new.is_given else description_lib.Reading(vector, (), ())
    is_described = new.is_given or not np.allclose(vector, _center(model), rtol=1e-5)
    return _teach_within_limit(left, [new], [reading], limit, {name: together}, known_images, [is_described])


def _reported(
    model: State,
    descriptions: Sequence[description_lib.Description],
    readings: Sequence[description_lib.Reading],
) -> tuple[np.ndarray, class_summary.ClassSummary, tuple[teaching_report.TeachingReport, ...]]:
    """Predict the importances `[U,K]` of new classes; print doubts, and report how the model reads the descriptions."""
    _print_doubts(model, descriptions, readings)
    known = model.summary or class_summary.ClassSummary(model.forward(model.knowledge.vectors))
    targets = model.forward(np.stack([reading.vector for reading in readings]))
    reports = teaching_report.build(model, known.importances, descriptions, readings, targets)
    return targets, dataclasses.replace(known, importances=np.concatenate([known.importances, targets])), reports


def _teach_within_limit(
    model: State,
    descriptions: Sequence[description_lib.Description],
    readings: Sequence[description_lib.Reading],
    limit: float,
    photographs: Mapping[str, np.ndarray],
    known_images: evidence.LabelledFeatures | None,
    are_described: Sequence[bool] | None = None,
) -> Result[State]:
    """Teach classes whose descriptions were read; see `teach`."""
    _, summary, reports = _reported(model, descriptions, readings)
    none = np.zeros((0, len(model.classifier.kernel)), np.float32)
    described = are_described or [one.is_given for one in descriptions]
    classes = [
        within_limit.NewClass(one, reading.vector, photographs.get(one.name, none), is_described)
        for one, reading, is_described in zip(descriptions, readings, described, strict=True)
    ]
    taught, outlooks = within_limit.add(model, classes, seen_loss.require_limit(limit), known_images)
    return Result(dataclasses.replace(taught, summary=summary), reports, outlooks)


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
    limited = model.limited.without({model.class_names[index] for index in removed})
    if not limited.names:
        model, classifier = _without_gate(model), gate.remove(classifier)
    vectors = model.knowledge.vectors[kept]
    left = dataclasses.replace(
        model,
        classifier=classifier,
        knowledge=dataclasses.replace(model.knowledge, vectors=vectors, class_names=class_names),
        taught=tuple(description for description in model.taught if description.name in set(class_names)),
        limited=limited if limited.names else limited_classes.LimitedClasses(),
    )
    summary = class_summary.ClassSummary(model.forward(vectors))
    if not left.limited.names:
        return _calibrated(left, summary)
    gamma = _calibrated(_without_limited(left), summary).gamma
    return within_limit.settle(dataclasses.replace(left, gamma=gamma, summary=summary))


def _without_gate(model: State) -> State:
    """Remove the gate's feature from all that a model has of images, and of weights."""
    if not gate.has(model.classifier):
        return model
    operator = model.operator if model.operator is None else model.operator[:-1]
    features = gate.own_features(model.classifier, model.features)
    return dataclasses.replace(model, classifier=gate.remove(model.classifier), features=features, operator=operator)


def _without_limited(model: State) -> State:
    """Leave out the classes that were taught within a limit, which are the last ones."""
    count = len(model.class_names) - len(model.limited.names)
    classifier = dataclasses.replace(
        model.classifier,
        kernel=model.classifier.kernel[:, :count],
        bias=model.classifier.bias[:count],
        class_names=model.class_names[:count],
        unseen=model.class_names[len(model.seen) : count],
    )
    return dataclasses.replace(model, classifier=classifier)


def _read(
    model: state.ModelState, description: description_lib.Description, is_named: bool = False
) -> description_lib.Reading:
    """Read a description; if `is_named`, an error in it begins with the class's name.

    A class that is not described has the mean vector of the seen classes.
    """
    if not description.is_given:
        return description_lib.Reading(_center(model), (), ())
    try:
        return description_lib.read(description, model.knowledge, len(model.seen), model.config.domain.text_encoder)
    except errors.UserError as error:
        if not is_named:
            raise
        raise errors.UserError(f"{description.name}: {error.text}") from None


def _center(model: state.ModelState) -> np.ndarray:
    """Compute the mean vector `[M]` of the seen classes."""
    return model.knowledge.vectors[: len(model.seen)].mean(0)


def _print_doubts(
    model: state.ModelState,
    descriptions: Sequence[description_lib.Description],
    readings: Sequence[description_lib.Reading],
) -> None:
    """Print doubts about descriptions, such as two classes with the same description; see `audit.check`."""
    given = [(one, reading) for one, reading in zip(descriptions, readings, strict=True) if one.is_given]
    if not given:
        return
    descriptions, readings = zip(*given, strict=True)
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
    for one, reading in given:
        if reading.left_out:
            left_out = f"{errors.listed(reading.left_out)} of {one.name}"
            doubt = f"nothing can be learned of {left_out}, the same for all seen classes, and left out"
            progress.print_line(f"  warning: {doubt}")
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


def _require_way(
    model: state.ModelState,
    descriptions: Sequence[description_lib.Description],
    max_seen_loss: float | None,
    photographs: Mapping[str, np.ndarray],
) -> None:
    """Check that the new classes can be taught with this limit, or without one."""
    if max_seen_loss is not None:
        seen_loss.require_limit(max_seen_loss)
    elif photographs or model.limited.names:
        _required_limit(None, "photographs" if photographs else "classes that were taught within a limit before")
    for one in descriptions:
        if not (one.is_given or len(photographs.get(one.name, ()))):
            raise errors.UserError(
                f"A new class must be described, or have photographs. Received: {one.name!r} with neither. Add "
                f"{errors.setting('captions')}, {errors.setting('attributes')} or {errors.setting('images_of_class')}."
            )


def _required_limit(limit: float | None, reason: str) -> float:
    """Check that there is a limit, and return it.

    Args:
      limit: Limit, or None.
      reason: What makes it necessary.
    """
    if limit is None:
        raise errors.UserError(
            f"`{errors.setting('max_seen_loss')}` must be a number where there are {reason}. Received none. Give "
            f"{errors.setting('max_seen_loss', seen_loss.DEFAULT)}."
        )
    return seen_loss.require_limit(limit)


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
