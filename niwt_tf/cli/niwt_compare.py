# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The program `niwt_compare`: compare methods, domains and seeds in one table."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from absl import flags

from niwt_tf import errors
from niwt_tf.cli import compare_flags, launch
from niwt_tf.compare import comparison, formats
from niwt_tf.util import progress

_DESCRIPTION = """Compare NIWT with other methods, over domains and seeds, in a table of means and standard deviations.

niwt_compare --seeds=0-9 --domains=attributes,captions
niwt_compare --methods=niwt --vary=layer=conv3,conv4 --vary="lambdas=0.0001;0.001"
niwt_compare --dataset=folder --data_dir=mine --choices=0-19 --unseen_count=5

It prints the table, writes it as table.md, table.csv and table.json, and draws it as figure.png, figure.svg and
figure.pdf. All flags of niwt may be given, too; they apply to every run. Several processes work at a time. Finished
runs are not repeated; failed ones are marked in the table. --helpfull lists all settings."""


def main(arguments: Sequence[str]) -> None:
    """Run what is not finished, and print the table."""
    del arguments
    request = compare_flags.read(flags.FLAGS, sys.argv[1:])
    result = comparison.compare(request)
    progress.print_line(f"\n{formats.terminal(result)}\n\n  table and figure are in {request.out}")
    if result.failed:
        raise errors.UserError(
            f"Some measurements failed; all others are in the table. The errors are in "
            f"{errors.listed(map(str, result.logs))}. Fix them, and run the same command to resume."
        )


def run() -> None:
    """Run the console script."""
    compare_flags.define(flags.FLAGS, sys.argv[0])
    launch.run(main, _DESCRIPTION)
