# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C at many moments, from the first import on: status 130 and one line, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAMS = ("niwt", "niwt_compare", "niwt_explain", "niwt_export", "niwt_teach")
_LINE = "\nInterrupted.\n"
_KEPT = "\nInterrupted. Finished work is kept: run the same command to resume.\n"
# An import sends Ctrl-C to its own process.
_TRAP = """
import os, runpy, signal, sys

class Trap:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Trap())
sys.argv = [{path!r}, *sys.argv[1:]]
runpy.run_path({path!r}, run_name="__main__")
"""


def _python(code: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=env, cwd=cwd, text=True, capture_output=True, timeout=120)


def _run_main(body: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program with the given body of `main`."""
    head = (
        "import os, signal, sys, weakref\nfrom niwt_tf.cli import interrupts, launch\nfrom niwt_tf.util import progress"
    )
    function = f"def main(arguments):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}"
    return _python(f"{head}\n{function}\nlaunch.run(main, 'What it is for.')", cwd=cwd)


@pytest.mark.parametrize("program", _PROGRAMS)
@pytest.mark.parametrize("module", ["niwt_tf.cli.{}", "absl.flags", "numpy"])
def test_ctrl_c_while_a_program_starts(program: str, module: str, tmp_path: Path) -> None:
    code = _TRAP.format(module=module.format(program), path=str(_ROOT / "bin" / program))
    answer = _python(code, cwd=tmp_path)
    assert (answer.returncode, answer.stdout, answer.stderr) == (130, "", _LINE)


@pytest.mark.parametrize("module", ["tensorflow", "keras"])
def test_ctrl_c_while_a_library_is_imported(module: str, tmp_path: Path) -> None:
    code = _TRAP.format(module=module, path=str(_ROOT / "bin" / "niwt"))
    answer = _python(code, "--stages=data", f"--data_dir={tmp_path}", cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (130, _LINE)


_SEND = "os.kill(os.getpid(), signal.SIGINT)"


def test_an_import_in_main_cannot_drop_it(tmp_path: Path) -> None:
    module = f"import os, signal\ntry:\n    {_SEND}\nexcept BaseException:\n    pass\nprint('goes on')\n"
    (tmp_path / "drops.py").write_text(module, "utf-8")
    answer = _run_main("import drops", tmp_path)
    assert (answer.returncode, answer.stdout, answer.stderr) == (130, "", _LINE)


def test_an_error_into_which_a_library_turns_it_is_not_shown(tmp_path: Path) -> None:
    answer = _run_main(f"try:\n    {_SEND}\nexcept BaseException:\n    raise ImportError('numpy')", tmp_path)
    assert (answer.returncode, answer.stderr) == (130, _KEPT)


def test_where_python_would_drop_it_the_program_ends_at_once(tmp_path: Path) -> None:
    body = f"""
    class Dropped:
        def __del__(self):
            {_SEND}
            len("")
    Dropped()
    print("goes on")
    """
    answer = _run_main(body, tmp_path)
    assert (answer.returncode, answer.stdout, answer.stderr) == (130, "", _LINE)


def test_the_first_lets_clean_up_and_the_second_ends_at_once(tmp_path: Path) -> None:
    body = f"""
    try:
        {_SEND}
    finally:
        print("cleans up", flush=True)
        {_SEND}
        print("goes on", flush=True)
    """
    answer = _run_main(body, tmp_path)
    assert (answer.returncode, answer.stdout, answer.stderr) == (130, "cleans up\n", _LINE)


def test_the_line_is_shown_while_standard_error_is_hidden(tmp_path: Path) -> None:
    answer = _run_main(
        f"""
        with interrupts.ending_at_once(), progress.silent_stderr():
            os.write(2, b"noise")
            {_SEND}
        """,
        tmp_path,
    )
    assert (answer.returncode, answer.stderr) == (130, _LINE)


def test_after_main_it_ends_at_once(tmp_path: Path) -> None:
    answer = _run_main(f"import atexit\natexit.register(lambda: {_SEND})", tmp_path)
    assert (answer.returncode, answer.stderr) == (130, _LINE)


def test_a_program_in_the_background_ignores_it(tmp_path: Path) -> None:
    code = f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{_TRAP}"
    code = code.format(module="niwt_tf.cli.niwt", path=str(_ROOT / "bin" / "niwt"))
    answer = _python(code, "--version", cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_without_standard_error_the_status_is_the_same(tmp_path: Path) -> None:
    code = f"import os\nos.close(2)\n{_TRAP}".format(module="niwt_tf.cli.launch", path=str(_ROOT / "bin" / "niwt"))
    assert _python(code, cwd=tmp_path).returncode == 130
