# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure how the scores of a run vary with the number of threads and with oneDNN, which round differently.

Run `niwt` up to its scores with 1, 2 and 4 threads, without and with oneDNN, one after the other, each in a process and
a folder of its own below OUT. Print a table with scores and seconds, and write it to `machines.json` there. The
arguments after OUT are flags of `niwt` for all runs. Stages that are done are not repeated.

python benchmarks/machines.py runs/machines --aviary_seed=0
"""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.compare import resources, worker_job
from niwt_tf.util import machine

_NIWT = Path(__file__).resolve().parent.parent / "bin" / "niwt"
_THREADS = (1, 2, 4)
_ONEDNN = {"without": "0", "with": "1"}
_SCORES = {"S": "seen_accuracy", "U": "unseen_accuracy", "H": "harmonic_mean", "ZSL": "zsl_accuracy"}
_CHOSEN = ("map_relevance", "map_penalty", "lambda")
_ROW = "{:>7}  {:<7}  {:>7}" + "  {:>6}" * len(_SCORES) + "  {}"


def main(out: str = "", *flags: str) -> None:
    """Print the table and write the file."""
    if not out or out.startswith("-"):
        sys.exit(f"The first argument must be a folder. Received: {out!r}. Write: machines.py runs/machines [flags].")
    print(_ROW.format("threads", "oneDNN", "seconds", *_SCORES, "chosen"), flush=True)
    rows = []
    for threads, onednn in itertools.product(_THREADS, _ONEDNN):
        rows.append(_measure(Path(out), threads, onednn, flags))
        print(_line(rows[-1]), flush=True)
    spread = {name: _spread([row["metrics"][key] for row in rows]) for name, key in _SCORES.items()}
    print("\n".join(f"{name} from {one['least']:.3f} to {one['most']:.3f}" for name, one in spread.items()))
    (Path(out) / "machines.json").write_text(json.dumps({"flags": flags, "spread": spread, "runs": rows}, indent=1))


def _measure(out: Path, threads: int, onednn: str, flags: Sequence[str]) -> dict[str, Any]:
    """Run niwt with a number of threads, and return its metrics."""
    folder = out / f"{threads}-threads-{onednn}-onednn"
    environment = resources.environment(threads) | {machine.ONEDNN: _ONEDNN[onednn]}
    command = [sys.executable, str(_NIWT), f"--workdir={folder}", f"--stages={','.join(worker_job.STAGES)}"]
    folder.mkdir(parents=True, exist_ok=True)
    with (out / f"{folder.name}.txt").open("wb") as log:
        status = subprocess.run([*command, *flags], env=environment, stdout=log, stderr=log).returncode
    if status:
        sys.exit(f"niwt ended with status {status}: see {log.name}.")
    metrics = json.loads((folder / "evaluate" / "metrics.json").read_text("utf-8"))
    return {"threads": threads, "onednn": onednn, "metrics": metrics}


def _line(row: Mapping[str, Any]) -> str:
    metrics = row["metrics"]
    scores = [f"{metrics[key]:.3f}" for key in _SCORES.values()]
    chosen = ", ".join(f"{name} {metrics[name]:g}" for name in _CHOSEN)
    seconds = round(sum(metrics["stage_seconds"].values()))
    return _ROW.format(row["threads"], row["onednn"], seconds, *scores, chosen)


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"least": min(values), "most": max(values), "deviation": statistics.stdev(values)}


if __name__ == "__main__":
    main(*sys.argv[1:])
