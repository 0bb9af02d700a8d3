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
from niwt_tf.method import importance
from niwt_tf.pipeline import context as run_lib
from niwt_tf.runs import artefacts


def load(root: Path) -> material.Material:
    """Load the features, classes and validation splits of a run.

    Args:
      root: Folder of a run whose stages `baselines.run.NEEDED` are done.

    Raises:
      errors.UserError: If the dataset that the run was made from is no longer there.
    """
    found = artefacts.RunArtefacts(root)
    config, test = found.config, found.test
    run = run_lib.Run(config, workdir_lib.Workdir(root))
    return material.Material(
        problem=_problem(found.importances, found.knowledge, config),
        trials=tuple(_trial(run, group) for group in run.usable_groups),
        seen=material.Images(found.test_features("seen"), test.seen_labels),
        unseen=material.Images(found.test_features("unseen"), test.unseen_labels),
        imageless=run.dataset.imageless_columns,
        classifier=config.backbone,
        rehearsed=run.protocol,
    )


def _trial(run: run_lib.Run, group: int) -> material.Trial:
    found = run.artefacts
    problem = _problem(found.validation_importances(group), run.validation_knowledge(group), run.config)
    seen, unseen = (material.Images(*found.validation_images(group, split)) for split in ("test_seen", "test_unseen"))
    return material.Trial(problem, seen, unseen)


def _problem(
    observed: importance.Importances, known: knowledge.DomainKnowledge, config: config_lib.RunConfig
) -> method.Problem:
    """Build the problem of the training images whose importances were observed; they show all seen classes."""
    features, labels = np.array(observed.features), np.array(observed.labels)
    return method.Problem(features, labels, known.vectors, int(labels.max()) + 1, config.domain.domain, config.seed)
