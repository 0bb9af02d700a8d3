# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure a converted predictor, and the live model, on the test images of the run that made the model."""

from __future__ import annotations

from typing import Any

import numpy as np

from niwt_tf import errors
from niwt_tf.data import registry, zero_shot
from niwt_tf.data.benchmarks import fetch_files
from niwt_tf.evaluation import gzsl
from niwt_tf.export import agreement
from niwt_tf.models import model as model_lib
from niwt_tf.util import progress

_BATCH_SIZE = 128
_BAR_DELAY = 2.0  # seconds


def measure(model: model_lib.Model, predictor: agreement.Predictor) -> dict[str, Any]:
    """Measure the accuracies of a predictor, and the model's own, on the test images of the classes that it knows.

    If the dataset cannot be loaded, or its split has changed, the result says why.
    """
    try:
        dataset = _dataset(model)
    except (errors.UserError, OSError) as error:
        why = " ".join(str(error).split())
        progress.say(f"  its accuracy was not measured. {why}")
        return {"measured": False, "why": why}
    splits = (dataset.test_seen, dataset.test_unseen)
    progress.say(f"  measuring on {sum(map(len, splits)):,} test images")
    with progress.bar(None, "measuring", sum(map(len, splits)), unit="image", delay=_BAR_DELAY) as bar:
        found = [_predict(model, predictor, split, bar) for split in splits]
    place_of = np.array([_place(name, model) for name in dataset.class_names])
    labels = [place_of[split.labels] for split in splits]
    known = [(one[:, own >= 0], own[own >= 0]) for one, own in zip(found, labels, strict=True)]
    same = np.concatenate([one[0] == one[1] for one, _ in known])
    told = {"measured": True, "images": len(same), "same_prediction": float(same.mean())}
    return told | {key: _accuracies(known, row) for row, key in enumerate(("client", "model"))}


def _dataset(model: model_lib.Model) -> zero_shot.ZeroShotDataset:
    """Load the dataset of the run that made the model, without downloads; check that its split has not changed."""
    with fetch_files.forbid_downloads():
        dataset = registry.load(model.config.data, model.image_size)
    then = model.metrics.get("split_sha256", dataset.split_sha256)
    if then != dataset.split_sha256:
        raise errors.UserError(
            f"The split must be the run's own, {then}. Received: {dataset.split_version}, {dataset.split_sha256}."
        )
    return dataset


def _place(name: str, model: model_lib.Model) -> int:
    """Look up the model's index of a class of the run; -1 if the class was forgotten since."""
    return model.class_names.index(name) if name in model.class_names else -1


def _predict(model: model_lib.Model, predictor: agreement.Predictor, split: zero_shot.Split, bar: Any) -> np.ndarray:
    """Predict the classes `[2,N]` of a split's images, by the predictor and by the model."""
    found = [np.zeros((2, 0), np.int64)]
    for images, _ in split.batches(_BATCH_SIZE).as_numpy_iterator():
        found.append(np.stack([predictor(images).argmax(1), model.predict(images).scores.argmax(1)]))
        bar.update(len(images))
    return np.concatenate(found, axis=1)


def _accuracies(parts: list[tuple[np.ndarray, np.ndarray]], row: int) -> dict[str, float | None]:
    seen, unseen = (
        gzsl.per_class_accuracy(found[row], labels, np.unique(labels).tolist()) if len(labels) else None
        for found, labels in parts
    )
    mean = None if seen is None or unseen is None else gzsl.harmonic_mean(seen, unseen)
    return {"seen_accuracy": seen, "unseen_accuracy": unseen, "harmonic_mean": mean}
