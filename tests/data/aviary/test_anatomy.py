# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a bird's parts and attributes."""

from __future__ import annotations

import numpy as np
import pytest

from niwt_tf.data.aviary import anatomy

_TRAITS = {name: values[-1] for name, values in anatomy.ATTRIBUTES.items()}


def test_features_are_the_values_of_the_attributes_in_order() -> None:
    assert len(anatomy.FEATURE_NAMES) == len(set(anatomy.FEATURE_NAMES)) == 3 * 6 + 3 * 4 + 3 * 2
    assert anatomy.FEATURE_NAMES[0] == "body_color=red"
    assert anatomy.FEATURE_NAMES[18] == "belly_pattern=plain"
    assert anatomy.FEATURE_NAMES[-1] == "wing_bars=present"


def test_every_attribute_shows_in_a_part() -> None:
    assert anatomy.PART_OF_ATTRIBUTE.keys() == anatomy.ATTRIBUTES.keys()
    assert set(anatomy.PART_OF_ATTRIBUTE.values()) <= set(anatomy.PARTS)
    assert len(set(anatomy.PARTS)) == 9


def test_colors_can_be_distinguished() -> None:
    values = np.array(list(anatomy.COLORS.values()), float)
    assert values.shape == (6, 3)
    distances = np.linalg.norm(values[:, None] - values[None], axis=-1)
    assert distances[~np.eye(6, dtype=bool)].min() > 100
    assert 0 <= values.min() and values.max() <= 255


def test_encode_traits_by_hand() -> None:
    traits = {
        **{"body_color": "red", "wing_color": "white", "crown_color": "yellow"},
        **{"belly_pattern": "plain", "bill_shape": "broad", "tail_shape": "long"},
        **{"leg_length": "short", "head_crest": "crested", "wing_bars": "absent"},
    }
    expected = [1, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 1] + [0, 1, 0, 0, 0, 0]
    expected += [1, 0, 0, 0] + [0, 0, 0, 1] + [0, 1, 0, 0] + [1, 0] + [0, 1] + [1, 0]
    encoded = anatomy.encode_traits(traits)
    assert encoded.dtype == np.float32
    assert encoded.tolist() == expected


def test_encode_traits_knows_no_order_of_names() -> None:
    turned = dict(reversed(_TRAITS.items()))
    np.testing.assert_array_equal(anatomy.encode_traits(turned), anatomy.encode_traits(_TRAITS))


@pytest.mark.parametrize("missing", anatomy.ATTRIBUTES)
def test_encode_traits_needs_every_attribute(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        anatomy.encode_traits({name: value for name, value in _TRAITS.items() if name != missing})
