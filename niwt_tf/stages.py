# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What each stage of the pipeline does: from the artefacts of its parents to the files of its own folder.

A stage is a function of the run and the folder to write into. It may read `run.folder(parent)`, and finds in its own
folder what an interrupted call left there.
"""

from __future__ import annotations

import dataclasses
import functools
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np

import niwt_tf
from niwt_tf import calibration, devices, domain_map, importance, inspect, progress
from niwt_tf import config as config_lib
from niwt_tf import evaluate as evaluate_lib
from niwt_tf import rehearsal as rehearsal_lib
from niwt_tf import transfer as transfer_lib
from niwt_tf import workdir as workdir_lib
from niwt_tf.backbones import build, finetune
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.data import registry, zero_shot
from niwt_tf.domains import knowledge as knowledge_lib

_PACKAGES = ("tensorflow", "keras", "tensorflow-datasets", "numpy", "scikit-learn")
_BATCH_SIZE = 256
_FINE_TUNED = "fine_tuned.json"
_OF_UNSEEN = (
    "unseen_accuracy",
    "harmonic_mean",
    "unseen_accuracy_uncalibrated",
    "harmonic_mean_uncalibrated",
    "zsl_accuracy",
    "ausuc",
)


@dataclasses.dataclass(frozen=True)
class Run:
    """A run, and what its stages share.

    Attributes:
      config: the settings.
      workdir: where the artefacts lie.
    """

    config: config_lib.RunConfig
    workdir: workdir_lib.Workdir

    def folder(self, stage: str) -> Path:
        """Returns where the artefact of `stage` lies."""
        return self.workdir.path(stage)

    @functools.cached_property
    def dataset(self) -> zero_shot.ZeroShotDataset:
        """The images and their split."""
        return registry.load(self.config.data, self.image_size)

    @functools.cached_property
    def image_size(self) -> int:
        """The side of the images that the backbone takes, in pixels."""
        return self.start().backbone.image_size

    @functools.cached_property
    def rehearsal(self) -> zero_shot.ZeroShotDataset:
        """The training images as a zero-shot dataset of their own."""
        return self.dataset.rehearsal(self.config.seed)

    def start(self) -> build.Start:
        """Returns the network before its training; weights that it comes without follow from the seed."""
        keras.utils.set_random_seed(self.config.seed)
        return build.build(self.config.backbone)

    @property
    def jit_compile(self) -> bool:
        """Whether loops are compiled with XLA."""
        return devices.compiles(self.config.jit_compile)


def check(run: Run) -> None:
    """Raises errors.UserError for settings that only a network can tell to be wrong, before any work is done."""
    finetune.check(run.start(), run.config.backbone)


def data(run: Run, folder: Path) -> None:
    """Prepares the images, and writes down which split of them this is."""
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
    workdir_lib.write_json(folder / "split.json", split)


def knowledge(run: Run, folder: Path) -> None:
    """Writes the domain vectors: of the run itself, and of its rehearsal, so that what is wrong shows at once."""
    known = knowledge_lib.load(run.dataset, run.config.domain)
    progress.say(f"  {known.source}")
    known.save(folder / "knowledge.npz")
    # Text is encoded anew: by an encoder that has not read that of the validation classes.
    knowledge_lib.load(run.rehearsal, run.config.domain).save(folder / "rehearsal.npz")


def backbone(run: Run, folder: Path) -> None:
    """Trains the backbone on the training images of all seen classes."""
    _train(run, run.dataset, folder).save(folder)


def importances(run: Run, folder: Path) -> None:
    """Computes the importances of the training images."""
    classifier = classifier_lib.Classifier.load(run.folder("backbone"))
    _importances(run, classifier, run.dataset.train, folder)


def rehearsal_backbone(run: Run, folder: Path) -> None:
    """Trains a backbone without the validation classes, and keeps what the rehearsal needs of its trunk."""
    dataset = run.rehearsal
    classifier = _train(run, dataset, folder)
    classifier.save(folder)
    _importances(run, classifier, dataset.train, folder)
    for name in ("test_seen", "test_unseen"):
        features, labels = _features(classifier, getattr(dataset, name))
        np.savez(folder / f"{name}.npz", features=features, labels=labels)


def rehearsal(run: Run, folder: Path) -> None:
    """Chooses lambda, scale, bias and gamma: map and transfer to the validation classes, for every lambda at once."""
    parent, dataset = run.folder("rehearsal_backbone"), run.rehearsal
    classifier = classifier_lib.Classifier.load(parent)
    observed = importance.Importances.load(parent)
    known = knowledge_lib.DomainKnowledge.load(run.folder("knowledge") / "rehearsal.npz")
    fitted = _fit_map(run, known, observed, len(dataset.seen), folder / "map")
    lambdas, targets = run.config.rehearsal.lambdas, fitted(known.vectors[len(dataset.seen) :])
    columns = _transfer(run, classifier, observed, np.tile(targets, (len(lambdas), 1)), lambdas, folder / "transfer")
    kernels = dict(zip(lambdas, np.split(columns, len(lambdas), axis=1), strict=True))
    with np.load(parent / "test_seen.npz") as seen, np.load(parent / "test_unseen.npz") as unseen:
        trial = rehearsal_lib.Trial(
            observed.features, seen["features"], seen["labels"], unseen["features"], unseen["labels"]
        )
    chosen = rehearsal_lib.choose(trial, classifier, kernels, dataset.unseen, run.config.rehearsal)
    workdir_lib.write_json(folder / "settings.json", dataclasses.asdict(chosen))


def map(run: Run, folder: Path) -> None:
    """Fits the map from domain vectors to importances on all seen classes."""
    observed = importance.Importances.load(run.folder("importances"))
    known = knowledge_lib.DomainKnowledge.load(run.folder("knowledge") / "knowledge.npz")
    _fit_map(run, known, observed, len(run.dataset.seen), folder).save(folder)


def transfer(run: Run, folder: Path) -> None:
    """Finds the unseen classes' weights, and writes the classifier of all classes with its gamma."""
    classifier = classifier_lib.Classifier.load(run.folder("backbone"))
    observed = importance.Importances.load(run.folder("importances"))
    known = knowledge_lib.DomainKnowledge.load(run.folder("knowledge") / "knowledge.npz")
    settings = rehearsal_lib.Settings(**workdir_lib.read_json(run.folder("rehearsal") / "settings.json"))
    targets = domain_map.DomainMap.load(run.folder("map"))(known.vectors[len(run.dataset.seen) :])
    kernel = _transfer(run, classifier, observed, targets, (settings.lambda_,), folder)
    extended = calibration.extend(
        classifier, kernel, run.dataset.unseen, settings.scale, settings.bias, observed.features
    )
    margins = calibration.margins(extended.logits(observed.features), len(run.dataset.seen))
    extended.save(folder)
    gamma = calibration.gamma_that_keeps(settings.kept_share, margins)
    workdir_lib.write_json(folder / "calibration.json", {"gamma": gamma})


def evaluate(run: Run, folder: Path) -> None:
    """Scores the classifier on the test images: the only stage that looks at them."""
    classifier = classifier_lib.Classifier.load(run.folder("transfer"))
    gamma = workdir_lib.read_json(run.folder("transfer") / "calibration.json")["gamma"]
    seen_features, seen_labels = _features(classifier, run.dataset.test_seen)
    unseen_features, unseen_labels = _features(classifier, run.dataset.test_unseen)
    test = (classifier.logits(seen_features), seen_labels, classifier.logits(unseen_features), unseen_labels)
    np.savez(folder / "logits.npz", seen=test[0], seen_labels=test[1], unseen=test[2], unseen_labels=test[3])
    workdir_lib.write_json(folder / "metrics.json", _about(run) | _scores(test, run.dataset, gamma))


def _about(run: Run) -> dict[str, Any]:
    """Returns what a reader must know of a run to trust its scores, and to repeat it."""
    settings = rehearsal_lib.Settings(**workdir_lib.read_json(run.folder("rehearsal") / "settings.json"))
    fitted = domain_map.DomainMap.load(run.folder("map"))
    classifier = classifier_lib.Classifier.load(run.folder("backbone"))
    known = knowledge_lib.DomainKnowledge.load(run.folder("knowledge") / "knowledge.npz")
    return {
        "dataset": run.dataset.name,
        "split_version": run.dataset.split_version,
        "split_sha256": run.dataset.split_sha256,
        "seen_classes": len(run.dataset.seen),
        "unseen_classes": len(run.dataset.unseen),
        "imageless_classes": run.dataset.imageless,
        "domain": run.config.domain.domain,
        "domain_source": known.source,
        "backbone": run.config.backbone.backbone,
        "fine_tuned": workdir_lib.read_json(run.folder("backbone") / _FINE_TUNED),
        "layer": classifier.backbone.layer,
        "seed": run.config.seed,
        "lambda": settings.lambda_,
        "scale": settings.scale,
        "bias": settings.bias,
        "harmonic_mean_expected": settings.harmonic_mean,
        "map_rank_correlation": fitted.rank_correlation,
        "map_steps": fitted.steps,
        "packages": {"niwt_tf": niwt_tf.__version__} | {name: metadata.version(name) for name in _PACKAGES},
    }


def _scores(
    test: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray], dataset: zero_shot.ZeroShotDataset, gamma: float
) -> dict[str, Any]:
    """Returns the accuracies; None for those that take test images of unseen classes, where there are none."""
    seen_logits, seen_labels, unseen_logits, unseen_labels = test
    seen_classes = len(dataset.seen)
    alone = seen_logits[:, :seen_classes].argmax(1)
    of_seen = {
        "gamma": gamma,
        "backbone_accuracy": evaluate_lib.per_class_accuracy(alone, seen_labels, range(seen_classes)),
        "seen_accuracy": evaluate_lib.seen_accuracy(seen_logits, seen_labels, seen_classes, gamma),
        "seen_accuracy_uncalibrated": evaluate_lib.seen_accuracy(seen_logits, seen_labels, seen_classes),
    }
    if not len(unseen_labels):
        return of_seen | dict.fromkeys(_OF_UNSEEN)
    imageless = [dataset.class_names.index(name) for name in dataset.imageless]
    calibrated = evaluate_lib.gzsl(*test, seen_classes, gamma, imageless)
    plain = evaluate_lib.gzsl(*test, seen_classes, imageless=imageless)
    values = (
        calibrated.unseen,
        calibrated.harmonic_mean,
        plain.unseen,
        plain.harmonic_mean,
        evaluate_lib.zsl(unseen_logits, unseen_labels, seen_classes, imageless),
        evaluate_lib.curve(*test, seen_classes, imageless).ausuc,
    )
    return of_seen | dict(zip(_OF_UNSEEN, values, strict=True))


def _train(run: Run, dataset: zero_shot.ZeroShotDataset, folder: Path) -> classifier_lib.Classifier:
    """Returns a classifier of the seen classes of `dataset`: of the run's own, or of its rehearsal."""
    start, settings = run.start(), run.config.backbone
    workdir_lib.write_json(folder / _FINE_TUNED, finetune.what(start, settings))
    with inspect.scalars(folder) as log:
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
    run: Run, classifier: classifier_lib.Classifier, split: zero_shot.Split, folder: Path
) -> importance.Importances:
    kept = run.config.transfer.transfer_images
    return importance.compute(classifier, split, kept, run.config.seed, folder, run.jit_compile)


def _fit_map(
    run: Run, known: knowledge_lib.DomainKnowledge, observed: importance.Importances, seen_classes: int, folder: Path
) -> domain_map.DomainMap:
    sums = domain_map.class_sums(observed.values, observed.labels, seen_classes)
    counts = np.bincount(observed.labels, minlength=seen_classes)
    with inspect.scalars(folder) as log:
        return domain_map.fit(known.vectors[:seen_classes], sums, counts, run.config.map, run.config.seed, log)


def _transfer(
    run: Run,
    classifier: classifier_lib.Classifier,
    observed: importance.Importances,
    targets: np.ndarray,
    lambdas: tuple[float, ...],
    folder: Path,
) -> np.ndarray:
    """Returns weights for `targets`, of which an equal share belongs to each of `lambdas` in turn."""
    pulls = np.repeat(lambdas, len(targets) // len(lambdas))
    with inspect.scalars(folder) as log:
        return transfer_lib.transfer(
            classifier.backbone.head,
            observed.activations,
            targets,
            classifier.kernel,
            pulls,
            run.config.transfer,
            run.config.seed,
            run.jit_compile,
            log,
        )


def _features(classifier: classifier_lib.Classifier, split: zero_shot.Split) -> tuple[np.ndarray, np.ndarray]:
    network = classifier.backbone.network
    features = [np.zeros((0, classifier.backbone.feature_size), np.float32)]
    features += [network(images, training=False).numpy() for images, _ in split.batches(_BATCH_SIZE)]
    return np.concatenate(features), split.labels
