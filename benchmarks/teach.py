# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure how long it takes to teach a class, and compare its accuracy with that of the pipeline.

Each unseen class of a finished run is forgotten and taught again by its description in the dataset; the others stay.
Both accuracies are shares of its test images: over all classes, and over the unseen classes alone.

python benchmarks/teach.py runs/aviary-attributes
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch
from niwt_tf.models import state

launch.start_tensorflow()

from niwt_tf.data import registry, zero_shot  # noqa: E402
from niwt_tf.domains import description, texts  # noqa: E402
from niwt_tf.models import model as model_lib  # noqa: E402
from niwt_tf.models import teach  # noqa: E402

_BATCH_SIZE = 256
_LINE = "{:20} {:8.2f} {:9.3f} {:7.3f} {:15.3f} {:7.3f}"


def main(folder: str) -> None:
    """Print a line for each class, and the means."""
    begun = time.monotonic()
    model = model_lib.load(folder)
    print(f"loaded in {time.monotonic() - begun:.2f} s\n{'over all classes':>46} {'unseen ones':>23}")
    print(f"{'class':20} {'seconds':>8} {'pipeline':>9} {'taught':>7} {'pipeline':>15} {'taught':>7}")
    dataset = registry.load(model.config.data, model.image_size)
    network, test = model.classifier.backbone.network, dataset.test_unseen
    features = np.concatenate([network(images).numpy() for images, _ in test.batches(_BATCH_SIZE)])
    rows = []
    for name in model.classifier.unseen:
        text, without = _description(name, model, dataset), model.forget(name)
        begun = time.monotonic()
        taught = teach.teach(without, [text]).model
        seconds = time.monotonic() - begun
        of_class = features[test.labels == model.class_names.index(name)]
        rows.append((seconds, *np.ravel([_scores(one, name, of_class) for one in (model, taught)], "F")))
        print(_LINE.format(name, *rows[-1]))
    print(_LINE.format("mean", *np.mean(rows, axis=0)))
    difference = np.abs(np.diff(rows)[:, 1::2]).max()
    print(f"at most {np.max(rows, axis=0)[0]:.2f} s for a class; accuracies differ by {difference:.3f} at most")


def _description(name: str, model: model_lib.Model, dataset: zero_shot.ZeroShotDataset) -> description.Description:
    """Build the description of a class in the model's domain from the dataset."""
    (share,) = model.knowledge.slices
    if share.domain in ("captions", "documents"):
        folder = getattr(model.config.domain, f"{share.domain}_dir")
        known = texts.read_folder(share.domain, folder, dataset) if folder else None
        known = known or getattr(dataset.descriptions, share.domain)()
        return description.Description(name, **{share.domain: tuple(known.by_class[name])})
    values = model.knowledge.vectors[model.class_names.index(name)].tolist()
    items = (f"{feature}:{value!r}" for feature, value in zip(model.knowledge.feature_names, values, strict=True))
    return description.Description(name, attributes=tuple(items))


def _scores(model: model_lib.Model, name: str, features: np.ndarray) -> tuple[float, float]:
    """Compute the shares of a class's images that are classified correctly, over all classes and over unseen ones."""
    scores = features @ model.classifier.kernel + state.calibrated_bias(model)
    index, seen = model.class_names.index(name), len(model.seen)
    return float((scores.argmax(1) == index).mean()), float((scores[:, seen:].argmax(1) + seen == index).mean())


if __name__ == "__main__":
    main(*sys.argv[1:])
