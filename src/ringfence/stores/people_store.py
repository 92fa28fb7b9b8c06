"""People in a table: who may sign in, what they may do, and what proves that it is they.

Of passwords the argon2id hash is kept, of one-time links and recovery codes a digest, of TOTP secrets what
`wiring.access` has sealed. People are never deleted, so that a name in the audit log never means another person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ringfence.stores.database import Database

_ADD: Final = """INSERT INTO person
        (person_id, name, folded, role, tenant, needs_totp, issuer, subject, created_by, created_at_ms)
    VALUES (:person_id, :name, :folded, :role, :tenant, :needs_totp, :issuer, :subject, :created_by, :created_at_ms)"""
_GET: Final = "SELECT * FROM person WHERE person_id = ?"
_BY_NAME: Final = "SELECT * FROM person WHERE folded = ?"
_BY_SUBJECT: Final = "SELECT * FROM person WHERE issuer = ? AND subject = ?"
_LIST: Final = """SELECT * FROM person WHERE (:tenant IS NULL OR tenant = :tenant) AND folded > :after
    ORDER BY folded LIMIT :limit"""
_ADMINS: Final = """SELECT count(*) FROM person WHERE role = 'admin' AND tenant IS NULL AND disabled_at_ms IS NULL
    AND (password IS NOT NULL OR subject IS NOT NULL) AND person_id <> ?"""
_CHANGE: Final = """UPDATE person SET role = :role, tenant = :tenant, needs_totp = :needs_totp,
        disabled_at_ms = :disabled_at_ms WHERE person_id = :person_id"""
_PASSWORD: Final = "UPDATE person SET password = ? WHERE person_id = ?"  # noqa: S105 - a statement
_SIGNED_IN: Final = "UPDATE person SET signed_in_at_ms = ? WHERE person_id = ?"
_PENDING: Final = "UPDATE person SET totp_pending = ? WHERE person_id = ?"
_CONFIRM: Final = "UPDATE person SET totp = totp_pending, totp_pending = NULL, totp_step = ? WHERE person_id = ?"
_NO_TOTP: Final = "UPDATE person SET totp = NULL, totp_pending = NULL, totp_step = NULL WHERE person_id = ?"
_STEP: Final = "UPDATE person SET totp_step = ? WHERE person_id = ? AND (totp_step IS NULL OR totp_step < ?)"
_NO_CODES: Final = "DELETE FROM recovery_code WHERE person_id = ?"
_CODE: Final = "INSERT INTO recovery_code (person_id, digest) VALUES (?, ?)"
_USE_CODE: Final = "DELETE FROM recovery_code WHERE person_id = ? AND digest = ?"
_CODES: Final = "SELECT count(*) FROM recovery_code WHERE person_id = ?"
_LINK: Final = "INSERT INTO link (digest, person_id, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?)"
_FIND_LINK: Final = "SELECT person_id, expires_at_ms FROM link WHERE digest = ? AND expires_at_ms > ?"
_NO_LINKS: Final = "DELETE FROM link WHERE expires_at_ms <= ? OR person_id IS ?"


class PeopleStore:
    """Keeps people. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep a new person, who has no password yet."""
        self._database.change(_ADD, row)

    def get(self, person_id: str) -> dict[str, Any] | None:
        """Return a person; None if there is none."""
        return _person(self._database.row(_GET, (person_id,)))

    def named(self, folded: str) -> dict[str, Any] | None:
        """Return the person of a name, written in the one way that names are compared in."""
        return _person(self._database.row(_BY_NAME, (folded,)))

    def of_subject(self, issuer: str, subject: str) -> dict[str, Any] | None:
        """Return the person whom an identity provider calls so."""
        return _person(self._database.row(_BY_SUBJECT, (issuer, subject)))

    def list(self, tenant: str | None, after: str = "", limit: int = 500) -> list[dict[str, Any]]:
        """Return people of a tenant, or all, by name."""
        rows = self._database.rows(_LIST, {"tenant": tenant, "after": after, "limit": limit})
        return [_person(row) or {} for row in rows]

    def admins(self, but: str = "") -> int:
        """Return how many may manage all that there is and can sign in, except one."""
        return int(self._database.value(_ADMINS, (but,)))

    def change(self, person: Mapping[str, Any]) -> None:
        """Keep a person's role, tenant, need of TOTP and whether they are disabled."""
        names = ("person_id", "role", "tenant", "needs_totp", "disabled_at_ms")
        self._database.change(_CHANGE, {name: person[name] for name in names})

    def set_password(self, person_id: str, encoded: str) -> None:
        """Keep the hash of a new password."""
        self._database.change(_PASSWORD, (encoded, person_id))

    def signed_in(self, person_id: str, at_ms: int) -> None:
        """Note that somebody has signed in."""
        self._database.change(_SIGNED_IN, (at_ms, person_id))

    def begin_totp(self, person_id: str, sealed: bytes) -> None:
        """Keep a sealed TOTP secret that is not confirmed yet; the one in force stays in force."""
        self._database.change(_PENDING, (sealed, person_id))

    def confirm_totp(self, person_id: str, step: int, codes: Iterable[bytes]) -> None:
        """Put the secret that waits in force, with new recovery codes; `step` has been used."""
        with self._database.transaction():
            self._database.change(_CONFIRM, (step, person_id))
            self._database.change(_NO_CODES, (person_id,))
            self._database.change_many(_CODE, [(person_id, code) for code in codes])

    def end_totp(self, person_id: str) -> None:
        """Forget a person's TOTP secret and recovery codes."""
        with self._database.transaction():
            self._database.change(_NO_TOTP, (person_id,))
            self._database.change(_NO_CODES, (person_id,))

    def use_step(self, person_id: str, step: int) -> bool:
        """Note that the code of a time step was used; return whether it, or a later one, was not used before."""
        return self._database.change(_STEP, (step, person_id, step)) == 1

    def use_code(self, person_id: str, digest: bytes) -> bool:
        """Use a recovery code; return whether it was there."""
        return self._database.change(_USE_CODE, (person_id, digest)) == 1

    def codes_left(self, person_id: str) -> int:
        """Return how many recovery codes are left."""
        return int(self._database.value(_CODES, (person_id,)))

    def add_link(self, digest: bytes, person_id: str | None, at_ms: int, expires_at_ms: int) -> None:
        """Keep a one-time link of a person, or of the first one (None); links before it end."""
        with self._database.transaction():
            self.end_links(person_id, at_ms)
            self._database.change(_LINK, (digest, person_id, at_ms, expires_at_ms))

    def link(self, digest: bytes, now_ms: int) -> dict[str, Any] | None:
        """Return a link that is in force."""
        row = self._database.row(_FIND_LINK, (digest, now_ms))
        return dict(row) if row else None

    def end_links(self, person_id: str | None, now_ms: int) -> None:
        """End the links of a person, and forget those that have ended."""
        self._database.change(_NO_LINKS, (now_ms, person_id))


def _person(row: Any) -> dict[str, Any] | None:
    return {**row, "needs_totp": bool(row["needs_totp"])} if row else None
