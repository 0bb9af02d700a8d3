# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A finished run as its stages leave it, made by hand: a network of six neurons, and logits that mostly are right."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import keras
import numpy as np

from niwt_tf import config as config_lib
from niwt_tf.backbones import backbone, classifier
from niwt_tf.domains import knowledge
from niwt_tf.evaluation import gzsl
from niwt_tf.method.domain_map import domain_map
from niwt_tf.runs import finished_run
from niwt_tf.util import json_files

NEURONS = 6
SIZE = 8  # pixels
GAMMA = 0.5
_WORDS = ("stripes", "crown: red", "hooves & horns", "wet", "tall")
_IMAGES = 12  # of training


def write(
    root: Path,
    seen: tuple[str, ...] = ("Horse", "Tiger", "Cow"),
    unseen: tuple[str, ...] = ("Zebra", "Okapi"),
    config: config_lib.RunConfig | None = None,
    test_images: int = 5,
    unseen_tested: bool = True,
) -> finished_run.FinishedRun:
    """Writes the stages' files.

    Args:
      root: the run's folder.
      seen: names of seen classes.
      unseen: names of unseen classes.
      config: the run's settings.
      test_images: of each class.
      unseen_tested: whether unseen classes have test images.
    """
    rng = np.random.default_rng(0)
    for stage in ("data", "knowledge", "rehearsal", "importances", "map", "transfer", "evaluate"):
        (root / stage).mkdir(parents=True)
        json_files.write(root / stage / "seconds.json", 1.25)
    json_files.write(root / "data" / "split.json", {"seen": seen, "unseen": unseen})
    chosen = {
        "map_fit": "ridge",
        "map_relevance": 10,
        "lambda_": 1e-3,
        "scale": 0.8,
        "bias": "mean",
        "kept_share": 0.9,
        "harmonic_mean": 0.61,
        "scale_unit": "spread",
        "imagined_part": 0.5,
        "rehearsal": "groups",
    }
    json_files.write(root / "rehearsal" / "settings.json", chosen)
    words = rng.uniform(size=(len(seen + unseen), len(_WORDS))).astype(np.float32)
    knowledge.DomainKnowledge(words, _WORDS, seen + unseen, "five words").save(root / "knowledge" / "knowledge.npz")
    _write_models(root, seen, unseen, rng)
    test = _test(len(seen), len(unseen), test_images, unseen_tested, rng)
    test.save(root / "evaluate" / "logits.npz")
    metrics = _metrics(test, seen, unseen) | ({} if unseen_tested else {"imageless_classes": list(unseen)})
    json_files.write(root / "evaluate" / "metrics.json", metrics)
    return finished_run.FinishedRun(root, config or config_lib.RunConfig())


def network() -> keras.Model:
    """Returns images `[N,8,8,3]` uint8 -> features `[N,6]`; its last convolution is `conv`."""
    images = keras.Input((SIZE, SIZE, 3), dtype="uint8")
    scaled = keras.layers.Rescaling(1 / 255)(images)
    conv = keras.layers.Conv2D(NEURONS, 3, activation="relu", name="conv")(scaled)
    return keras.Model(images, keras.layers.GlobalAveragePooling2D()(conv))


def _write_models(root: Path, seen: tuple[str, ...], unseen: tuple[str, ...], rng: np.random.Generator) -> None:
    kernel = rng.normal(size=(NEURONS, len(seen + unseen))).astype(np.float32)
    bias = np.zeros(len(seen + unseen), np.float32)
    all_names = seen + unseen
    classifier.Classifier(_backbone(), kernel, bias, all_names, unseen).save(root / "transfer")
    labels = np.repeat(np.arange(len(seen)), _IMAGES)
    values = (kernel.T[labels] + 0.3 * rng.normal(size=(len(labels), NEURONS))).astype(np.float32)
    activations = rng.uniform(size=(20, SIZE - 2, SIZE - 2, NEURONS)).astype(np.float16)
    for name, array in {"labels": labels, "values": values, "features": values, "activations": activations}.items():
        np.save(root / "importances" / f"{name}.npy", array)
    words = keras.Input((len(_WORDS),))
    forward = keras.Model(words, keras.layers.Dense(NEURONS)(words))
    domain_map.DomainMap(forward, 0.75, 60).save(root / "map")


@functools.cache
def _backbone() -> backbone.Backbone:
    return backbone.Backbone(network(), "conv")


def _test(seen: int, unseen: int, images: int, unseen_tested: bool, rng: np.random.Generator) -> gzsl.GzslLogits:
    def logits(labels: np.ndarray) -> np.ndarray:
        favour = 2.5 * np.eye(seen + unseen)[labels] + 0.7 * (np.arange(seen + unseen) < seen)
        return (rng.normal(size=(len(labels), seen + unseen)) + favour).astype(np.float32)

    seen_labels = np.repeat(np.arange(seen), images)
    unseen_labels = np.repeat(np.arange(seen, seen + unseen), images if unseen_tested else 0)
    return gzsl.GzslLogits(logits(seen_labels), seen_labels, logits(unseen_labels), unseen_labels, seen)


def _metrics(test: gzsl.GzslLogits, seen: tuple[str, ...], unseen: tuple[str, ...]) -> dict[str, Any]:
    metrics = {
        "dataset": "animals", "split_version": "by hand", "split_sha256": "ab" * 32, "seen_classes": len(seen),
        "unseen_classes": len(unseen), "imageless_classes": [], "domain": "attributes", "domain_source": "five words",
        "backbone": "small", "fine_tuned": True, "layer": "conv", "seed": 0, "gamma": GAMMA, "backbone_accuracy": 1.0,
        "map_rank_correlation": 0.75, "map_steps": 60, "harmonic_mean_expected": 0.61, "lambda": 1e-3, "scale": 0.8,
        "bias": "mean", "packages": {"niwt_tf": "0.1.0", "numpy": "2.4.6"}, "zsl_accuracy": None, "ausuc": None,
    }  # fmt: skip
    for suffix, gamma in (("", GAMMA), ("_uncalibrated", 0.0)):
        metrics[f"seen_accuracy{suffix}"] = gzsl.seen_accuracy(test, gamma)
        scores = gzsl.gzsl(test, gamma) if len(test.unseen_labels) else None
        metrics[f"unseen_accuracy{suffix}"] = scores and scores.unseen
        metrics[f"harmonic_mean{suffix}"] = scores and scores.harmonic_mean
    if len(test.unseen_labels):
        metrics["zsl_accuracy"] = gzsl.zsl(test)
        metrics["ausuc"] = gzsl.curve(test).ausuc
    return metrics
