# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of word vectors, in files of each format written by hand and by gensim."""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from niwt_tf import errors
from niwt_tf.domains import word_vectors

_VECTORS = {"red": (1.0, 0.0, -2.5), "Africa": (0.0, 4.0, 1e-5), "crown": (3.0, 2.0, 1.0), "Red": (9.0, 9.0, 9.0)}


def _lines() -> str:
    return "".join(f"{word} {' '.join(map(str, vector))}\n" for word, vector in _VECTORS.items())


def _binary() -> bytes:
    return b"4 3\n" + b"".join(f"{w} ".encode() + struct.pack("<3f", *v) + b"\n" for w, v in _VECTORS.items())


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vectors.bin", _binary()),
        ("vectors.bin.gz", _binary()),
        ("no-newlines.bin", _binary().replace(b"\n", b"").replace(b"4 3", b"4 3\n")),
        ("vectors.txt", b"4 3\n" + _lines().encode()),
        ("vectors.txt.gz", b"4 3\n" + _lines().encode()),
        ("glove.txt", _lines().encode()),
        ("glove.txt.gz", _lines().encode()),
        ("named-text-but.txt", _binary()),
        ("named-binary-but.bin", _lines().encode()),
    ],
)
def test_each_format_gives_the_same_vectors(tmp_path: Path, name: str, content: bytes) -> None:
    encoder = word_vectors.WordVectors(_write(tmp_path / name, content))
    vectors = encoder(["red", "Africa", "crown"])
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, np.float32([_VECTORS["red"], _VECTORS["Africa"], _VECTORS["crown"]]))


@pytest.mark.parametrize("binary", [True, False])
def test_what_gensim_writes_is_read(tmp_path: Path, binary: bool) -> None:
    from gensim.models import keyedvectors

    vectors = keyedvectors.KeyedVectors(20)
    values = np.random.default_rng(0).normal(size=(50, 20)).astype(np.float32)
    vectors.add_vectors([f"word{number}" for number in range(50)], values)
    vectors.save_word2vec_format(str(tmp_path / "vectors"), binary=binary)
    encoder = word_vectors.WordVectors(tmp_path / "vectors")
    np.testing.assert_allclose(encoder([f"word{number}" for number in range(50)]), values, rtol=1e-6)


@pytest.fixture
def encoder(tmp_path: Path) -> word_vectors.WordVectors:
    return word_vectors.WordVectors(_write(tmp_path / "vectors.txt", _lines().encode()))


def test_a_text_has_the_mean_of_its_known_words(encoder: word_vectors.WordVectors) -> None:
    vectors = encoder(["a red crown", "red, zorilla; red-crown!", "zorilla", ""])
    np.testing.assert_allclose(vectors, [[2, 1, -0.75], [5 / 3, 2 / 3, -4 / 3], [0, 0, 0], [0, 0, 0]], rtol=1e-6)
    assert vectors.dtype == np.float32


def test_words_are_looked_up_in_small_letters_and_then_as_written(encoder: word_vectors.WordVectors) -> None:
    vectors = encoder(["Red RED red", "Africa", "africa"])
    np.testing.assert_array_equal(vectors, np.float32([_VECTORS["red"], _VECTORS["Africa"], (0, 0, 0)]))


def test_unknown_words_of_all_texts_are_counted(encoder: word_vectors.WordVectors) -> None:
    report = encoder.unknown(["the Red zorilla", "CROWN of Africa"], ["zorilla and africa"])
    assert report == "3 of 6 words unknown (zorilla, africa)"


def test_reading_is_printed_with_the_name_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _write(tmp_path / "vectors.txt", _lines().encode())
    assert word_vectors.WordVectors(path).name == f"word vectors of {path}"
    assert capsys.readouterr().out == f"  reading word vectors of {path}\n"


@pytest.mark.parametrize(
    ("name", "spoil", "trouble"),
    [
        ("empty.txt", lambda content: b"", "it is empty"),
        ("cut.bin", lambda content: _binary()[:40], "unexpected end of input"),
        ("cut.txt", lambda content: b"5 3\n" + content, "unexpected end of input"),
        ("words.txt", lambda content: b"this is not a file of vectors\n", "could not convert string to float: 'is'"),
        ("short.txt", lambda content: content + b"blue 1 2\n", ""),
        ("plain.gz", None, "Not a gzipped file"),
    ],
)
def test_files_that_hold_no_word_vectors_are_errors(
    tmp_path: Path, name: str, spoil: Callable[[bytes], bytes] | None, trouble: str
) -> None:
    path = tmp_path / name
    path.write_bytes(spoil(_lines().encode()) if spoil else b"not packed")
    with pytest.raises(errors.UserError) as caught:
        word_vectors.WordVectors(path)
    message = str(caught.value)
    assert message.startswith("`text_encoder='word2vec:PATH'` must name a file in a format of word2vec or GloVe.")
    assert f"Received: {path}, which cannot be read: {trouble}" in message and "\n" not in message


@pytest.mark.parametrize("number", [b"nan", b"inf", b"1e999", b"1e39"])
def test_numbers_in_text_must_be_finite(tmp_path: Path, number: bytes) -> None:
    path = _write(tmp_path / "vectors.txt", b"red 1 2\nblue 1 " + number + b"\n")
    with pytest.raises(errors.UserError, match="which cannot be read: a number is not finite. Unpack it"):
        word_vectors.WordVectors(path)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_in_binary_must_be_finite(tmp_path: Path, number: float) -> None:
    path = _write(tmp_path / "vectors.bin", b"1 2\nred " + np.array([1, number], np.float32).tobytes() + b"\n")
    with pytest.raises(errors.UserError, match="which cannot be read: a number is not finite. Unpack it"):
        word_vectors.WordVectors(path)


@pytest.mark.parametrize("content", [b"red " + b"0 " * 2**16, b"1 5\n" + b"a" * 2**21])
def test_lines_and_words_without_end_are_told(tmp_path: Path, content: bytes) -> None:
    trouble = "a line has 65,536 bytes or more|its first line says 1 words, and there are 0"
    with pytest.raises(errors.UserError, match=f"which cannot be read: .*({trouble})"):
        word_vectors.WordVectors(_write(tmp_path / "vectors.gz", content))


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "no such file"])
def test_what_is_no_file_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "vectors.bin"
    {"a folder": Path.mkdir, "a pipe": os.mkfifo, "no such file": lambda path: None}[kind](path)
    with pytest.raises(errors.UserError, match=f"A file must be a regular one that can be read. Received: .*, {kind}"):
        word_vectors.WordVectors(path)


def test_a_binary_word_is_read_in_any_part_of_a_chunk(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(70_000, 5)).astype(np.float32)
    words = (f"w{number} ".encode() + row.tobytes() + b"\n" for number, row in enumerate(vectors))
    encoder = word_vectors.WordVectors(_write(tmp_path / "v.bin", b"70000 5\n" + b"".join(words)))
    np.testing.assert_array_equal(encoder(["w0", "w40000", "w69999"]), vectors[[0, 40_000, 69_999]])


@pytest.mark.parametrize("header", [b"", b"6 3\n"])
def test_words_may_hold_blanks(tmp_path: Path, header: bytes) -> None:
    spaced = b". . . 1 2 3\nat name@domain.com 4 5 6\n"
    encoder = word_vectors.WordVectors(_write(tmp_path / "glove.txt", header + spaced + _lines().encode()))
    np.testing.assert_array_equal(encoder(["red"]), np.float32([_VECTORS["red"]]))
    assert encoder.knows("at name@domain.com") and encoder.knows(". . .")


def test_of_a_word_there_twice_the_first_counts(tmp_path: Path) -> None:
    encoder = word_vectors.WordVectors(_write(tmp_path / "glove.txt", b"red 1 2\nred 3 4\nblue 5 6\n"))
    np.testing.assert_array_equal(encoder(["red", "blue"]), np.float32([[1, 2], [5, 6]]))


@pytest.mark.parametrize("header", [b"5 999999999999\n", b"999999999999 3\n", b"99999 3000\n", b"4 0\n"])
@pytest.mark.parametrize("name", ["lies.txt", "lies.bin", "lies.txt.gz"])
def test_a_header_that_lies_is_refused_at_once(tmp_path: Path, header: bytes, name: str) -> None:
    rest = _binary().partition(b"\n")[2] if "bin" in name else _lines().encode()
    with pytest.raises(errors.UserError, match="its first line says .* for which it is too short"):
        word_vectors.WordVectors(_write(tmp_path / name, header + rest))


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (b"4 2\n" + _lines().encode(), "its first line says 2 numbers for each word, and most lines have 3"),
        (b"4 4\n" + _lines().encode(), "its first line says 4 numbers for each word, and most lines have 3"),
        (b"3 3\n" + _lines().encode(), "its first line says 3 words, and there are more"),
        (_binary().replace(b"4 3", b"3 3"), "its first line says 3 words of 3 numbers, and there is more behind them"),
        (_binary().replace(b"4 3", b"4 2"), "its first line says 4 words of 2 numbers, and there is more behind them"),
    ],
)
def test_a_header_that_says_less_or_more_than_there_is_is_told(
    tmp_path: Path, content: bytes, trouble: str, packed: str
) -> None:
    with pytest.raises(errors.UserError, match=f"which cannot be read: {trouble}. Unpack it"):
        word_vectors.WordVectors(_write(tmp_path / f"vectors{packed}", content))


def test_a_header_counts_a_word_there_twice_as_two(tmp_path: Path) -> None:
    encoder = word_vectors.WordVectors(_write(tmp_path / "vectors.txt", b"3 2\nred 1 2\nred 3 4\nblue 5 6\n"))
    np.testing.assert_array_equal(encoder(["red", "blue"]), np.float32([[1, 2], [5, 6]]))


def test_scripts_without_blanks_are_looked_up_in_all_parts(tmp_path: Path) -> None:
    path = _write(tmp_path / "glove.txt", "红色 1 0\n方 0 4\n".encode())
    np.testing.assert_array_equal(word_vectors.WordVectors(path)(["红色的方"]), np.float32([[0.5, 2]]))
