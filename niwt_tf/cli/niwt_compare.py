# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The program `niwt_compare`: compares methods, domains and seeds in one table."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from absl import flags

from niwt_tf import errors
from niwt_tf.cli import compare_flags, launch
from niwt_tf.compare import comparison, formats
from niwt_tf.util import progress

_DESCRIPTION = """Compares NIWT with other methods: methods x domains x seeds in one table, with mean and spread.

niwt_compare --seeds=0-9 --domains=attributes,captions
niwt_compare --methods=niwt --vary=layer=conv3,conv4 --vary="lambdas=0.0001;0.001"
niwt_compare --dataset=folder --data_dir=mine --choices=0-19 --unseen_count=5

prints the table, and writes it as table.md, table.csv and table.json, and a figure as figure.png, figure.svg and
figure.pdf. Every other flag of niwt holds for all runs. Several processes work at a time; what is done is not done
again, and one that fails is marked.
--helpfull shows every setting."""


def main(arguments: Sequence[str]) -> None:
    """Run what is still to do, and print the table."""
    del arguments
    request = compare_flags.read(flags.FLAGS, sys.argv[1:])
    found = comparison.compare(request)
    progress.say(f"\n{formats.terminal(found)}\n\n  table and figure are in {request.out}")
    if found.failed:
        raise errors.UserError(
            f"Not all could be measured; the rest is in the table. What went wrong is in "
            f"{errors.listed(map(str, found.logs))}. The same command goes on from there."
        )


def run() -> None:
    """Run the console script."""
    compare_flags.define(flags.FLAGS, sys.argv[0])
    launch.run(main, _DESCRIPTION)
