"""The audit log: who did what, to what, when. It is only added to, and each entry names the digest of the one before.

An entry is written in the transaction of the act that it tells of: one is never there without the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from ringfence.stores.database import Database

_LAST: Final = "SELECT seq, digest FROM audit ORDER BY seq DESC LIMIT 1"
_ADD: Final = """INSERT INTO audit (seq, at_ms, tenant, by, action, subject, detail, digest)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_NEWEST: Final = "SELECT max(seq) FROM audit"
_DIGEST: Final = "SELECT digest FROM audit WHERE seq = ?"
_AFTER: Final = """SELECT seq, at_ms, tenant, by, action, subject, detail, digest FROM audit
    WHERE seq > ? ORDER BY seq LIMIT ?"""
_PAGE: Final = """SELECT seq, at_ms, tenant, by, action, subject, detail, digest FROM audit
    WHERE (:before IS NULL OR seq < :before) AND (:tenant IS NULL OR tenant = :tenant) AND (:by IS NULL OR by = :by)
        AND (:action IS NULL OR action = :action
            OR (:action LIKE '%.' AND substr(action, 1, length(:action)) = :action))
        AND (:subject IS NULL OR subject = :subject) AND (:from_ms IS NULL OR at_ms >= :from_ms)
        AND (:to_ms IS NULL OR at_ms < :to_ms)
    ORDER BY seq DESC LIMIT :limit"""
BEFORE_ALL: Final = -(2**62)  # the number before any that somebody could have planted
_AT_A_TIME: Final = 5_000  # entries that are read at once
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


class Link(NamedTuple):
    """One entry as part of the chain; `what` says what is wrong with it, if anything is."""

    seq: int
    digest: bytes
    what: str


def links(entries: Iterable[Sequence[Any]], seq: int, digest: bytes) -> Iterator[Link]:
    """Yield the links of entries that are to follow from one; after one that does not follow, nothing more.

    `entries` are rows of all columns of the table, in order.
    """
    for number, at_ms, tenant, by, action, subject, detail, own in entries:
        if number != seq + 1:
            yield Link(seq + 1, own, "the entry is missing, or another one is in its place")
            return
        seq, digest = number, chained(digest, number, at_ms, Act(by, action, subject, {}, tenant), detail)
        if digest != own:
            yield Link(seq, own, "the entry does not follow from the one before: one of them was changed")
            return
        yield Link(seq, digest, "")


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

    def last(self) -> int:
        """Return the number of the newest entry; 0 where there is none."""
        return int(self._database.value(_NEWEST) or 0)

    def digest_of(self, seq: int) -> bytes | None:
        """Return the digest of one entry; None where it is not there."""
        found = self._database.value(_DIGEST, (seq,))
        return None if found is None else bytes(found)

    def after(self, seq: int) -> Iterator[Sequence[Any]]:
        """Yield all columns of the entries after one, in order; those that are added meanwhile, too."""
        while rows := self._database.rows(_AFTER, (seq, _AT_A_TIME)):
            yield from rows
            seq = rows[-1]["seq"]

    def page(
        self,
        *,
        before: int | None,
        limit: int,
        tenant: str | None = None,
        by: str | None = None,
        action: str | None = None,
        subject: str | None = None,
        from_ms: int | None = None,
        to_ms: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return entries, the newest first: those before one, of a tenant, by somebody, of something, in a time.

        An action that ends with a point (`alert.`) stands for all that begin with it.
        """
        wanted = {"before": before, "limit": limit, "tenant": tenant, "by": by, "action": action, "subject": subject}
        rows = self._database.rows(_PAGE, wanted | {"from_ms": from_ms, "to_ms": to_ms})
        return [dict(row) | {"detail": json.loads(row["detail"]), "digest": bytes(row["digest"]).hex()} for row in rows]
