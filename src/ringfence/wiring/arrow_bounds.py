"""How large an Arrow stream would be in memory, read from its messages before any of them is decompressed.

A few bytes may say that they are gigabytes: a compressed buffer names its own length, and a column of nulls needs no
bytes at all. The layout is that of the Arrow columnar format (IPC messages, FlatBuffers `Message`, `RecordBatch`,
`DictionaryBatch`); what does not follow it is left for Arrow itself to refuse.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from ringfence.events.errors import BODY_TOO_LARGE, UsageError

FILE_MAGIC: Final = b"ARROW1"
_BLOCK: Final = struct.Struct("<qi4xq")  # where a message of a file begins, the bytes of its head and of its body
_BUFFER: Final = struct.Struct("<qq")  # where it begins in the body, and how long it is
_CONTINUED: Final = 0xFFFFFFFF
_DICTIONARY, _RECORDS = 2, 3  # kinds of messages


class _Table:
    """One FlatBuffers table."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self._at = at
        self._fields = at - struct.unpack_from("<i", content, at)[0]

    def _place(self, field: int) -> int | None:
        slot = 4 + 2 * field
        if slot + 2 > struct.unpack_from("<H", self._content, self._fields)[0]:
            return None
        offset = struct.unpack_from("<H", self._content, self._fields + slot)[0]
        return self._at + offset if offset else None

    def number(self, field: int, form: str) -> int:
        """Return a number; 0 where it is not said."""
        place = self._place(field)
        return 0 if place is None else int(struct.unpack_from(form, self._content, place)[0])

    def table(self, field: int) -> _Table | None:
        """Return the table that a field points to."""
        place = self._place(field)
        if place is None:
            return None
        return _Table(self._content, place + struct.unpack_from("<I", self._content, place)[0])

    def rows(self, field: int, form: struct.Struct) -> Iterator[tuple[int, ...]]:
        """Yield the structs that a field points to."""
        place = self._place(field)
        if place is None:
            return
        at = place + struct.unpack_from("<I", self._content, place)[0]
        count = struct.unpack_from("<I", self._content, at)[0]
        for number in range(count):
            yield form.unpack_from(self._content, at + 4 + form.size * number)


def check_arrow(content: bytes, most_bytes: int, most_rows: int) -> None:
    """Refuse a stream, or a file, whose record batches would be too large.

    Raises:
        UsageError: they would (RF7006).
    """
    size = rows = 0
    try:
        of_file = content.startswith(FILE_MAGIC)
        for kind, header, body in _of_file(content) if of_file else _of_stream(content):
            batch = header.table(1) if kind == _DICTIONARY else header
            if batch is None:
                continue
            size += _size_of(batch, content, body)
            rows += batch.number(0, "<q") if kind == _RECORDS else 0
            if size > most_bytes or rows > most_rows:
                raise UsageError(
                    BODY_TOO_LARGE,
                    "the body is too large when it is decompressed",
                    expected=f"at most {most_bytes:,} bytes and {most_rows:,} records",
                )
    except (struct.error, IndexError):
        return


Message = tuple[int, _Table, int]  # its kind, its header, and where its body begins


def _of_stream(content: bytes) -> Iterator[Message]:
    """Yield the messages of a stream that have a batch, in order."""
    at = 0
    while at + 8 <= len(content):
        found, root, at = _message(content, at)
        if root is None:
            return
        if found is not None:
            yield found
        at += max(root.number(3, "<q"), 0)


def _of_file(content: bytes) -> Iterator[Message]:
    """Yield the messages that the index at the end of a file names."""
    end = len(content) - len(FILE_MAGIC) - 4
    (size,) = struct.unpack_from("<i", content, end)
    footer = content[end - size : end]
    index = _Table(footer, struct.unpack_from("<I", footer, 0)[0])
    for field in (2, 3):  # dictionaries, records
        for at, head_bytes, _ in index.rows(field, _BLOCK):
            found, _, _ = _message(content, at)
            if found is not None:
                yield found[0], found[1], at + head_bytes


def _message(content: bytes, at: int) -> tuple[Message | None, _Table | None, int]:
    """Return the message at a place, if it has a batch, its table, and where its body begins."""
    (length,) = struct.unpack_from("<I", content, at)
    at += 4
    if length == _CONTINUED:
        (length,) = struct.unpack_from("<I", content, at)
        at += 4
    if length == 0 or at + length > len(content):
        return None, None, at
    message = content[at : at + length]
    root = _Table(message, struct.unpack_from("<I", message, 0)[0])
    kind, header = root.number(1, "<B"), root.table(2)
    at += length
    has_batch = kind in (_DICTIONARY, _RECORDS) and header is not None
    return ((kind, header, at) if has_batch and header else None), root, at


def _size_of(batch: _Table, content: bytes, body: int) -> int:
    """Return the bytes that the buffers of a batch have in memory."""
    is_packed = batch.table(3) is not None
    size = 0
    for offset, length in batch.rows(2, _BUFFER):
        whole = length
        if is_packed and length >= 8:
            (whole,) = struct.unpack_from("<q", content, body + offset)
        size += length if whole < 0 else whole  # -1: this one is not compressed
    return size
