# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Flags of all programs with any text as value, flagfiles, and arguments; programs run in this process, or apart."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import absl.flags
import numpy as np

from malformed import mutations
from niwt_tf import errors
from niwt_tf.cli import (
    compare_flags,
    launch,
    niwt,
    niwt_explain,
    niwt_export,
    niwt_teach,
    teach_flags,
)
from niwt_tf.cli import flags as flags_lib

_DISK = "Files must be readable and writable"
_PATHS = frozenset(
    "workdir out prepared_dir data_dir images reuse model captions_dir documents_dir classes captions_file".split()
)
_NOT_VARIED = frozenset("flagfile undefok import_module pdb run_with_pdb profile_file".split())


@dataclasses.dataclass(frozen=True)
class _Program:
    """A program: its flags, what it does first with them, and flags with which it ends soon."""

    name: str
    define: Callable[[absl.flags.FlagValues, str], None]
    main: Callable[[Sequence[str]], object]
    takes_arguments: bool = False
    base: tuple[str, ...] = ()


_PROGRAMS = (
    _Program("niwt", flags_lib.define, niwt.main, base=("--dataset=folder", "--data_dir={}/data", "--workdir={}/run")),
    _Program(
        "niwt_teach",
        teach_flags.define,
        niwt_teach.main,
        base=("--model={}/none.keras", "--name=zebra", "--captions=striped"),
    ),
    _Program("niwt_explain", niwt_explain.define, niwt_explain.main, True, base=("--model={}/none", "{}/image.png")),
    _Program("niwt_export", niwt_export.define, niwt_export.main, base=("--model={}/none",)),
    _Program("niwt_compare", compare_flags.define, lambda _: compare_flags.read(absl.flags.FLAGS, sys.argv[1:])),
)


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the cases, see `harness`."""
    return mutations.deal(_MAKERS, seed, count, folder)


def _run(program: _Program, arguments: Sequence[str]) -> object:
    """Run a program in this process, and raise its message as errors.UserError."""
    values, before, printed = absl.flags.FlagValues(), absl.flags.FLAGS, io.StringIO()
    program.define(values, program.name)
    absl.flags.DEFINE_boolean("wait", True, "", flag_values=values)  # as `launch.run` does
    absl.flags.FLAGS = values
    try:
        with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(io.StringIO()):
            rest = launch._parse_flags([program.name, *arguments])
            status = launch._status(program.main, rest, program.takes_arguments, resumes=True)
    except SystemExit as error:
        status = error.code
    finally:
        absl.flags.FLAGS = before
    return _require_told(int(status or 0), printed.getvalue())


def _require_told(status: int, printed: str) -> object:
    if status == 0:
        return "accepted"
    if _DISK in printed or status != 1:
        raise OSError(f"status {status}: {printed[-2_000:]}")
    raise errors.UserError(printed.strip())


def _fill(program: _Program, place: Path) -> list[str]:
    return [argument.format(place) for argument in program.base]


@functools.cache
def _names(program: _Program) -> list[str]:
    values = absl.flags.FlagValues()
    program.define(values, program.name)
    return sorted(set(values) - _NOT_VARIED)


def _assignment(rng: np.random.Generator, program: _Program, place: Path) -> list[str]:
    """Write a flag with any text as its value, in one of the forms that absl reads."""
    name = mutations.choose(rng, _names(program))
    text = mutations.choose(
        rng, (*mutations.STRANGE_TEXTS, "1", "0.5", "a,b", "1,,2", "1,nan", "layer=conv", "a" * 200_000)
    )
    if name in _PATHS:
        text = f"{place}/{text}"
    forms = (
        [f"--{name}={text}"],
        [f"-{name}={text}"],
        [f"--{name}", text],
        [f"--no{name}"],
        [f"--{name}"],
        [f"--{name}={text}"] * 2,
    )
    return mutations.choose(rng, forms)


def _value(rng: np.random.Generator, place: Path) -> object:
    program = mutations.choose(rng, _PROGRAMS)
    arguments = [*_fill(program, place), *_assignment(rng, program, place)]
    return _run(program, arguments)


def _several(rng: np.random.Generator, place: Path) -> object:
    program = mutations.choose(rng, _PROGRAMS)
    arguments = [one for _ in range(4) for one in _assignment(rng, program, place)]
    return _run(program, [*arguments, *_fill(program, place)])


def _arguments(rng: np.random.Generator, place: Path) -> object:
    """Write what is no flag, or a flag that does not exist."""
    program = mutations.choose(rng, _PROGRAMS)
    text = mutations.choose(rng, mutations.STRANGE_TEXTS)
    forms = (
        [text],
        [f"--{text}"],
        [f"--{text}=1"],
        ["--", text],
        [f"--x{text}"],
        [f"-{text}", text],
        ["--hel"],
        ["--seed"],
        [f"{place}/{text}"],
    )
    chosen = mutations.choose(rng, forms)
    if chosen in (["."], ["/"], [".."], ["../.."], ["~"]):
        chosen = ["--none"]
    return _run(program, [*_fill(program, place), *chosen])


def _vary(rng: np.random.Generator, place: Path) -> object:
    """Vary flags over any values, in a comparison."""
    text = mutations.choose(rng, mutations.STRANGE_TEXTS)
    name = mutations.choose(rng, _names(_PROGRAMS[-1]))
    forms = (
        f"--vary={name}={text}",
        f"--vary={text}",
        f"--vary={name}={text},{text}1",
        f"--vary=lambdas=0.1;{text}",
        f"--seeds={text}",
        f"--seeds=0-{text}",
        f"--seeds={text}-5",
        "--seeds=0-999999999999",
        "--seeds=5-1",
        f"--choices={text}",
        f"--methods=niwt,{text}",
        f"--domains={text}",
        f"--features={text}",
        f"--features=xlsa17:{text}",
        f"--workers={text}",
    )
    return _run(_PROGRAMS[-1], [mutations.choose(rng, forms)])


def _flagfile(rng: np.random.Generator, place: Path) -> object:
    program, path = mutations.choose(rng, _PROGRAMS), place / "flags"
    good = "# comment\n--seed=1\n\n--dataset=folder\n"  # of which there is none, so no run begins
    way = rng.random()
    if way < 0.3:
        mutations.misplace(rng, path)
    elif way < 0.6:
        path.write_bytes(mutations.damage_text(rng, good))
    elif way < 0.9:
        path.write_text(mutations.change_lines(rng, good), "utf-8", "surrogatepass")
    else:
        path.write_text(f"--flagfile={path}\n" * 3, "utf-8")
    return _run(program, [*_fill(program, place), f"--flagfile={mutations.choose(rng, (path, f'{path}x', ''))}"])


def _module(rng: np.random.Generator, place: Path) -> object:
    """Name a module that cannot be imported."""
    path = place / "mine.py"
    texts = (
        "x =",
        "raise SystemExit(3)",
        "1/0",
        "import missing",
        "\0",
        "é = 1",
        "import sys; sys.exit()",
        "raise OSError",
        "",
    )
    path.write_bytes(mutations.choose(rng, texts).encode("latin-1"))
    if rng.random() < 0.3:
        mutations.misplace(rng, path)
    name = mutations.choose(
        rng,
        (
            str(path),
            *(mutations.choose(rng, mutations.STRANGE_TEXTS) for _ in range(2)),
            "os.path.x",
            "..x",
            "json.none",
        ),
    )
    from niwt_tf.util import user_code

    return user_code.run(name)


def _process(rng: np.random.Generator, place: Path) -> object:
    """Run a program in a process of its own."""
    program = mutations.choose(rng, _PROGRAMS[:4])
    arguments = [*_fill(program, place), *_assignment(rng, program, place)]
    arguments = [argument.replace("\0", "")[:100_000] for argument in arguments]
    code = f"from niwt_tf.cli import {program.name}; {program.name}.run()"
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=100,
        check=False,
    )
    if "Traceback" in ended.stderr:
        raise OSError(ended.stderr[-3_000:])
    return _require_told(ended.returncode, ended.stderr)


_MAKERS: dict[str, mutations.Maker] = {
    **{f"a value {number}": _value for number in range(8)},
    **{f"several {number}": _several for number in range(4)},
    **{f"arguments {number}": _arguments for number in range(3)},
    **{f"vary {number}": _vary for number in range(4)},
    **{f"flagfile {number}": _flagfile for number in range(3)},
    **{f"a module {number}": _module for number in range(2)},
    "a process": _process,
}
