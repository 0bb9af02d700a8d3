# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Step 3 of the method (section 3.3 of the paper): weights of new classes from their importances, by either way."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.method.weight_transfer import closed_form, descent
from niwt_tf.util import training_log


@dataclasses.dataclass(frozen=True)
class Request:
    """Importances that new classes should have, and what determines their weights.

    Attributes:
      targets: Importances `[U,K]`; only their direction counts.
      lambda_: Strength of the penalty on the weights, at least 0.
      operator: Matrix `[D,K]` of the closed form with this penalty, see `ClosedFormTransfer.weight_operator`; None for
        descent.
    """

    targets: np.ndarray
    lambda_: float
    operator: np.ndarray | None = None


def weights(
    requests: Sequence[Request],
    classifier: classifier_lib.Classifier,
    activations: np.ndarray,
    config: config_lib.TransferConfig,
    seed: int,
    jit_compile: bool = False,
    log: training_log.Log = training_log.no_log,
) -> list[np.ndarray]:
    """Compute the weights `[D,U]` float32 of each request: in closed form by their operators, or by one descent.

    Args:
      requests: Requests that all have an operator, or none of them.
      classifier: Classifier whose seen classes descent starts from.
      activations: Activations `[n,H,W,K]` of any natural images except test images; for descent.
      config: Steps, batch and learning rate of the descent.
      seed: Seed of the descent's first weights, and of the order of the images.
      jit_compile: True to compile the step of the descent with XLA.
      log: Log of the descent's loss and cosine.

    Raises:
      errors.DivergedError: If the loss is not a finite number.
      ValueError: If some requests have an operator, and others have none.
    """
    closed = [closed_form.solve(one.operator, one.targets) for one in requests if one.operator is not None]
    if closed:
        if len(closed) < len(requests):
            raise ValueError(
                f"All requests must have an operator, or none. Received: {len(closed)} of {len(requests)}."
            )
        return closed
    counts = [len(one.targets) for one in requests]
    kernel = descent.transfer(
        classifier.backbone.head,
        activations,
        np.concatenate([one.targets for one in requests]),
        classifier.kernel[:, : len(classifier.seen)],
        np.repeat([one.lambda_ for one in requests], counts),
        config,
        seed,
        jit_compile,
        log,
    )
    return np.split(kernel, np.cumsum(counts)[:-1], axis=1)
