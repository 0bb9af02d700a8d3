# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Encode texts with word vectors trained elsewhere, word2vec or GloVe: the mean over the words of a text."""

from __future__ import annotations

import gzip
import itertools
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from niwt_tf import errors
from niwt_tf.domains import words
from niwt_tf.util import paths, progress

_LONGEST_LINE = 2**16  # bytes read to recognize the format
_SAMPLED_LINES = 100  # lines read to count the numbers of one
_MOST_PACKED = 1032  # largest ratio of gzip's compression
_BLOCK = 10_000  # vectors stacked at a time
_NUMBER = re.compile(rb"[-+.\deE]+")
_CHUNK = 2**20  # bytes read at a time; more than the longest vector


class WordVectors:
    """A text encoder that averages the vectors of a text's known words, as in the paper.

    A word is looked up in lower case, and as it is written if that is not known.

    Attributes:
      name: Name of the encoder for messages, which includes the file.
      feature_names: None, because the numbers of a vector have no names.
    """

    feature_names: tuple[str, ...] | None = None

    def __init__(self, path: Path) -> None:
        """Read a file of word vectors into memory.

        Args:
          path: File in word2vec's binary or text format, or in GloVe's text format; compressed by gzip if its name
            ends in `.gz`.

        Raises:
          errors.UserError: If the file is in no such format.
        """
        self.name = f"word vectors of {path}"
        progress.print_line(f"  reading {self.name}")
        reason = ""
        try:
            self._rows, self._vectors = _read(paths.require_regular(path))
        except errors.UserError:
            raise
        except (ValueError, EOFError, MemoryError, gzip.BadGzipFile, zlib.error) as error:
            reason = errors.first_line(error)
        if reason:  # raised here, so that the error does not keep the open file and the vectors alive
            raise errors.UserError(
                f"`{errors.setting('text_encoder', 'word2vec:PATH')}` must name a file in a format of word2vec or "
                f"GloVe. Received: {path}, which cannot be read: {reason}. Unpack it, or download it again."
            )

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Encode `N` texts as `[N,M]` float32; zeros for a text without a known word."""
        return np.stack([self._mean(text) for text in texts])

    def knows(self, word: str) -> bool:
        """Check whether a word has a vector."""
        return bool(self._keys(word))

    def unknown(self, seen: Sequence[str], unseen: Sequence[str]) -> str:
        """Report how many words of all texts have no vector."""
        return words.unknown([*seen, *unseen], self.knows)

    def _mean(self, text: str) -> np.ndarray:
        rows = [self._rows[key] for word in words.candidates(text) for key in self._keys(word)]
        return self._vectors[rows].mean(0) if rows else np.zeros(self._vectors.shape[1], np.float32)

    def _keys(self, word: str) -> list[str]:
        """Look up the key of a word's vector; an empty list if it has none."""
        return [key for key in (word.lower(), word) if key in self._rows][:1]


def _read(path: Path) -> tuple[dict[str, int], np.ndarray]:
    """Read a file as word -> row, and the vectors `[N,M]` float32.

    Raises:
      ValueError: If the file is in another format.
      EOFError: If the file ends too early.
    """
    with _open(path) as file:
        first, second = file.readline(_LONGEST_LINE), file.readline(_LONGEST_LINE)
    if not first.strip():
        raise ValueError("it is empty")
    header = re.fullmatch(rb"(\d+) (\d+)\s*", first)
    if not header:
        return _read_text(path, 0, None, _size(path))
    count, size = int(header[1]), int(header[2])
    _require_room(path, count, size)
    if _is_text(second, size):
        return _read_text(path, 1, count, size)
    return _read_binary(path, count, size)


def _is_text(line: bytes, size: int) -> bool:
    """Check whether a line has numbers in digits behind its word, whether as many as `size` or not."""
    numbers = line.split()[1:]
    return len(numbers) >= min(size, 2) and all(map(_NUMBER.fullmatch, numbers[-size:]))


def _open(path: Path) -> BinaryIO:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Read the lines of a file; raise ValueError for one that is too long, such as a file without any line end."""
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise ValueError(f"a line has {_LONGEST_LINE:,} bytes or more")
        yield line


def _finite(vectors: np.ndarray) -> np.ndarray:
    """Check that all numbers are finite, or raise ValueError."""
    if not np.isfinite(vectors).all():
        raise ValueError("a number is not finite")
    return vectors


def _require_room(path: Path, count: int, size: int) -> None:
    """Check that a file can hold the numbers that its header states, at least two bytes each, or raise ValueError."""
    room = path.stat().st_size * (_MOST_PACKED if path.suffix == ".gz" else 1)
    if not count or not size or 2 * size > _LONGEST_LINE or count * size * 2 > room:
        raise ValueError(f"its first line says {count} words of {size} numbers, for which it is too short")


def _size(path: Path) -> int:
    """Count the numbers of a line: the most frequent count among the first lines, because some words hold blanks."""
    with _open(path) as file:
        counts = Counter(len(line.split()) for line in itertools.islice(_lines(file), _SAMPLED_LINES) if line.strip())
    return max(sorted(counts), key=lambda one: counts[one]) - 1


def _read_text(path: Path, skipped: int, count: int | None, size: int) -> tuple[dict[str, int], np.ndarray]:
    """Read lines of a word, which may hold blanks, and `size` numbers; of a repeated word the first line is kept."""
    if not size:
        raise ValueError("its lines have no numbers")
    if (found := _size(path)) != size:
        raise ValueError(f"its first line says {size} numbers for each word, and most lines have {found}")
    rows: dict[str, int] = {}
    blocks, block = [], []
    with _open(path) as file:
        for word, vector in _text_words(itertools.islice(_lines(file), skipped, None), count, size):
            if word not in rows:
                rows[word] = len(rows)
                block.append(vector)
            if len(block) == _BLOCK:
                blocks.append(_finite(np.stack(block)))
                block = []
    return rows, np.concatenate([*blocks, _finite(np.stack(block))] if block else blocks)


def _text_words(lines: Iterator[bytes], count: int | None, size: int) -> Iterator[tuple[str, np.ndarray]]:
    """Read words, as many as `count` says if it is not None, each with its `size` numbers."""
    read = 0
    for line in filter(bytes.strip, lines):
        if read == count:
            raise ValueError(f"its first line says {count} words, and there are more")
        word, *numbers = line.decode("utf-8", "replace").rstrip().rsplit(" ", size)
        with np.errstate(over="ignore"):
            vector = np.array(numbers, np.float32)
        if len(vector) != size:
            raise ValueError(f"a line has {len(vector)} numbers in place of {size}")
        read += 1
        yield word, vector
    if count is not None and read < count:
        raise EOFError(f"unexpected end of input: its first line says {count} words, and there are {read}")


def _read_binary(path: Path, count: int, size: int) -> tuple[dict[str, int], np.ndarray]:
    """Read word2vec's binary format: a line, and `count` times a word, a blank and `size` float32 numbers."""
    rows: dict[str, int] = {}
    vectors = np.empty((count, size), np.float32)
    with _open(path) as file:
        file.readline()
        for word, numbers in _binary_words(file, count, size * vectors.itemsize):
            if word not in rows:
                vectors[len(rows)] = np.frombuffer(numbers, np.float32)
                rows[word] = len(rows)
    return rows, _finite(vectors[: len(rows)])


def _binary_words(file: BinaryIO, count: int, width: int) -> Iterator[tuple[str, bytes]]:
    """Read `count` words, each with the `width` bytes of its numbers."""
    data, start = b"", 0
    for number in range(count):
        blank = data.find(b" ", start)
        if blank < 0 or len(data) - blank - 1 < width:
            data, start = data[start:] + file.read(_CHUNK), 0
            blank = data.find(b" ")
        if blank < 0 or len(data) - blank - 1 < width:
            raise EOFError(f"unexpected end of input: its first line says {count} words, and there are {number}")
        end = blank + 1 + width
        yield data[start:blank].decode("utf-8", "replace").lstrip("\n"), data[blank + 1 : end]
        start = end
    if (data[start:] + file.read(_CHUNK)).strip():
        raise ValueError(f"its first line says {count} words of {width // 4} numbers, and there is more behind them")
