# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The method's steps, each alone on arrays: importances, maps, transfer, new classes, evaluation."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.api import arrays, settings
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.evaluation import gzsl
from niwt_tf.method import importance, inverse_map
from niwt_tf.method.calibration import gamma as gamma_lib
from niwt_tf.method.calibration import scale_and_bias
from niwt_tf.method.domain_map import domain_map, fit
from niwt_tf.method.weight_transfer import closed_form, solve
from niwt_tf.util import arguments, devices

SHRINKAGE = config_lib.BackboneConfig().classifier_shrinkage  # of a classifier, by default


def compute_importances(
    classifier: classifier_lib.Classifier,
    images: np.ndarray,
    labels: np.ndarray,
    kept_images: int = 512,
    seed: int = 0,
    of: str = "logit",
) -> importance.Importances:
    """Returns how much each neuron moves the logit of an image's own class, and what else one pass gave; in memory.

    Args:
      classifier: of `C` classes.
      images: `[N,H,W,3]` uint8, RGB, of training.
      labels: `[N]`, from 0 to `C - 1`, each class at least once.
      kept_images: of how many images the activations are kept, for the transfer; at least 1.
      seed: chooses these.
      of: what of a class: its `logit`, or its `probability`; of the latter's importances only the directions are right.

    Raises:
      errors.UserError: if the arrays are of another kind, a class has no image, or `of` is neither.
    """
    arrays.require_classifier(classifier)
    arguments.require_whole("kept_images", kept_images, 1)
    arguments.require_seed(seed)
    asked = settings.read("importance", {"importances_of": "of"}, importances_of=of).importances_of
    split = arrays.as_split(images, labels, len(classifier.class_names), classifier.backbone.image_size)
    with tempfile.TemporaryDirectory() as folder:
        found = importance.compute(classifier, split, kept_images, seed, Path(folder), devices.compiles("auto"), asked)
        names = [field.name for field in dataclasses.fields(found)]
        return importance.Importances(**{name: np.array(getattr(found, name)) for name in names})


def fit_map(
    domain_vectors: np.ndarray,
    importances: importance.Importances,
    how: str = "ridge",
    seed: int = 0,
    relevance: int = 0,
    shrinkage: float = SHRINKAGE,
    **values: Any,
) -> domain_map.DomainMap:
    """Returns the map from domain vectors to importances, as far as classes held out in turn are predicted best.

    Args:
      domain_vectors: of the `C` classes that the importances are of, `[C,M]`; only their directions count.
      importances: of `compute_importances`.
      how: `ridge`, or `descent` on the cosine, as in the paper.
      seed: deals the classes into folds, and draws the first weights of hidden layers.
      relevance: for how many steps ridge regression learns how much each attribute or word tells of how a class looks;
        `bin/niwt` tries 10 and 100, of which the former suits a dozen classes.
      shrinkage: of the classifier, see `fit_classifier`: the relevance is learned from features that it whitens.
      **values: of `config.MapConfig`, such as `map_penalties`.

    Raises:
      errors.UserError: if there are no two classes, the sizes differ, or there is no such fit with such settings.
    """
    vectors = _of_classes(domain_vectors, importances)
    arguments.require_seed(seed)
    chosen = settings.run(
        {"map_fits": "how", "map_relevances": "relevance", "classifier_shrinkage": "shrinkage"},
        rehearsal={"map_fits": (how,), "map_relevances": (relevance,)},
        backbone={"classifier_shrinkage": shrinkage},
        map=values,
    )
    seen = fit.SeenClasses(importances, chosen.backbone.classifier_shrinkage)
    return fit.fit(seen, vectors, chosen.map, seed, how, relevance)


def fit_inverse_map(
    domain_vectors: np.ndarray, importances: importance.Importances, seed: int = 0, **values: Any
) -> inverse_map.InverseMap:
    """Returns the map from importances back to domain vectors, which explains decisions.

    Args:
      domain_vectors: of the `C` classes that the importances are of, `[C,M]`.
      importances: of `compute_importances`.
      seed: deals the classes into folds.
      **values: of `config.MapConfig`: `map_folds`.

    Raises:
      errors.UserError: if there are no two classes, or the sizes differ.
    """
    vectors = _of_classes(domain_vectors, importances)
    arguments.require_seed(seed)
    folds = settings.read("map", **values).map_folds
    return inverse_map.fit(importances.values, importances.labels, vectors, folds, seed)


def transfer_weights(
    classifier: classifier_lib.Classifier,
    importances: importance.Importances,
    targets: np.ndarray,
    lambda_: float = 0.05,
    seed: int = 0,
    residuals: np.ndarray | None = None,
    shrinkage: float = SHRINKAGE,
    **values: Any,
) -> np.ndarray:
    """Returns weights `[D,U]` float32 of `U` new classes, which cause the importances that are asked for.

    Args:
      classifier: of the seen classes.
      importances: of `compute_importances`, for the activations and features in it.
      targets: `[U,K]`, of which only the direction counts: what a map gives for the new classes' domain vectors.
      lambda_: how hard the weights are held back, at least 0: in closed form by the map's errors, by descent towards
        the mean of the seen classes' weights.
      seed: by descent, of the starting weights, and the order of the images.
      residuals: in closed form, the map's errors on held-out classes, `DomainMap.residuals`; none by default.
      shrinkage: in closed form, of the classifier, see `fit_classifier`.
      **values: of `config.TransferConfig`: `transfer_fit`, `closed` or `descent`, and settings of the descent.

    Raises:
      errors.UserError: if the sizes differ, or images are asked for by `transfer_source`.
      errors.DivergedError: if the loss is no finite number.
    """
    _require_own_images(values)
    arrays.require_classifier(classifier)
    arrays.require_importances(importances, classifier)
    arguments.require_seed(seed)
    chosen = settings.run(
        {"lambdas": "lambda_", "classifier_shrinkage": "shrinkage"},
        transfer=values,
        rehearsal={"lambdas": (lambda_,)},
        backbone={"classifier_shrinkage": shrinkage},
    )
    neurons = classifier.backbone.activation_shape[-1]
    wanted = _of_neurons("targets", targets, neurons)
    missed = np.zeros((0, neurons)) if residuals is None else _of_neurons("residuals", residuals, neurons, least=0)
    request = solve.Request(wanted, lambda_)
    if chosen.transfer.transfer_fit == "closed":
        held = operator(classifier, importances, missed, lambda_, chosen.backbone.classifier_shrinkage)
        request = dataclasses.replace(request, operator=held)
    jit_compile = devices.compiles("auto")
    (kernel,) = solve.weights([request], classifier, importances.activations, chosen.transfer, seed, jit_compile)
    return kernel


def operator(
    classifier: classifier_lib.Classifier,
    importances: importance.Importances,
    residuals: np.ndarray,
    lambda_: float,
    shrinkage: float = SHRINKAGE,
) -> np.ndarray:
    """Returns what turns importances into weights in closed form, `[D,K]`; see `closed_form`."""
    head, kept = classifier.backbone.head, importances.activations
    reach = closed_form.reach(head, kept, importances.features, importances.labels, shrinkage)
    return reach.operator(residuals, lambda_)


def add_classes(
    classifier: classifier_lib.Classifier,
    kernel: np.ndarray,
    class_names: Sequence[str],
    features: np.ndarray,
    scale: float = 1.0,
    bias: str = "level",
    scale_unit: str = "spread",
) -> classifier_lib.Classifier:
    """Returns the classifier with new classes after its own.

    Args:
      classifier: of seen classes.
      kernel: `[D,U]`, of `transfer_weights`.
      class_names: of the `U` new classes.
      features: `[N,D]` of training images, such as `importances.features`.
      scale: the size of new weights, where the seen ones are 1 on average; 0 keeps that of `kernel`.
      bias: `level` brings a new class's mean logit over the training images to that of the seen classes; `mean` gives
        it their mean bias, `zero` none.
      scale_unit: what a size is: `spread`, how much a logit varies within a class over these images, or `length`.

    Raises:
      errors.UserError: if the sizes differ, a name is taken, or a setting may not have that value.
    """
    arrays.require_classifier(classifier)
    _require_seen_alone(classifier)
    names = arguments.require_names("class_names", class_names)
    taken = sorted(set(names) & set(classifier.class_names))
    if taken:
        raise errors.UserError(
            f"`class_names` must be new to the classifier. Received: {errors.listed(taken)}. Name the classes "
            "otherwise."
        )
    weights = arguments.require_matrix(
        "kernel", kernel, rows=len(classifier.kernel), of_row="feature", columns=len(names), of_column="new class"
    )
    trained = arguments.require_matrix("features", features, columns=len(classifier.kernel))
    renamed = {"scales": "scale", "biases": "bias"}
    chosen = settings.read("rehearsal", renamed, scales=(scale,), biases=(bias,), scale_unit=scale_unit)
    sized = chosen.scales[0], chosen.scale_unit, chosen.biases[0]
    return scale_and_bias.extend(classifier, weights, names, *sized, trained)


def choose_gamma(classifier: classifier_lib.Classifier, features: np.ndarray, kept_share: float) -> float:
    """Returns the gamma that leaves a share of the training images with a seen class as their best guess.

    Args:
      classifier: of seen and new classes, the seen ones first.
      features: `[N,D]` of training images, such as `importances.features`.
      kept_share: 0..1; the more, the fewer images go to new classes.

    Raises:
      errors.UserError: if the share is no such number, or the classifier has no new class.
    """
    arrays.require_classifier(classifier)
    require_share(kept_share)
    trained = arguments.require_matrix("features", features, columns=len(classifier.kernel))
    if not classifier.unseen:
        raise errors.UserError(
            "`classifier` must have new classes. Received: one without. Add some with `add_classes`."
        )
    seen = len(classifier.seen)
    return gamma_lib.Place(kept_share).gamma(classifier.logits(trained), seen)


def evaluate_gzsl(
    seen_logits: np.ndarray,
    seen_labels: np.ndarray,
    unseen_logits: np.ndarray,
    unseen_labels: np.ndarray,
    seen_classes: int,
    gamma: float = 0.0,
) -> dict[str, float]:
    """Returns the scores of generalized zero-shot learning by name, all in 0..1.

    They are `seen_accuracy` (S), `unseen_accuracy` (U), `harmonic_mean` (H), `zsl_accuracy`, with the arg max over
    unseen classes alone, and `ausuc`, the area under S against U over all gammas. Accuracies are means over classes.

    Args:
      seen_logits: `[N,C]` of test images of seen classes; columns are the seen classes, then the unseen.
      seen_labels: `[N]`, indices of columns.
      unseen_logits: `[n,C]` of images of unseen classes.
      unseen_labels: `[n]`, indices of columns.
      seen_classes: how many columns are seen classes.
      gamma: what to subtract from those columns.

    Raises:
      errors.UserError: if the sizes differ, a class has no image, or a logit is no finite number.
    """
    seen = arguments.require_matrix("seen_logits", seen_logits, of_column="class", dtype=np.float64)
    classes = seen.shape[1]
    unseen = arguments.require_matrix(
        "unseen_logits", unseen_logits, columns=classes, of_column="class", dtype=np.float64
    )
    remedy = "Give how many columns of the logits, the first ones, are of seen classes."
    first_unseen = arguments.require_whole("seen_classes", seen_classes, 1, classes - 1, remedy)
    of_seen = arguments.require_labels("seen_labels", seen_labels, len(seen), range(first_unseen))
    of_unseen = arguments.require_labels("unseen_labels", unseen_labels, len(unseen), range(first_unseen, classes))
    test = gzsl.GzslLogits(seen, of_seen, unseen, of_unseen, first_unseen)
    scores = gzsl.gzsl(test, arguments.require_number("gamma", gamma))
    return {
        "seen_accuracy": scores.seen,
        "unseen_accuracy": scores.unseen,
        "harmonic_mean": scores.harmonic_mean,
        "zsl_accuracy": gzsl.zsl(test),
        "ausuc": gzsl.curve(test).ausuc,
    }


def require_share(kept_share: Any) -> float:
    """Returns a share.

    Raises:
      errors.UserError: unless it is a number from 0 to 1.
    """
    return arguments.require_number("kept_share", kept_share, 0, 1, "Give 0.9 to keep nine images of ten.")


def _require_seen_alone(classifier: classifier_lib.Classifier) -> None:
    if classifier.unseen:
        raise errors.UserError(
            "`classifier` must be of seen classes alone. Received: one that has new classes already, "
            f"{errors.listed(classifier.unseen)}. Add all new classes at once."
        )


def _require_own_images(values: dict[str, Any]) -> None:
    if "transfer_source" in values:
        raise errors.UserError(
            "`transfer_source` must be left to whole runs. Received: "
            f"transfer_source={values['transfer_source']!r}. Give other images' activations in `importances`."
        )


def _of_neurons(name: str, given: Any, neurons: int, least: int = 1) -> np.ndarray:
    return arguments.require_matrix(name, given, of_row="class", columns=neurons, of_column="neuron", least=least)


def _of_classes(domain_vectors: Any, importances: Any) -> np.ndarray:
    found = arrays.require_importances(importances)
    classes = int(found.labels.max()) + 1
    if classes < 2:
        raise errors.UserError(
            "`importances` must be of two classes or more, as a map is fitted to some and judged on others. Received: "
            f"{classes}. Give images of more classes."
        )
    return arguments.require_matrix("domain_vectors", domain_vectors, rows=classes, of_row="class of the importances")
