# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of messages on flags in Python's words."""

from __future__ import annotations

import pytest

from niwt_tf import errors
from niwt_tf.api import rewording


def test_flags_lose_their_dashes_and_paths_keep_theirs() -> None:
    words = {"`--backbone`": "`name`"}
    with pytest.raises(errors.DivergedError) as caught, rewording.in_python(words):
        raise errors.DivergedError("`--backbone` and --layer=a--b of /x/--y. (--size 1) -- no --flag.")
    assert str(caught.value) == "`name` and layer=a--b of /x/--y. (size 1) -- no flag."
    with pytest.raises(ValueError, match="--other"), rewording.in_python(words):
        raise ValueError("--other")
