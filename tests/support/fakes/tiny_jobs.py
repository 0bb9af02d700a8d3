# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Small jobs for every program that writes, to be killed, or run twice at once."""

from __future__ import annotations

import dataclasses
import json
import shutil
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from fakes import contents, processes
from niwt_tf.runs import stage_table

DATA = ("--aviary_seed=7", "--aviary_classes=12", "--aviary_unseen=3", "--aviary_images=6", "--image_size=32")
_SIZES = (
    *("--epochs=2", "--map_steps=20", "--transfer_steps=10", "--transfer_images=16"),
    *("--validation_groups=1", "--lambdas=0.001", "--scales=1", "--layer=conv2"),
)
STAGES = tuple(stage_table.STAGES)
_SCORED = STAGES[: STAGES.index("inverse_map") + 1]  # all that a model needs
_TIMEOUT = 600  # seconds


@dataclasses.dataclass(frozen=True)
class Job:
    """Job of a program.

    Attributes:
      program: Name of the program.
      arguments: Its arguments, in which {out} is the folder that it fills and {shared} one that all jobs read.
      is_new: True if the program refuses to write what exists.
      needs: Job that fills {shared}.
    """

    program: str
    arguments: tuple[str, ...]
    is_new: bool = False
    needs: str = ""

    def start(self, out: Path, shared: Path) -> ForkServerProcess:
        """Start the job."""
        arguments = (one.format(out=out, shared=shared) for one in self.arguments)
        return processes.start(self.program, *arguments, log=out.with_suffix(".log"))

    def finish(self, out: Path, shared: Path) -> dict[str, Any]:
        """Run the job to its end, and read what it left."""
        process = self.start(out, shared)
        process.join(_TIMEOUT)
        assert process.exitcode == 0, out.with_suffix(".log").read_text("utf-8")
        return contents.contents(out)


_PREPARED = (*DATA, "--data_dir={shared}/data")
JOBS = {
    "prepare": Job("niwt", (*DATA, "--data_dir={out}/data", "--workdir={out}/run", "--stages=data")),
    "begin": Job("niwt", (*_PREPARED, "--workdir={out}", "--stages=data,knowledge"), needs="prepare"),
    "score": Job("niwt", (*_PREPARED, *_SIZES, "--workdir={out}", f"--stages={','.join(_SCORED)}"), needs="prepare"),
    "run": Job("niwt", (*_PREPARED, *_SIZES, "--workdir={out}"), needs="prepare"),
    "compare": Job(
        "niwt_compare",
        (*_PREPARED, *_SIZES, "--seeds=7", "--methods=niwt,eszsl", "--workers=1", "--out={out}"),
        needs="prepare",
    ),
    "teach": Job(
        "niwt_teach",
        ("--model={shared}", "--name=zebra", "--attributes=bill shape: cone", "--force", "--out={out}/a.keras"),
        is_new=True,
        needs="score",
    ),
    "export": Job("niwt_export", ("--model={shared}", "--out={out}/model/1"), is_new=True, needs="score"),
    "bundle": Job(
        "niwt_export", ("--model={shared}", "--format=keras", "--out={out}/a.keras"), is_new=True, needs="score"
    ),
}


class Undisturbed:
    """What each job leaves if nothing disturbs it; each is run once, when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._contents: dict[str, dict[str, Any]] = {}

    def contents(self, name: str) -> dict[str, Any]:
        """Run a job, or look up what it left."""
        if name not in self._contents:
            out = self.new_folder(name)  # of the same path as for disturbed ones, as some files hold it
            self._contents[name] = JOBS[name].finish(out, self.shared(name))
            out.rename(self._folder / name)
        return self._contents[name]

    def seconds(self, name: str) -> dict[str, float]:
        """Return how long each stage of a job took."""
        self.contents(name)
        files = (self._folder / name).glob("*/seconds.json")
        return {file.parent.name: json.loads(file.read_text("utf-8")) for file in files}

    def shared(self, name: str) -> Path:
        """Return the folder that a job reads."""
        if needs := JOBS[name].needs:
            self.contents(needs)
        return self._folder / (needs or name)

    def new_folder(self, name: str) -> Path:
        """Make a folder for a job, and delete the one before."""
        self.shared(name)
        folder = self._folder / "disturbed" / name
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder
