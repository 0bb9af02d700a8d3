# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""An outcome of a comparison, written by hand."""

from __future__ import annotations

from collections.abc import Sequence

from niwt_tf.compare import outcome, plan, table

NIWT, ESZSL, ORACLE = (0.7, 0.8, 0.75, 0.6), (0.65, 0.7, 0.76, 0.5), (0.9, 0.95, 0.9, 0.85)


def row(method: str, h: Sequence[float | None], domain: str = "attributes", variant: str = "") -> table.Row:
    """Builds a row whose seeds, counted from 0, have these H."""
    scores = {
        str(seed): table.columns(
            {
                "seen_accuracy": 0.8,
                "unseen_accuracy": value,
                "harmonic_mean": value,
                "zsl_accuracy": value,
                "ausuc": 0.5,
                "harmonic_mean_uncalibrated": 0.1,
                "harmonic_mean_expected": None if method == "oracle" else 0.85,
                "seconds": 12.0 + seed,
            }
        )
        for seed, value in enumerate(h)
    }
    return table.Row(plan.RowKey(method, domain, variant), scores, {}, {seed: {"setting": {"k": 1}} for seed in scores})


def build(rows: Sequence[table.Row], seeds: int = 4) -> outcome.Outcome:
    """Builds an outcome with these rows."""
    return outcome.Outcome(
        rows=rows,
        replicate_noun="seed",
        replicates=[str(seed) for seed in range(seeds)],
        facts={
            "dataset": ["aviary"],
            "split_version": ["1.0.0 seed 0", "1.0.0 seed 1"],
            "backbone": ["small"],
            "fine_tuned": ["full"],
            "layer": ["conv4"],
            "machine": ["AMD EPYC, 1 thread, without oneDNN"],
        },
        command="niwt_compare --seeds=0-3",
        wall_seconds=61.4,
        made_seconds=1234.5,
        processes=2,
        threads=1,
    )


def four_seeds() -> outcome.Outcome:
    """Builds an outcome of NIWT, ESZSL and the oracle over four seeds."""
    return build([row("niwt", NIWT), row("eszsl", ESZSL), row("oracle", ORACLE)])
