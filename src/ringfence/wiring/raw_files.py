"""Records of files and bodies as they were received: lines of text, and rows of tables as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from ringfence.connectors.files import ByteStream
from ringfence.events.schema import SCHEMA
from ringfence.feeds.strict_csv import MAX_JOINED_LINES
from ringfence.feeds.tables import ARROW_MAGIC, PARQUET_MAGIC, raw_rows

MOST_BYTES: Final = 2 << 30  # of a text file that are passed to get to a line
_STEP: Final = 4 << 20


class Held:
    """Bytes, read as a stream."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        part = self._content[self._at : self._at + size]
        self._at += len(part)
        return part


def lines_of(stream: ByteStream | Held, numbers: list[int], most: int) -> dict[int, bytes]:
    """Return the records that begin at these lines (from 1, ascending); one may go on over the next lines."""
    found: dict[int, bytes] = {}
    text = _Text(stream, most)
    for number in numbers:
        if not text.go_to(number):
            break
        if record := _record(text.ahead, most):
            found[number] = record
    return found


class _Text:
    """A text at one of its lines, with at least a record of what follows."""

    def __init__(self, stream: ByteStream | Held, most: int) -> None:
        self.ahead = b""
        self._stream, self._most = stream, most
        self._line, self._passed = 1, 0

    def go_to(self, number: int) -> bool:
        """Go on to a line; return whether there is one."""
        while True:
            passed = min(number - self._line, self.ahead.count(b"\n"))
            self.ahead, self._line = _behind(self.ahead, passed), self._line + passed
            is_there = self._line == number
            if is_there and (len(self.ahead) > self._most or self.ahead.count(b"\n") >= MAX_JOINED_LINES):
                return True
            if not is_there:
                self.ahead = b""  # the rest of a line that is passed
            more = self._stream.read(_STEP) if self._passed < MOST_BYTES else b""
            if not more:
                return is_there and bool(self.ahead)
            self._passed += len(more)
            self.ahead += more


def _behind(content: bytes, lines: int) -> bytes:
    """Return what follows so many lines, of which there are at least that many."""
    if not lines:
        return content
    return content.split(b"\n", lines)[lines]


def _record(content: bytes, most: int) -> bytes:
    """Return the record that begins here: a line, and those after it while a quote or an object is open."""
    end = -1
    for _ in range(MAX_JOINED_LINES):
        end = content.find(b"\n", end + 1)
        record = content[:end] if end >= 0 else content
        if end < 0 or len(record) > most or not _is_open(record):
            return record.removesuffix(b"\r")[:most]
    return content[: content.find(b"\n")].removesuffix(b"\r")[:most]


def _is_open(record: bytes) -> bool:
    if record.lstrip()[:1] == b"{":
        try:
            json.loads(record)
        except (ValueError, RecursionError):
            return True
        return False
    return record.count(b'"') % 2 == 1


def rows_of_file(path: Path, numbers: list[int]) -> dict[int, bytes]:
    """Return rows (from 1, ascending) of a Parquet or Arrow file, as JSON of the columns that events have."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(PARQUET_MAGIC):
        return _rows_of_parquet(path, numbers)
    with pa.memory_map(str(path)) as content:
        return rows_of_arrow(content, head, numbers)


def _rows_of_parquet(path: Path, numbers: list[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    with pq.ParquetFile(path) as file:
        columns = [name for name in file.schema_arrow.names if name in SCHEMA]
        first = 0
        for group in range(file.num_row_groups):
            after = first + file.metadata.row_group(group).num_rows
            if any(first < number <= after for number in numbers):
                at = first
                for batch in file.iter_batches(1 << 14, [group], columns, use_threads=False):
                    found |= _picked(pa.Table.from_batches([batch]), at, numbers)
                    at += batch.num_rows
            first = after
    return found


def rows_of_arrow(content: pa.NativeFile, head: bytes, numbers: list[int]) -> dict[int, bytes]:
    """Return rows of an Arrow file or stream whose first bytes are `head`, as `rows_of_file` does."""
    reader = pa.ipc.open_file(content) if head.startswith(ARROW_MAGIC) else pa.ipc.open_stream(content)
    whole = isinstance(reader, pa.ipc.RecordBatchFileReader)
    batches = (reader.get_batch(i) for i in range(reader.num_record_batches)) if whole else iter(reader)
    found: dict[int, bytes] = {}
    at = 0
    for batch in batches:
        columns = [name for name in batch.schema.names if name in SCHEMA]
        found |= _picked(pa.Table.from_batches([batch]).select(columns), at, numbers)
        at += batch.num_rows
        if at >= numbers[-1]:
            break
    return found


def _picked(table: pa.Table, first: int, numbers: list[int]) -> dict[int, bytes]:
    """Return those rows of a table whose first is row `first` + 1 that are wanted."""
    rows = [number for number in numbers if first < number <= first + table.num_rows]
    return dict(zip(rows, raw_rows(table, [row - first - 1 for row in rows]), strict=True))
