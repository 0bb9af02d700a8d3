# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A finished run with the records of its stages, made by hand, from which models are loaded."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np

from fakes import finished, models
from niwt_tf import config as config_lib
from niwt_tf import workdir
from niwt_tf.evaluation import gzsl
from niwt_tf.models import files
from niwt_tf.runs import run_files, stage_table
from niwt_tf.util import json_files

_IMAGES = 24  # of training, as those of `models`


def write(root: Path, run: str = "one") -> Path:
    """Writes the folder of a run, and returns it; runs of different names hold other numbers.

    Args:
      root: the run's folder.
      run: name of the run.
    """
    factor = np.float32(1 + len(run) / 16)
    made = models.by_attributes(deep=True)
    classifier = dataclasses.replace(made.classifier, kernel=made.classifier.kernel * factor)
    model = dataclasses.replace(made, classifier=classifier)
    files._write(model, root)
    classifier.save(root / "transfer")
    (root / run_files.METRICS).unlink()
    (root / run_files.TAUGHT).unlink()
    for stage in ("data", "evaluate"):
        (root / stage).mkdir()
    split = {"seen": list(models.SEEN), "unseen": list(models.UNSEEN), "validation": []}
    json_files.write(root / "data" / run_files.SPLIT, split)
    np.save(root / "importances" / "labels.npy", np.arange(_IMAGES) % len(models.SEEN))
    np.save(root / "importances" / "values.npy", np.ones((_IMAGES, finished.NEURONS), np.float32))
    _write_scores(root, model.gamma)
    for stage in root.iterdir():
        if stage.is_dir():
            json_files.write(stage / run_files.SECONDS, 1.25)
    record(root, model.config, run)
    return root


def record(root: Path, config: config_lib.RunConfig, run: str = "one") -> None:
    """Writes the records of the stages whose folders are there."""
    json_files.write(root / run_files.CONFIG, workdir.record(config))
    fingerprints = {stage: hashlib.sha256(f"{run} {stage}".encode()).hexdigest() for stage in stage_table.STAGES}
    for name, stage in stage_table.STAGES.items():
        if not (root / name).is_dir():
            continue
        one = workdir.Record(
            fingerprints[name],
            stage.version,
            stage_table.settings_fingerprint(name, config),
            {read: fingerprints[read] for read in stage.reads},
            stage_table.packages(),
            digests(root / name),
        )
        json_files.write(root / name / workdir.RECORD, dataclasses.asdict(one))


def digests(folder: Path) -> dict[str, str]:
    """Returns the SHA-256 of the files in the folder of a stage."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != workdir.RECORD]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _write_scores(root: Path, gamma: float) -> None:
    classes, seen = len(models.SEEN + models.UNSEEN), len(models.SEEN)
    seen_labels, unseen_labels = np.arange(seen).repeat(2), np.arange(seen, classes).repeat(2)
    logits = np.eye(classes, dtype=np.float32)
    test = gzsl.GzslLogits(logits[seen_labels], seen_labels, logits[unseen_labels], unseen_labels, seen)
    test.save(root / "evaluate" / run_files.LOGITS)
    metrics = finished._metrics(test, models.SEEN, models.UNSEEN) | {"gamma": gamma}
    (root / "evaluate" / run_files.METRICS).write_text(json.dumps(metrics), "utf-8")
