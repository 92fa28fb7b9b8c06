"""Parquet and Arrow IPC event files: columns with the names of events, read by row numbers.

A column that is missing is null, an unknown one is left out and counted. Other integer types, text instead
of bytes for `event_id` (32 hexadecimal digits) and timestamps for times are converted; a value that cannot
be is rejected.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ringfence.events.clock import Clock
from ringfence.events.errors import BAD_ENCODING, NO_SUCH_FILE, TRUNCATED, UNREADABLE_FILE, DependencyError
from ringfence.events.schema import SCHEMA
from ringfence.feeds.decoded import Decoded, Position, Reject, count_unknown, no_events, reject, rejects_frame
from ringfence.feeds.event_rows import places_of, to_events
from ringfence.feeds.limits import Limits
from ringfence.feeds.strict_csv import Wrong

BATCH_ROWS: Final = 65_536
BATCH_BYTES: Final = 64 << 20  # of text in a batch: a dictionary file says a long text once and means it in every row
PARQUET_MAGIC: Final = b"PAR1"
ARROW_MAGIC: Final = b"ARROW1"
_TEXT: Final = "BYTE_ARRAY"  # Parquet's word for it
_PARTS: Final = 16  # places in a file that its mark is made of, and how much of each
_PART_BYTES: Final = 4_096
_END_BYTES: Final = 65_536  # where the index of a table lies


Piece = tuple[int, pa.Table | Wrong]  # its first row, and its rows or why they cannot be read (then: the row after)


class _Batches(Protocol):
    """A table file in pieces."""

    names: Sequence[str]

    def pieces(self, row: int) -> Iterator[Piece]:
        """Yield the pieces from a row on."""
        ...

    def close(self) -> None: ...


class TableFile:
    """Reads one Parquet or Arrow IPC event file.

    Position: `{"row": N, "mark": M}`, rows from 0. The mark tells the file by its content: another one under the same
    name is read from its start. A position without a mark fits every file.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str = "",
        source: str,
        position: Position | None = None,
        limits: Limits,
        clock: Clock,
        content: bytes | None = None,
    ) -> None:
        """Open the file; with `content`, what an Arrow file of that name would hold.

        A file that begins like one of its format but cannot be opened (truncated: the index is at its end)
        is one record, which is rejected; raises `DependencyError` where there is no such file, or it cannot
        be read.
        """
        self.name = name or str(path)
        self.source = source
        self._mark = _mark_of(path) if content is None else ""
        row = int(position["row"]) if position and position.get("mark", self._mark) == self._mark else 0
        self.position: Position = self._at(row)
        self._limits = limits
        self._clock = clock
        self._path = path
        self._batches: _Batches | None = None
        self._damage: Reject | None = None
        try:
            self._batches = _open(path) if content is None else _Arrow(pa.BufferReader(content), content[:8])
        except (pa.ArrowException, EOFError, OSError) as error:
            self._damage = _damage(path, f"{self.name}#1", error, content) if row == 0 else None
        self._pieces = self._batches.pieces(row) if self._batches else iter(())

    def read(self) -> Decoded | None:
        """Return the next rows, at most `BATCH_ROWS` and about `BATCH_BYTES`; None at the end."""
        if self._damage:
            rejects, self._damage = rejects_frame([self._damage]), None
            self.position = self._at(1)
            return Decoded(no_events(), rejects, 0, {}, self.position)
        piece = next(self._pieces, None)
        if piece is None:
            return None
        row, table = piece
        if isinstance(table, Wrong):
            self.position = self._at(row)
            bad = reject(f"{self.name}#{row}", b"", table.code, table.message)
            return Decoded(no_events(), rejects_frame([bad]), 0, {}, self.position)
        return self._decode(row, table)

    def close(self) -> None:
        """Let the file go."""
        if self._batches:
            self._batches.close()

    def _at(self, row: int) -> Position:
        return {"row": row, "mark": self._mark}

    def _decode(self, row: int, table: pa.Table) -> Decoded:
        frame = _as_events(table)
        rows = to_events(
            frame,
            places_of(self.name, "#", row + 1),
            lambda wanted: raw_rows(table, wanted),
            source=self.source,
            limits=self._limits,
            now_ms=self._clock.now_ms(),
        )
        self.position = self._at(row + table.num_rows)
        names = self._batches.names if self._batches else ()
        unknown: dict[str, int] = {}
        count_unknown(unknown, {name: table.num_rows for name in names if name not in SCHEMA})
        return Decoded(rows.events, rejects_frame(rows.rejects), 0, unknown, self.position)


def raw_rows(table: pa.Table, rows: Sequence[int]) -> list[bytes]:
    """Return rows of a table as JSON: what stands for their bytes, since a table has none of its own."""
    picked = (table.slice(row, 1).to_pylist()[0] for row in rows)
    return [json.dumps(row, default=_plain, sort_keys=True).encode() for row in picked]


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _as_events(table: pa.Table) -> pl.DataFrame:
    """Return the table's event columns in the types of events; what cannot be converted is null and marked unread."""
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        return pl.DataFrame()
    columns = []
    for name in frame.columns:
        kind = pl.String() if name == "event_id" and frame.schema[name] == pl.String else SCHEMA[name]
        given = frame[name]
        good = _cast(given, kind)
        columns.append(good)
        if good.null_count() > given.null_count():
            columns.append((good.is_null() & given.is_not_null()).alias(f"{name}!unread"))
    return pl.DataFrame(columns)


def _cast(given: pl.Series, kind: pl.DataType) -> pl.Series:
    if given.dtype == kind:
        return given
    if isinstance(given.dtype, pl.Datetime) and kind == pl.Int64:
        return given.dt.epoch("ms")
    if given.dtype.is_float() and kind == pl.Int64:
        whole = (given == given.floor()).fill_null(value=False)
        given = given.set(~whole, None)
    try:
        return given.cast(kind, strict=False)
    except pl.exceptions.PolarsError:  # no such conversion at all: nothing of it can be read
        return pl.Series(given.name, [None], kind).new_from_index(0, len(given))


def _mark_of(path: Path) -> str:
    """Return a name for the content of a file, from its size, its two ends and places in between.

    A file that cannot be read has none: what opens it says why.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            mark = blake2b(size.to_bytes(8, "big"), digest_size=16)
            for part in range(_PARTS):
                mark.update(os.pread(file.fileno(), _PART_BYTES, size * part // _PARTS))
            mark.update(os.pread(file.fileno(), _END_BYTES, max(0, size - _END_BYTES)))
    except OSError:
        return ""
    return mark.hexdigest()


def _open(path: Path) -> _Batches:
    with path.open("rb") as file:
        head = file.read(8)
    return _Parquet(path) if head.startswith(PARQUET_MAGIC) else _Arrow(pa.memory_map(str(path)), head)


def _damage(path: Path, place: str, error: Exception, content: bytes | None) -> Reject:
    message = f"the file cannot be opened: {_reason(error)}"
    if content is not None:
        return Reject(place, content[: 1 << 16], len(content), TRUNCATED, None, message)
    if isinstance(error, FileNotFoundError):
        raise DependencyError(NO_SUCH_FILE, "no such file", where=str(path)) from None
    if isinstance(error, PermissionError | IsADirectoryError):
        raise DependencyError(UNREADABLE_FILE, str(error.strerror), where=str(path)) from None
    with path.open("rb") as file:
        raw = file.read(1 << 16)
    return Reject(place, raw, path.stat().st_size, TRUNCATED, None, message)


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else "it is damaged"


def _sound(row: int, table: pa.Table) -> Iterator[Piece]:
    """Yield the rows whose values are what their types say, and a reject for each other: texts may hold any bytes."""
    try:
        table.validate(full=True)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        if table.num_rows <= 1:
            yield row + 1, Wrong(BAD_ENCODING, f"the row holds a value that its type cannot have: {_reason(error)}")
            return
        half = table.num_rows // 2
        yield from _sound(row, table.slice(0, half))
        yield from _sound(row + half, table.slice(half))
    else:
        yield row, table


def _rows_of(bytes_a_row: int) -> int:
    """Return how many rows make a batch."""
    return max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, bytes_a_row)))


def _longest(column: pa.Array) -> int:
    """Return the bytes of the longest text of a dictionary; 0 for any other column."""
    if not pa.types.is_dictionary(column.type) or not len(column.dictionary):
        return 0
    if not _is_text(column.type.value_type):
        return 0
    return int(pc.max(pc.binary_length(column.dictionary)).as_py() or 0)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))


def _bytes_a_row(batch: pa.RecordBatch) -> int:
    """Return how many bytes of text a row may hold: on average, and the longest of each column's dictionary."""
    plain = [column for column in batch.columns if not pa.types.is_dictionary(column.type)]
    mean = sum(int(column.nbytes) for column in plain) // max(1, int(batch.num_rows))
    return mean + sum(map(_longest, batch.columns))


class _Parquet:
    """A Parquet file by row groups; a group that cannot be read costs no other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = pq.ParquetFile(path)
        self.names: Sequence[str] = self._file.schema_arrow.names
        self._columns = [name for name in self.names if name in SCHEMA]

    def pieces(self, row: int) -> Iterator[Piece]:
        first = 0
        for group in range(self._file.num_row_groups):
            after = first + self._file.metadata.row_group(group).num_rows
            if after > row:
                yield from self._group(group, first, after, max(row, first))
            first = after

    def _group(self, group: int, first: int, after: int, row: int) -> Iterator[Piece]:
        at = first
        try:
            rows = _rows_of(self._bytes_a_row(group))
            for batch in self._file.iter_batches(rows, [group], self._columns, use_threads=False):
                skip = max(0, row - at)
                if skip < batch.num_rows:
                    yield from _sound(at + skip, pa.Table.from_batches([batch.slice(skip)]))
                at += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            yield after, Wrong(TRUNCATED, f"rows {at + 1} to {after} cannot be read: {_reason(error)}")

    def _bytes_a_row(self, group: int) -> int:
        """Return how many bytes of text a row may hold: on average, and the longest of each column's dictionary."""
        chunks = self._file.metadata.row_group(group)
        texts = [chunk for chunk in map(chunks.column, range(chunks.num_columns)) if chunk.physical_type == _TEXT]
        texts = [chunk for chunk in texts if chunk.path_in_schema in self._columns]
        mean = sum(chunk.total_uncompressed_size for chunk in texts) // max(1, chunks.num_rows)
        named = [chunk.path_in_schema for chunk in texts if chunk.has_dictionary_page]
        if not named:
            return int(mean)
        with pq.ParquetFile(self._path, read_dictionary=named) as file:
            batch = next(file.iter_batches(1, [group], named, use_threads=False), None)
        longest = sum(map(_longest, batch.columns)) if batch else 0
        return int(mean) + longest

    def close(self) -> None:
        self._file.close()


class _Arrow:
    """An Arrow IPC file, or a stream of it (both are also called Feather)."""

    def __init__(self, content: pa.NativeFile, head: bytes) -> None:
        self._map = content
        self._reader = pa.ipc.open_file(self._map) if head.startswith(ARROW_MAGIC) else pa.ipc.open_stream(self._map)
        self.names: Sequence[str] = self._reader.schema.names
        self._columns = [name for name in self.names if name in SCHEMA]

    def pieces(self, row: int) -> Iterator[Piece]:
        at = 0
        try:
            for batch in self._batches():
                rows = _rows_of(_bytes_a_row(batch.select(self._columns)))
                for first in range(0, batch.num_rows, rows):
                    part = batch.slice(first, rows)
                    skip = max(0, row - at)
                    if skip < part.num_rows:
                        yield from _sound(at + skip, pa.Table.from_batches([part.slice(skip)]).select(self._columns))
                    at += part.num_rows
        except (pa.ArrowException, OSError, EOFError) as error:
            yield at + 1, Wrong(TRUNCATED, f"rows from {at + 1} on cannot be read: {_reason(error)}")

    def _batches(self) -> Iterator[pa.RecordBatch]:
        if isinstance(self._reader, pa.ipc.RecordBatchFileReader):
            return (self._reader.get_batch(i) for i in range(self._reader.num_record_batches))
        return iter(self._reader)

    def close(self) -> None:
        self._map.close()
