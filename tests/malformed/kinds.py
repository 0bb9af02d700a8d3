# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Numbers of cases of each kind of malformed input."""

from __future__ import annotations

# Kind -> cases in the slow test, and in the fast one; a case of the last ones takes longest.
COUNTS = {
    "images": (450, 30),
    "tables": (450, 30),
    "texts": (400, 30),
    "yaml_files": (400, 30),
    "vectors": (400, 25),
    "matlab": (450, 30),
    "archives": (400, 25),
    "flags": (450, 25),
    "arrays": (500, 20),
    "folders": (350, 8),
    "backbones": (400, 9),
    "bundles": (500, 20),
    "run_folders": (500, 20),
}
