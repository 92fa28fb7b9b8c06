"""Suspense: where records that cannot be decoded wait, each with its bytes, its place and its reason."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from ringfence.events.errors import AMBIGUOUS_ID, BAD_DECISION, NO_SUCH_ALERT, UsageError
from ringfence.events.identity import digest
from ringfence.stores.database import Database

NEW: Final = "new"
STATES: Final = (NEW, "edited", "test-recycled", "recycled", "written-off")
NO_LIMIT: Final = -1
BEFORE_NONE: Final = 2**62  # a number that comes after that of every record

REJECTS: Final = pl.Schema(
    {
        "source": pl.String(),
        "place": pl.String(),  # "file:line", or "file#row" of a table
        "raw": pl.Binary(),  # the record as received, perhaps cut
        "raw_bytes": pl.Int64(),  # its whole length
        "code": pl.String(),  # RF20xx
        "column": pl.String(),  # which column is wrong; null when it is the whole record
        "message": pl.String(),
    }
)

_ADD: Final = """INSERT INTO suspense
        (suspense_id, source, place, raw, raw_bytes, code, "column", message, checkpoint, received_day)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (suspense_id) DO UPDATE SET times = times + 1"""
_LIST: Final = """SELECT * FROM suspense
    WHERE (:source IS NULL OR source = :source) AND (:code IS NULL OR code = :code)
        AND (:state IS NULL OR state = :state)
    ORDER BY checkpoint, source, rowid LIMIT :limit"""
_PAGE: Final = """SELECT rowid AS seq, * FROM suspense
    WHERE (:sources IS NULL OR source IN (SELECT value FROM json_each(:sources)))
        AND (:source IS NULL OR source = :source) AND (:code IS NULL OR code = :code)
        AND (:state IS NULL OR state = :state) AND (:day IS NULL OR received_day = :day)
        AND (:waiting IS NULL OR state NOT IN ('recycled', 'written-off')) AND rowid < :before
    ORDER BY rowid DESC LIMIT :limit"""
_MANY: Final = (
    "SELECT rowid AS seq, * FROM suspense WHERE suspense_id IN (SELECT value FROM json_each(?)) ORDER BY rowid"
)
_SOURCES: Final = "SELECT DISTINCT source FROM suspense ORDER BY source"
_BY_PREFIX: Final = """SELECT * FROM suspense WHERE suspense_id >= :first AND suspense_id < :beyond
    ORDER BY suspense_id LIMIT 2"""
_MARK: Final = """UPDATE suspense SET state = ?, changed_by = ?, changed_at_ms = ?, note = ? WHERE suspense_id = ?"""
_EDIT: Final = """UPDATE suspense SET edited = ?, state = 'edited', changed_by = ?, changed_at_ms = ?, note = NULL
    WHERE suspense_id = ?"""
_COUNT: Final = """SELECT source, code, state, sum(times) AS records FROM suspense
    GROUP BY source, code, state ORDER BY source, code, state"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended:
    """One record in suspense. `times` is how often it was received with these bytes at this place."""

    suspense_id: str
    source: str
    place: str
    raw: bytes
    raw_bytes: int
    code: str
    column: str | None
    message: str
    checkpoint: int
    times: int
    state: str
    edited: bytes | None
    changed_by: str | None
    changed_at_ms: int | None
    note: str | None  # why it was changed, if that was said
    received_day: int | None = None  # UTC, days since 1970, on which it first came; None: before days were kept


class SuspenseStore:
    """Keeps records that are no events until a person has recycled them or written them off.

    Nothing is ever removed: the records of a source, counted by `times`, are as many as its counter
    `rejected` says. Every call may raise `DependencyError` as `Database` says.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rejects: pl.DataFrame, checkpoint: int, day: int | None = None) -> None:
        """Add rejects (columns `REJECTS`) that were received before a checkpoint of a day, as one."""
        columns = rejects.select(REJECTS.names()).iter_rows()
        self._database.change_many(_ADD, ((digest(*row[:3]).hex(), *row, checkpoint, day) for row in columns))

    def list(
        self,
        *,
        source: str | None = None,
        code: str | None = None,
        state: str | None = None,
        limit: int = NO_LIMIT,
    ) -> list[Suspended]:
        """Return records in the order in which they came, at most `limit`."""
        wanted = {"source": source, "code": code, "state": state, "limit": limit}
        return [_suspended(row) for row in self._database.rows(_LIST, wanted)]

    def page(
        self,
        *,
        sources: Sequence[str] | None = None,
        source: str | None = None,
        code: str | None = None,
        state: str | None = None,
        day: int | None = None,
        waiting: bool = False,
        before: int = BEFORE_NONE,
        limit: int,
    ) -> Sequence[tuple[int, Suspended]]:
        """Return records with their numbers, the newest first: of these sources, and those before a number.

        `waiting` leaves out what was recycled or written off.
        """
        wanted = {"source": source, "code": code, "state": state, "day": day, "before": before, "limit": limit}
        wanted |= {"sources": json.dumps(sources) if sources is not None else None, "waiting": waiting or None}
        return [_numbered(row) for row in self._database.rows(_PAGE, wanted)]

    def many(self, suspense_ids: Sequence[str]) -> Sequence[tuple[int, Suspended]]:
        """Return records by their whole ids, in the order in which they came; those that are not there are left out."""
        return [_numbered(row) for row in self._database.rows(_MANY, (json.dumps(list(suspense_ids)),))]

    def sources(self) -> Sequence[str]:
        """Return the sources that have records here."""
        return [row["source"] for row in self._database.rows(_SOURCES)]

    def mark_all(self, suspense_ids: Sequence[str], state: str, *, by: str, at_ms: int, note: str | None) -> None:
        """Say what became of records by their whole ids, as one; see `mark`."""
        if state not in STATES:
            raise UsageError(BAD_DECISION, f"{state!r} is no state", expected="one of " + ", ".join(STATES))
        self._database.change_many(_MARK, [(state, by, at_ms, note, one) for one in suspense_ids])

    def count(self) -> Sequence[tuple[str, str, str, int]]:
        """Return how many records there are for each source, code and state."""
        return [tuple(row) for row in self._database.rows(_COUNT)]

    def get(self, suspense_id: str) -> Suspended:
        """Return one record by its id or the first digits of it.

        Raises:
            UsageError: none fits (RF3050) or several do (RF3051).

        """
        prefix = suspense_id.strip().lower()
        found = self._database.rows(_BY_PREFIX, {"first": prefix, "beyond": prefix + "g"}) if prefix else []
        if not found:
            raise UsageError(
                NO_SUCH_ALERT,
                f"no record in suspense has an id that begins with {suspense_id!r}",
                cure="See `ringfence suspense` for the ids.",
            )
        if len(found) > 1:
            raise UsageError(AMBIGUOUS_ID, f"several records have an id that begins with {suspense_id!r}")
        return _suspended(found[0])

    def edit(self, suspense_id: str, content: bytes, *, by: str, at_ms: int) -> None:
        """Put other bytes beside a record, to be recycled instead of its own, which stay."""
        self._database.change(_EDIT, (content, by, at_ms, self.get(suspense_id).suspense_id))

    def mark(self, suspense_id: str, state: str, *, by: str, at_ms: int, note: str | None = None) -> None:
        """Say what became of a record, and why: test-recycled, recycled or written-off; `new` takes it back.

        Raises:
            UsageError: no such record, or no such state (RF3053).

        """
        if state not in STATES:
            raise UsageError(BAD_DECISION, f"{state!r} is no state", expected="one of " + ", ".join(STATES))
        self._database.change(_MARK, (state, by, at_ms, note, self.get(suspense_id).suspense_id))


def _numbered(row: sqlite3.Row) -> tuple[int, Suspended]:
    fields = dict(row)
    return fields.pop("seq"), Suspended(**fields)


def _suspended(row: sqlite3.Row) -> Suspended:
    return Suspended(**dict(row))
