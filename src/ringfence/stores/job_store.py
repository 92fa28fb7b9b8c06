"""Jobs over many alerts in tables: what is to be done with which, what became of each, and what it was before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ringfence.events.errors import NO_SUCH_ALERT, UsageError
from ringfence.events.identity import digest
from ringfence.stores.database import Database

WAITING, DONE, SAME, FAILED = "waiting", "done", "same", "failed"  # states of an item while the job runs
UNDONE, LEFT, DROPPED = (
    "undone",
    "left",
    "dropped",
)  # and while it is undone: LEFT was changed since, DROPPED never done

_NEXT: Final = "SELECT ifnull(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'job'"
_OPEN: Final = """INSERT INTO job (number, job_id, tenant, by, filter, change, state, created_at_ms)
    VALUES (:number, :job_id, :tenant, :by, :filter, :change, 'filling', :at_ms)"""
_START: Final = "UPDATE job SET state = 'running' WHERE number = ?"
_ADD: Final = "INSERT INTO job_item (job, item, alert_id, state, why, seen_seq) VALUES (?, ?, ?, ?, ?, ?)"
_GET: Final = "SELECT * FROM job WHERE job_id = ?"
_LIST: Final = """SELECT * FROM job WHERE number < ? AND (? IS NULL OR tenant = ?) AND state <> 'filling'
    ORDER BY number DESC LIMIT ?"""
_UNFINISHED: Final = "SELECT * FROM job WHERE state IN ('running', 'undoing') ORDER BY number LIMIT 1"
_COUNTS: Final = "SELECT state, count(*) FROM job_item WHERE job = ? GROUP BY state"
_TAKE: Final = "SELECT item, alert_id, seen_seq, before FROM job_item WHERE job = ? AND state = ? ORDER BY item LIMIT ?"
_PROBLEMS: Final = """SELECT item, alert_id, why FROM job_item
    WHERE job = ? AND state IN ('failed', 'left') AND item > ? ORDER BY item LIMIT ?"""
_MARK: Final = """UPDATE job_item SET state = :state, why = :why, before = coalesce(:before, before),
    seen_seq = coalesce(:seen_seq, seen_seq) WHERE job = :job AND item = :item"""
_DROP: Final = "UPDATE job_item SET state = 'dropped' WHERE job = ? AND state = 'waiting'"
_FINISH: Final = "UPDATE job SET state = ?, finished_at_ms = ?, undo_until_ms = ? WHERE number = ?"
_UNDO: Final = "UPDATE job SET state = 'undoing', undone_by = ? WHERE number = ?"
_FORGET: Final = (
    "DELETE FROM job_item WHERE job IN (SELECT number FROM job WHERE created_at_ms < ?)",
    "DELETE FROM job WHERE created_at_ms < ?",
)
_FORGET_FILLING: Final = (
    "DELETE FROM job_item WHERE job IN (SELECT number FROM job WHERE state = 'filling' AND created_at_ms < ?)",
    "DELETE FROM job WHERE state = 'filling' AND created_at_ms < ?",
)


class Item(NamedTuple):
    """One alert of a job: its place, its id, the decided_seq that it has to have, and what it was before (JSON)."""

    item: int
    alert_id: str
    seen_seq: int
    before: str | None


class JobStore:
    """Keeps jobs. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, *, by: str, tenant: str | None, filter_text: str, change: Mapping[str, Any], at_ms: int) -> str:
        """Open a job that has no items and does not run yet; return its id."""
        with self._database.transaction():
            number = int(self._database.value(_NEXT))
            job_id = digest("job", number, at_ms, by).hex()
            row = {"number": number, "job_id": job_id, "by": by, "tenant": tenant, "at_ms": at_ms}
            self._database.change(_OPEN, row | {"filter": filter_text, "change": json.dumps(change)})
        return job_id

    def add(self, number: int, items: Iterable[tuple[int, str, str, str | None, int]]) -> None:
        """Add items: place, alert_id, state, why, and the decided_seq that the alert has to have."""
        self._database.change_many(_ADD, [(number, *item) for item in items])

    def start(self, number: int) -> None:
        """Let a job run: all its items are there."""
        self._database.change(_START, (number,))

    def get(self, job_id: str) -> dict[str, Any]:
        """Return one job.

        Raises:
            UsageError: there is none (RF3050).
        """
        row = self._database.row(_GET, (job_id,))
        if row is None:
            raise UsageError(NO_SUCH_ALERT, "there is no such job", cure="See GET /v1/jobs for the ids.")
        return _job(dict(row))

    def newest(self, before: int, tenant: str | None, limit: int) -> list[dict[str, Any]]:
        """Return jobs whose number is below one, the newest first."""
        return [_job(dict(row)) for row in self._database.rows(_LIST, (before, tenant, tenant, limit))]

    def unfinished(self) -> dict[str, Any] | None:
        """Return the oldest job that runs or is being undone."""
        row = self._database.row(_UNFINISHED)
        return _job(dict(row)) if row else None

    def counts(self, number: int) -> dict[str, int]:
        """Return how many items are in each state."""
        return {row[0]: row[1] for row in self._database.rows(_COUNTS, (number,))}

    def take(self, number: int, state: str, most: int) -> list[Item]:
        """Return the first items in a state."""
        return [Item(*row) for row in self._database.rows(_TAKE, (number, state, most))]

    def problems(self, number: int, after: int, most: int) -> list[dict[str, Any]]:
        """Return items that failed or could not be undone, behind a place, with why."""
        return [dict(row) for row in self._database.rows(_PROBLEMS, (number, after, most))]

    def mark(self, number: int, marks: Sequence[Mapping[str, Any]]) -> None:
        """Note what became of items: item, state, and where they are new why, before, seen_seq."""
        nothing = {"why": None, "before": None, "seen_seq": None, "job": number}
        self._database.change_many(_MARK, [nothing | dict(mark) for mark in marks])

    def drop_waiting(self, number: int) -> None:
        """Do nothing with the items that still wait."""
        self._database.change(_DROP, (number,))

    def finish(self, number: int, state: str, at_ms: int, undo_until_ms: int | None) -> None:
        """Note that a job has come to its end."""
        self._database.change(_FINISH, (state, at_ms, undo_until_ms, number))

    def undo(self, number: int, by: str) -> None:
        """Let a job be undone."""
        self._database.change(_UNDO, (by, number))

    def forget(self, before_ms: int, unfilled_before_ms: int) -> None:
        """Drop jobs that are older than a moment.

        Those that were not all written when a process ended go earlier: nobody was told their ids.
        """
        with self._database.transaction():
            for statement in _FORGET:
                self._database.change(statement, (before_ms,))
            for statement in _FORGET_FILLING:
                self._database.change(statement, (unfilled_before_ms,))


def _job(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"change": json.loads(row["change"])}
