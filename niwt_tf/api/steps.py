# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Run each step of the method alone, on arrays: importances, maps, weight transfer, new classes, evaluation."""

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
) -> importance.Importances:
    """Compute each training image's neuron importances for its own class, with features and activations.

    An importance is the gradient of the class's logit with respect to a neuron's activations, averaged over positions
    (section 3.1 of the paper). All arrays are in memory.

    Args:
      classifier: Classifier of `C` classes.
      images: `[N,H,W,3]` uint8 training images, RGB.
      labels: `[N]` labels from 0 to `C - 1`, each class at least once.
      kept_images: Number of images whose activations are kept for the transfer, at least 1.
      seed: Random seed that chooses these images.

    Raises:
      errors.UserError: If an array has another shape or type or a class has no image.
    """
    arrays.require_classifier(classifier)
    arguments.require_whole("kept_images", kept_images, 1)
    arguments.require_seed(seed)
    split = arrays.as_split(images, labels, len(classifier.class_names), classifier.backbone.image_size)
    with tempfile.TemporaryDirectory() as folder:
        on_disk = importance.compute(classifier, split, kept_images, seed, Path(folder), devices.compiles("auto"))
        in_memory = {name: np.array(getattr(on_disk, name)) for name in importance.SCHEMA}
        return dataclasses.replace(on_disk, **in_memory)


def fit_map(
    domain_vectors: np.ndarray,
    importances: importance.Importances,
    how: str = "ridge",
    seed: int = 0,
    relevance: int = 0,
    shrinkage: float = SHRINKAGE,
    blocks: Sequence[Sequence[int]] = (),
    **values: Any,
) -> domain_map.DomainMap:
    """Fit the map from domain vectors to importances; held-out classes choose its penalty or number of steps.

    Args:
      domain_vectors: `[C,M]` vectors of the `C` classes of the importances; only their directions count.
      importances: Importances from `compute_importances`.
      how: Method: `ridge` regression, or `descent` on the cosine, as in the paper.
      seed: Random seed that splits the classes into folds, and draws the first weights of hidden layers.
      relevance: Number of steps of automatic relevance determination: ridge regression learns how much each attribute
        or word says of the class prototypes. With 0, all count the same; no effect on `descent`. `bin/niwt` tries 10
        and 100, of which 10 suits a dozen classes.
      shrinkage: Shrinkage of the classifier, as `fit_classifier` took it: it whitens the class prototypes.
      blocks: Sizes of the blocks of the vectors by source, such as attributes and captions, `DomainKnowledge.blocks`:
        ridge regression weighs each by how well it predicts classes that are left out. By default they are one block.
      **values: Settings of `config.MapConfig`, such as `map_penalties`.

    Raises:
      errors.UserError: If there are fewer than two classes, the sizes differ, or the settings are invalid.
    """
    importances = arrays.require_importances(importances)
    vectors = _require_class_vectors(domain_vectors, importances)
    arguments.require_seed(seed)
    chosen = settings.run(
        {"map_fits": "how", "map_relevances": "relevance", "classifier_shrinkage": "shrinkage"},
        validation={"map_fits": (how,), "map_relevances": (relevance,)},
        backbone={"classifier_shrinkage": shrinkage},
        map=values,
    )
    seen = fit.SeenClasses(importances, chosen.backbone.classifier_shrinkage)
    sizes = _require_blocks(blocks, vectors.shape[1])
    return fit.fit(seen, vectors, chosen.map, seed, domain_map.MapFit(how, relevance), blocks=sizes)


def fit_inverse_map(
    domain_vectors: np.ndarray, importances: importance.Importances, seed: int = 0, **values: Any
) -> inverse_map.InverseMap:
    """Fit the map from importances back to domain vectors, with which predictions are explained in words.

    Args:
      domain_vectors: `[C,M]` vectors of the `C` classes of the importances.
      importances: Importances from `compute_importances`.
      seed: Random seed that splits the classes into folds.
      **values: Setting of `config.MapConfig`: `map_folds`.

    Raises:
      errors.UserError: If there are fewer than two classes, or the sizes differ.
    """
    importances = arrays.require_importances(importances)
    vectors = _require_class_vectors(domain_vectors, importances)
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
    """Fit the weights `[D,U]` float32 of `U` new classes, so that they cause the target importances.

    Args:
      classifier: Classifier of the seen classes.
      importances: Importances from `compute_importances`, whose activations and features are used.
      targets: `[U,K]` importances that a map predicts from the new classes' domain vectors. Only their directions
        count.
      lambda_: Regularization, at least 0. In closed form it weights the map's errors; by descent it pulls the weights
        towards the mean of the seen classes' weights.
      seed: Random seed of the first weights and of the order of the images, for the descent.
      residuals: `[n,K]` errors of the map on held-out classes, `DomainMap.residuals`, for the closed form. By default
        none, and `lambda_` has no effect on the closed form.
      shrinkage: Shrinkage of the classifier, as `fit_classifier` took it; for the closed form.
      **values: Settings of `config.TransferConfig`: `transfer_fit`, `closed` or `descent`, and settings of the descent.

    Raises:
      errors.UserError: If the sizes differ, or `transfer_source` is among the settings.
      errors.DivergedError: If the loss, or in closed form the Jacobian, is not finite.
    """
    _require_own_images(values)
    arrays.require_classifier(classifier)
    importances = arrays.require_importances(importances, classifier)
    arguments.require_seed(seed)
    chosen = settings.run(
        {"lambdas": "lambda_", "classifier_shrinkage": "shrinkage"},
        transfer=values,
        validation={"lambdas": (lambda_,)},
        backbone={"classifier_shrinkage": shrinkage},
    )
    neurons = classifier.backbone.activation_shape[-1]
    request = solve.Request(_require_importance_rows("targets", targets, neurons), lambda_)
    rows = np.zeros((0, neurons)) if residuals is None else residuals
    errors_of_map = _require_importance_rows("residuals", rows, neurons, least=0)
    if chosen.transfer.transfer_fit == "closed":
        matrix = weight_operator(classifier, importances, errors_of_map, lambda_, chosen.backbone.classifier_shrinkage)
        request = dataclasses.replace(request, operator=matrix)
    jit_compile = devices.compiles("auto")
    (kernel,) = solve.weights([request], classifier, importances.activations, chosen.transfer, seed, jit_compile)
    return kernel


def weight_operator(
    classifier: classifier_lib.Classifier,
    importances: importance.Importances,
    residuals: np.ndarray,
    lambda_: float,
    shrinkage: float = SHRINKAGE,
) -> np.ndarray:
    """Compute the closed form's matrix `[D,K]` from importances of length 1 to weights; see `closed_form`."""
    head, kept = classifier.backbone.head, importances.activations
    transfer = closed_form.fit(head, kept, importances.features, importances.labels, shrinkage)
    return transfer.weight_operator(residuals, lambda_)


def add_classes(
    classifier: classifier_lib.Classifier,
    kernel: np.ndarray,
    class_names: Sequence[str],
    features: np.ndarray,
    scale: float = 1.0,
    bias: str = "level",
) -> classifier_lib.Classifier:
    """Add new classes to a classifier, after its own classes.

    Args:
      classifier: Classifier of seen classes alone.
      kernel: `[D,U]` weights from `transfer_weights`.
      class_names: Names of the `U` new classes.
      features: `[N,D]` features of training images, such as `importances.features`.
      scale: Size of each new class's weights, in mean sizes of the seen classes' weights. The size of weights is how
        much their logit varies within a class over these images. With 0, `kernel` keeps its sizes.
      bias: Bias of new classes. `level` makes a new class's mean logit over the training images equal to that of the
        seen classes, `mean` takes the mean bias of the seen classes, and `zero` takes 0.

    Raises:
      errors.UserError: If the sizes differ, the classifier has new classes already, a name is taken, or a setting has
        an invalid value.
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
    chosen = settings.read("validation", renamed, scales=(scale,), biases=(bias,))
    return scale_and_bias.extend(classifier, weights, names, chosen.scales[0], chosen.biases[0], trained)


@arguments.accepts_old_names(kept_share="seen_fraction")
def choose_gamma(classifier: classifier_lib.Classifier, features: np.ndarray, seen_fraction: float) -> float:
    """Choose the gamma with which a share of the training images keeps a seen class as prediction.

    gamma is subtracted from the seen classes' logits (calibrated stacking, Chao et al., ECCV 2016).

    Args:
      classifier: Classifier of seen and new classes, the seen classes first.
      features: `[N,D]` features of training images, such as `importances.features`.
      seen_fraction: Share of images that keep a seen class, 0..1. The larger it is, the fewer images go to new
        classes. Its earlier name, `kept_share`, works too.

    Raises:
      errors.UserError: If the share is not a number from 0 to 1, or the classifier has no new class.
    """
    arrays.require_classifier(classifier)
    require_fraction(seen_fraction)
    trained = arguments.require_matrix("features", features, columns=len(classifier.kernel))
    if not classifier.unseen:
        raise errors.UserError(
            "`classifier` must have new classes. Received: one without. Add some with `add_classes`."
        )
    seen = len(classifier.seen)
    return gamma_lib.GammaTransfer(seen_fraction).gamma(classifier.logits(trained), seen)


def evaluate_gzsl(
    seen_logits: np.ndarray,
    seen_labels: np.ndarray,
    unseen_logits: np.ndarray,
    unseen_labels: np.ndarray,
    seen_classes: int,
    gamma: float = 0.0,
) -> dict[str, float]:
    """Compute the scores of generalized zero-shot learning (GZSL) by name, all in 0..1.

    They are `seen_accuracy` (S), `unseen_accuracy` (U), `harmonic_mean` (H), `zsl_accuracy`, with the arg max over
    unseen classes alone, and `ausuc`, the area under the curve of S against U over all gammas. Accuracies are means
    over classes.

    Args:
      seen_logits: `[N,C]` logits of test images of seen classes. The columns are the seen classes, then the unseen
        classes.
      seen_labels: `[N]` column indices of the images' own classes.
      unseen_logits: `[n,C]` logits of test images of unseen classes.
      unseen_labels: `[n]` column indices of the images' own classes.
      seen_classes: Number of seen classes.
      gamma: Number subtracted from the seen classes' logits (calibrated stacking, Chao et al., ECCV 2016).

    Raises:
      errors.UserError: If the sizes differ, a class has no image, or a logit is not a finite number.
    """
    seen = arguments.require_matrix("seen_logits", seen_logits, of_column="class", dtype=np.float64)
    classes = seen.shape[1]
    unseen = arguments.require_matrix(
        "unseen_logits", unseen_logits, columns=classes, of_column="class", dtype=np.float64
    )
    remedy = "Give how many columns of the logits, the first ones, are of seen classes."
    first_unseen = arguments.require_whole("seen_classes", seen_classes, 1, classes - 1, remedy)
    seen_columns = arguments.require_labels("seen_labels", seen_labels, len(seen), range(first_unseen))
    unseen_columns = arguments.require_labels("unseen_labels", unseen_labels, len(unseen), range(first_unseen, classes))
    test = gzsl.GzslLogits(seen, seen_columns, unseen, unseen_columns, first_unseen)
    scores = gzsl.gzsl(test, arguments.require_number("gamma", gamma))
    return {
        "seen_accuracy": scores.seen,
        "unseen_accuracy": scores.unseen,
        "harmonic_mean": scores.harmonic_mean,
        "zsl_accuracy": gzsl.zsl(test),
        "ausuc": gzsl.curve(test).ausuc,
    }


def require_fraction(seen_fraction: Any) -> float:
    """Check that `seen_fraction` is a number from 0 to 1, and return it.

    Raises:
      errors.UserError: If it is not.
    """
    return arguments.require_number("seen_fraction", seen_fraction, 0, 1, "Give 0.9 to keep nine images of ten.")


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


def _require_importance_rows(name: str, rows: Any, neurons: int, least: int = 1) -> np.ndarray:
    return arguments.require_matrix(name, rows, of_row="class", columns=neurons, of_column="neuron", least=least)


def _require_blocks(blocks: Any, columns: int) -> tuple[tuple[int, ...], ...]:
    rule = f"be the sizes of blocks by source, such as [[312], [90, 80]], with the {columns:,} columns as sum"
    if not isinstance(blocks, list | tuple) or not all(isinstance(own, list | tuple) for own in blocks):
        raise arguments.wrong("blocks", rule, blocks, "Pass knowledge.blocks.")
    sizes = tuple(tuple(arguments.require_whole("blocks", size, 1) for size in own) for own in blocks)
    if sizes and sum(map(sum, sizes)) != columns:
        raise arguments.wrong("blocks", rule, blocks, "Pass knowledge.blocks.")
    return sizes


def _require_class_vectors(domain_vectors: Any, importances: importance.Importances) -> np.ndarray:
    classes = int(importances.labels.max()) + 1
    if classes < 2:
        raise errors.UserError(
            "`importances` must be of two classes or more, as a map is fitted to some and scored on others. Received: "
            f"{classes}. Give images of more classes."
        )
    return arguments.require_matrix("domain_vectors", domain_vectors, rows=classes, of_row="class of the importances")
