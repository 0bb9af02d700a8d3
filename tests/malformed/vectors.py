# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Files of word vectors: in word2vec's formats and GloVe's, packed or not, with headers that lie and odd numbers."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from malformed import mutations
from niwt_tf.domains import texts, word_vectors

_WORDS = ("red", "green", "blue", "bird", "New York", "straße", "чёрный")
_SIZE = 5


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the cases, see `harness`."""
    return mutations.deal(_MAKERS, seed, count, folder)


def _text(rng: np.random.Generator, header: str = "") -> bytes:
    rows = rng.normal(size=(len(_WORDS), _SIZE))
    lines = [f"{word} {' '.join(f'{number:.4f}' for number in row)}" for word, row in zip(_WORDS, rows, strict=True)]
    return "\n".join([*([header] if header else []), *lines, ""]).encode()


def _binary(rng: np.random.Generator, header: str = f"{len(_WORDS)} {_SIZE}") -> bytes:
    rows = rng.normal(size=(len(_WORDS), _SIZE)).astype(np.float32)
    words = (
        f"{word.replace(' ', '_')} ".encode() + row.tobytes() + b"\n" for word, row in zip(_WORDS, rows, strict=True)
    )
    return f"{header}\n".encode() + b"".join(words)


def _read(path: Path) -> object:
    encoder = word_vectors.WordVectors(path)
    vectors = encoder(["a red bird", "unknown", "New York", ""])
    if vectors.dtype != np.float32 or vectors.ndim != 2 or len(vectors) != 4:
        raise AssertionError(f"{vectors.shape} of {vectors.dtype}")
    if not np.isfinite(vectors).all():
        mutations.must_refuse(vectors)
    return vectors, encoder.unknown(["red"], ["zzz"])


def _write(rng: np.random.Generator, place: Path, content: bytes) -> Path:
    packed = rng.random() < 0.3
    path = place / ("vectors.txt.gz" if packed else mutations.choose(rng, ("vectors.txt", "vectors.bin", "vectors")))
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def _good(rng: np.random.Generator) -> bytes:
    header = f"{len(_WORDS)} {_SIZE}"
    return mutations.choose(rng, (lambda: _text(rng), lambda: _text(rng, header), lambda: _binary(rng)))()


def _damaged(rng: np.random.Generator, place: Path) -> object:
    return _read(_write(rng, place, mutations.damage(rng, _good(rng))))


def _damaged_when_packed(rng: np.random.Generator, place: Path) -> object:
    path = place / "vectors.gz"
    path.write_bytes(mutations.damage(rng, gzip.compress(_good(rng))))
    return _read(path)


def _header(rng: np.random.Generator, place: Path) -> object:
    """Say another number of words or of numbers than there are: it must be told."""
    count, size = (
        mutations.choose(rng, values)
        for values in ((0, 1, 6, 7, 8, 10**6, 10**12, 10**30), (0, 1, 4, 5, 6, 300, 10**9))
    )
    header = f"{count} {size}"
    content = _text(rng, header) if rng.random() < 0.5 else _binary(rng, header)
    result = _read(_write(rng, place, content))
    if (count, size) != (len(_WORDS), _SIZE):
        mutations.must_refuse((header, result))
    return result


def _number(rng: np.random.Generator, place: Path) -> object:
    """Replace a number by a text that is no finite number: it must be told."""
    lines = _text(rng).decode().splitlines()
    row = int(rng.integers(len(lines)))
    word = _WORDS[row]
    number = mutations.choose(
        rng, ("nan", "inf", "-inf", "1e999", "x", "1,5", "0x1", "9" * 400, "1e39", "--1", "\x1b[31m", "x" * 5_000)
    )
    lines[row] = f"{word} {' '.join([number, *['0.5'] * (_SIZE - 1)])}"
    path = _write(rng, place, "\n".join(lines).encode())
    mutations.must_refuse((lines[row], _read(path)))
    return None


def _binary_number(rng: np.random.Generator, place: Path) -> object:
    """Put a number that is not finite into the binary format: it must be told."""
    odd = np.array([mutations.choose(rng, (np.nan, np.inf, -np.inf))], np.float32).tobytes()
    content = _binary(rng)
    start = content.index(b"red ") + 4
    path = _write(rng, place, content[:start] + odd + content[start + 4 :])
    mutations.must_refuse(_read(path))
    return None


def _changed(rng: np.random.Generator, place: Path) -> object:
    text = _text(rng, mutations.choose(rng, ("", f"{len(_WORDS)} {_SIZE}"))).decode()
    return _read(_write(rng, place, mutations.change_lines(rng, text).encode("utf-8", "surrogatepass")))


def _encoded(rng: np.random.Generator, place: Path) -> object:
    content = mutations.choose(rng, mutations.ENCODINGS.values())(_text(rng).decode())
    return _read(_write(rng, place, content))


def _misplaced(rng: np.random.Generator, place: Path) -> object:
    path = place / mutations.choose(rng, ("vectors.txt", "vectors.txt.gz", "vectors.bin"))
    mutations.misplace(rng, path)
    if rng.random() < 0.5:
        mutations.must_refuse(texts.load_pretrained(f"word2vec:{path}"))
    mutations.must_refuse(_read(path))
    return None


def _bomb(rng: np.random.Generator, place: Path) -> object:
    """Pack very much, or write one endless line."""
    path = place / "vectors.gz"
    contents = {
        "one line": lambda: b"red " + b"0 " * 10**8,
        "zeros": lambda: bytes(5 * 10**8),
        "a word without end": lambda: b"1 5\n" + b"a" * (5 * 10**8),
        "many words": lambda: b"".join(b"w%d 1 2\n" % number for number in range(3 * 10**5)),
    }
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(mutations.choose(rng, contents.values())())
    return _read(path)


def _handles(rng: np.random.Generator, place: Path) -> object:
    """Name an encoder by any text."""
    text = mutations.choose(rng, mutations.STRANGE_TEXTS)
    mutations.must_refuse(texts.load_pretrained(f"word2vec:{mutations.choose(rng, (text, f'{place}/{text}'))}"))
    return None


_MAKERS: dict[str, mutations.Maker] = {
    "damaged": _damaged,
    "damaged again": _damaged,
    "damaged once more": _damaged,
    "damaged when packed": _damaged_when_packed,
    "a header": _header,
    "a header, again": _header,
    "a number": _number,
    "a number in binary": _binary_number,
    "changed": _changed,
    "changed again": _changed,
    "encoded": _encoded,
    "misplaced": _misplaced,
    "a bomb": _bomb,
    "handles": _handles,
}
