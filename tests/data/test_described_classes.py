# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of files that describe several classes."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from niwt_tf import errors
from niwt_tf.data import described_classes

_TEXTS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)


def _file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_yaml_by_hand(tmp_path: Path) -> None:
    content = """
zebra:
  captions:
    - Black and white stripes cover it, all of it.
    - "It looks like a horse: but striped."
  attributes: [stripes, "hooves", crown color: red]
Grizzly bear:
  attributes:
    furry: 0.80
    coat: brown
    claws:
  document: |
    A large bear.

    It eats fish.
'no':
  captions: One caption, with a comma.
101: {attributes: 'furry:80%, "big, heavy"'}
"""
    for ending in ("yaml", "yml", "YAML"):
        assert described_classes.read(_file(tmp_path, f"classes.{ending}", content)) == {
            "zebra": {
                "captions": ("Black and white stripes cover it, all of it.", "It looks like a horse: but striped."),
                "attributes": ("stripes", "hooves", "crown color: red"),
            },
            "Grizzly bear": {
                "attributes": ("furry: 0.80", "coat: brown", "claws"),
                "documents": ("A large bear.\n\nIt eats fish.",),
            },
            "no": {"captions": ("One caption, with a comma.",)},
            "101": {"attributes": ("furry:80%", "big, heavy")},
        }


def test_csv_by_hand(tmp_path: Path) -> None:
    content = (
        "\ufeffname, captions ,document\r\n"
        'zebra,"Black, white.",\r\n'
        "okapi,Striped legs.,\r\n"
        ",,\r\n"
        "zebra,Like a horse.\r\n"
        'okapi,,"It is shy.\nIt is rare."\r\n'
    )
    assert described_classes.read(_file(tmp_path, "classes.csv", content)) == {
        "zebra": {"captions": ("Black, white.", "Like a horse.")},
        "okapi": {"captions": ("Striped legs.",), "documents": ("It is shy.\nIt is rare.",)},
    }


def test_attributes_in_csv_are_a_list_of_their_own(tmp_path: Path) -> None:
    content = 'attributes,name\n"stripes, furry:0.8",zebra\n"""big, heavy""",zebra\nstripes,okapi\n'
    assert described_classes.read(_file(tmp_path, "classes.csv", content)) == {
        "zebra": {"attributes": ("stripes", "furry:0.8", "big, heavy")},
        "okapi": {"attributes": ("stripes",)},
    }


@given(st.lists(_TEXTS.filter(lambda text: '"' not in text)))
def test_items_are_what_is_between_the_commas(texts: list[str]) -> None:
    quoted = ", ".join(f'"{text}"' for text in texts)
    assert described_classes.split_attributes(quoted) == tuple(texts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ()), (" , ,", ()), ("a", ("a",)), ('a , "b, c",d:80%', ("a", "b, c", "d:80%")), ("a,\nb", ("a", "b"))],
)
def test_items_by_hand(text: str, expected: tuple[str, ...]) -> None:
    assert described_classes.split_attributes(text) == expected


def test_a_quote_that_is_not_closed_is_reported() -> None:
    with pytest.raises(errors.UserError, match=re.escape('quotes in pairs. Received: a,"b. Write')):
        described_classes.split_attributes('a,"b')


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "classes.txt",
            "",
            "`classes` must be a file ending in .yaml, .yml, .csv. Received: classes='{}'. Save it in one of these "
            "formats, or rename it.",
        ),
        ("classes.csv", b"name,captions\nzebra,\xe9", "Text must be UTF-8. Received: {} with the byte 0xe9 in line 2."),
        ("classes.yaml", b"z\xe9bre:", "Text must be UTF-8. Received: {} with the byte 0xe9 in line 1."),
        ("classes.csv", "", "Received: {}, line 1, with the columns none. Name each column once, and include name."),
        ("classes.csv", "captions\nx", "Received: {}, line 1, with the columns captions. Name each column once"),
        ("classes.csv", "name,name\na,b", "Received: {}, line 1, with the columns name, name. Name each column once"),
        ("classes.csv", "name,captions\n", "Received: {}, which does not begin with a class."),
        (
            "classes.csv",
            "name,atributes\nzebra,stripes",
            "`classes` must be one of name, captions, attributes, document in line 1 of {}. Received: "
            "classes='atributes'. Did you mean 'attributes'?",
        ),
        (
            "classes.csv",
            "name,attributes\nzebra,stripes,hooves",
            'Received: {}, line 2, with 3 cells for 2 columns. Put "quotes" around a text with commas.',
        ),
        ("classes.csv", 'name,captions\n\n,"a\nb"', "Received: {}, line 4, without a name. Name the class."),
        (
            "classes.csv",
            'name,captions\nzebra,"a\nb',
            "Received: {}, line 3: unexpected end of data. Correct that line.",
        ),
        ("classes.csv", "name,captions\nzebra,", "Received: {}, 'zebra' without a description. Write its captions"),
        ("classes.yaml", "", "Received: {}, which does not begin with a class. Begin with `zebra:`"),
        ("classes.yaml", "- zebra", "Received: {}, which does not begin with a class. Begin with `zebra:`"),
        ("classes.yaml", "zebra: striped", "Received: {}, 'zebra' without a field. Write captions, attributes,"),
        ("classes.yaml", "zebra: {captions: [], document: ''}", "Received: {}, 'zebra' without a description."),
        (
            "classes.yaml",
            "zebra:\n  caption: x",
            "`classes` must be one of captions, attributes, document for 'zebra' in {}. Received: classes='caption'. "
            "Did you mean 'captions'?",
        ),
        (
            "classes.yaml",
            "zebra:\n  captions:\n    - a horse: [striped]",
            "Received: {}, 'zebra', whose captions are not texts. Put \"quotes\" around a text that has a colon.",
        ),
        (
            "classes.yaml",
            "zebra:\n  attributes: {coat: [red, blue]}",
            "Received: {}, 'zebra', whose attributes are not texts.",
        ),
        ("classes.yaml", "zebra:\n  attributes: [a]\nzebra:\n  attributes: [b]", "line 3: 'zebra' for the second time"),
    ],
)
def test_mistakes_name_the_file_and_the_place(name: str, content: str | bytes, message: str, tmp_path: Path) -> None:
    path = _file(tmp_path, name, content)
    with pytest.raises(errors.UserError) as caught:
        described_classes.read(path)
    assert message.format(path) in str(caught.value)


@given(captions=st.dictionaries(_TEXTS, st.lists(_TEXTS, min_size=1), min_size=1))
def test_csv_keeps_what_was_written(captions: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("csv") / "classes.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["name", "captions"], *([name, text] for name in captions for text in captions[name])]
        )
    assert described_classes.read(path) == {name: {"captions": tuple(texts)} for name, texts in captions.items()}


def test_a_table_of_an_old_mac_is_read(tmp_path: Path) -> None:
    path = tmp_path / "classes.csv"
    path.write_bytes(b"name,captions\rant,small\rbee,yellow\r")
    assert described_classes.read(path) == {"ant": {"captions": ("small",)}, "bee": {"captions": ("yellow",)}}


@pytest.mark.parametrize(
    "captions", ["{head: red, tail: long}", "[head: red, tail: long]", "\n    - head: red\n    - tail: long"]
)
def test_captions_may_be_described_part_by_part(captions: str, tmp_path: Path) -> None:
    read = described_classes.read(_file(tmp_path, "classes.yaml", f"zebra:\n  captions: {captions}"))
    assert read == {"zebra": {"captions": ("head: red", "tail: long")}}


def test_a_part_without_a_description_keeps_its_colon(tmp_path: Path) -> None:
    read = described_classes.read(_file(tmp_path, "classes.yaml", "zebra:\n  captions: {head: red, tail: }"))
    assert read["zebra"]["captions"] == ("head: red", "tail:")
