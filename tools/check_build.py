# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Checks the BUILD files: `python tools/check_build.py`.

First, without Bazel, that they hold every Python file. Then, where Bazel 4 is installed (Debian: `apt install
bazel-bootstrap`), that it loads and builds everything, passes the tests named as fast and runs `//:niwt`.
No network is needed: each repository that Bazel 4 would download is overridden with a stub (`bazel_stubs`).
Later versions of Bazel fetch the true ones, and need no such help: `bazel test //...`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import build_files

_ROOT = Path(__file__).resolve().parent.parent
_STUBS = _ROOT / "tools" / "bazel_stubs"  # tools/bazel is a name that Bazel's launchers claim
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "niwt_tf_bazel"
_TIMEOUT = 600  # seconds for one command

_COMMANDS = (
    ("query", "--output=label", "//..."),
    ("build", "//..."),
    ("test", "//:fast_tests"),
)


class CheckError(Exception):
    """A command of Bazel failed; the text is what it said."""


def main() -> int:
    """Returns the exit status: 0 if all is well or there is no Bazel 4 to ask."""
    problems = build_files.problems(_ROOT)
    if problems:
        print("check_build:", *problems, sep="\n", file=sys.stderr)
        return 1
    print("check_build: the BUILD files hold every Python file")
    obstacle = _obstacle()
    if obstacle:
        print(f"check_build: passed over what needs Bazel: {obstacle}")
        return 0
    try:
        _check_with_bazel()
    except (CheckError, subprocess.TimeoutExpired) as error:
        print(f"check_build: {error}", file=sys.stderr)
        return 1
    return 0


def _obstacle() -> str:
    """Returns why Bazel cannot be asked, or nothing."""
    if shutil.which("bazel") is None:
        return "no `bazel` on PATH (Debian: apt install bazel-bootstrap)"
    version = subprocess.run(["bazel", "--version"], cwd=_ROOT, capture_output=True, text=True).stdout
    version = version.strip().removeprefix("bazel ")
    if re.match(r"4\.|no_version", version):  # Debian's build of 4.2.3 does not know its version
        return ""
    return f"the stubs suit Bazel 4 only, this is {version or 'of no version'}; run `bazel test //...` itself"


def _check_with_bazel() -> None:
    """Runs the commands in turn, against one server, which is stopped at the end."""
    with tempfile.TemporaryDirectory() as folder:
        rc = Path(folder, "bazelrc")
        rc.write_text(_settings(), encoding="utf-8")
        try:
            for command in _COMMANDS:
                _bazel(rc, *command)
            _check_help(_bazel(rc, "run", "//:niwt", "--", "--help", statuses=(0, 1)))  # absl exits with 1
        finally:
            _bazel(rc, "shutdown")


def _check_help(answer: subprocess.CompletedProcess[str]) -> None:
    """Raises unless the program, and not only Bazel, has spoken."""
    if not answer.stdout.strip() or "Traceback" in answer.stderr:
        raise CheckError(f"`bazel run //:niwt -- --help` must print the flags. It printed:\n{_said(answer)}")


def _settings() -> str:
    """Returns the bazelrc: Bazel wants the stubs' absolute paths, so it cannot be kept in the repository."""
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"  # this interpreter and its packages
    stubs = [f"common '--override_repository={stub.name}={stub}'" for stub in sorted(_STUBS.iterdir())]
    settings = [
        "startup --max_idle_secs=60",  # in case this process is killed
        "common --noshow_progress --color=no",
        "build --symlink_prefix=/",  # no bazel-* links in the repository
        f"build '--action_env=PATH={path}'",
        f"build '--test_env=PATH={path}'",
        "build --nosandbox_debug",  # which Debian switches on
        "test --test_output=errors",
    ]
    return "\n".join([*stubs, *settings, ""])


def _bazel(rc: Path, *command: str, statuses: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
    """Runs one command, reports its time, and raises CheckError with its messages if it fails."""
    start = time.monotonic()
    answer = subprocess.run(
        ["bazel", "--nohome_rc", f"--bazelrc={rc}", f"--output_user_root={_CACHE}", *command],
        cwd=_ROOT,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
    )
    name = f"bazel {' '.join(command)}"
    if answer.returncode not in statuses:
        raise CheckError(f"`{name}` failed with exit status {answer.returncode}:\n{_said(answer)}")
    print(f"check_build: {name} ({time.monotonic() - start:.1f} s)", flush=True)
    return answer


def _said(answer: subprocess.CompletedProcess[str]) -> str:
    """Returns all that a command printed, without the Java machine's warnings of its own options."""
    lines = (answer.stdout + answer.stderr).splitlines()
    return "\n".join(line for line in lines if not line.startswith("OpenJDK "))


if __name__ == "__main__":
    sys.exit(main())
