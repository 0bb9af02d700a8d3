# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load what baselines are compared on from a finished run: NIWT's features, classes and validation splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import workdir as workdir_lib
from niwt_tf.baselines import material, method
from niwt_tf.domains import knowledge
from niwt_tf.pipeline import context as run_lib
from niwt_tf.util import json_files


def load(root: Path) -> material.Material:
    """Load the features, classes and validation splits of a run.

    Args:
      root: Folder of a run whose stages `baselines.run.NEEDED` are done.

    Raises:
      errors.UserError: If the dataset that the run was made from is no longer there.
    """
    config = config_lib.from_record(json_files.read(root / "config.json"))
    run = run_lib.Run(config, workdir_lib.Workdir(root))
    with np.load(root / "evaluate" / "logits.npz", allow_pickle=False) as saved:
        seen_labels, unseen_labels = saved["seen_labels"], saved["unseen_labels"]
    return material.Material(
        problem=_problem(
            root / "importances", knowledge.DomainKnowledge.load(root / "knowledge" / "knowledge.npz"), config
        ),
        trials=tuple(_trial(run, group) for group in run.told_groups),
        seen=material.Images(_array(root / "evaluate" / "seen" / "features.npy"), seen_labels),
        unseen=material.Images(_array(root / "evaluate" / "unseen" / "features.npy"), unseen_labels),
        imageless=run.dataset.imageless_columns,
        classifier=config.backbone,
        rehearsed=run.rehearsed,
    )


def _trial(run: run_lib.Run, group: int) -> material.Trial:
    folder = run.folder("rehearsal_backbone") / str(group)
    problem = _problem(folder, run.rehearsal_knowledge(group), run.config)
    return material.Trial(problem, _images(folder / "test_seen.npz"), _images(folder / "test_unseen.npz"))


def _problem(folder: Path, known: knowledge.DomainKnowledge, config: config_lib.RunConfig) -> method.Problem:
    """Read the problem of the training images with features in `folder`; they show all seen classes."""
    labels = _array(folder / "labels.npy")
    domain = config.domain.domain
    return method.Problem(
        _array(folder / "features.npy"), labels, known.vectors, int(labels.max()) + 1, domain, config.seed
    )


def _images(path: Path) -> material.Images:
    with np.load(path, allow_pickle=False) as saved:
        return material.Images(saved["features"], saved["labels"])


def _array(path: Path) -> np.ndarray:
    return np.load(path, allow_pickle=False)
