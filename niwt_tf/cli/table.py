# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Table of scores that is printed at the end of a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from niwt_tf import errors
from niwt_tf.evaluation import summary
from niwt_tf.util import clean


def table(metrics: Mapping[str, Any], workdir: Path) -> str:
    """Format the scores of a run, the data and settings that they depend on, and the paths of its files.

    Args:
      metrics: Contents of `metrics.json`.
      workdir: Folder of the run.
    """
    m = metrics
    about = f"{clean.line(m['split_version'])}, {m['seen_classes']} seen and {m['unseen_classes']} unseen classes"
    network = f"{clean.line(m['backbone'])} at {clean.line(m['layer'])}, seed {m['seed']}"
    untested = ""
    if m["imageless_classes"]:
        untested = f"\n  without test images: {errors.listed(map(clean.name, m['imageless_classes']))}"
    source = "by default" if m["harmonic_mean_expected"] is None else "from validation"
    gamma = f"gamma {m['gamma']:.3f}, {source}"
    return f"""
  {about}; {m["domain"]}; {network}{untested}

                                   S      U      H
  {gamma:<28} {_row(m, "")}
  {"gamma 0":<28} {_row(m, summary.UNCALIBRATED)}

  ZSL accuracy, among unseen classes alone      {_number(m[summary.ZSL])}
  AUSUC, area under S against U                 {_number(m[summary.AUSUC])}
  accuracy of the backbone on seen classes      {m["backbone_accuracy"]:.3f}
  rank correlation of the map, held-out classes {m["map_rank_correlation"]:.3f}
  H on validation classes                       {_number(m["harmonic_mean_expected"])}{_explained(m)}

  all stages took {sum(m["stage_seconds"].values()):.0f} s
  scores          {workdir / "metrics.json"}
  classifier      {workdir / "transfer"}{os.sep}
  curves          tensorboard --logdir {workdir}{_page(m, workdir)}"""


def _explained(metrics: Mapping[str, Any]) -> str:
    """Format the accuracy of the explanations; empty if the stage `explain` is not done."""
    if "attribute_accuracy" not in metrics:
        return ""
    share, auc = metrics["neurons_named"], _number(metrics["neuron_name_auc"])
    return f"""
  five strongest reasons, share that is true    {_number(metrics["attribute_accuracy"])}
  neurons with a name, AUC of their names       {share:.3f}  {auc}"""


def _page(metrics: Mapping[str, Any], workdir: Path) -> str:
    return f"\n  report          {workdir / 'report' / 'index.html'}" if "report" in metrics["stage_seconds"] else ""


def _row(metrics: Mapping[str, Any], suffix: str) -> str:
    return "  ".join(_number(metrics[name + suffix]) for name in summary.GZSL)


def _number(value: float | None) -> str:
    return "  -  " if value is None else f"{value:.3f}"
