"""The audit log: who did what, to what, when. It is only added to, and each entry names the digest of the one before.

An entry is written in the transaction of the act that it tells of: one is never there without the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from ringfence.stores.database import Database

_LAST: Final = "SELECT seq, digest FROM audit ORDER BY seq DESC LIMIT 1"
_ADD: Final = """INSERT INTO audit (seq, at_ms, tenant, by, action, subject, detail, digest)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
FIRST: Final = bytes(32)  # what stands for the digest before the first entry


class Act(NamedTuple):
    """One thing that was done: by whom, what, to what, and what there is to say about it."""

    by: str
    action: str
    subject: str
    detail: dict[str, Any]
    tenant: str | None = None


def chained(before: bytes, seq: int, at_ms: int, act: Act, detail: str) -> bytes:
    """Return the digest of an entry: BLAKE2b-256 of the digest before it and of all that it says."""
    said = json.dumps([seq, at_ms, act.tenant, act.by, act.action, act.subject, detail], separators=(",", ":"))
    return blake2b(before + said.encode(), digest_size=32).digest()


class AuditStore:
    """Keeps the audit log. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, by: str, action: str, subject: str, detail: dict[str, Any], tenant: str | None, at_ms: int) -> None:
        """Add one entry; see `add`."""
        self.add([Act(by, action, subject, detail, tenant)], at_ms)

    def add(self, acts: Iterable[Act], at_ms: int) -> None:
        """Add entries at the end, in the transaction that is open, or in one of their own."""
        with self._database.transaction():
            last = self._database.row(_LAST)
            seq, before = (last["seq"], last["digest"]) if last else (0, FIRST)
            rows = []
            for act in acts:
                detail = json.dumps(act.detail, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
                seq += 1
                before = chained(before, seq, at_ms, act, detail)
                rows.append((seq, at_ms, act.tenant, act.by, act.action, act.subject, detail, before))
            self._database.change_many(_ADD, rows)
