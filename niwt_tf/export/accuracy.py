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
from niwt_tf.util import paths, progress

_BATCH_SIZE = 128
_BAR_DELAY = 2.0  # seconds


def measure(model: model_lib.Model, predictor: agreement.Predictor) -> dict[str, Any]:
    """Measure the accuracies of a predictor and of the model on the test images of the model's classes.

    Args:
      model: Model that was exported, with the settings of its run.
      predictor: Predictor that was exported.

    Returns:
      Fields for the card: `measured`, and the accuracies; or the reason, `why`, if the dataset cannot be loaded or its
      split has changed.
    """
    try:
        dataset = _dataset(model)
    except (errors.UserError, OSError) as error:
        why = " ".join(str(error).split())
        progress.print_line(f"  accuracy not measured: {why}")
        return {"measured": False, "why": paths.last_names(why)}
    splits = (dataset.test_seen, dataset.test_unseen)
    progress.print_line(f"  measuring on {sum(map(len, splits)):,} test images")
    with progress.bar(None, "measuring", sum(map(len, splits)), unit="image", delay=_BAR_DELAY) as bar:
        predictions = [_predict(model, predictor, split, bar) for split in splits]
    indices = np.array([_class_index(name, model) for name in dataset.class_names])
    labels = [indices[split.labels] for split in splits]
    pairs = [(rows[:, own >= 0], own[own >= 0]) for rows, own in zip(predictions, labels, strict=True)]
    same = np.concatenate([rows[0] == rows[1] for rows, _ in pairs])
    record = {"measured": True, "images": len(same), "same_prediction": float(same.mean())}
    return record | {key: _accuracies(pairs, row) for row, key in enumerate(("client", "model"))}


def _dataset(model: model_lib.Model) -> zero_shot.ZeroShotDataset:
    """Load the dataset of the run that made the model, without downloads; check that its split has not changed."""
    with fetch_files.forbid_downloads():
        dataset = registry.load(model.config.data, model.image_size)
    own = model.metrics.get("split_sha256", dataset.split_sha256)
    if own != dataset.split_sha256:
        raise errors.UserError(
            f"The split of the dataset must be that of the run, with SHA-256 {own}. Received: {dataset.split_version}, "
            f"with SHA-256 {dataset.split_sha256}."
        )
    return dataset


def _class_index(name: str, model: model_lib.Model) -> int:
    """Look up the model's index of a class of the run; -1 if the class was removed later."""
    return model.class_names.index(name) if name in model.class_names else -1


def _predict(model: model_lib.Model, predictor: agreement.Predictor, split: zero_shot.Split, bar: Any) -> np.ndarray:
    """Predict the classes `[2,N]` of a split's images, by the predictor and by the model."""
    predictions = [np.zeros((2, 0), np.int64)]
    for images, _ in split.batches(_BATCH_SIZE).as_numpy_iterator():
        predictions.append(np.stack([predictor(images).argmax(1), model.predict(images).scores.argmax(1)]))
        bar.update(len(images))
    return np.concatenate(predictions, axis=1)


def _accuracies(pairs: list[tuple[np.ndarray, np.ndarray]], row: int) -> dict[str, float | None]:
    """Compute S, U and H; None for what has no images.

    Args:
      pairs: Predictions `[2,N]` and labels `[N]`, for seen classes and for unseen classes.
      row: Row of the predictions.
    """
    seen, unseen = (
        gzsl.per_class_accuracy(rows[row], labels, np.unique(labels).tolist()) if len(labels) else None
        for rows, labels in pairs
    )
    mean = None if seen is None or unseen is None else gzsl.harmonic_mean(seen, unseen)
    return {"seen_accuracy": seen, "unseen_accuracy": unseen, "harmonic_mean": mean}
