# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Notes which artefacts the stages of a run read."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import opened_files
import pytest

from niwt_tf.domains import knowledge
from niwt_tf.pipeline import context, stages

Reads = dict[str, set[str]]  # stage -> stages that it reads


@contextlib.contextmanager
def note() -> Iterator[Reads]:
    """Notes within the block which artefacts each stage reads; nothing that one has read is kept for the next."""
    reads: Reads = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, function in stages.FUNCTIONS.items():
            patch.setitem(stages.FUNCTIONS, name, functools.partial(_noting, reads, name, function))
        yield reads


def _noting(
    reads: Reads, name: str, function: Callable[[context.Run, Path], None], run: context.Run, folder: Path
) -> None:
    own = _NotingRun(run.config, run.workdir)
    with opened_files.note() as opened:
        function(own, folder)
    below = {path.relative_to(run.workdir.root).parts[0] for path in opened if path.is_relative_to(run.workdir.root)}
    reads[name] = ((below & stages.FUNCTIONS.keys()) | own.made_again()) - {name}


@dataclasses.dataclass(frozen=True)
class _NotingRun(context.Run):
    """A run that notes which stages' work is done again in place of opening their artefacts."""

    again: set[str] = dataclasses.field(default_factory=set)

    def validation_knowledge(self, group: int) -> knowledge.DomainKnowledge:
        """Notes that domain vectors are computed."""
        self.again.add("knowledge")
        return super().validation_knowledge(group)

    def made_again(self) -> set[str]:
        """Names these stages; `data` if the images were loaded."""
        return self.again | ({"data"} if "dataset" in self.__dict__ else set())
