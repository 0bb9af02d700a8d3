# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure probabilities and rejection on photographs: of known classes, of taught ones, and of ones never mentioned.

Draws, networks and heads are those of `teach_within_limit.py`; other seeds. `ECE` is the expected calibration error of
the predicted class's probability, in 15 bins over the images of all draws: of held-out images of known classes, of
images of new ones, and of both, each class with its number of images. `kept` is the share of images that are accepted
where 95 of a hundred known ones shall be: of known classes, of new ones that are recognised, and of classes that are
never mentioned. `AUROC` is that of typicality, known against never mentioned, before and after the new classes were
taught: means over draws, with standard errors.

python benchmarks/confidence.py ../shared/data
python benchmarks/confidence.py ../shared/data 6     # draws of each row, by default 30
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import teach_within_limit as within  # type: ignore[import-not-found]  # starts TensorFlow
from sklearn import metrics

from niwt_tf.method.calibration import temperature, typicality
from niwt_tf.models import confidence, gate, state

_FIRST_SEED = 21_000
_LINE = "{:36} {:>3} {:>3} | {:>5} {:>5} {:>5} | {:>5} {:>5} {:>5} | {:>13} {:>13}"


class Judged(NamedTuple):
    """Images, as a model judges them: the predicted class's probability, whether it is right, and more, each `[n]`."""

    probability: np.ndarray
    is_right: np.ndarray
    typicality: np.ndarray
    is_accepted: np.ndarray


def main(root: str, draws: str = "30") -> None:
    """Print a row for each dataset, network, kind of description and number of classes."""
    print(_LINE.format("", "", "", "ECE", "", "", "kept", "", "", "AUROC", ""))
    heads = ("known", "new", "known", "new", "both", "known", "new", "never", "before", "after")
    print(_LINE.format("", *heads))
    for photographs, vectors, rows in _tables(Path(root)):
        for row in rows:
            _print(row, [_draw(photographs, vectors, row, _FIRST_SEED + draw) for draw in range(int(draws))])


def _tables(data: Path) -> Iterator[tuple[within.Photographs, within.Vectors, list[within.Row]]]:
    """Choose rows in which some classes are left that are never mentioned."""
    for photographs, vectors, rows in within.tables(data):
        title, classes = rows[0].title, len(photographs.names)
        known = {19: 12, 43: 34, 70: 60}[classes]
        chosen = [within.Row(title, known, new) for new in (1, 5)]
        if title == "animals, Lite0, attributes":
            chosen.append(within.Row(f"{title}, 3 photographs", known, 1, photographs=3))
            chosen.append(within.Row(f"{title}, own head", known, 1, own_head=True))
        yield photographs, vectors, chosen


def _draw(
    photographs: within.Photographs, vectors: within.Vectors, row: within.Row, seed: int
) -> tuple[Judged, Judged, Judged, float, float]:
    """Judge known, new and never mentioned images of one draw; and AUROC before and after teaching."""
    one = within.teach(photographs, vectors, row, seed)
    groups = one.is_known, one.is_new, one.labels < 0
    features, labels = photographs.features, one.labels
    known, new, never = (_judge(one.taught, features[rows], labels[rows], row.known) for rows in groups)
    before = [_judge(one.model, features[rows], labels[rows], row.known) for rows in (one.is_known, one.labels < 0)]
    return known, new, never, _auroc(*before), _auroc(known, never)


def _judge(model: state.ModelState, features: np.ndarray, labels: np.ndarray, known: int) -> Judged:
    own = confidence.of(model)
    whole = gate.completed(model.classifier, features)
    scores = whole @ model.classifier.kernel + state.calibrated_bias(model)
    predicted = scores.argmax(1)
    typical = own.typicality(whole, predicted)
    is_kept = typicality.is_accepted(typical, typicality.SHARE)
    is_new_missed = (labels >= known) & (predicted != labels)
    probability = own.probabilities(scores).max(1)
    return Judged(probability, predicted == labels, typical, np.where(is_new_missed, np.nan, is_kept))


def _auroc(known: Judged, never: Judged) -> float:
    is_known = np.concatenate([np.ones(len(known.typicality)), np.zeros(len(never.typicality))])
    return float(metrics.roc_auc_score(is_known, np.concatenate([known.typicality, never.typicality])))


def _print(row: within.Row, results: list[tuple[Judged, Judged, Judged, float, float]]) -> None:
    known, new, never = (
        Judged(*(np.concatenate(parts) for parts in zip(*(one[group] for one in results), strict=True)))
        for group in range(3)
    )
    both = [np.concatenate(parts) for parts in zip(known, new, strict=True)]
    errors = [temperature.expected_error(group[0], group[1]) for group in (known, new, both)]
    kept = [np.nanmean(group.is_accepted) for group in (known, new, never)]
    scores = np.array([one[3:] for one in results])
    spread = scores.std(axis=0) / np.sqrt(len(scores))
    aurocs = [f"{mean:.3f} ± {error:.3f}" for mean, error in zip(scores.mean(axis=0), spread, strict=True)]
    numbers = [*(f"{one:.3f}" for one in errors), *(f"{one:.2f}" for one in kept), *aurocs]
    print(_LINE.format(row.title, row.known, row.new, *numbers), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
