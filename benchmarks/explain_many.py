# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure the memory and the speed of `niwt_explain` over many images, without pictures.

The images are 500 different ones, drawn at random in sizes of 80 to 320 pixels, half of them JPEGs and half PNGs; links
to them make up the number. The program runs in a process of its own, whose resident memory is read while it runs, at
every tenth of the images. Its seconds count from the first line that it writes to the last. On a busy machine the
processors' time is more reliable than the clock.

python benchmarks/explain_many.py runs/aviary-attributes
python benchmarks/explain_many.py runs/aviary-captions 5000
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

_ROOT = Path(__file__).resolve().parent.parent
_DIFFERENT = 500
_STEPS = 10
_TICK = os.sysconf("SC_CLK_TCK")


def main(run: str, count: str = "20000") -> None:
    """Print the resident memory after each tenth of the images, and images per second."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = Path(scratch, "images"), Path(scratch, "out")
        _draw(folder, int(count))
        command = [sys.executable, str(_ROOT / "bin" / "niwt_explain"), f"--workdir={run}", "--pictures=none"]
        process = subprocess.Popen([*command, f"--out={out}", str(folder)], stdout=subprocess.DEVNULL)
        _watch(process, out, int(count))
        if process.wait():
            sys.exit(process.returncode)


def _draw(folder: Path, count: int) -> None:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for index in range(count):
        path = folder / f"{index:06}.{'png' if index % 2 else 'jpg'}"
        if index < _DIFFERENT:
            coarse = Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8))
            coarse.resize(tuple(rng.integers(80, 320, 2).tolist()), Image.Resampling.BICUBIC).save(path)
        else:
            path.symlink_to(folder / f"{index % _DIFFERENT:06}{path.suffix}")


def _watch(process: subprocess.Popen[bytes], out: Path, count: int) -> None:
    """Print a line whenever another tenth of the images is explained."""
    lines, step, first = 0, 0, (0, 0.0, 0.0)
    files = (out / "explanations.partial.jsonl", out / "explanations.jsonl")
    while process.poll() is None and step <= _STEPS:
        time.sleep(0.2)
        file = next((file for file in files if file.is_file()), None)
        lines = file.read_bytes().count(b"\n") if file else 0
        if not lines or lines < step * count // _STEPS:
            continue
        clock, processors = time.perf_counter(), _processor_seconds(process.pid)
        if not first[0]:
            first = (lines, clock, processors)
        else:
            done = lines - first[0]
            print(
                f"{lines:7,} images: {_resident_mib(process.pid):5.0f} MiB resident, by the clock "
                f"{done / (clock - first[1]):4.0f} images/s, by the processors {done / (processors - first[2]):4.0f}"
            )
        step += 1


def _resident_mib(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


if __name__ == "__main__":
    main(*sys.argv[1:])
