# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load the data of a comparison from a finished run: NIWT's features, classes and validation splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import workdir as workdir_lib
from niwt_tf.baselines import features as features_lib
from niwt_tf.baselines import method
from niwt_tf.domains import knowledge as knowledge_lib
from niwt_tf.method import importance
from niwt_tf.pipeline import context as run_lib
from niwt_tf.runs import artefacts


def load(root: Path) -> features_lib.FeatureDataset:
    """Load the features, classes and validation splits of a run.

    Args:
      root: Folder of a run whose stages `baselines.run.NEEDED` are done.

    Raises:
      errors.UserError: If the dataset that the run was made from is no longer there.
    """
    files = artefacts.RunArtefacts(root)
    config, test = files.config, files.test
    run = run_lib.Run(config, workdir_lib.Workdir(root))
    return features_lib.FeatureDataset(
        problem=_problem(files.importances, files.knowledge, config),
        validation_splits=tuple(_validation_split(run, group) for group in run.usable_groups),
        seen=features_lib.LabelledFeatures(files.test_features("seen"), test.seen_labels),
        unseen=features_lib.LabelledFeatures(files.test_features("unseen"), test.unseen_labels),
        imageless=run.dataset.imageless_columns,
        classifier=config.backbone,
        protocol=run.protocol,
    )


def _validation_split(run: run_lib.Run, group: int) -> features_lib.ValidationSplit:
    files = run.artefacts
    problem = _problem(files.validation_importances(group), run.validation_knowledge(group), run.config)
    seen, unseen = (
        features_lib.LabelledFeatures(*files.validation_images(group, part)) for part in ("test_seen", "test_unseen")
    )
    return features_lib.ValidationSplit(problem, seen, unseen)


def _problem(
    observed: importance.Importances, knowledge: knowledge_lib.DomainKnowledge, config: config_lib.RunConfig
) -> method.Problem:
    """Build the problem of the training images whose importances were observed; they show all seen classes."""
    features, labels = np.array(observed.features), np.array(observed.labels)
    return method.Problem(features, labels, knowledge.vectors, int(labels.max()) + 1, config.domain.domain, config.seed)
