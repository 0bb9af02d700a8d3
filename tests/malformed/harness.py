# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Run generated malformed inputs in worker processes, and judge what each gives.

A kind is a module of this folder with `cases(seed, count, folder)`, which yields the name of each case and its action.
An action builds an input below `folder / <number of the case>`, which is deleted afterwards, and uses it as users do.
It may

- raise errors.UserError, whose message is checked, too;
- return, if the input is acceptable or the result is that of an input without the fault;
- raise AssertionError, if it was given a result that must not be;
- raise anything else, which is a fault.

To repeat a case: python -m malformed.harness KIND --seed=SEED --count=COUNT --number=NUMBER, with the
repository, tests/ and tests/support/ in PYTHONPATH.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import importlib
import importlib.util
import itertools
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from multiprocessing import connection as connections
from pathlib import Path
from typing import Any

TOLD, ACCEPTED = "told", "accepted"
TRACEBACK, HANG, MEMORY, WRONG, OUTSIDE, MESSAGE = "traceback", "hang", "memory", "silently wrong", "outside", "message"
FAULTS = (TRACEBACK, HANG, MEMORY, WRONG, OUTSIDE, MESSAGE)

_SECONDS = 20.0  # of a processor, for one case
_IDLE_SECONDS = 120.0  # for one case that waits, on a busy machine
_START_SECONDS = 300.0  # until a worker has started TensorFlow, on a busy machine
_BYTES = 4 * 2**30  # resident, for one case
_POLL_SECONDS = 0.05
_MESSAGE_LETTERS = 2_000
_QUOTED_LETTERS = 255  # of one kind in a row: a quotation of 200, or the name of a file
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

Action = Callable[[], object]


@dataclasses.dataclass(frozen=True)
class Case:
    """A case: number `number` of the `count` that a kind generates from a seed."""

    kind: str
    seed: int
    count: int
    number: int


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Outcome of a case: its verdict, with the message or the traceback."""

    case: Case
    name: str
    verdict: str
    text: str
    seconds: float = 0.0
    peak: int = 0

    def __str__(self) -> str:
        case = self.case
        return (
            f"{self.verdict}: {case.kind} --seed={case.seed} --count={case.count} --number={case.number} ({self.name}, "
            f"{self.seconds:.1f} s, {self.peak / 2**20:,.0f} MiB)\n{self.text}"
        )


def generate(counts: Mapping[str, int], seed: int) -> list[Case]:
    """List the cases of several kinds: `counts` of each."""
    return [Case(kind, seed, count, number) for kind, count in counts.items() for number in range(count)]


def run(cases: list[Case], workers: int, sandbox: Path, say: Callable[[Outcome], None] | None = None) -> list[Outcome]:
    """Run the cases in `workers` processes, each in a folder of its own below `sandbox`; a killed one is replaced."""
    waiting, outcomes = collections.deque(cases), []
    lock = threading.Lock()

    def serve(number: int) -> None:
        worker = None
        try:
            while True:
                with lock:
                    if not waiting:
                        return
                    case = waiting.popleft()
                worker = worker or _Worker(sandbox / f"worker-{number}")
                outcome = worker.run(case)
                outcomes.append(outcome)
                if say:
                    say(outcome)
                if not worker.is_alive:
                    worker = None
        finally:
            if worker:
                worker.close()

    threads = [threading.Thread(target=serve, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def summarize(outcomes: list[Outcome]) -> str:
    """Count the verdicts of each kind in a table."""
    verdicts = (TOLD, ACCEPTED, *FAULTS)
    kinds = list(dict.fromkeys(outcome.case.kind for outcome in outcomes))
    counts = collections.Counter((outcome.case.kind, outcome.verdict) for outcome in outcomes)
    rows = [[kind, *(counts[kind, verdict] for verdict in verdicts)] for kind in sorted(kinds)]
    rows.append(["all", *(sum(counts[kind, verdict] for kind in kinds) for verdict in verdicts)])
    lines = ["".join(f"{cell:>15}" for cell in row) for row in [["", *verdicts], *rows]]
    seconds = max((outcome.seconds for outcome in outcomes), default=0)
    peak = max((outcome.peak for outcome in outcomes), default=0)
    return "\n".join([*lines, f"slowest case {seconds:.1f} s, highest peak {peak / 2**30:.2f} GiB"])


class _Worker:
    """A process that runs cases one at a time, with limits."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, str(folder)), daemon=True)
        self._process.start()
        theirs.close()
        if not self._connection.poll(_START_SECONDS) or not self._received():
            self.close()
            raise RuntimeError("a worker did not start")

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def run(self, case: Case) -> Outcome:
        begun, peak = time.monotonic(), 0
        self._connection.send(dataclasses.astuple(case))
        verdict, text = HANG, f"no end after {_SECONDS:.0f} s of a processor, or {_IDLE_SECONDS:.0f} s"
        used = _processor_seconds(self._process.pid)
        while time.monotonic() - begun < _IDLE_SECONDS and _processor_seconds(self._process.pid) - used < _SECONDS:
            if self._connection.poll(_POLL_SECONDS):
                answer = self._received()
                if answer:
                    return Outcome(case, *answer, time.monotonic() - begun, max(peak, _resident(self._process.pid)))
                verdict, text = TRACEBACK, f"the process ended with status {self._process.exitcode}"
                break
            peak = max(peak, _resident(self._process.pid))
            if peak > _BYTES:
                verdict, text = MEMORY, f"{peak / 2**30:.1f} GiB"
                break
        self.close()
        return Outcome(case, _name(case), verdict, text, time.monotonic() - begun, peak)

    def _received(self) -> Any:
        try:
            return self._connection.recv()
        except (EOFError, ConnectionError):
            self._process.join(5)
            return None

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()


def _processor_seconds(process: int | None) -> float:
    """Read how long a process has used a processor."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(process: int | None) -> int:
    """Read the resident memory of a process, in bytes."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _name(case: Case) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return next(itertools.islice(_cases(case, Path(folder)), case.number, None))[0]


def _cases(case: Case, folder: Path) -> Iterator[tuple[str, Action]]:
    return importlib.import_module(f"malformed.{case.kind}").cases(case.seed, case.count, folder)


def _work(connection: connections.Connection, sandbox: str) -> None:
    """Answer each case that comes with its name, verdict and text, until the connection closes."""
    root = Path(sandbox)
    for name in ("home", "temporary", "current"):
        (root / name).mkdir()
    os.environ |= {"HOME": f"{root}/home", "TMPDIR": f"{root}/temporary", "TF_CPP_MIN_LOG_LEVEL": "3"}
    os.chdir(root / "current")
    with open(root / "home" / "printed", "w") as printed:
        for stream in (1, 2):
            os.dup2(printed.fileno(), stream)
    _start_tensorflow()
    watch = _Watch(root)
    series: dict[tuple[str, int, int], tuple[int, Iterator[tuple[str, Action]]]] = {}
    connection.send("started")
    while True:
        try:
            case = Case(*connection.recv())
        except EOFError:
            return
        key = (case.kind, case.seed, case.count)
        folder = root / "kinds" / case.kind
        folder.mkdir(parents=True, exist_ok=True)
        position, actions = series.get(key, (case.number + 1, iter(())))
        if position > case.number:
            position, actions = 0, _cases(case, folder)
        name, action = next(itertools.islice(actions, case.number - position, None))
        series[key] = case.number + 1, actions
        connection.send((name, *_judge(action, watch, folder / str(case.number))))


def _start_tensorflow() -> None:
    import warnings

    from niwt_tf.util import machine

    warnings.simplefilter("ignore")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    machine.prefer_onednn()
    import tensorflow  # noqa: F401


def _judge(action: Action, watch: _Watch, folder: Path) -> tuple[str, str]:
    """Run an action, and return the verdict and a text."""
    from niwt_tf import errors

    watch.begin()
    try:
        result = action()
        verdict, text = ACCEPTED, repr(result)[:200]
    except errors.UserError as error:
        verdict, text = _judge_message(str(error))
    except AssertionError as error:
        verdict, text = WRONG, f"{error}\n{traceback.format_exc(limit=-2)}"
    except BaseException:
        verdict, text = TRACEBACK, traceback.format_exc(limit=-8)[-4_000:]
    shutil.rmtree(folder, ignore_errors=True)
    written = watch.end()
    return (OUTSIDE, f"{written}\n{text}") if written else (verdict, text)


def _judge_message(message: str) -> tuple[str, str]:
    if len(message) > _MESSAGE_LETTERS:
        return MESSAGE, f"{len(message):,} letters: {message[:500]}"
    if _CONTROL.search(message):
        return MESSAGE, f"with control characters: {message!r}"
    if re.search(rf"(.)\1{{{_QUOTED_LETTERS}}}", message):
        return MESSAGE, f"quotes more than it should: {message}"
    if "Received" not in message:
        return MESSAGE, f"without what was received: {message!r}"
    return TOLD, message


class _Watch:
    """What is written outside the folders of a worker, as Python and the folders around them see it."""

    def __init__(self, root: Path) -> None:
        self._root, self._written, self._before, self._is_on = root, set(), set(), False
        sys.addaudithook(self._hear)

    def begin(self) -> None:
        self._written.clear()
        self._before, self._is_on = self._around(), True

    def end(self) -> str:
        self._is_on = False
        return ", ".join(sorted(self._written | (self._around() - self._before)))

    def _around(self) -> set[str]:
        """List what lies beside the folders of the kinds, in the current folder and in the home."""
        folders = (self._root, self._root / "kinds", self._root / "current", self._root / "home", self._root.parent)
        return {str(path) for folder in folders if folder.is_dir() for path in folder.iterdir()}

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._is_on:
            return
        if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self._note(arguments[0])
        elif event in ("os.mkdir", "os.truncate", "os.chmod"):
            self._note(arguments[0])
        elif event in ("os.rename", "os.link", "os.symlink"):
            self._note(arguments[1])

    def _note(self, path: Any) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            place = os.path.abspath(os.fsdecode(path))
            if not place.startswith((f"{self._root}/", "/dev/", "/proc/")):
                self._written.add(place)


def main() -> None:
    """Run the cases that the arguments name, and print the faults and a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="+")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=100, help="cases of each kind")
    parser.add_argument("--number", type=int, default=None, help="only this case")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--all", action="store_true", help="print every case, not faults alone")
    arguments = parser.parse_args()
    cases = generate(dict.fromkeys(arguments.kinds, arguments.count), arguments.seed)
    if arguments.number is not None:
        cases = [case for case in cases if case.number == arguments.number]

    def say(outcome: Outcome) -> None:
        if arguments.all or arguments.number is not None or outcome.verdict in FAULTS:
            print(outcome, flush=True)

    with tempfile.TemporaryDirectory(prefix="malformed-") as sandbox:
        print(summarize(run(cases, arguments.workers, Path(sandbox), say)))


if __name__ == "__main__":
    main()
