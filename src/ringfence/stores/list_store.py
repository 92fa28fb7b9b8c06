"""What was changed in lists, by whom and why; and the alerts that a list is compared with."""

from __future__ import annotations

import json
import zlib
from typing import Any, Final

from ringfence.stores.database import Database

_ADD: Final = """INSERT INTO list_version (name, version, at_ms, by, reason, act, added, removed, changes)
    VALUES (:name, (SELECT ifnull(max(version), 0) + 1 FROM list_version WHERE name = :name), :at_ms, :by, :reason,
        :act, :added, :removed, :changes)"""
_NUMBER: Final = "SELECT max(version) FROM list_version WHERE name = ?"
_VERSIONS: Final = """SELECT version, at_ms, by, reason, act, added, removed FROM list_version
    WHERE name = ? AND version < ? ORDER BY version DESC LIMIT ?"""
_CHANGES: Final = "SELECT * FROM list_version WHERE name = ? AND version = ?"
_ALERTS: Final = """SELECT alert_id, entity_kind, entity, status, money_micros, currency, event_ids FROM alert
    WHERE NOT shadow AND raised_at_ms >= ? ORDER BY raised_at_ms DESC LIMIT ?"""
_NEWEST: Final = "SELECT max(to_ms) FROM history_file"
BEFORE_NONE: Final = 2**62
Rows = list[list[str]]  # entry, owner, reason, source, expires


class ListStore:
    """Keeps what was changed in lists. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_version(self, version: dict[str, Any], added: Rows, removed: Rows) -> int:
        """Keep a change: name, at_ms, by, reason, act and the lines that came and went; return its number."""
        packed = zlib.compress(json.dumps([added, removed], separators=(",", ":"), ensure_ascii=False).encode(), 1)
        counts = {"added": len(added), "removed": len(removed), "changes": packed}
        with self._database.transaction():
            self._database.change(_ADD, version | counts)
            return int(self._database.value(_NUMBER, (version["name"],)))

    def versions(self, name: str, *, before: int = BEFORE_NONE, limit: int = 100) -> list[dict[str, Any]]:
        """Return the changes of a list, the newest first, without their lines."""
        return [dict(row) for row in self._database.rows(_VERSIONS, (name, before, limit))]

    def version(self, name: str, number: int) -> tuple[dict[str, Any], Rows, Rows] | None:
        """Return one change with the lines that came and those that went; None where it is not there."""
        row = self._database.row(_CHANGES, (name, number))
        if row is None:
            return None
        fields = dict(row)
        added, removed = json.loads(zlib.decompress(fields.pop("changes")))
        return fields, added, removed

    def alerts_since(self, from_ms: int, limit: int) -> list[dict[str, Any]]:
        """Return heard alerts that were raised then or later (event time), the newest first."""
        rows = self._database.rows(_ALERTS, (from_ms, limit))
        return [dict(row) | {"event_ids": json.loads(row["event_ids"])} for row in rows]

    def newest_event_ms(self) -> int | None:
        """Return the time of the newest event of the history; None where there is none."""
        found = self._database.value(_NEWEST)
        return None if found is None else int(found)
