"""What people decided about alerts, written and, where nobody has changed it since, taken back to the byte."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from ringfence.stores.database import Database

WRITTEN: Final = ("status", "disposition", "disposition_reason", "note", "assignee", "watched", "reviewed")
KEPT: Final = (*WRITTEN, "decided_by", "decided_at_ms", "seen_end_ms", "seen_matches", "decided_seq")
_NEXT: Final = "ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0) + 1"
_SET: Final = ", ".join(f"{name} = :{name}" for name in WRITTEN)
_WRITE: Final = f"""UPDATE alert SET {_SET}, decided_by = :decided_by, decided_at_ms = :decided_at_ms,
        seen_end_ms = episode_end_ms, seen_matches = matches, decided_seq = {_NEXT}
    WHERE alert_id = :alert_id"""  # noqa: S608 - constants
_RESTORE: Final = f"""UPDATE alert SET {", ".join(f"{name} = :{name}" for name in KEPT)}
    WHERE alert_id = :alert_id AND decided_seq = :expected_seq"""  # noqa: S608 - constants
_SEQS: Final = """SELECT alert_id, decided_seq FROM alert WHERE alert_id IN (SELECT value FROM json_each(?))"""
_ACTS: Final = """SELECT seq, at_ms, by, action, detail FROM audit
    WHERE subject = ? AND action LIKE 'alert.%' ORDER BY seq LIMIT ?"""
_WOKEN: Final = (
    "SELECT at_ms, status, reviewed, decided_seq, matches FROM alert_woken WHERE alert_id = ? ORDER BY rowid"
)


class AlertDecisions:
    """Writes decisions. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, decided: Iterable[Mapping[str, Any]]) -> None:
        """Write `WRITTEN`, decided_by and decided_at_ms of alerts; each gets a decided_seq of its own."""
        self._database.change_many(_WRITE, [dict(one) for one in decided])

    def restore(self, alert_id: str, before: Mapping[str, Any], expected_seq: int) -> bool:
        """Write `KEPT` as it was, unless a person has changed the alert since; return whether it was done."""
        return self._database.change(_RESTORE, dict(before) | {"alert_id": alert_id, "expected_seq": expected_seq}) == 1

    def seqs(self, alert_ids: Sequence[str]) -> dict[str, int]:
        """Return the decided_seq of each alert."""
        return {row[0]: row[1] for row in self._database.rows(_SEQS, (json.dumps(alert_ids),))}

    def acts(self, alert_id: str, most: int) -> list[dict[str, Any]]:
        """Return what the audit log says of an alert, in order."""
        rows = (dict(row) for row in self._database.rows(_ACTS, (alert_id, most)))
        return [row | {"detail": json.loads(row["detail"])} for row in rows]

    def woken(self, alert_id: str) -> list[dict[str, Any]]:
        """Return when a watched alert was opened again by its episode, and what it was before."""
        return [dict(row) for row in self._database.rows(_WOKEN, (alert_id,))]
