# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure how well the tutorial's ninth bird is recognised, over ten choices of it, with the tutorial's code.

The ninth is each of the two unseen species of five aviaries: those of the first five seeds that can draw ten species.
Shares are of test images, over all nine species.

python benchmarks/ninths.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch

launch.start_tensorflow()

import niwt_tf  # noqa: E402

_SEEDS = (7, 10, 11, 14, 15)
_KEPT_SHARE = 0.95
_LINE = "{:11} {:20} {:>8} {:>14} {:>14}"


def main() -> None:
    """Print a line for each ninth species, and the means and extremes."""
    print(_LINE.format("aviary_seed", "ninth", "of it", "eight before", "eight after"))
    shares = [share for seed in _SEEDS for share in _measure_aviary(seed)]
    for name in ("mean", "min", "max"):
        summary = getattr(np, name)(shares, axis=0)
        print(_LINE.format("", name, *(f"{share:.2f}" for share in summary)))


def _measure_aviary(seed: int) -> list[tuple[float, float, float]]:
    dataset = niwt_tf.load_dataset("aviary", aviary_seed=seed, aviary_classes=10, aviary_unseen=2, aviary_images=60)
    eight = dataset.seen
    captions = dataset.descriptions.captions().by_class  # type: ignore[misc]  # the aviary has them
    images, labels = niwt_tf.to_arrays(dataset.train)
    test_images, test_labels = niwt_tf.to_arrays(dataset.test_seen)
    unseen_images, unseen_labels = niwt_tf.to_arrays(dataset.test_unseen)
    backbone = niwt_tf.load_backbone("small")
    classifier = niwt_tf.train_classifier(backbone, images, labels, eight, epochs=20)
    importances = niwt_tf.compute_importances(classifier, images, labels)
    knowledge = niwt_tf.encode_captions({name: captions[name] for name in eight})
    model = niwt_tf.make_model(classifier, knowledge, importances, seen_fraction=_KEPT_SHARE)
    before = float(np.mean(model.predict(test_images).scores.argmax(1) == test_labels))
    shares = []
    for index, ninth in enumerate(dataset.unseen):
        taught = model.teach(ninth, captions=captions[ninth], max_seen_loss=None)
        predicted = taught.predict(unseen_images[unseen_labels == len(eight) + index])
        right = predicted.classes.count(ninth) / len(predicted.classes)
        after = float(np.mean(taught.predict(test_images).scores.argmax(1) == test_labels))
        print(_LINE.format(seed, ninth, f"{right:.2f}", f"{before:.2f}", f"{after:.2f}"), flush=True)
        shares.append((right, before, after))
    return shares


if __name__ == "__main__":
    main()
