# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""How well does a class do that has no image, whichever it is? The same run over many random choices of unseen classes.

python benchmarks/random_unseen.py --data_dir=mini --choices=20 --count=5 --out=runs/choices [flags of bin/niwt]

Prints each run's scores, their means and standard deviations. Runs that are done are not run again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

_ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(_ROOT))

from niwt_tf import workdir  # noqa: E402

_SCORES = {
    "S": "seen_accuracy",
    "U": "unseen_accuracy",
    "H": "harmonic_mean",
    "ZSL": "zsl_accuracy",
    "AUSUC": "ausuc",
    "seen only": "backbone_accuracy",
    "H expected": "harmonic_mean_expected",
}


def main() -> None:
    """Runs every choice and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data_dir", type=Path, required=True, help="holds images/<class>/")
    parser.add_argument("--choices", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first choice")
    parser.add_argument("--count", type=int, default=5, help="how many classes are unseen")
    parser.add_argument("--out", type=Path, required=True, help="where the runs go")
    arguments, flags = parser.parse_known_args()
    classes = sorted(path.name for path in (arguments.data_dir / "images").iterdir() if path.is_dir())
    print(f"{'choice':>6}  " + "  ".join(f"{name:>10}" for name in _SCORES) + "     seconds  unseen")
    rows = []
    for choice in range(arguments.first, arguments.first + arguments.choices):
        unseen = sorted(np.random.default_rng(choice).choice(classes, arguments.count, replace=False).tolist())
        metrics = _run(arguments.data_dir, unseen, arguments.out / str(choice), flags)
        rows.append([metrics[name] for name in _SCORES.values()] + [sum(metrics["stage_seconds"].values())])
        print(f"{choice:>6}  {_line(rows[-1])}  {', '.join(unseen)}", flush=True)
    print(f"{'mean':>6}  {_line(np.mean(rows, axis=0))}")
    if len(rows) > 1:
        print(f"{'spread':>6}  {_line(np.std(rows, axis=0, ddof=1))}")


def _run(data_dir: Path, unseen: list[str], folder: Path, flags: list[str]) -> dict[str, Any]:
    """Returns the metrics of `bin/niwt` with these unseen classes."""
    command = [sys.executable, str(_ROOT / "bin" / "niwt"), "--dataset=folder", f"--data_dir={data_dir}"]
    command += [f"--unseen={','.join(unseen)}", f"--workdir={folder}", *flags]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(_ROOT)})
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return workdir.read_json(folder / "metrics.json")


def _line(values: np.ndarray | list[float]) -> str:
    return "  ".join(f"{value:10.3f}" for value in values[:-1]) + f"  {values[-1]:10.0f}"


if __name__ == "__main__":
    main()
