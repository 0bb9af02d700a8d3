# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The rules that niwt_tf loads, as Bazel 4 has them built in."""

py_binary = native.py_binary
py_library = native.py_library
py_test = native.py_test
