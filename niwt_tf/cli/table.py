# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The table at the end of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def table(metrics: Mapping[str, Any], workdir: Path) -> str:
    """Returns the scores of a run, what they rest on, and where everything lies.

    Args:
      metrics: what `metrics.json` holds.
      workdir: the run's folder.
    """
    m = metrics
    about = f"{m['split_version']}, {m['seen_classes']} seen and {m['unseen_classes']} unseen classes"
    network = f"{m['backbone']} at {m['layer']}, seed {m['seed']}"
    gamma = f"gamma {m['gamma']:.3f}, from validation"
    return f"""
  {about}; {m["domain"]}; {network}

                                   S      U      H
  {gamma:<28} {_row(m, "")}
  {"gamma 0":<28} {_row(m, "_uncalibrated")}

  ZSL accuracy, unseen classes alone            {m["zsl_accuracy"]:.3f}
  AUSUC, area under S against U                 {m["ausuc"]:.3f}
  the backbone on seen classes alone            {m["backbone_accuracy"]:.3f}
  rank correlation of the map, held-out classes {m["map_rank_correlation"]:.3f}
  H that the validation classes had promised    {m["harmonic_mean_expected"]:.3f}

  all stages took {sum(m["stage_seconds"].values()):.0f} s
  scores          {workdir / "metrics.json"}
  classifier      {workdir / "transfer"}{os.sep}
  curves          tensorboard --logdir {workdir}"""


def _row(metrics: Mapping[str, Any], suffix: str) -> str:
    names = ("seen_accuracy", "unseen_accuracy", "harmonic_mean")
    return "  ".join(f"{metrics[name + suffix]:.3f}" for name in names)
