# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Check the elements that a MATLAB file of version 5 to 7 consists of, before scipy reads them.

scipy takes the type of an element as an index into a table without a look, so that a damaged one ends the process, and
unpacks what is packed, however much that is. Nothing is held in memory but the packed bytes of one variable.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import BinaryIO, Protocol

_HEAD = 128  # bytes
_ORDERS = {b"IM": "<", b"MI": ">"}  # by the end of the head
_MATRIX, _COMPRESSED = 14, 15
_PLAIN = frozenset((1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 16, 17, 18))  # numbers and characters
_FLAGS = 6, 8  # type and bytes of the first element of a variable
_OPAQUE = 17  # a class without a shape
_CHARACTERS, _SPARSE, _NUMBERS = 4, 5, range(6, 16)
_SHAPES = (5, 6)  # types of sides
_MOST_SIDES = 32
_CHUNK = 2**20  # bytes


class _Stream(Protocol):
    """Elements one after another."""

    def read(self, count: int) -> bytes:
        """Read the next bytes, or fewer at the end."""

    def skip(self, count: int) -> None:
        """Leave out the next bytes."""


def require_sound(file: BinaryIO, most: int) -> None:
    """Check that all elements are of known types at their places, and unpack to at most `most` bytes.

    Raises:
      ValueError: If they are not.
    """
    head = file.read(_HEAD)
    order = _ORDERS.get(head[-2:], "")
    if b"\0" in head[:4] or 1 not in head[-4:-2]:  # version 4, which has no such elements, or 7.3, which is HDF5
        return
    if not order:
        raise ValueError("its head does not tell the order of bytes")
    unpacked_size = 0
    while len(tag := file.read(8)) == 8:
        kind, length = struct.unpack(f"{order}II", tag)
        end = file.tell() + length
        if kind == _COMPRESSED:
            unpacked = _Unpacked(file.read(length), most, unpacked_size)
            _require_known(unpacked, order)
            unpacked_size = unpacked.size
        else:
            file.seek(-8, 1)
            _require_known(_Part(file, end), order)
        file.seek(end)


def _require_known(stream: _Stream, order: str) -> None:
    plain = 0  # elements that must come next and hold no others
    while len(tag := stream.read(8)) == 8:
        kind, length = _read_tag(tag, order)
        if kind == _MATRIX and not plain:
            plain = _begin_variable(stream, order, length) if length else 0
        elif kind in _PLAIN:
            stream.skip(length + -length % 8)
            plain = max(0, plain - 1)
        else:
            raise ValueError(f"an element has the type {kind}, which it cannot have")
    if tag or plain:
        raise ValueError("an element is incomplete")


def _read_tag(tag: bytes, order: str) -> tuple[int, int]:
    """Read the type of an element and the number of bytes that follow; none follow if the tag holds them itself."""
    kind, length = struct.unpack(f"{order}II", tag)
    if kind >> 16 and kind & 0xFFFF == _MATRIX:
        raise ValueError("a variable is too small")
    return (kind & 0xFFFF, 0) if kind >> 16 else (kind, length)


def _begin_variable(stream: _Stream, order: str, length: int) -> int:
    """Read the flags and the shape of a variable, and return how many elements must follow that hold no others."""
    flags = _read_tag(_require(stream.read(8)), order)
    (word,) = struct.unpack(f"{order}I4x", _require(stream.read(8)))
    if flags != _FLAGS:
        raise ValueError("a variable has no flags")
    kind, is_complex = word & 0xFF, word >> 11 & 1
    if kind == _OPAQUE:
        return 0
    sides = _read_shape(stream, order)
    if kind != _SPARSE and math.prod(sides) > length:
        raise ValueError(f"a variable of {length:,} bytes has the shape {' x '.join(map(str, sides))}")
    counts = {_CHARACTERS: 1, _SPARSE: 3 + is_complex, **dict.fromkeys(_NUMBERS, 1 + is_complex)}
    return 1 + counts.get(kind, 0)  # the name, and the data


def _read_shape(stream: _Stream, order: str) -> tuple[int, ...]:
    kind, length = _read_tag(_require(stream.read(8)), order)
    if kind not in _SHAPES or not 8 <= length <= 4 * _MOST_SIDES or length % 4:
        raise ValueError("a variable has no shape")
    sides = struct.unpack(f"{order}{length // 4}i", _require(stream.read(length), length))
    if min(sides) < 0:
        raise ValueError("a variable has a negative shape")
    stream.skip(-length % 8)
    return sides


def _require(read: bytes, count: int = 8) -> bytes:
    if len(read) < count:
        raise ValueError("an element is incomplete")
    return read


class _Part:
    """The bytes of a file up to a position."""

    def __init__(self, file: BinaryIO, end: int) -> None:
        self._file, self._end = file, end

    def read(self, count: int) -> bytes:
        """See `_Stream`."""
        return self._file.read(min(count, self._end - self._file.tell()))

    def skip(self, count: int) -> None:
        """See `_Stream`."""
        if count > self._end - self._file.tell():
            raise ValueError("an element is longer than its variable")
        self._file.seek(count, 1)


class _Unpacked:
    """What packed bytes unpack to, in chunks.

    Attributes:
      size: Number of bytes that were unpacked, these and others before.
    """

    def __init__(self, packed: bytes, most: int, size: int) -> None:
        self._packed, self._place, self._most, self.size = memoryview(packed), 0, most, size
        self._unpacking, self._buffer = zlib.decompressobj(), b""

    def read(self, count: int) -> bytes:
        """See `_Stream`."""
        while len(self._buffer) < count and self._unpack():
            pass
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def skip(self, count: int) -> None:
        """See `_Stream`."""
        while count and (taken := self.read(min(count, _CHUNK))):
            count -= len(taken)

    def _unpack(self) -> bool:
        """Unpack one chunk more; False at the end."""
        if self._unpacking.eof:
            return False
        tail: bytes | memoryview = self._unpacking.unconsumed_tail
        if not tail:
            tail = self._packed[self._place : self._place + _CHUNK]
            self._place += len(tail)
        chunk = self._unpacking.decompress(tail, _CHUNK)  # an empty tail may give what is left
        self._buffer += chunk
        self.size += len(chunk)
        if self.size > self._most:
            raise ValueError(f"it unpacks to more than {self._most:,} bytes")
        return bool(tail or chunk)
