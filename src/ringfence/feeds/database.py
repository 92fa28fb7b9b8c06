"""SQLite databases of call records (FreeSWITCH mod_cdr_sqlite and the like) to events, by a mapping.

The file is opened to read only. Rows are read by their number, so following it is reading the rows that are
new.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from ringfence.events.clock import Clock
from ringfence.events.errors import (
    NO_SUCH_FILE,
    NO_TABLE,
    RECORD_TOO_LARGE,
    TRUNCATED,
    UNREADABLE_FILE,
    DependencyError,
    SettingsError,
)
from ringfence.feeds.decoded import Decoded, Position, Reject, no_events, reject, rejects_frame
from ringfence.feeds.delimited import check_columns
from ringfence.feeds.limits import Limits
from ringfence.feeds.mapping import TIMES, Mapping
from ringfence.feeds.shaping import Fields, shape

BATCH_ROWS: Final = 50_000
BATCH_BYTES: Final = 8 << 20  # of text: no batch holds more than this and one row
_SCHEMA_BYTES: Final = 1 << 16  # of one text of the schema, which the bound of a record must let through
Row = tuple[Any, ...]  # its number, then the values of the columns
SQLITE_MAGIC: Final = b"SQLite format 3\0"


class DatabaseFile:
    """Reads one table of a SQLite file; position: `{"row": N}`, the last row number that was read."""

    def __init__(
        self,
        path: Path,
        mapping: Mapping,
        *,
        name: str = "",
        source: str,
        position: Position | None = None,
        limits: Limits,
        clock: Clock,
    ) -> None:
        """Open the file and find its table.

        Raises:
            DependencyError: there is no such file (RF4001), or it is no readable database (RF4002).
            SettingsError: no table has the columns that the mapping needs (RF4005, RF4006).

        """
        self.name = name or str(path)
        self.source = source
        self.position: Position = dict(position or {"row": 0})
        self._mapping = mapping
        self._limits = limits
        self._clock = clock
        self._damaged = False
        self._connection = _connect(path, self.name)
        try:
            self._table, self._columns = _find_table(self._connection, mapping, self.name)
            most = max(limits.max_record_bytes, _SCHEMA_BYTES)  # larger values never come into memory
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most)
        except sqlite3.DatabaseError as error:
            raise DependencyError(UNREADABLE_FILE, f"no readable database: {error}", where=self.name) from None

    def read(self) -> Decoded | None:
        """Return the next rows; None when there are none (yet). Rows of a damaged page end the table with a reject.

        A batch ends after `BATCH_ROWS`, after `BATCH_BYTES`, and at a row with a value that is too large to be read.
        """
        if self._damaged:
            return None
        last = int(self.position["row"])
        rows, error = self._fetch(last, BATCH_ROWS)
        if error:  # the driver reads a row ahead: the error may be of the row after the next
            last = rows[-1][0] if rows else last
            one, again = self._fetch(last, 1)
            rows, error = rows + one, again or (None if one else error)
        last = rows[-1][0] if rows else last
        if isinstance(error, sqlite3.DataError):
            large = self._row_after(last)
            return self._decode(rows, large, self._too_large(large))
        if error:
            self._damaged = True
            what = f"rows after {last} cannot be read: {error}"
            return self._decode(rows, last, reject(f"{self.name}#{last + 1}", b"", TRUNCATED, what))
        return self._decode(rows, last) if rows else None

    def _fetch(self, after: int, most: int) -> tuple[list[Row], sqlite3.DatabaseError | None]:
        """Return the rows after one, and the error that ended them."""
        names = ", ".join(_quoted(column) for column in self._columns)
        query = f"SELECT rowid, {names} FROM {_quoted(self._table)} WHERE rowid > ? ORDER BY rowid LIMIT ?"  # noqa: S608 names quoted
        rows: list[Row] = []
        size = 0
        try:
            for row in self._connection.execute(query, (after, most)):
                rows.append(row)
                size += _size(row)
                if size >= BATCH_BYTES:
                    break
        except sqlite3.DatabaseError as error:
            return rows, error
        return rows, None

    def raw_row(self, row: int) -> bytes | None:
        """Return one row as JSON, as a reject would keep it; None where it is not there, or cannot be read."""
        rows, _ = self._fetch(row - 1, 1)
        if not rows or rows[0][0] != row:
            return None
        return _json(self._columns, [_text(value) for value in rows[0][1:]])

    def _row_after(self, row: int) -> int:
        query = f"SELECT min(rowid) FROM {_quoted(self._table)} WHERE rowid > ?"  # noqa: S608 name quoted
        return int(self._connection.execute(query, (row,)).fetchone()[0])

    def _too_large(self, row: int) -> Reject:
        most = self._limits.max_record_bytes
        bad = reject(f"{self.name}#{row}", b"", RECORD_TOO_LARGE, f"more than {most} bytes, which is the most expected")
        return bad._replace(raw_bytes=most + 1)  # none of it is kept

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def _decode(self, read: list[Row], upto: int, after: Reject | None = None) -> Decoded:
        """Return what the rows hold; `upto` is the last that is done with, and `after` the reject of what follows."""
        self.position = {"row": upto}
        rows = [row for row in read if _size(row) <= self._limits.max_record_bytes]
        rejects = [self._too_large(row[0]) for row in read if _size(row) > self._limits.max_record_bytes]
        rejects += [after] if after else []
        if not rows:
            return Decoded(no_events(), rejects_frame(rejects), 0, {}, self.position)
        texts = [[_text(value) for value in row[1:]] for row in rows]
        frame = pl.DataFrame(texts, schema=dict.fromkeys(self._columns, pl.String()), orient="row")
        places = pl.Series("place", [f"{self.name}#{row[0]}" for row in rows], pl.String)

        def names(wanted: Sequence[int]) -> list[bytes]:
            return [_json(self._columns, texts[row]) for row in wanted]

        shaped = shape(
            Fields(frame, places, names),
            self._mapping,
            source=self.source,
            limits=self._limits,
            now_ms=self._clock.now_ms(),
        )
        kept = rejects_frame([*shaped.rejects, *rejects])
        return Decoded(shaped.events, kept, shaped.left_out, {}, self.position)


def sample_tables(path: Path, rows: int = 200) -> dict[str, pl.DataFrame]:
    """Return the first rows of each table as text, for guessing; raises `DependencyError` (RF4001, RF4002)."""
    connection = _connect(path, str(path))
    try:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        return {str(name): _sample(connection, str(name), rows) for (name,) in found}
    except sqlite3.DatabaseError as error:
        raise DependencyError(UNREADABLE_FILE, f"no readable database: {error}", where=str(path)) from None
    finally:
        connection.close()


def _sample(connection: sqlite3.Connection, table: str, rows: int) -> pl.DataFrame:
    cursor = connection.execute(f"SELECT * FROM {_quoted(table)} LIMIT ?", (rows,))  # noqa: S608 name quoted
    columns = [column[0] for column in cursor.description]
    texts: list[list[str | None]] = []
    size = 0
    for row in cursor:  # a few large rows tell as much as many small ones
        texts.append([_text(value) for value in row])
        size += _size(row)
        if size >= BATCH_BYTES:
            break
    return pl.DataFrame(texts, schema=dict.fromkeys(columns, pl.String()), orient="row")


def _connect(path: Path, name: str) -> sqlite3.Connection:
    if not path.exists():
        raise DependencyError(NO_SUCH_FILE, "no such file", where=name)
    address = path.absolute().as_uri()
    error: Exception | None = None
    for how in ("mode=ro", "mode=ro&immutable=1"):  # the second for folders where no lock file can be written
        try:
            connection = sqlite3.connect(f"{address}?{how}", uri=True)
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as failure:
            error = failure
        else:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            return connection
    raise DependencyError(UNREADABLE_FILE, f"no readable database: {error}", where=name)


def _find_table(connection: sqlite3.Connection, mapping: Mapping, name: str) -> tuple[str, list[str]]:
    """Return the table that the mapping names or fits, and its columns that the mapping looks at."""
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    tables = [str(row[0]) for row in found]
    if mapping.table and mapping.table not in tables:
        raise SettingsError(NO_TABLE, f"there is no table {mapping.table!r}", where=name, expected=", ".join(tables))
    timed = {column for target in TIMES for take in mapping.take.get(target, ()) for column in take.columns}
    candidates = [mapping.table] if mapping.table else tables
    for table in candidates:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({_quoted(table)})")]
        if mapping.table or timed & set(columns):
            check_columns(mapping, columns, where=f"{name}, table {table}")
            return table, [column for column in columns if column in mapping.named_columns()]
    expected = f"one with {' or '.join(sorted(timed))}"
    raise SettingsError(NO_TABLE, f"no table fits among {', '.join(tables) or 'none'}", where=name, expected=expected)


def _size(row: Row) -> int:
    """Return about how many bytes a row takes."""
    return sum(len(value) for value in row if isinstance(value, str | bytes))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)


def _json(columns: Sequence[str], values: Sequence[str | None]) -> bytes:
    """Return a row as JSON: what stands for its bytes, since a table has none of its own."""
    return json.dumps(dict(zip(columns, values, strict=True)), sort_keys=True, ensure_ascii=False).encode()
