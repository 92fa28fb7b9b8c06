"""Changes in the order in which they were committed, sources and their tenants, answers that may be asked for again.

The triggers see every change of an alert, whoever makes it: a run, a command or a request.
"""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations.step import Migration

NOW_MS: Final = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"

STEP: Final = Migration(
    3,
    "add",
    (
        """CREATE TABLE change (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, tenant TEXT,
            subject TEXT NOT NULL, body TEXT) STRICT""",
        f"""CREATE TRIGGER alert_raised AFTER INSERT ON alert BEGIN
            INSERT INTO change (at_ms, kind, tenant, subject)
            VALUES ({NOW_MS}, iif(NEW.shadow, 'shadow.raised', 'alert.raised'), NEW.tenant, NEW.alert_id); END""",  # noqa: S608 - constants
        f"""CREATE TRIGGER alert_changed AFTER UPDATE ON alert
            WHEN (OLD.episode_end_ms, OLD.events, OLD.matches, OLD.score, OLD.severity, OLD.money_micros,
                OLD.money_per_hour_micros, OLD.status, OLD.suppressed_by, OLD.decided_by, OLD.decided_at_ms, OLD.note)
            IS NOT (NEW.episode_end_ms, NEW.events, NEW.matches, NEW.score, NEW.severity, NEW.money_micros,
                NEW.money_per_hour_micros, NEW.status, NEW.suppressed_by, NEW.decided_by, NEW.decided_at_ms, NEW.note)
            BEGIN INSERT INTO change (at_ms, kind, tenant, subject)
            VALUES ({NOW_MS}, iif(NEW.shadow, 'shadow.changed', 'alert.changed'), NEW.tenant, NEW.alert_id); END""",  # noqa: S608 - constants
        """CREATE TABLE api_key (
            key_id TEXT PRIMARY KEY, name TEXT NOT NULL, digest BLOB NOT NULL, permissions TEXT NOT NULL,
            tenant TEXT, owner TEXT NOT NULL, created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER,
            revoked_at_ms INTEGER) STRICT""",
        """CREATE TABLE audit (
            seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, tenant TEXT, by TEXT NOT NULL, action TEXT NOT NULL,
            subject TEXT NOT NULL, detail TEXT NOT NULL, digest BLOB NOT NULL) STRICT""",
        """CREATE TABLE source (source TEXT PRIMARY KEY, tenant TEXT) STRICT""",
        """CREATE TABLE answer (
            scope TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, at_ms INTEGER NOT NULL,
            status INTEGER, headers TEXT, body BLOB, PRIMARY KEY (scope, key)) STRICT, WITHOUT ROWID""",
    ),
)
