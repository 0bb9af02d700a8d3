# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The stages of the pipeline: each turns the artefacts of its parents into the files of its own folder.

A stage is a function of the run and the folder to write into. It may read `run.folder(parent)`, and its own folder
still holds what an interrupted call left there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf import version
from niwt_tf.backbones import activations, features
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.data import zero_shot
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.evaluation import gzsl, summary
from niwt_tf.explain import explain_run
from niwt_tf.method import importance, inverse_map, validation
from niwt_tf.method.calibration import scale_and_bias
from niwt_tf.method.domain_map import domain_map, fit
from niwt_tf.method.weight_transfer import closed_form, solve
from niwt_tf.method.weight_transfer import images as transfer_images
from niwt_tf.pipeline import context
from niwt_tf.report import page
from niwt_tf.runs import artefacts as artefacts_lib
from niwt_tf.runs import finished_run, run_files
from niwt_tf.tensorboard_log import thumbnails, write
from niwt_tf.training import finetune
from niwt_tf.util import devices, json_files, progress, training_log

_PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "numpy", "scikit-learn")
_BATCH_SIZE = 256
_DONE = "done.json"


def check(run: context.Run) -> None:
    """Check the settings that cannot be checked without a network, before any work is done.

    Raises:
      errors.UserError: If they are wrong.
    """
    finetune.check(run.network, run.config.backbone)


def prepare_data(run: context.Run, folder: Path) -> None:
    """Prepare the images, and record which split of them this is."""
    dataset = run.dataset
    split = {
        "dataset": dataset.name,
        "split_version": dataset.split_version,
        "split_sha256": dataset.split_sha256,
        "seen": dataset.seen,
        "unseen": dataset.unseen,
        "validation": dataset.validation,
        "images": {name: len(getattr(dataset, name)) for name in ("train", "test_seen", "test_unseen")},
    }
    json_files.write(folder / run_files.SPLIT, split)


def encode_knowledge(run: context.Run, folder: Path) -> None:
    """Write the domain vectors; compute those of a validation, too, so that errors in them show at once."""
    knowledge = knowledge_lib.load(run.dataset, run.config.domain)
    progress.print_line(f"  {knowledge.source}")
    knowledge.save(folder / run_files.KNOWLEDGE)
    if run.protocol == "groups":
        run.validation_knowledge(0)
    else:
        progress.print_line(f"  validation: {run.protocol_note()}")


def compute_activations(run: context.Run, folder: Path) -> None:
    """Compute the activations of the training images, if the network is frozen and `activations_limit` allows it."""
    backbone, train = run.network.backbone, run.dataset.train
    if run.is_frozen and activations.byte_size(backbone, len(train)) <= run.config.activations_limit * 2**30:
        activations.compute(backbone, train, folder, run.jit_compile)


def train_backbone(run: context.Run, folder: Path) -> None:
    """Train the backbone on the training images of all seen classes."""
    trained = _train(run, run.training_data, folder)
    if run.has_activations:
        trained = dataclasses.replace(trained, backbone=run.network.backbone)
    trained.save(folder)


def compute_importances(run: context.Run, folder: Path) -> None:
    """Compute the neuron importances of the training images."""
    backbone = run.network.backbone.without_trunk() if run.has_activations else None
    classifier = classifier_lib.Classifier.load(run.folder("backbone"), backbone)
    _importances(run, classifier, run.training_data.train, folder)


def train_validation_backbone(run: context.Run, folder: Path) -> None:
    """Train a backbone without each group of pseudo-unseen classes; write importances and features for validation."""
    for group in range(run.validation_groups):
        part = folder / str(group)
        if not (part / _DONE).exists():
            part.mkdir(exist_ok=True)
            _train_for_validation(run, run.training_data.validation_dataset(run.config.seed, group), part)
            json_files.write(part / _DONE, True)


def _train_for_validation(run: context.Run, dataset: zero_shot.ZeroShotDataset, folder: Path) -> None:
    classifier = _train(run, dataset, folder)
    classifier.save(folder, with_network=not run.is_frozen)
    _importances(run, classifier, dataset.train, folder)
    for name in ("test_seen", "test_unseen"):
        split = getattr(dataset, name)
        images = features.compute(classifier.backbone.network, split, _BATCH_SIZE, folder / name, run.jit_compile)
        np.savez(folder / f"{name}.npz", features=images, labels=split.labels)


def choose_settings(run: context.Run, folder: Path) -> None:
    """Choose the map's fit, lambda, scale, bias and gamma by validation with pseudo-unseen classes, if any can be."""
    splits = [_validation_split(run, group, folder / str(group)) for group in run.usable_groups]
    if run.protocol == "defaults":
        chosen = validation.defaults(run.config.validation)
    else:
        chosen = validation.choose(splits, run.config.validation)
    if run.protocol == "turns":
        chosen = dataclasses.replace(chosen, synthetic_position=None, protocol="turns")
    artefacts_lib.write_settings(folder, chosen)


def _validation_split(run: context.Run, group: int, folder: Path) -> validation.ValidationSplit:
    """Prepare a validation split: the weights by every map with every lambda, and the images to score them on."""
    artefacts, parent = run.artefacts, run.folder(run_files.VALIDATION_BACKBONE) / str(group)
    classifier = classifier_lib.Classifier.load(parent, run.network.backbone if run.is_frozen else None)
    observed = artefacts.validation_importances(group)
    knowledge = run.validation_knowledge(group)
    seen_classes, seen = len(classifier.class_names), _seen_classes(run, observed)
    maps = {
        map_fit: _fit_map(run, map_fit, knowledge, seen, folder / map_fit.folder_name)
        for map_fit in validation.map_fits(run.config.validation)
    }
    vectors = knowledge.vectors[seen_classes:]
    kernels = _kernels(run, classifier, observed, maps, vectors, run.config.validation.lambdas, folder / "transfer")
    unseen = knowledge.class_names[seen_classes:]
    tested = (artefacts.validation_images(group, split) for split in ("test_seen", "test_unseen"))
    return validation.ValidationSplit(classifier, unseen, kernels, observed.features, *itertools.chain(*tested))


def fit_map(run: context.Run, folder: Path) -> None:
    """Fit the map from domain vectors to importances on all seen classes."""
    artefacts = run.artefacts
    seen = _seen_classes(run, artefacts.importances)
    _fit_map(run, artefacts.settings.map_fit, artefacts.knowledge, seen, folder).save(folder)


def transfer_weights(run: context.Run, folder: Path) -> None:
    """Compute the unseen classes' weights, and write the classifier of all classes with its gamma."""
    artefacts = run.artefacts
    classifier, observed, settings = artefacts.trained_classifier, artefacts.importances, artefacts.settings
    maps = {settings.map_fit: artefacts.domain_map}
    vectors = artefacts.knowledge.vectors[len(run.dataset.seen) :]
    (kernel,) = _kernels(run, classifier, observed, maps, vectors, (settings.lambda_,), folder).values()
    size = settings.scale, settings.bias, observed.features, settings.scale_unit
    extended = scale_and_bias.extend(classifier, kernel, run.dataset.unseen, *size)
    extended.save(folder)
    gamma = settings.gamma_transfer.gamma(extended.logits(observed.features), len(run.dataset.seen))
    run_files.write_gamma(folder, gamma)


def score(run: context.Run, folder: Path) -> None:
    """Score the classifier on the test images, which no earlier stage reads."""
    classifier, gamma = run.artefacts.classifier, run.artefacts.gamma
    seen, unseen = run.dataset.test_seen, run.dataset.test_unseen
    seen_features, unseen_features = (
        features.compute(classifier.backbone.network, split, _BATCH_SIZE, folder / name, run.jit_compile)
        for name, split in (("seen", seen), ("unseen", unseen))
    )
    test = gzsl.GzslLogits(
        classifier.logits(seen_features),
        seen.labels,
        classifier.logits(unseen_features),
        unseen.labels,
        len(run.dataset.seen),
        run.dataset.imageless_columns,
    )
    test.save(folder / run_files.LOGITS)
    json_files.write(folder / run_files.METRICS, _about(run) | _scores(test, gamma))


def fit_inverse_map(run: context.Run, folder: Path) -> None:
    """Fit the map from importances to domain vectors on all seen classes."""
    observed = run.artefacts.importances
    vectors = run.artefacts.knowledge.vectors[: len(run.dataset.seen)]
    with training_log.scalars(folder) as log:
        fitted = inverse_map.fit(
            observed.values, observed.labels, vectors, run.config.map.map_folds, run.config.seed, log
        )
    fitted.save(folder)


def explain(run: context.Run, folder: Path) -> None:
    """Explain predictions on test images, name the neurons, and measure how right that is."""
    kept = run.training_data.train if run.has_activations else None
    explained = explain_run.explain(
        run.artefacts.explained_model, run.dataset, folder, run.config.seed, run.jit_compile, kept
    )
    run_files.write_explanations(folder, explained.metrics, explained.neurons, explained.decisions)


def write_report(run: context.Run, folder: Path) -> None:
    """Write the page on the run, and what TensorBoard shows of it beside the loops' scalars."""
    finished = finished_run.FinishedRun(run.workdir.root, run.config)
    page.write(finished, folder)
    write.write(finished, thumbnails.load(run.dataset), folder)


FUNCTIONS: dict[str, Callable[[context.Run, Path], None]] = {
    "data": prepare_data,
    "knowledge": encode_knowledge,
    "activations": compute_activations,
    run_files.VALIDATION_BACKBONE: train_validation_backbone,
    run_files.VALIDATION: choose_settings,
    "backbone": train_backbone,
    "importances": compute_importances,
    "map": fit_map,
    "transfer": transfer_weights,
    "evaluate": score,
    "inverse_map": fit_inverse_map,
    "explain": explain,
    "report": write_report,
}  # stage name -> function, in the order of `stage_table.STAGES`


def _about(run: context.Run) -> dict[str, Any]:
    """Collect what a reader must know about a run to trust its scores, and to repeat it."""
    artefacts = run.artefacts
    settings, fitted = artefacts.settings, artefacts.domain_map
    return {
        "dataset": run.dataset.name,
        "split_version": run.dataset.split_version,
        "split_sha256": run.dataset.split_sha256,
        "seen_classes": len(run.dataset.seen),
        "unseen_classes": len(run.dataset.unseen),
        "imageless_classes": run.dataset.imageless,
        "domain": run.config.domain.domain,
        "domain_source": artefacts.knowledge.source,
        "backbone": run.config.backbone.backbone,
        "fine_tuned": artefacts.fine_tuned,
        "layer": artefacts.trained_classifier.backbone.layer,
        "seed": run.config.seed,
        "lambda": settings.lambda_,
        "scale": settings.scale,
        "bias": settings.bias,
        "rehearsal": settings.protocol,
        "harmonic_mean_expected": settings.expected,
        "map_rank_correlation": fitted.rank_correlation,
        "map_fit": settings.map_fit.kind,
        "map_steps": fitted.steps,
        "map_penalty": fitted.penalty,
        "map_relevance": settings.map_fit.relevance_steps,
        "transfer_fit": run.config.transfer.transfer_fit,
        "machine": devices.record(),
        "packages": {"niwt_tf": version.__version__} | {name: metadata.version(name) for name in _PACKAGES},
    }


def _scores(test: gzsl.GzslLogits, gamma: float) -> dict[str, Any]:
    """Compute the accuracies, and that of the backbone alone on images of the seen classes, over these classes."""
    predictions = test.seen[:, : test.seen_classes].argmax(1)
    alone = gzsl.per_class_accuracy(predictions, test.seen_labels, range(test.seen_classes))
    return {"backbone_accuracy": alone} | summary.summarize(test, gamma)


def _train(run: context.Run, dataset: zero_shot.ZeroShotDataset, folder: Path) -> classifier_lib.Classifier:
    """Train a classifier of the seen classes of `dataset`, which is the run's own or that of a validation."""
    settings = run.config.backbone
    start = run.network if run.is_frozen else run.initial_network()
    if run.has_activations:
        start = dataclasses.replace(start, backbone=start.backbone.without_trunk())
    json_files.write(folder / run_files.FINE_TUNED, finetune.training_mode(start, settings))
    with training_log.scalars(folder) as log:
        return finetune.finetune(
            start,
            dataset.train,
            dataset.seen,
            settings,
            run.config.seed,
            folder,
            run.jit_compile,
            log,
            np.isin(run.dataset.seen, dataset.seen),
            devices.uses_half_precision(run.config.mixed_precision),
        )


def _importances(
    run: context.Run, classifier: classifier_lib.Classifier, split: zero_shot.Split, folder: Path
) -> importance.Importances:
    kept = run.config.transfer.transfer_images
    return importance.compute(classifier, split, kept, run.config.seed, folder, run.jit_compile)


def _seen_classes(run: context.Run, observed: importance.Importances) -> fit.SeenClasses:
    return fit.SeenClasses(observed, run.config.backbone.classifier_shrinkage)


def _fit_map(
    run: context.Run,
    map_fit: domain_map.MapFit,
    knowledge: knowledge_lib.DomainKnowledge,
    seen: fit.SeenClasses,
    folder: Path,
) -> domain_map.DomainMap:
    """Fit the map of the seen classes, and log its scores to `folder`."""
    vectors = knowledge.vectors[: seen.classes]
    with training_log.scalars(folder) as log:
        return fit.fit(seen, vectors, run.config.map, run.config.seed, map_fit, log, knowledge.blocks)


def _kernels(
    run: context.Run,
    classifier: classifier_lib.Classifier,
    observed: importance.Importances,
    maps: Mapping[domain_map.MapFit, domain_map.DomainMap],
    vectors: np.ndarray,
    lambdas: tuple[float, ...],
    folder: Path,
) -> dict[validation.Transfer, np.ndarray]:
    """Compute the weights `[D,U]` for domain vectors `[U,M]`, by every map with every lambda."""
    folder.mkdir(exist_ok=True)
    kept = _transfer_activations(run, classifier, observed, folder)
    targets = {map_fit: fitted(vectors) for map_fit, fitted in maps.items()}
    is_closed = run.config.transfer.transfer_fit == "closed"
    operators = _operators(run, classifier, observed, kept, maps, lambdas) if is_closed else {}
    if len(operators) == 1:
        np.save(folder / closed_form.FILE, next(iter(operators.values())))
    transfers = [validation.Transfer(map_fit, lambda_) for map_fit in maps for lambda_ in lambdas]
    requests = [solve.Request(targets[one.map_fit], one.lambda_, operators.get(one)) for one in transfers]
    with contextlib.nullcontext(training_log.no_log) if is_closed else training_log.scalars(folder) as log:
        kernels = solve.weights(requests, classifier, kept, run.config.transfer, run.config.seed, run.jit_compile, log)
    return dict(zip(transfers, kernels, strict=True))


def _operators(
    run: context.Run,
    classifier: classifier_lib.Classifier,
    observed: importance.Importances,
    kept: np.ndarray,
    maps: Mapping[domain_map.MapFit, domain_map.DomainMap],
    lambdas: tuple[float, ...],
) -> dict[validation.Transfer, np.ndarray]:
    """Compute the matrix `[D,K]` from importances to weights in closed form, of every map with every lambda."""
    shrinkage = run.config.backbone.classifier_shrinkage
    closed = closed_form.fit(classifier.backbone.head, kept, observed.features, observed.labels, shrinkage)
    return {
        validation.Transfer(map_fit, lambda_): closed.weight_operator(fitted.residuals, lambda_)
        for map_fit, fitted in maps.items()
        for lambda_ in lambdas
    }


def _transfer_activations(
    run: context.Run, classifier: classifier_lib.Classifier, observed: importance.Importances, folder: Path
) -> np.ndarray:
    """Return the activations to fit weights on: those of training images, or of others, then saved in `folder`."""
    if run.config.transfer.transfer_source == "training":
        return observed.activations
    settings, backbone = run.config.transfer, classifier.backbone
    images = transfer_images.images(settings, backbone.image_size, run.config.seed)
    kept = transfer_images.activations(backbone, images, settings.transfer_images, run.jit_compile)
    np.save(folder / transfer_images.FILE, kept)
    return kept
