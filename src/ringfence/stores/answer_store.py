"""Answers that may be asked for again: what was said to a request that carried a key of its caller's own.

A row without a status is of a request that still runs, or of one whose process ended in the middle.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ringfence.stores.database import Database

_GET: Final = "SELECT request, at_ms, status, body FROM answer WHERE scope = ? AND key = ?"
_BEGIN: Final = """INSERT INTO answer (scope, key, request, at_ms) VALUES (:scope, :key, :request, :now_ms)
    ON CONFLICT (scope, key) DO UPDATE SET request = :request, at_ms = :now_ms, status = NULL, body = NULL
    WHERE at_ms <= :forgotten_ms OR (status IS NULL AND at_ms <= :abandoned_ms AND request = :request)"""
_KEEP: Final = "UPDATE answer SET status = ?, body = ? WHERE scope = ? AND key = ? AND at_ms = ? AND status IS NULL"
_DROP: Final = "DELETE FROM answer WHERE scope = ? AND key = ? AND at_ms = ? AND status IS NULL"
_FORGET: Final = "DELETE FROM answer WHERE at_ms <= ?"


class Kept(NamedTuple):
    """What is kept of an earlier request: what it asked, when it began, and the answer if there is one."""

    request: str
    at_ms: int
    status: int | None
    body: bytes | None


class AnswerStore:
    """Keeps answers for a while. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self, scope: str, key: str, request: str, *, now_ms: int, abandoned_ms: int, forgotten_ms: int
    ) -> Kept | None:
        """Take a key for a request that begins now; return what is kept under it already, null if the key was free.

        A row from before `forgotten_ms` is as if it were not there; so is one of the same request that has no answer
        and began before `abandoned_ms`.
        """
        row = {"scope": scope, "key": key, "request": request, "now_ms": now_ms}
        bounds = {"abandoned_ms": abandoned_ms, "forgotten_ms": forgotten_ms}
        if self._database.change(_BEGIN, row | bounds) == 1:
            return None
        found = self._database.row(_GET, (scope, key))
        return Kept(*found) if found is not None else None

    def keep(self, scope: str, key: str, at_ms: int, status: int, body: bytes) -> None:
        """Keep the answer to the request that took the key at a moment."""
        self._database.change(_KEEP, (status, body, scope, key, at_ms))

    def drop(self, scope: str, key: str, at_ms: int) -> None:
        """Let the key of a request go that has come to nothing."""
        self._database.change(_DROP, (scope, key, at_ms))

    def forget(self, before_ms: int) -> int:
        """Drop what began before a moment; return how many."""
        return self._database.change(_FORGET, (before_ms,))
