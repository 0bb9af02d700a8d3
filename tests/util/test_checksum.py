# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of checksums."""

from __future__ import annotations

import hashlib
from pathlib import Path

from niwt_tf.util import checksum


def test_sha256_is_of_the_files_one_after_the_other(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(bytes(range(256)) * 10_000)
    second.write_bytes(b"the rest")
    assert checksum.sha256(first, second) == hashlib.sha256(first.read_bytes() + second.read_bytes()).hexdigest()
    assert checksum.sha256(second, first) != checksum.sha256(first, second)
    assert checksum.sha256() == hashlib.sha256().hexdigest()
