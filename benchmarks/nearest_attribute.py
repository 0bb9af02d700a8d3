# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure how hard the aviary is: predict attributes from a finished run's features, and take the nearest class.

H at gamma 0 is low because seen classes win. So H is also printed at the gamma that is best for the test images
themselves: an upper bound on what calibration can reach.

python benchmarks/nearest_attribute.py runs/aviary-attributes
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn import linear_model

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf import (
    config,  # noqa: E402
)
from niwt_tf.backbones import classifier as classifier_lib  # noqa: E402
from niwt_tf.data import registry, zero_shot  # noqa: E402
from niwt_tf.domains import knowledge  # noqa: E402
from niwt_tf.evaluation import gzsl
from niwt_tf.method import importance
from niwt_tf.util import json_files


def main(folder: str) -> None:
    """Print the accuracies of the nearest class to attributes predicted by ridge regression."""
    settings = json_files.read(Path(folder) / "config.json")
    values = {name: settings[name] for name in config.options(config.DataConfig())}
    backbone = classifier_lib.Classifier.load(Path(folder) / "backbone").backbone
    dataset = registry.load(config.DataConfig(**values | {"unseen": tuple(values["unseen"])}), backbone.image_size)
    vectors = knowledge.load(dataset, config.DomainConfig()).vectors
    network = backbone.network
    observed = importance.Importances.load(Path(folder) / "importances")
    regression = linear_model.Ridge(alpha=10.0).fit(observed.features, vectors[observed.labels])

    def scores(split: zero_shot.Split) -> np.ndarray:
        features = np.concatenate([network(images, training=False).numpy() for images, _ in split.batches(256)])
        return -((regression.predict(features)[:, None] - vectors) ** 2).sum(-1)

    seen, unseen = dataset.test_seen, dataset.test_unseen
    test = gzsl.GzslLogits(scores(seen), seen.labels, scores(unseen), unseen.labels, len(dataset.seen))
    both, alone, curve = gzsl.gzsl(test), gzsl.zsl(test), gzsl.curve(test)
    print(f"gamma 0: S {both.seen:.3f}  U {both.unseen:.3f}  H {both.harmonic_mean:.3f}")
    print(f"best gamma in hindsight: H {curve.best_gamma()[1]:.3f}  AUSUC {curve.ausuc:.3f}  ZSL {alone:.3f}")


if __name__ == "__main__":
    main(sys.argv[1])
