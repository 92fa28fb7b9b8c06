"""Sessions of people who have signed in, and sign-ins that an identity provider has not answered yet.

What a browser shows is kept as a digest only: whoever reads the database can be nobody with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ringfence.stores.database import Database

MOST_OF_A_PERSON: Final = 50  # sessions; the oldest end
MOST_SIGN_INS: Final = 10_000  # that are under way; the oldest are forgotten

_ADD: Final = """INSERT INTO session (digest, session_id, person_id, via, address, agent, created_at_ms, seen_at_ms)
    VALUES (:digest, :session_id, :person_id, :via, :address, :agent, :at_ms, :at_ms)"""
_FIND: Final = """SELECT s.session_id, s.via, s.created_at_ms, s.seen_at_ms, p.person_id, p.name, p.role, p.tenant,
        p.needs_totp AND p.totp IS NULL AND s.via = 'password' AS lacks_totp
    FROM session s JOIN person p ON p.person_id = s.person_id
    WHERE s.digest = :digest AND s.seen_at_ms > :seen_after AND s.created_at_ms > :created_after
        AND p.disabled_at_ms IS NULL"""
_SEEN: Final = "UPDATE session SET seen_at_ms = ? WHERE session_id = ? AND seen_at_ms < ?"
_LIST: Final = """SELECT session_id, via, address, agent, created_at_ms, seen_at_ms FROM session
    WHERE person_id = :person_id AND seen_at_ms > :seen_after AND created_at_ms > :created_after
    ORDER BY created_at_ms DESC, session_id"""
_END: Final = "DELETE FROM session WHERE person_id = ? AND session_id = ?"
_END_ALL: Final = "DELETE FROM session WHERE person_id = ? AND session_id IS NOT ?"
_FORGET: Final = "DELETE FROM session WHERE seen_at_ms <= :seen_after OR created_at_ms <= :created_after"
_TOO_MANY: Final = """DELETE FROM session WHERE person_id = ? AND digest NOT IN
    (SELECT digest FROM session WHERE person_id = ? ORDER BY created_at_ms DESC, rowid DESC LIMIT ?)"""
_BEGIN: Final = """INSERT INTO sign_in (digest, browser, nonce, verifier, back_to, at_ms)
    VALUES (:digest, :browser, :nonce, :verifier, :back_to, :at_ms)"""
_TAKE: Final = "SELECT * FROM sign_in WHERE digest = ?"
_TAKEN: Final = "DELETE FROM sign_in WHERE digest = ?"
_OLD: Final = """DELETE FROM sign_in WHERE at_ms <= ? OR digest NOT IN
    (SELECT digest FROM sign_in ORDER BY at_ms DESC, rowid DESC LIMIT ?)"""


class SessionStore:
    """Keeps sessions. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep a new session; a person's oldest end where there are too many."""
        with self._database.transaction():
            self._database.change(_ADD, row)
            self._database.change(_TOO_MANY, (row["person_id"], row["person_id"], MOST_OF_A_PERSON))

    def find(self, digest: bytes, seen_after: int, created_after: int) -> dict[str, Any] | None:
        """Return a session that is in force, with its person, who is not disabled."""
        bounds = {"digest": digest, "seen_after": seen_after, "created_after": created_after}
        row = self._database.row(_FIND, bounds)
        return dict(row) if row else None

    def seen(self, session_id: str, at_ms: int) -> None:
        """Note that a session is in use."""
        self._database.change(_SEEN, (at_ms, session_id, at_ms))

    def list(self, person_id: str, seen_after: int, created_after: int) -> list[dict[str, Any]]:
        """Return the sessions of a person that are in force, the newest first."""
        bounds = {"person_id": person_id, "seen_after": seen_after, "created_after": created_after}
        return [dict(row) for row in self._database.rows(_LIST, bounds)]

    def end(self, person_id: str, session_id: str) -> bool:
        """End a session of a person; return whether it was there."""
        return self._database.change(_END, (person_id, session_id)) == 1

    def end_all(self, person_id: str, but: str | None = None) -> int:
        """End the sessions of a person, except one; return how many."""
        return self._database.change(_END_ALL, (person_id, but))

    def forget(self, seen_after: int, created_after: int) -> None:
        """Forget sessions that have ended by time."""
        self._database.change(_FORGET, {"seen_after": seen_after, "created_after": created_after})

    def begin_sign_in(self, row: Mapping[str, Any], forgotten_ms: int) -> None:
        """Keep what a browser was sent to the identity provider with; older ones are forgotten."""
        with self._database.transaction():
            self._database.change(_BEGIN, row)
            self._database.change(_OLD, (forgotten_ms, MOST_SIGN_INS))

    def take_sign_in(self, digest: bytes) -> dict[str, Any] | None:
        """Return what a browser was sent with and forget it: it is good for one answer."""
        with self._database.transaction():
            row = self._database.row(_TAKE, (digest,))
            self._database.change(_TAKEN, (digest,))
        return dict(row) if row else None
