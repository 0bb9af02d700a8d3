# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check the BUILD files: `python tools/check_build.py`.

Without Bazel, check that they hold every Python file. With Bazel 4 (Debian: `apt install bazel-bootstrap`), also check
that it loads and builds everything, passes the fast tests and runs `//:niwt`. No network is needed: a stub in
`bazel_stubs` replaces each repository that Bazel 4 would download. Later versions of Bazel download the repositories
themselves: use `bazel test //...`.
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
    """Failed command of Bazel, with its output."""


def main() -> int:
    """Check the BUILD files, and return the exit status: 0 if no check failed, also without Bazel 4."""
    problems = build_files.problems(_ROOT)
    if problems:
        print("check_build:", *problems, sep="\n", file=sys.stderr)
        return 1
    print("check_build: the BUILD files hold every Python file")
    obstacle = _obstacle()
    if obstacle:
        print(f"check_build: skipped the checks by Bazel: {obstacle}")
        return 0
    try:
        _check_with_bazel()
    except (CheckError, subprocess.TimeoutExpired) as error:
        print(f"check_build: {error}", file=sys.stderr)
        return 1
    return 0


def _obstacle() -> str:
    """Explain why Bazel cannot be used; empty if it can."""
    if shutil.which("bazel") is None:
        return "no `bazel` on PATH (Debian: apt install bazel-bootstrap)"
    version = subprocess.run(["bazel", "--version"], cwd=_ROOT, capture_output=True, text=True).stdout
    version = version.strip().removeprefix("bazel ")
    if re.match(r"4\.|no_version", version):  # Debian's build of 4.2.3 does not know its version
        return ""
    return f"the stubs suit Bazel 4 only, this is {version or 'an unknown version'}; run `bazel test //...` instead"


def _check_with_bazel() -> None:
    """Run the commands against one server, and stop it at the end."""
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
    """Check that the program itself printed its flags; raise CheckError if not."""
    if not answer.stdout.strip() or "Traceback" in answer.stderr:
        raise CheckError(f"`bazel run //:niwt -- --help` must print the flags. It printed:\n{_output(answer)}")


def _settings() -> str:
    """Build the bazelrc: it holds absolute paths of the stubs, so it cannot be kept in the repository."""
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
    """Run one command and print its time; raise CheckError with its output if it fails."""
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
        raise CheckError(f"`{name}` failed with exit status {answer.returncode}:\n{_output(answer)}")
    print(f"check_build: {name} ({time.monotonic() - start:.1f} s)", flush=True)
    return answer


def _output(answer: subprocess.CompletedProcess[str]) -> str:
    """Join a command's output, without the Java virtual machine's warnings about its options."""
    lines = (answer.stdout + answer.stderr).splitlines()
    return "\n".join(line for line in lines if not line.startswith("OpenJDK "))


if __name__ == "__main__":
    sys.exit(main())
