# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of how programs start and end, each in a process of its own and without TensorFlow."""

from __future__ import annotations

import os
import platform
import re
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import niwt_tf
from fakes import holding

_ROOT = Path(__file__).resolve().parents[2]
_DISK = "Files must be readable and writable. Received: {}. Fix that, or choose another --workdir or --data_dir. "
_KEPT = "Finished work is kept: run the same command to resume."


def _run(
    *arguments: str, main: str, path: Path = _ROOT, resumes: bool = True, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Runs a program with the given body of `main`."""
    body = textwrap.indent(textwrap.dedent(main).strip(), "    ")
    script = f"""
import errno, os, signal, sys
from niwt_tf import errors
from niwt_tf.util import progress
from niwt_tf.cli import launch

def main(arguments):
{body}

launch.run(main, "What it is for.", resumes={resumes})
"""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    env["PYTHONPATH"] = os.pathsep.join([str(path), str(_ROOT)])
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, env=env, text=True, timeout=60, **{"stdout": -1, "stderr": -1} | options)


def test_success_is_status_0_without_other_output() -> None:
    answer = _run(main="print(len(arguments))")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "1\n", "")


@pytest.mark.parametrize(
    ("main", "message"),
    [
        ("raise errors.UserError('`--a` must be b.\\nReceived: c.')", "`--a` must be b.\nReceived: c."),
        ("raise errors.DivergedError('The loss is nan.')", "The loss is nan."),
        (
            "raise errors.unknown_value('a', 'bb', ['b'])",
            "`--a` must be one of b. Received: --a=bb. Did you mean 'b'?",
        ),
    ],
)
def test_a_mistake_of_the_user_is_printed_with_status_1(main: str, message: str) -> None:
    answer = _run(main=main)
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", f"\n{message}\n")


def test_a_cause_of_a_mistake_is_not_shown() -> None:
    answer = _run(
        main="""
        try:
            {}['key']
        except KeyError as error:
            raise errors.UserError('`--a` must be b.') from error
        """
    )
    assert (answer.returncode, answer.stderr) == (1, "\n`--a` must be b.\n")


def test_ctrl_c_is_status_130_and_says_how_to_resume() -> None:
    answer = _run(main="os.kill(os.getpid(), signal.SIGINT)\nsignal.pause()")
    assert (answer.returncode, answer.stdout, answer.stderr) == (130, "", f"\nInterrupted. {_KEPT}\n")


@pytest.mark.parametrize(
    ("error", "received"),
    [
        ("OSError(errno.ENOSPC, 'No space left on device', 'a/b')", "[Errno 28] No space left on device: 'a/b'"),
        ("PermissionError(errno.EACCES, 'Permission denied', 'a/b')", "[Errno 13] Permission denied: 'a/b'"),
        ("FileNotFoundError(errno.ENOENT, 'No such file', 'a/b')", "[Errno 2] No such file: 'a/b'"),
        ("RuntimeError('a/b; No space left on device.\\n[Op: Save]')", "a/b; No space left on device"),
        ("ValueError('a/b: Permission denied')", "a/b: Permission denied"),
        ("RuntimeError('Read-only file system; a/b')", "Read-only file system; a/b"),
        ("RuntimeError('Disk quota exceeded')", "Disk quota exceeded"),
        ("OSError()", "OSError"),
    ],
)
def test_a_disk_error_is_printed_with_status_1(error: str, received: str) -> None:
    answer = _run(main=f"raise {error}")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == f"\n{_DISK.format(received)}{_KEPT}\n"


@pytest.mark.parametrize(
    ("error", "received"),
    [
        ("MemoryError('Unable to allocate 9 GiB.')", "Unable to allocate 9 GiB"),
        ("MemoryError()", "MemoryError"),
        (
            "ResourceExhaustedError('OOM when allocating tensor with shape[9]\\n[Op: Conv2D]')",
            "OOM when allocating tensor with shape[9]",
        ),
        (
            "ResourceExhaustedError('Graph execution error:\\n\\nDetected at node Mul\\nOOM when allocating tensor.')",
            "OOM when allocating tensor",
        ),
        ("Inner('out of memory')", "out of memory"),
    ],
)
def test_an_out_of_memory_error_names_the_settings_that_lower_it(error: str, received: str) -> None:
    classes = "class ResourceExhaustedError(Exception): pass\nclass Inner(ResourceExhaustedError): pass\n"
    answer = _run(main=f"{classes}raise {error}")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"\nThe program must fit into memory. Received: {received}. In training, lower --batch_size; in the transfer, "
        "--transfer_batch or --transfer_images; in any stage, --image_size. If --memory_limit is set, raise it. "
        f"{_KEPT}\n"
    )


def test_a_full_disk_that_tensorflow_reports_as_memory() -> None:
    text = "ckpt; No space left on device"
    answer = _run(main=f"class ResourceExhaustedError(Exception): pass\nraise ResourceExhaustedError('{text}')")
    assert (answer.returncode, answer.stderr) == (1, f"\n{_DISK.format(text)}{_KEPT}\n")


@pytest.mark.parametrize(
    ("main", "status", "message"),
    [
        ("os.kill(os.getpid(), signal.SIGINT)\nsignal.pause()", 130, "Interrupted."),
        (
            "raise PermissionError(errno.EACCES, 'Permission denied', 'a/b')",
            1,
            "Files must be readable and writable. Received: [Errno 13] Permission denied: 'a/b'. Fix that, or "
            "choose other files.",
        ),
        (
            "raise MemoryError('Unable to allocate 9 GiB.')",
            1,
            "The program must fit into memory. Received: Unable to allocate 9 GiB. Close other programs, or use a "
            "machine with more memory.",
        ),
    ],
)
def test_a_program_that_does_not_resume_does_not_promise_it(main: str, status: int, message: str) -> None:
    answer = _run(main=main, resumes=False)
    assert (answer.returncode, answer.stderr) == (status, f"\n{message}\n")


@pytest.mark.parametrize("error", ["KeyError('layer')", "ValueError('shapes differ')", "AssertionError()"])
def test_a_programming_error_keeps_its_traceback(error: str) -> None:
    answer = _run(main=f"raise {error}")
    assert answer.returncode == 1
    assert answer.stderr.startswith("Traceback (most recent call last):\n")
    assert "in main\n" in answer.stderr
    assert answer.stderr.splitlines()[-1].startswith(error.partition("(")[0])
    assert "Files must be" not in answer.stderr


@pytest.mark.parametrize("arguments", [["run"], ["--", "--seed=1"], ["seed=1", "x"]])
def test_arguments_that_are_not_flags_are_refused_before_any_work(arguments: list[str]) -> None:
    answer = _run(*arguments, main="print('work')")
    strays = " ".join(argument for argument in arguments if argument != "--")
    message = f"Arguments must be flags, such as --seed=1. Received: {strays}. Use --help to list the flags."
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", f"\n{message}\n")


def test_many_arguments_that_are_not_flags_are_clipped() -> None:
    answer = _run("x" * 5_000, main="print('work')")
    assert f"Received: {'x' * 98}...{'x' * 99}. Use --help" in answer.stderr


@pytest.mark.parametrize("by_file", [False, True])
def test_a_long_flag_that_does_not_exist_is_clipped(by_file: bool, tmp_path: Path) -> None:
    flag = f"--{'x' * 5_000}"
    (tmp_path / "flags").write_text(f"{flag}=1\n", "utf-8")
    answer = _run(f"--flagfile={tmp_path}/flags" if by_file else flag, main="print('work')")
    assert answer.stderr == (
        f"\nFlags must exist. Received: --{'x' * 98}...{'x' * 99}, which does not. Use --help to list the main flags, "
        "--helpfull to list all.\n"
    )


def _run_without_reader(main: str) -> subprocess.CompletedProcess[str]:
    """Runs a program with standard output into a pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return _run(main=main, stdout=writer)
    finally:
        os.close(writer)


@pytest.mark.parametrize("count", [1, 100_000])
def test_a_reader_that_has_gone_ends_the_program_in_silence(count: int) -> None:
    answer = _run_without_reader(f"progress.print_line('x' * {count})")
    assert (answer.returncode, answer.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full, the disk without space")
@pytest.mark.parametrize("count", [1, 100_000])
def test_output_to_a_full_disk_is_an_error_with_status_1(count: int) -> None:
    with open("/dev/full", "w") as full:
        answer = _run(main=f"progress.print_line('x' * {count})", stdout=full)
    message = _DISK.format("[Errno 28] No space left on device") + _KEPT
    assert (answer.returncode, answer.stderr) == (1, f"\n{message}\n")


def test_help_describes_the_program_and_does_no_work() -> None:
    answer = _run("--help", main="print('work')")
    assert answer.stdout.startswith("What it is for.\n")
    assert "work" not in answer.stdout and (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("option", ["--version", "-version"])
def test_the_version_is_printed_without_work(option: str) -> None:
    answer = _run(option, main="print('work')")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"niwt_tf {niwt_tf.__version__}\n", "")


def test_a_mistake_before_help_is_a_mistake() -> None:
    answer = _run("--verbosity=much", "--help", main="print('work')")
    assert answer.returncode == 1 and "much" in answer.stderr


def _fake_tensorflow(folder: Path, at_import: str = "") -> Path:
    """Makes a package that prints as TensorFlow does when it is imported and lists devices."""
    for name in ("tensorflow", "keras"):
        (folder / name).mkdir()
    (folder / "tensorflow" / "__init__.py").write_text(
        f"""import os
os.write(2, b"level " + os.environ["TF_CPP_MIN_LOG_LEVEL"].encode() + b"\\n")
{at_import}
class config:
    def list_physical_devices():
        os.write(2, b"no GPU\\n")
""",
        "utf-8",
    )
    (folder / "keras" / "__init__.py").write_text(
        """import os
from unittest import mock
config, backend = mock.Mock(), os.environ["KERAS_BACKEND"]
usual = {"backend": backend, "floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}
config.configure_mock(**{f"{name}.return_value": value for name, value in usual.items()})
""",
        "utf-8",
    )
    return folder


def test_tensorflow_starts_without_a_word_of_its_own(tmp_path: Path) -> None:
    main = "launch.start_tensorflow()\nprint(sys.modules['keras'].backend)"
    answer = _run(main=main, path=_fake_tensorflow(tmp_path))
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "starting TensorFlow\ntensorflow\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the address space")
def test_an_address_space_that_is_too_small_for_tensorflow_is_an_error_before_it_starts() -> None:
    body = """
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, resource.RLIM_INFINITY))
    launch.start_tensorflow()
    """
    answer = _run(main=body)
    message = (
        "TensorFlow needs an address space of 4,096 MiB. Received: a limit of 3,072 MiB. Raise it, for example by "
        "ulimit -v unlimited"
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", f"\n{message}\n")


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="others are left to TensorFlow")
@pytest.mark.parametrize(("chosen", "expected"), [(None, "1"), ("0", "0")])
def test_tensorflow_starts_with_onednn_unless_the_user_has_chosen(
    chosen: str | None, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if chosen is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", chosen)
    folder = _fake_tensorflow(tmp_path, "import os; onednn = os.environ['TF_ENABLE_ONEDNN_OPTS']")
    answer = _run(main="launch.start_tensorflow()\nprint(sys.modules['tensorflow'].onednn)", path=folder)
    assert answer.stdout == f"starting TensorFlow\n{expected}\n"


def test_tensorflow_that_cannot_start_says_why(tmp_path: Path) -> None:
    folder = _fake_tensorflow(tmp_path, "raise ImportError('no such symbol')")
    answer = _run(main="launch.start_tensorflow()", path=folder)
    assert answer.returncode == 1
    assert answer.stderr.startswith("level 3\nTraceback")
    assert answer.stderr.endswith("ImportError: no such symbol\n")


def test_code_of_the_users_runs_after_tensorflow_has_started(tmp_path: Path) -> None:
    folder = _fake_tensorflow(tmp_path)
    (folder / "mine.py").write_text("import sys\nprint('keras' in sys.modules)\n", "utf-8")
    answer = _run(main=f"launch.start_tensorflow({str(folder / 'mine.py')!r})", path=folder)
    assert (answer.returncode, answer.stdout) == (0, "starting TensorFlow\nTrue\n")


def test_warnings_of_ours_reach_the_log_and_those_of_libraries_do_not(tmp_path: Path) -> None:
    main = """
        import logging
        launch.start_tensorflow()
        logging.getLogger("niwt_tf.data.photographs").warning("ant/0.jpg is skipped")
        logging.getLogger("tensorflow_datasets").warning("a file is opened")
    """
    answer = _run(main=main, path=_fake_tensorflow(tmp_path))
    assert answer.returncode == 0
    assert answer.stderr.count("\n") == 1 and "ant/0.jpg is skipped" in answer.stderr


def test_a_flagfile_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "inner.flags").write_bytes("--a=café".encode("latin1"))
    (tmp_path / "outer.flags").write_text(f"--flagfile={tmp_path}/inner.flags", "utf-8")
    for name in ("inner", "outer"):
        answer = _run(f"--flagfile={tmp_path}/{name}.flags", main="print(1)")
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr == (
            f"\nFlagfiles must be UTF-8. Received: --flagfile={tmp_path}/{name}.flags, with the byte 0xe9. Save the "
            "file as UTF-8.\n"
        )


def test_names_that_are_not_utf8_are_printed_readably() -> None:
    main = "name = os.fsdecode(b'caf\\xe9')\nprogress.print_line(name)\nprint(name)\nraise errors.UserError(name)"
    answer = _run(main=main)
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "caf\\xe9\ncaf\\udce9\n", "\ncaf\\xe9\n")


def test_a_terminal_need_not_know_every_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    answer = _run(main="progress.print_line('熊')")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "\\u718a\n", "")


def test_nowait_ends_where_another_process_writes(tmp_path: Path) -> None:
    main = f"""
    import pathlib
    from niwt_tf.util import locks
    with locks.hold(pathlib.Path({str(tmp_path / "a.lock")!r}), "the run"):
        print("written")
    """
    with holding.another_process(tmp_path / "a.lock") as process:
        answer = _run("--nowait", main=main)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr.startswith(
            "\nOnly one process may write the run at a time. Received: --nowait, while process "
            f"{process.pid} on {socket.gethostname()} ("
        )
    assert _run("--nowait", main=main).stdout == "written\n"


@pytest.mark.parametrize(
    ("main", "shown"),
    [
        (r"raise errors.UserError('No class \\x1b]0;t\\x07\\u202e.')", r"No class \x1b]0;t\x07\u202e."),
        (r"raise errors.unknown_value('a', 'b\\nc\\x9b', ['d'])", r"Received: --a=b\nc\x9b."),
        (r"raise RuntimeError('\\x1b[31m')", r"RuntimeError: \x1b[31m"),
        (r"progress.print_line('\\x1b[31m\\nx')", "\\x1b[31m\nx"),
    ],
)
def test_what_a_terminal_obeys_is_shown_as_its_number(main: str, shown: str) -> None:
    answer = _run(main=main.replace("\\\\", "\\"))
    assert shown in answer.stdout + answer.stderr
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", answer.stdout + answer.stderr)
