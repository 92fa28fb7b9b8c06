"""Alerts in a table: the queue that people work through.

Alerts come and go as JSON objects, so that this room needs to know nothing about how they are made.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Final, Protocol

from ringfence.events.errors import AMBIGUOUS_ID, BAD_DECISION, NO_SUCH_ALERT, UsageError
from ringfence.stores.database import Database

AUTOMATIC: Final = ("open", "suppressed")  # what the pipeline may set; anything else a person decided
DECISIONS: Final = ("confirmed", "dismissed", "investigating")
NO_LIMIT: Final = -1

_UPSERT: Final = """INSERT INTO alert (alert_id, tenant, detector, revision, fraud, entity_kind, entity,
        episode_start_ms, episode_end_ms, raised_at_ms, events, matches, score, severity, money_micros,
        money_per_hour_micros, currency, expected_loss_micros, shadow, event_ids, reasons, status,
        suppressed_by)
    VALUES (:alert_id, :tenant, :detector, :revision, :fraud, :entity_kind, :entity,
        :episode_start_ms, :episode_end_ms, :raised_at_ms, :events, :matches, :score, :severity,
        :money_micros, :money_per_hour_micros, :currency, :expected_loss_micros, :shadow, :event_ids,
        :reasons, :status, :suppressed_by)
    ON CONFLICT (alert_id) DO UPDATE SET
        episode_end_ms = excluded.episode_end_ms, events = excluded.events, matches = excluded.matches,
        score = excluded.score, severity = excluded.severity, money_micros = excluded.money_micros,
        money_per_hour_micros = excluded.money_per_hour_micros, currency = excluded.currency,
        expected_loss_micros = excluded.expected_loss_micros, event_ids = excluded.event_ids,
        reasons = CASE excluded.reasons WHEN '[]' THEN alert.reasons ELSE excluded.reasons END,
        suppressed_by = CASE WHEN alert.status IN ('open', 'suppressed')
            THEN excluded.suppressed_by ELSE alert.suppressed_by END,
        status = CASE WHEN alert.status IN ('open', 'suppressed') THEN excluded.status ELSE alert.status END"""
_ADVANCE: Final = f"""{_UPSERT}
    WHERE (excluded.episode_end_ms, excluded.matches) >= (alert.episode_end_ms, alert.matches)"""
_QUEUE: Final = """SELECT * FROM alert
    WHERE (:fraud IS NULL OR fraud = :fraud) AND (:status IS NULL OR status = :status)
        AND (:entity IS NULL OR entity = :entity) AND (:since_ms IS NULL OR raised_at_ms >= :since_ms)
        AND (:shadow IS NULL OR shadow = :shadow)
    ORDER BY expected_loss_micros DESC, alert_id LIMIT :limit"""
_BY_PREFIX: Final = """SELECT * FROM alert WHERE alert_id >= :first AND alert_id < :beyond
    ORDER BY alert_id LIMIT 3"""
_MANY: Final = "SELECT * FROM alert WHERE alert_id IN (SELECT value FROM json_each(?))"
_DECIDE: Final = """UPDATE alert SET status = :status, decided_by = :by, decided_at_ms = :at_ms, note = :note,
        disposition = CASE :status WHEN 'confirmed' THEN 'fraud' WHEN 'dismissed' THEN 'not_fraud' END,
        disposition_reason = NULL, reviewed = :status <> 'open', seen_end_ms = episode_end_ms, seen_matches = matches,
        decided_seq = ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0) + 1
    WHERE alert_id = :alert_id"""


class HasJson(Protocol):
    """Anything that can say itself as a JSON object, as an alert does."""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        ...


class AlertStore:
    """Keeps alerts, suppressed ones too, and what people decided about them.

    Every call may be repeated: alerts are named by their cause, so a replay changes nothing. Every call may
    raise `DependencyError` as `Database` says.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def upsert(self, alerts: Iterable[HasJson]) -> None:
        """Keep the present state of alerts, as one; later ones of the same id win.

        What a person decided stays, and so do the reasons when the new state brings none.
        """
        self._database.change_many(_UPSERT, [_to_row(alert.to_json()) for alert in alerts])

    def advance(self, alerts: Iterable[HasJson]) -> None:
        """Keep alerts as `upsert` does, but leave those alone that are kept in a later state already.

        A run that was killed and goes on raises the same alerts again, from their beginning: nobody should see them
        shrink meanwhile.
        """
        self._database.change_many(_ADVANCE, [_to_row(alert.to_json()) for alert in alerts])

    def list(
        self,
        *,
        fraud: str | None = None,
        status: str | None = None,
        entity: str | None = None,
        since_ms: int | None = None,
        shadow: bool | None = False,
        limit: int = NO_LIMIT,
    ) -> list[dict[str, Any]]:
        """Return alerts as JSON objects, highest expected loss first, ties by id.

        Args:
            fraud: only this fraud.
            status: only this status.
            entity: only this entity, as it is written in alerts.
            since_ms: only those raised then or later (event time).
            shadow: only those of detectors that run unheard (True), only the others (False), or all (None).
            limit: at most so many.

        """
        wanted = {
            "fraud": fraud,
            "status": status,
            "entity": entity,
            "since_ms": since_ms,
            "shadow": shadow,
            "limit": limit,
        }
        return [_from_row(row) for row in self._database.rows(_QUEUE, wanted)]

    def get(self, alert_id: str) -> dict[str, Any]:
        """Return one alert by its id or the first digits of it.

        Raises:
            UsageError: none fits (RF3050) or several do (RF3051).

        """
        prefix = alert_id.strip().lower()
        found = self._database.rows(_BY_PREFIX, {"first": prefix, "beyond": prefix + "g"}) if prefix else []
        if not found:
            raise UsageError(NO_SUCH_ALERT, f"no alert has an id that begins with {alert_id!r}")
        if len(found) > 1:
            some = ", ".join(row["alert_id"][: len(prefix) + 4] for row in found[:2])
            raise UsageError(AMBIGUOUS_ID, f"several alerts have an id that begins with {alert_id!r}: {some}, ...")
        return _from_row(found[0])

    def many(self, alert_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return alerts by their whole ids, each by its id; those that are not there are left out."""
        found = self._database.rows(_MANY, (json.dumps([*alert_ids]),))
        return {row["alert_id"]: _from_row(row) for row in found}

    def decide(self, alert_id: str, status: str, *, by: str, at_ms: int, note: str = "") -> dict[str, Any]:
        """Record what a person decided about an alert; return it as it is then. `open` gives it back.

        Raises:
            UsageError: no such alert, no such status, or nobody named (RF3053).

        """
        if status not in (*DECISIONS, "open"):
            raise UsageError(
                BAD_DECISION,
                f"{status!r} is no decision",
                expected="one of " + ", ".join((*DECISIONS, "open")),
            )
        if not by.strip():
            raise UsageError(BAD_DECISION, "it is not said who decided", expected="a name")
        whole_id = self.get(alert_id)["alert_id"]
        self._database.change(_DECIDE, {"alert_id": whole_id, "status": status, "by": by, "at_ms": at_ms, "note": note})
        return self.get(whole_id)


def _to_row(document: dict[str, Any]) -> dict[str, Any]:
    event_ids, reasons = document["event_ids"], document["reasons"]
    return {**document, "event_ids": _pack(event_ids), "reasons": _pack(reasons)}


def _from_row(row: sqlite3.Row) -> dict[str, Any]:
    document = dict(row)
    for name in ("shadow", "watched", "reviewed"):
        document[name] = bool(document[name])
    document["event_ids"] = json.loads(document["event_ids"])
    document["reasons"] = json.loads(document["reasons"])
    return document


def _pack(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
