"""The outbox: what is to be sent to other systems, kept in the same commit as its cause.

Delivery guarantees: at least once, in order of commit. A receiver that keeps what it got by `key` sees it
once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from ringfence.stores.database import Database

_ADD: Final = """INSERT INTO outbox (sink, key, body, checkpoint) VALUES (?, ?, ?, ?)
    ON CONFLICT (sink, key) DO UPDATE SET body = excluded.body, checkpoint = excluded.checkpoint"""
_WAITING: Final = """SELECT outbox_id, key, body, checkpoint FROM outbox WHERE sink = ?
    ORDER BY outbox_id LIMIT ?"""
_SENT: Final = "DELETE FROM outbox WHERE outbox_id = ? AND checkpoint = ?"


class Parcel(NamedTuple):
    """One thing to send: what it is known by, and its body. `checkpoint` tells its state from a later one."""

    outbox_id: int
    key: str
    body: str
    checkpoint: int


class Outbox:
    """Keeps what waits to be sent, bounded by the number of keys: a later body replaces one that still waits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, parcels: Iterable[tuple[str, str, str]], checkpoint: int) -> None:
        """Add (sink, key, body), as one."""
        self._database.change_many(_ADD, [(*parcel, checkpoint) for parcel in parcels])

    def waiting(self, sink: str, limit: int = 100) -> list[Parcel]:
        """Return what waits for a sink, oldest first."""
        return [Parcel(*row) for row in self._database.rows(_WAITING, (sink, limit))]

    def sent(self, parcels: Iterable[Parcel]) -> None:
        """Take away what has arrived; what was replaced in the meantime stays."""
        self._database.change_many(_SENT, [(parcel.outbox_id, parcel.checkpoint) for parcel in parcels])
