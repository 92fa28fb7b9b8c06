"""Cases in tables: which alerts are looked at together, and what people did and wrote about them.

An alert is in at most one case. A case that was merged into another keeps its row, and points to that one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ringfence.events.errors import NO_SUCH_ALERT, UsageError
from ringfence.events.identity import digest
from ringfence.stores.database import Database

_NEXT: Final = "SELECT ifnull(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'fraud_case'"
_OPEN: Final = """INSERT INTO fraud_case
        (number, case_id, tenant, title, status, assignee, opened_by, opened_at_ms, changed_at_ms, split_from)
    VALUES (:number, :case_id, :tenant, :title, 'open', :assignee, :by, :at_ms, :at_ms, :split_from)"""
_GET: Final = "SELECT * FROM fraud_case WHERE case_id = ?"
_LIST: Final = """SELECT c.*,
        (SELECT count(*) FROM case_alert a WHERE a.case_id = c.case_id) AS alerts
    FROM fraud_case c
    WHERE number < :before AND (:status IS NULL OR status = :status) AND (:assignee IS NULL OR assignee = :assignee)
        AND (:tenant IS NULL OR tenant = :tenant) AND (:merged OR merged_into IS NULL)
    ORDER BY number DESC LIMIT :limit"""
_CHANGE: Final = """UPDATE fraud_case SET title = :title, status = :status, assignee = :assignee,
        merged_into = :merged_into, changed_at_ms = :at_ms,
        watched_from = CASE :status WHEN 'watch' THEN (SELECT ifnull(max(wake_id), 0) FROM case_wake)
            ELSE watched_from END
    WHERE case_id = :case_id"""
_TOUCH: Final = "UPDATE fraud_case SET changed_at_ms = ? WHERE case_id = ?"
_SEEN: Final = """UPDATE case_alert SET
        (seen_end_ms, seen_matches) =
            (SELECT episode_end_ms, matches FROM alert WHERE alert.alert_id = case_alert.alert_id)
    WHERE case_id = ?"""
_ADD_ALERT: Final = """INSERT INTO case_alert (alert_id, case_id, added_by, added_at_ms, seen_end_ms, seen_matches)
    SELECT alert_id, :case_id, :by, :at_ms, episode_end_ms, matches FROM alert WHERE alert_id = :alert_id"""
_MOVE_ALERT: Final = "UPDATE case_alert SET case_id = ?, added_by = ?, added_at_ms = ? WHERE alert_id = ?"
_REMOVE_ALERT: Final = "DELETE FROM case_alert WHERE case_id = ? AND alert_id = ?"
_ALERTS: Final = """SELECT alert.*, added_by, added_at_ms FROM case_alert JOIN alert USING (alert_id)
    WHERE case_id = ? ORDER BY expected_loss_micros DESC, alert_id"""
_ALERT_IDS: Final = "SELECT alert_id FROM case_alert WHERE case_id = ? ORDER BY alert_id"
_CASES_OF: Final = """SELECT alert_id, case_id FROM case_alert
    WHERE alert_id IN (SELECT value FROM json_each(?))"""
_CASES_OF_ENTITY: Final = """SELECT DISTINCT c.* FROM alert a
    JOIN case_alert USING (alert_id) JOIN fraud_case c USING (case_id)
    WHERE a.entity = ? AND a.entity_kind = ? AND (? IS NULL OR c.tenant = ?) ORDER BY number DESC LIMIT ?"""
_ALERTS_OF_ENTITY: Final = """SELECT a.*, m.case_id AS case_id FROM alert a LEFT JOIN case_alert m USING (alert_id)
    WHERE a.entity = ? AND a.entity_kind = ? AND NOT a.shadow AND (? IS NULL OR a.tenant = ?)
    ORDER BY a.episode_start_ms DESC, a.alert_id LIMIT ?"""
_COUNTS: Final = """SELECT entity_kind, entity, count(*) AS alerts FROM alert
    WHERE entity IN (SELECT value FROM json_each(?)) AND NOT shadow AND (? IS NULL OR tenant = ?)
    GROUP BY entity_kind, entity"""
_MERGED: Final = "SELECT case_id FROM fraud_case WHERE merged_into = ?"
_REPOINT: Final = "UPDATE fraud_case SET merged_into = ? WHERE merged_into = ?"
_MOVES: Final = (
    "UPDATE case_alert SET case_id = :into WHERE case_id = :case_id",
    "UPDATE case_comment SET case_id = :into WHERE case_id = :case_id",
    "UPDATE OR IGNORE case_file SET case_id = :into WHERE case_id = :case_id",
    "UPDATE OR IGNORE case_check SET case_id = :into WHERE case_id = :case_id",
    "UPDATE case_wake SET case_id = :into WHERE case_id = :case_id",
)
_COMMENT: Final = "INSERT INTO case_comment (case_id, by, at_ms, text, mentions) VALUES (?, ?, ?, ?, ?)"
_COMMENTS: Final = "SELECT * FROM case_comment WHERE case_id = ? ORDER BY comment_id"
_ADD_FILE: Final = """INSERT INTO case_file (case_id, file_id, name, bytes, folder, by, at_ms)
    VALUES (:case_id, :file_id, :name, :bytes, :folder, :by, :at_ms) ON CONFLICT DO NOTHING"""
_FILES: Final = (
    "SELECT file_id, name, bytes, folder, by, at_ms FROM case_file WHERE case_id = ? ORDER BY at_ms, file_id"
)
_CHECK: Final = """INSERT INTO case_check (case_id, item, done_by, done_at_ms) VALUES (?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
_UNCHECK: Final = "DELETE FROM case_check WHERE case_id = ? AND item = ?"
_CHECKS: Final = "SELECT item, done_by, done_at_ms FROM case_check WHERE case_id = ?"
_WAKES: Final = "SELECT at_ms, alert_id, why FROM case_wake WHERE case_id = ? ORDER BY wake_id"
_ACTS: Final = """SELECT seq, at_ms, by, action, subject, detail FROM audit
    WHERE subject IN (SELECT value FROM json_each(?)) AND action LIKE 'case.%' ORDER BY seq LIMIT ?"""


class CaseStore:
    """Keeps cases. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, title: str, *, by: str, at_ms: int, tenant: str | None, **more: str | None) -> str:
        """Open a case; return its id. `more`: assignee, split_from."""
        with self._database.transaction():
            number = int(self._database.value(_NEXT))
            case_id = digest("case", number, at_ms, by).hex()
            row = {"number": number, "case_id": case_id, "title": title, "by": by, "at_ms": at_ms, "tenant": tenant}
            self._database.change(_OPEN, {"assignee": None, "split_from": None} | row | more)
        return case_id

    def get(self, case_id: str) -> dict[str, Any]:
        """Return one case by its whole id.

        Raises:
            UsageError: there is none (RF3050).
        """
        row = self._database.row(_GET, (case_id,))
        if row is None:
            raise UsageError(NO_SUCH_ALERT, "there is no such case", cure="See GET /v1/cases for the ids.")
        return dict(row)

    def newest(
        self,
        *,
        tenant: str | None,
        status: str | None = None,
        assignee: str | None = None,
        before: int = 2**62,
        merged: bool = False,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """Return cases, the newest first, each with how many alerts it has.

        `before` is a number; `merged` says whether those that were merged into others are among them.
        """
        wanted = {"tenant": tenant, "status": status, "assignee": assignee, "before": before, "limit": limit}
        return [dict(row) for row in self._database.rows(_LIST, wanted | {"merged": merged})]

    def change(self, case: Mapping[str, Any], at_ms: int) -> None:
        """Write title, status, assignee and merged_into of a case as given; to watch it begins with what is known."""
        names = ("case_id", "title", "status", "assignee", "merged_into")
        with self._database.transaction():
            if case["status"] == "watch":
                self._database.change(_SEEN, (case["case_id"],))
            self._database.change(_CHANGE, {name: case[name] for name in names} | {"at_ms": at_ms})

    def touch(self, case_id: str, at_ms: int) -> None:
        """Note that something about a case changed."""
        self._database.change(_TOUCH, (at_ms, case_id))

    def add_alerts(self, case_id: str, alert_ids: Iterable[str], *, by: str, at_ms: int) -> None:
        """Put alerts that are in no case into one."""
        self._database.change_many(
            _ADD_ALERT, [{"case_id": case_id, "alert_id": one, "by": by, "at_ms": at_ms} for one in alert_ids]
        )

    def move_alerts(self, into: str, alert_ids: Iterable[str], *, by: str, at_ms: int) -> None:
        """Move alerts that are in a case to another."""
        self._database.change_many(_MOVE_ALERT, [(into, by, at_ms, one) for one in alert_ids])

    def remove_alerts(self, case_id: str, alert_ids: Iterable[str]) -> None:
        """Take alerts out of a case."""
        self._database.change_many(_REMOVE_ALERT, [(case_id, one) for one in alert_ids])

    def alerts(self, case_id: str) -> list[dict[str, Any]]:
        """Return the alerts of a case, the worst first."""
        return [_alert(dict(row)) for row in self._database.rows(_ALERTS, (case_id,))]

    def alert_ids(self, case_id: str) -> list[str]:
        """Return the ids of the alerts of a case."""
        return [row["alert_id"] for row in self._database.rows(_ALERT_IDS, (case_id,))]

    def cases_of(self, alert_ids: Sequence[str]) -> dict[str, str]:
        """Return which of these alerts are in a case, and in which."""
        return {row["alert_id"]: row["case_id"] for row in self._database.rows(_CASES_OF, (json.dumps(alert_ids),))}

    def alerts_on(self, kind: str, entity: str, tenant: str | None, limit: int) -> list[dict[str, Any]]:
        """Return the alerts on an entity, those of the latest episodes first, each with the case that it is in."""
        rows = self._database.rows(_ALERTS_OF_ENTITY, (entity, kind, tenant, tenant, limit))
        return [_alert(dict(row)) for row in rows]

    def alerts_each(self, entities: Sequence[str], tenant: str | None) -> dict[tuple[str, str], int]:
        """Return how many alerts there are on each of these entities, by its kind and name; none: left out."""
        rows = self._database.rows(_COUNTS, (json.dumps(entities), tenant, tenant))
        return {(row["entity_kind"], row["entity"]): row["alerts"] for row in rows}

    def cases_on(self, kind: str, entity: str, tenant: str | None, limit: int) -> list[dict[str, Any]]:
        """Return the cases that have an alert on an entity, the newest first."""
        return [dict(row) for row in self._database.rows(_CASES_OF_ENTITY, (entity, kind, tenant, tenant, limit))]

    def merge(self, case_id: str, into: str, at_ms: int) -> None:
        """Move everything of a case into another, and let the first, and what was merged into it, point there."""
        with self._database.transaction():
            for statement in _MOVES:
                self._database.change(statement, {"into": into, "case_id": case_id})
            self._database.change(_REPOINT, (into, case_id))
            self.change(self.get(case_id) | {"status": "closed", "merged_into": into}, at_ms)

    def merged(self, case_id: str) -> list[str]:
        """Return the cases that were merged into one."""
        return [row["case_id"] for row in self._database.rows(_MERGED, (case_id,))]

    def comment(self, case_id: str, text: str, mentions: Sequence[str], *, by: str, at_ms: int) -> None:
        """Add a comment."""
        self._database.change(_COMMENT, (case_id, by, at_ms, text, json.dumps(mentions)))

    def comments(self, case_id: str) -> list[dict[str, Any]]:
        """Return the comments of a case, the first first."""
        rows = (dict(row) for row in self._database.rows(_COMMENTS, (case_id,)))
        return [row | {"mentions": json.loads(row["mentions"])} for row in rows]

    def add_file(self, file: Mapping[str, Any]) -> bool:
        """Note a file of a case; return False where one of that content is there already."""
        return self._database.change(_ADD_FILE, file) == 1

    def files(self, case_id: str) -> list[dict[str, Any]]:
        """Return the files of a case, the first first; `folder` names the case under which each lies."""
        return [dict(row) for row in self._database.rows(_FILES, (case_id,))]

    def check(self, case_id: str, item: str, *, done: bool, by: str, at_ms: int) -> None:
        """Tick an item of the checklist, or take the tick away."""
        if done:
            self._database.change(_CHECK, (case_id, item, by, at_ms))
        else:
            self._database.change(_UNCHECK, (case_id, item))

    def checks(self, case_id: str) -> dict[str, dict[str, Any]]:
        """Return the ticked items, each with who ticked it and when."""
        return {row["item"]: dict(row) for row in self._database.rows(_CHECKS, (case_id,))}

    def wakes(self, case_id: str) -> list[dict[str, Any]]:
        """Return when and by which alert a watched case was opened again."""
        return [dict(row) for row in self._database.rows(_WAKES, (case_id,))]

    def acts(self, case_ids: Sequence[str], limit: int) -> list[dict[str, Any]]:
        """Return what the audit log says of cases, in order."""
        rows = (dict(row) for row in self._database.rows(_ACTS, (json.dumps(case_ids), limit)))
        return [row | {"detail": json.loads(row["detail"])} for row in rows]


def _alert(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "shadow": bool(row["shadow"]),
        "event_ids": json.loads(row["event_ids"]),
        "reasons": json.loads(row["reasons"]),
    }
