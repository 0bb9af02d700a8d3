# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""List the baselines by name, and fit them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from niwt_tf import errors
from niwt_tf.baselines import ale, conse, dap, dem, devise, eszsl, method, oracle, prototype, sae, sje

ORACLE = "oracle"
METHODS: dict[str, method.Method] = {
    "ale": ale,
    "devise": devise,
    "sje": sje,
    "eszsl": eszsl,
    "sae": sae,
    "dem": dem,
    "conse": conse,
    "dap": dap,
    "prototype": prototype,
    ORACLE: oracle,
}
_DOMAINS = {"dap": ("attributes", "binary_attributes")}  # of methods that do not suit every domain


def suitable(domain: str) -> tuple[str, ...]:
    """List the baselines that suit a domain."""
    return tuple(name for name in METHODS if not _unsuitable(name, domain))


def require(names: Sequence[str], domain: str) -> None:
    """Check that names are those of baselines, and that these suit a domain.

    Raises:
      errors.UserError: If there is no baseline of a name, or it does not suit the domain.
    """
    for name in names:
        if name not in METHODS:
            raise errors.unknown_value("methods", name, METHODS)
        if _unsuitable(name, domain):
            raise errors.UserError(
                f"`{name}` must have {' or '.join(_DOMAINS[name])}, as it trains a classifier for each. Received: "
                f"{errors.setting('domain', domain)}. Leave {name} out, or compare in a run with "
                f"{errors.setting('domain', _DOMAINS[name][0])}."
            )


def _unsuitable(name: str, domain: str) -> bool:
    return name in _DOMAINS and not set(domain.split("+")) <= set(_DOMAINS[name])


def fit(name: str, problem: method.Problem, setting: Any) -> method.Scores:
    """Fit a baseline, and return its scores of all classes.

    Args:
      name: Name of the baseline, one of `METHODS`.
      problem: Problem to fit.
      setting: Setting, one of the baseline's candidates.

    Raises:
      errors.UserError: If the baseline does not suit the domain. The scores raise it for features of another size.
    """
    require([name], problem.domain)
    scores, size = METHODS[name].fit(problem, setting), problem.features.shape[1]

    def checked(features: np.ndarray) -> np.ndarray:
        if features.ndim != 2 or features.shape[1] != size:
            raise errors.UserError(
                f"`features` must have {size} numbers for each image, as those in training had. Received: features of "
                f"shape {features.shape}. Take all from the same network and layer."
            )
        return scores(features)

    return checked
