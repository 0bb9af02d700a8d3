# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what the terminal shows."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from niwt_tf.util import progress

_ROOT = Path(__file__).resolve().parents[2]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _terminal(monkeypatch: pytest.MonkeyPatch) -> _Terminal:
    """Makes standard output and error one terminal of 60 columns; no fixture, as pytest would undo that of one."""
    screen = _Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "60")
    return screen


def test_say_prints_one_line_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    progress.print_line("[1/9] data: images")
    assert capsys.readouterr() == ("[1/9] data: images\n", "")


def test_a_line_reaches_a_pipe_at_once() -> None:
    script = (
        "import os\nfrom niwt_tf.util import progress\nprogress.print_line('begun')\nos._exit(0)  # as a kill would"
    )
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    answer = subprocess.run(
        [sys.executable, "-c", script], env=env | {"PYTHONPATH": str(_ROOT)}, capture_output=True, text=True
    )
    assert (answer.stdout, answer.stderr) == ("begun\n", "")


def test_bar_goes_through_the_items_in_silence_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progress.bar(["a", "b"], "training")) == ["a", "b"]
    assert capsys.readouterr() == ("", "")


def test_bar_shows_title_count_and_unit_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    shown = []
    for _ in progress.bar(range(4), "training", unit="epoch"):
        shown.append(terminal.getvalue())
    assert "  training:   0%" in shown[0] and "0/4" in shown[0] and "epoch" in shown[0]


def test_bar_leaves_nothing_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    list(progress.bar(range(3), "training"))
    assert "training" in terminal.getvalue() and "\n" not in terminal.getvalue()
    assert terminal.getvalue().rpartition("\r")[0].rpartition("\r")[2].strip() == ""


def test_bar_goes_on_from_what_was_done_before(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    assert list(progress.bar(iter([5, 6]), "training", total=8, initial=6)) == [5, 6]
    assert "75%" in terminal.getvalue() and "6/8" in terminal.getvalue()


def test_say_stays_on_a_line_of_its_own_above_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    for _ in progress.bar(range(1), "training"):
        progress.print_line("a word in between")
    before, _, after = terminal.getvalue().partition("a word in between\n")
    assert before.endswith("\r") and before.rstrip("\r").rpartition("\r")[2].strip() == "", "the bar is cleared first"
    assert "  training:" in after


def test_other_output_is_not_heard_and_what_is_said_is(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.no_other_output():
        print("noise \u2192 of a library")
        progress.print_line("a word in between")
        sys.stderr.write("a warning\n")
    print("after")
    assert capfd.readouterr() == ("a word in between\nafter\n", "a warning\n")


def test_other_output_is_heard_again_after_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    with pytest.raises(KeyboardInterrupt), progress.no_other_output():
        raise KeyboardInterrupt
    assert sys.stdout is before
    print("after")
    progress.print_line("said")
    assert capsys.readouterr().out == "after\nsaid\n"


def test_what_is_said_without_other_output_stays_above_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    with progress.no_other_output():
        for _ in progress.bar(range(1), "reading"):
            print("noise")
            progress.print_line("a word in between")
    assert "a word in between\n" in terminal.getvalue() and "noise" not in terminal.getvalue()


def test_bar_of_bytes_counts_in_thousands_from_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    with progress.bytes_bar("birds.tgz", 4_000_000, 1_000_000) as bar:
        assert "  birds.tgz:  25%" in terminal.getvalue() and "1.00M/4.00M" in terminal.getvalue()
        bar.update(2_000_000)
        bar.refresh()
        assert "75%" in terminal.getvalue() and "3.00M/4.00M" in terminal.getvalue() and "B/s" in terminal.getvalue()
    assert terminal.getvalue().rpartition("\r")[0].rpartition("\r")[2].strip() == "", "nothing is left"


def test_bar_of_bytes_without_a_total_counts_what_came(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _terminal(monkeypatch)
    with progress.bytes_bar("birds.tgz", None) as bar:
        bar.update(2_500_000)
        bar.refresh()
    assert "2.50MB" in terminal.getvalue() and "%" not in terminal.getvalue()


def test_bar_of_bytes_is_silent_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.bytes_bar("birds.tgz", 10) as bar:
        bar.update(10)
    assert capsys.readouterr() == ("", "")


def test_native_text_is_kept_from_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with progress.silent_stderr():
        os.write(2, b"native noise\n")
    os.write(2, b"heard again\n")
    assert capfd.readouterr() == ("", "heard again\n")


@pytest.mark.parametrize("error", [ImportError("broken"), KeyboardInterrupt(), SystemExit(1)])
def test_native_text_is_shown_when_an_exception_passes(capfd: pytest.CaptureFixture[str], error: BaseException) -> None:
    with pytest.raises(type(error)), progress.silent_stderr():
        os.write(2, b"why it fails\n")
        raise error
    os.write(2, b"heard again\n")
    assert capfd.readouterr() == ("", "why it fails\nheard again\n")


def test_text_from_before_stays_in_its_place(capfd: pytest.CaptureFixture[str]) -> None:
    print("before", file=sys.stderr, end="")  # waits in Python's buffer
    with progress.silent_stderr():
        os.write(2, b"noise")
    assert capfd.readouterr().err == "before"


def test_no_file_is_left_open() -> None:
    before = sorted(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else []
    for _ in range(3):
        with progress.silent_stderr():
            pass
    assert before == (sorted(os.listdir("/proc/self/fd")) if before else [])
