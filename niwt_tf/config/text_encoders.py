# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tell apart the text encoders that a setting names: `tfidf+word2vec:PATH` are two."""

from __future__ import annotations

import re

TFIDF = "tfidf"
FORM = r"tfidf|(word2vec|hub):.+"
IN_WORDS = "tfidf, word2vec:PATH or hub:HANDLE_OR_PATH"
_JOINT = re.compile(r"\+(?=tfidf(?:\+|$)|(?:word2vec|hub):)")  # other plus signs belong to paths


def split(setting: str) -> tuple[str, ...]:
    """Split the value of the setting `text_encoder` into the names of its encoders, in their order."""
    return tuple(_JOINT.split(setting))
