"""Suppressions in a table: who keeps which alerts out of the queue, why, and until when.

They come and go as JSON objects, as alerts do; whether one is sound is for the alerts room to say.
"""

from __future__ import annotations

from typing import Any, Final

from ringfence.events.errors import AMBIGUOUS_ID, BAD_DECISION, NO_SUCH_ALERT, UsageError
from ringfence.stores.alert_store import HasJson
from ringfence.stores.database import Database

_ADD: Final = """INSERT INTO suppression
        (suppression_id, entity_kind, entity, target, owner, reason, created_at_ms, ends_at_ms)
    VALUES (:suppression_id, :entity_kind, :entity, :target, :owner, :reason, :created_at_ms, :ends_at_ms)
    ON CONFLICT (suppression_id) DO NOTHING"""
_LIST: Final = """SELECT * FROM suppression WHERE :at_ms IS NULL OR (created_at_ms <= :at_ms AND :at_ms < ends_at_ms)
    ORDER BY ends_at_ms, suppression_id"""
_BY_PREFIX: Final = """SELECT suppression_id FROM suppression
    WHERE suppression_id >= :first AND suppression_id < :beyond ORDER BY suppression_id LIMIT 2"""
_END: Final = """UPDATE suppression SET ends_at_ms = min(ends_at_ms, max(:at_ms, created_at_ms + 1)),
    ended_by = :by, ended_at_ms = :at_ms WHERE suppression_id = :suppression_id"""


class SuppressionStore:
    """Keeps suppressions, ended ones too: they say why an alert was not seen.

    Every call may be repeated. Every call may raise `DependencyError` as `Database` says.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, suppression: HasJson) -> None:
        """Keep a suppression; one that is kept already stays as it is."""
        self._database.change(_ADD, suppression.to_json())

    def list(self, at_ms: int | None = None) -> list[dict[str, Any]]:
        """Return the suppressions in force at a moment (event time), or all, those that end first coming first."""
        return [dict(row) for row in self._database.rows(_LIST, {"at_ms": at_ms})]

    def end(self, suppression_id: str, *, by: str, at_ms: int) -> None:
        """End a suppression before its time: from `at_ms` on it keeps nothing back.

        One that would end before it begins ends a millisecond after it: it never had an effect, and is still one.

        Raises:
            UsageError: no such suppression (RF3050), several (RF3051), or nobody named (RF3053).

        """
        if not by.strip():
            raise UsageError(BAD_DECISION, "it is not said who ends the suppression", expected="a name")
        prefix = suppression_id.strip().lower()
        found = self._database.rows(_BY_PREFIX, {"first": prefix, "beyond": prefix + "g"}) if prefix else []
        if not found:
            raise UsageError(NO_SUCH_ALERT, f"no suppression has an id that begins with {suppression_id!r}", cure="")
        if len(found) > 1:
            raise UsageError(AMBIGUOUS_ID, f"several suppressions begin with {suppression_id!r}")
        self._database.change(_END, {"suppression_id": found[0][0], "by": by, "at_ms": at_ms})
