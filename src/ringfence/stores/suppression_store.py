"""Suppressions in a table: who keeps which alerts out of the queue, why, and until when.

They come and go as JSON objects, as alerts do; whether one is sound is for the alerts room to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ringfence.events.errors import AMBIGUOUS_ID, BAD_DECISION, NO_SUCH_ALERT, UsageError
from ringfence.stores.alert_store import HasJson
from ringfence.stores.database import Database

_ADD: Final = """INSERT INTO suppression
        (suppression_id, entity_kind, entity, target, owner, reason, created_at_ms, ends_at_ms, tenant)
    VALUES (:suppression_id, :entity_kind, :entity, :target, :owner, :reason, :created_at_ms, :ends_at_ms, :tenant)
    ON CONFLICT (suppression_id) DO NOTHING"""
_LIST: Final = """SELECT * FROM suppression WHERE :at_ms IS NULL OR (created_at_ms <= :at_ms AND :at_ms < ends_at_ms)
    ORDER BY ends_at_ms, suppression_id"""
_GET: Final = "SELECT * FROM suppression WHERE suppression_id = ?"
_COVERED: Final = """FROM alert INDEXED BY {index} WHERE alert.raised_at_ms >= :from_ms AND alert.raised_at_ms < :to_ms
    AND (:entity_kind = '*' OR alert.entity_kind = :entity_kind)
    AND (:target = '*' OR alert.fraud = :target OR alert.detector = :target)
    AND (:tenant IS NULL OR alert.tenant = :tenant)
    AND CASE WHEN :prefix IS NULL THEN alert.entity = :entity
        ELSE substr(alert.entity, 1, length(:prefix)) = :prefix END"""
_OPEN: Final = f"SELECT alert.alert_id {_COVERED} AND alert.status = 'open'"
_KEPT_BACK: Final = (
    "SELECT alert_id FROM alert INDEXED BY alert_by_loss WHERE suppressed_by = ? AND status = 'suppressed'"
)
_PREVIEW: Final = f"""SELECT alert.status, alert.disposition, alert.currency, count(*) AS alerts,
    sum(alert.money_micros) AS money_micros {_COVERED} AND NOT alert.shadow
    GROUP BY alert.status, alert.disposition, alert.currency"""
_SAMPLE: Final = f"""SELECT alert.alert_id {_COVERED} AND NOT alert.shadow
    ORDER BY ifnull(alert.disposition = 'fraud', 0) DESC, alert.expected_loss_micros DESC, alert.alert_id LIMIT :most"""
_LAST_RAISED: Final = "SELECT max(raised_at_ms) FROM alert INDEXED BY alert_by_time"
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
        self._database.change(_ADD, {"tenant": None} | suppression.to_json())

    def list(self, at_ms: int | None = None) -> list[dict[str, Any]]:
        """Return the suppressions in force at a moment (event time), or all, those that end first coming first."""
        return [dict(row) for row in self._database.rows(_LIST, {"at_ms": at_ms})]

    def get(self, suppression_id: str) -> dict[str, Any]:
        """Return one suppression by its whole id.

        Raises:
            UsageError: there is none (RF3050).
        """
        row = self._database.row(_GET, (suppression_id,))
        if row is None:
            raise UsageError(NO_SUCH_ALERT, "there is no such suppression", cure="")
        return dict(row)

    def open_alerts(self, suppression: Mapping[str, Any]) -> Sequence[str]:
        """Return the alerts in the queue that a suppression covers."""
        span = {"from_ms": suppression["created_at_ms"], "to_ms": suppression["ends_at_ms"]}
        return [row[0] for row in self._covered(_OPEN, suppression, span)]

    def kept_back(self, suppression_id: str) -> Sequence[str]:
        """Return the alerts that a suppression keeps out of the queue."""
        return [row[0] for row in self._database.rows(_KEPT_BACK, (suppression_id,))]

    def preview(self, suppression: Mapping[str, Any], span_ms: int, most: int) -> dict[str, Any]:
        """Return which alerts of the last so many ms before the newest a suppression would have kept back.

        Counts by status, disposition and currency, and some ids: confirmed fraud first, then the highest expected loss.
        """
        newest = int(self._database.value(_LAST_RAISED) or 0)
        span = {"from_ms": newest - span_ms, "to_ms": newest + 1}
        groups = [dict(row) for row in self._covered(_PREVIEW, suppression, span)]
        sample = [row[0] for row in self._covered(_SAMPLE, suppression, span | {"most": most})]
        return {**span, "groups": groups, "sample": sample}

    def _covered(self, statement: str, suppression: Mapping[str, Any], more: Mapping[str, Any]) -> Sequence[Any]:
        names = ("entity_kind", "entity", "target", "tenant")
        entity = suppression["entity"]
        prefix = entity[:-1] if entity.endswith("*") else None
        index = "alert_by_loss" if prefix is not None else "alert_entity"
        asked = {name: suppression.get(name) for name in names} | {"prefix": prefix} | dict(more)
        return self._database.rows(statement.format(index=index), asked)

    def end(self, suppression_id: str, *, by: str, at_ms: int) -> str:
        """End a suppression before its time: from `at_ms` on it keeps nothing back. Return its whole id.

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
        whole_id = str(found[0][0])
        self._database.change(_END, {"suppression_id": whole_id, "by": by, "at_ms": at_ms})
        return whole_id
