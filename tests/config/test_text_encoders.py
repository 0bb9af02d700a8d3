# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the names of text encoders."""

from __future__ import annotations

import pytest

from niwt_tf.config import text_encoders


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("tfidf", ("tfidf",)),
        ("tfidf+word2vec:a/b.txt", ("tfidf", "word2vec:a/b.txt")),
        ("word2vec:c++/a+b.txt+tfidf", ("word2vec:c++/a+b.txt", "tfidf")),
        ("hub:https://tfhub.dev/a/1+hub:/models/x+y+tfidf", ("hub:https://tfhub.dev/a/1", "hub:/models/x+y", "tfidf")),
    ],
)
def test_a_setting_is_split_before_encoders_alone(setting: str, names: tuple[str, ...]) -> None:
    assert text_encoders.split(setting) == names
