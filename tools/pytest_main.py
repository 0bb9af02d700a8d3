# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Run pytest on the files in the arguments: the main program of every `pytest_test` target."""

from __future__ import annotations

import os
import sys

import pytest


def main(paths: list[str]) -> int:
    """Run pytest with a report for Bazel, and return the exit status."""
    options = ["-o", f"cache_dir={os.environ['TEST_TMPDIR']}/cache"]
    if "XML_OUTPUT_FILE" in os.environ:
        options.append(f"--junitxml={os.environ['XML_OUTPUT_FILE']}")
    if "TESTBRIDGE_TEST_ONLY" in os.environ:  # bazel test --test_filter
        options += ["-k", os.environ["TESTBRIDGE_TEST_ONLY"]]
    return int(pytest.main([*options, *paths]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
