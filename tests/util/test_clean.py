# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of cleaning: what misleads is shown as its number, what can be read stays, and formats get no syntax."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import subprocess
import unicodedata
from collections.abc import Callable

import hypothesis
import markdown
import pytest
from hypothesis import strategies as st

from niwt_tf.util import clean

_ODD = "\x00\x1b]0;\x07\x9b\r\n\t\u202e\u2066\u200b\u200d\ufeff\udce9"
_SYNTAX = "|<&`'\"$*_[]()=+-@#1.~\\ aé熊"
_ANY = st.text() | st.text(st.sampled_from(_ODD + _SYNTAX))
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u2028\u2029\ud800-\udfff]")
_ORDINARY = (
    "Zebra", "café", "cafe\u0301", "熊", "ほっきょくぐま", "भालू", "क्\u200dष", "می\u200cخواهم", "หมี", "דוב",
    "👨\u200d👩\u200d👧", "❤\ufe0f", "1\ufe0f\u20e3", "👍🏽",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "葛\U000e0100",
    "C++", "Cow & 'Calf'", "50 %",
)  # fmt: skip
_MISLEADING = {
    "\x1b]0;title\x07": r"\x1b]0;title\x07",
    "\x9b31m": r"\x9b31m",
    "bird \u202egnp": r"bird \u202egnp",
    "bi\u200drd": r"bi\u200drd",
    "bi\u200brd": r"bi\u200brd",
    "bi\ufe0frd": r"bi\ufe0frd",
    "bi\u00adrd": r"bi\xadrd",
    "\U000e0062\U000e0069": r"\U000e0062\U000e0069",
    "\u3164": r"\u3164",
    "caf\udce9": r"caf\xe9",
    "a\ud800": r"a\ud800",
    "a\ufffe": r"a\ufffe",
}


@pytest.mark.parametrize("name", _ORDINARY)
@pytest.mark.parametrize("show", [clean.visible, clean.lines, clean.line, clean.name])
def test_what_can_be_read_stays(name: str, show: Callable[[str], str]) -> None:
    assert show(name) == name


@pytest.mark.parametrize(("name", "shown"), _MISLEADING.items())
@pytest.mark.parametrize("show", [clean.visible, clean.lines, clean.line, clean.name])
def test_what_misleads_is_shown_as_its_number(name: str, shown: str, show: Callable[[str], str]) -> None:
    assert show(name) == shown


def test_lines_stay_in_texts_of_several_and_nowhere_else() -> None:
    text = "a\n\tb\r c"
    assert clean.lines(text) == "a\n\tb\\x0d c"
    assert clean.line(text) == "a b c"
    assert clean.visible(text) == r"a\x0a\x09b\x0d c"


def test_a_long_name_is_cut() -> None:
    assert clean.name("x" * 80) == "x" * 80
    assert clean.name("x" * 10_000) == "x" * 79 + "…"
    assert clean.name("x" * 10_000, 5) == "xxxx…"


@hypothesis.given(_ANY)
def test_nothing_is_left_that_a_terminal_obeys(text: str) -> None:
    for shown in (clean.visible(text), clean.line(text), clean.name(text), clean.markdown(text), clean.cell(text)):
        assert not _OBEYED.search(shown)
    assert not _OBEYED.search(clean.lines(text).translate({9: None, 10: None}))
    assert not _OBEYED.search(clean.code(text)) and not _OBEYED.search(clean.shell([text]))
    assert not _OBEYED.search(clean.json_line([text]))


@hypothesis.given(st.text(st.characters(categories=("L", "N", "P", "S"))))
def test_letters_numbers_and_signs_stay(text: str) -> None:
    hidden = {"\u034f", "\u115f", "\u1160", "\u3164", "\uffa0"}  # letters that cannot be seen
    kept = "".join(letter for letter in text if letter not in hidden)
    assert clean.visible(kept) == kept == clean.lines(kept)


@hypothesis.given(st.text(st.characters(categories=("L", "N", "P", "S", "M", "Zs", "Cf", "Cc"))))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean.line(clean.line(text)) == clean.line(text)


@hypothesis.given(_ANY, st.sampled_from(["{}", "x {} y", "- {}", "| head |\n| --- |\n| {} |"]))
def test_markdown_shows_every_text_literally(text: str, place: str) -> None:
    page = markdown.markdown(place.format(clean.markdown(text)), extensions=["tables"])
    assert html.unescape(re.sub(r"</?(?:p|ul|li|table|thead|tbody|tr|th|td)>", "", page)).split() == (
        place.replace("| head |\n| --- |\n| {} |", "head {}").removeprefix("- ").format(clean.line(text)).split()
    )


@pytest.mark.parametrize("start", ["-", "+", "1.", "1)", "12.", "#", ">", "*", "```", "    code", "---", "[x]: y"])
def test_markdown_begins_nothing_at_the_start_of_a_line(start: str) -> None:
    page = markdown.markdown(clean.markdown(f"{start} a"))
    assert html.unescape(page) == f"<p>{clean.line(start)} a</p>"


@hypothesis.given(_ANY.filter(str.strip))
def test_code_shows_every_text_literally(text: str) -> None:
    shown = clean.visible(text)
    differs = "\\`" in shown or "&#" in shown  # where python-markdown is no CommonMark
    hypothesis.assume(shown == shown.strip().strip("`") and not differs)
    assert html.unescape(markdown.markdown(f"x {clean.code(text)}")) == f"<p>x <code>{shown}</code></p>"


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\uff1d1"])
def test_no_cell_begins_with_a_formula(text: str) -> None:
    assert clean.cell(text) == f"'{text.strip()}"


@hypothesis.given(st.lists(_ANY, min_size=1, max_size=3))
def test_cells_stay_in_their_row_of_csv_and_tsv(texts: list[str]) -> None:
    cells = [clean.cell(text) for text in texts]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    file = io.StringIO()
    csv.writer(file).writerow(cells)
    assert list(csv.reader(io.StringIO(file.getvalue()))) == [cells]
    assert "\t".join(cells).split("\t") == cells and len("\t".join(cells).splitlines()) <= 1


@hypothesis.given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_loses_nothing_and_is_one_line(text: str) -> None:
    line = clean.json_line({"name": text})
    assert json.loads(line) == {"name": text} and len(line.splitlines()) == 1


def test_json_keeps_letters() -> None:
    assert clean.json_line("熊 é\x9b\u202e") == r'"熊 é\u009b\u202e"'


@pytest.mark.parametrize(
    ("word", "shown"), [("a", "a"), ("a b", "'a b'"), ("$x", "'$x'"), ("a'\n\x1b\\", "$'a\\'\\x0a\\x1b\\\\'")]
)
def test_a_word_for_a_shell(word: str, shown: str) -> None:
    assert clean.shell(["niwt", word]) == f"niwt {shown}"


def test_a_shell_reads_the_same_words_back() -> None:
    words = ["a b", "'", "\\", "x\ny", "\x1b]0;t\x07", "\u202e熊", "$(ls)", "caf\udce9", "é'\x7f"]
    script = f"printf '%s\\0' {clean.shell(words)}"
    shown = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout
    assert [word.decode("utf-8", "surrogateescape") for word in shown.split(b"\0")[:-1]] == words


def test_every_control_and_format_character_is_shown_or_belongs_to_a_letter() -> None:
    odd = [letter for letter in map(chr, range(0x110000)) if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp")]
    assert [letter for letter in odd if clean.visible(f"x{letter}x") == f"x{letter}x"] == []
