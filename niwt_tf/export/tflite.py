# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Writes a model's predictor for TensorFlow Lite, and measures what that costs on the run's own test images."""

from __future__ import annotations

import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from niwt_tf import errors, evaluate, progress
from niwt_tf import model as model_lib
from niwt_tf.data import obtain, registry, zero_shot
from niwt_tf.export import card, saved_model, signatures, target

PREDICTOR, LABELS = "predictor.tflite", "labels.txt"
_SIGNATURE = "predict"
_BATCH_SIZE = 128
_BAR_DELAY = 2.0  # seconds


def write(model: model_lib.Model, out: Path, name: str) -> None:
    """Writes `predictor.tflite`, `labels.txt` and the card, whole or not at all.

    Args:
      model: to be written.
      out: the folder, which is empty or not there.
      name: the model's.

    Raises:
      errors.UserError: if TensorFlow Lite lacks an operation of the network.
      OSError: if it cannot be written.
    """
    converted = convert(model)
    with target.writing(out) as folder:
        (folder / PREDICTOR).write_bytes(converted)
        kinds = ((one, "seen" if one in model.seen else "unseen") for one in model.class_names)
        (folder / LABELS).write_text("".join(f"{one}\t{kind}\n" for one, kind in kinds), "utf-8")
        card.write(folder, model, name, {"tflite": measure(model, Predictor(converted))})


def convert(model: model_lib.Model) -> bytes:
    """Returns the file: images `[1,S,S,3]` uint8 -> scores `[1,C]` float32.

    Raises:
      errors.UserError: if TensorFlow Lite lacks an operation of the network.
    """
    size = model.image_size
    images = tf.TensorSpec((1, size, size, 3), tf.uint8, name="images")
    predict = signatures.Signature(signatures.Signatures(model).scores, (images,), "Decides of an image.")
    with tempfile.TemporaryDirectory() as folder, progress.silent_stderr():
        saved_model.archive({_SIGNATURE: predict}, Path(folder))
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, [_SIGNATURE])
        try:
            return converter.convert()
        except Exception as error:  # its type is private to the converter
            trouble = _lacking(str(error)) or errors.first_line(error)
    raise errors.UserError(
        f"`--format=tflite` takes a network of operations that TensorFlow Lite has. Received: one with {trouble}. Name "
        f"another --format, such as {target.SAVED_MODEL}."
    )


def _lacking(message: str) -> str:
    """Returns the operations that the converter complains of."""
    return errors.listed(sorted(set(re.findall(r"'tf\.(\w+)' op is neither", message))))


class Predictor:
    """A converted predictor, run by TensorFlow Lite's interpreter."""

    def __init__(self, converted: bytes) -> None:
        """Takes what `convert` returned."""
        with warnings.catch_warnings(), progress.silent_stderr():
            warnings.filterwarnings("ignore", r"\s*Warning: tf.lite.Interpreter is deprecated")
            interpreter = tf.lite.Interpreter(model_content=converted)
            interpreter.allocate_tensors()  # which tells of the delegate that it takes
            self._predict = interpreter.get_signature_runner()

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Returns scores `[N,C]` for images `[N,S,S,3]` uint8, one by one."""
        return np.concatenate([self._predict(images=image[None])["scores"] for image in images])


def measure(model: model_lib.Model, predictor: Predictor) -> dict[str, Any]:
    """Returns the accuracies of a predictor, and the model's own, on the test images of the classes that it knows."""
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
    return told | {key: _accuracies(known, row) for row, key in enumerate(("tflite", "model"))}


def _dataset(model: model_lib.Model) -> zero_shot.ZeroShotDataset:
    """Returns the dataset of the run that made the model, if it is at hand as it was then."""
    with obtain.without_downloads():
        dataset = registry.load(model.config.data, model.image_size)
    then = model.metrics.get("split_sha256", dataset.split_sha256)
    if then != dataset.split_sha256:
        raise errors.UserError(
            f"The split must be the run's own, {then}. Received: {dataset.split_version}, {dataset.split_sha256}."
        )
    return dataset


def _place(name: str, model: model_lib.Model) -> int:
    """Returns the place of a class of the run; -1 if it was forgotten since."""
    return model.class_names.index(name) if name in model.class_names else -1


def _predict(model: model_lib.Model, predictor: Predictor, split: zero_shot.Split, bar: Any) -> np.ndarray:
    """Returns the classes `[2,N]` by the predictor, and by the model."""
    found = [np.zeros((2, 0), np.int64)]
    for images, _ in split.batches(_BATCH_SIZE).as_numpy_iterator():
        found.append(np.stack([predictor(images).argmax(1), model.predict(images).scores.argmax(1)]))
        bar.update(len(images))
    return np.concatenate(found, axis=1)


def _accuracies(parts: list[tuple[np.ndarray, np.ndarray]], row: int) -> dict[str, float | None]:
    seen, unseen = (
        evaluate.per_class_accuracy(found[row], labels, np.unique(labels).tolist()) if len(labels) else None
        for found, labels in parts
    )
    mean = None if seen is None or unseen is None else evaluate.harmonic_mean(seen, unseen)
    return {"seen_accuracy": seen, "unseen_accuracy": unseen, "harmonic_mean": mean}
