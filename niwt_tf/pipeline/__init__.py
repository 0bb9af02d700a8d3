# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A run, stage by stage: `pipeline.run(config, workdir)` does what is still to do."""

from niwt_tf.pipeline.runner import run
from niwt_tf.runs.stage_table import STAGES, fingerprints

__all__ = ["STAGES", "fingerprints", "run"]
