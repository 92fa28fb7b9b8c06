"""What changed, in the order in which it was committed: what streams and webhooks are fed from.

Alerts are put here by triggers of the database, so that none is missed whoever changes them, and the number of a
change never comes again. A reader that remembers the last number that it saw misses nothing and sees nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ringfence.stores.database import Database

_AFTER: Final = """SELECT seq, at_ms, kind, tenant, subject, body FROM change
    WHERE seq > ? ORDER BY seq LIMIT ?"""
_LAST: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'change'"
_FIRST: Final = "SELECT min(seq) FROM change"
_ADD: Final = "INSERT INTO change (at_ms, kind, tenant, subject, body) VALUES (?, ?, ?, ?, ?)"
_AT_ONCE: Final = 10_000  # rows that are dropped in one transaction: nobody waits long for it
_FORGET: Final = f"""DELETE FROM change
    WHERE seq IN (SELECT seq FROM change ORDER BY seq LIMIT {_AT_ONCE})
        AND (at_ms < ? OR seq <= (SELECT max(seq) FROM change) - ?)"""  # noqa: S608 - a constant


class Change(NamedTuple):
    """One change: its number, when it was committed, what it is (`alert.raised`), whose, and of what."""

    seq: int
    at_ms: int
    kind: str
    tenant: str | None
    subject: str
    body: str | None


class ChangeStore:
    """Keeps changes for a while. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, seq: int, limit: int = 1_000) -> list[Change]:
        """Return the changes after one, in order."""
        return [Change(*row) for row in self._database.rows(_AFTER, (seq, limit))]

    def last(self) -> int:
        """Return the number of the last change that ever was; 0 before the first."""
        return int(self._database.value(_LAST) or 0)

    def first(self) -> int:
        """Return the number of the oldest change that is kept; one more than the last where none is."""
        return int(self._database.value(_FIRST) or self.last() + 1)

    def add(self, changes: Iterable[Sequence[object]]) -> None:
        """Add changes that are not of alerts: (at_ms, kind, tenant, subject, body)."""
        self._database.change_many(_ADD, [tuple(change) for change in changes])

    def forget(self, before_ms: int, most: int) -> int:
        """Drop changes that are older than a moment, and the oldest beyond `most`; return how many.

        At most 10,000 go at a time: call it again where so many went.
        """
        return self._database.change(_FORGET, (before_ms, most))
