# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of fitting baselines by name, and of the errors for unknown names, domains and sizes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fakes import linear_world
from niwt_tf import errors
from niwt_tf.baselines import registry


def test_the_error_for_an_unknown_baseline_suggests_the_nearest() -> None:
    with pytest.raises(errors.UserError) as caught:
        registry.require(["ale", "ezsl"], "attributes")
    assert str(caught.value) == (
        "`methods` must be one of ale, devise, sje, eszsl, sae, dem, conse, dap, prototype, oracle. Received: "
        "methods='ezsl'. Did you mean 'eszsl'?"
    )


@pytest.mark.parametrize("domain", ["captions", "documents", "sentences", "attributes+captions"])
def test_dap_needs_attributes(domain: str) -> None:
    message = (
        "`dap` must have attributes or binary_attributes, as it trains a classifier for each. Received: "
        f"domain={domain!r}. Leave dap out, or compare in a run with domain='attributes'."
    )
    with pytest.raises(errors.UserError) as caught:
        registry.require(["dap"], domain)
    assert str(caught.value) == message
    with pytest.raises(errors.UserError) as caught:
        registry.fit("dap", dataclasses.replace(linear_world.problem(), domain=domain), None)
    assert str(caught.value) == message
    assert set(registry.METHODS) - set(registry.suitable(domain)) == {"dap"}


@pytest.mark.parametrize("domain", ["attributes", "binary_attributes", "attributes+binary_attributes"])
def test_attributes_suit_every_baseline(domain: str) -> None:
    registry.require([*registry.METHODS], domain)
    assert registry.suitable(domain) == tuple(registry.METHODS)


@pytest.mark.parametrize("name", registry.METHODS)
def test_features_of_another_size_are_an_error(name: str) -> None:
    scores = registry.fit(name, linear_world.problem(5), registry.METHODS[name].CANDIDATES[0])
    for features in (np.ones((2, 23), np.float32), np.ones(24, np.float32)):
        with pytest.raises(errors.UserError) as caught:
            scores(features)
        assert str(caught.value) == (
            "`features` must have 24 numbers for each image, as those in training had. Received: features of shape "
            f"{features.shape}. Take all from the same network and layer."
        )
