"""The queue: what people decided, pages that hold still, jobs over many alerts, saved views.

`alert_moved` keeps the expected loss that an alert had before each change of it, so that a walk through the queue may
go on in the order that it began with; the last half million are kept. A watched alert that was closed is opened again
by the database itself, in the transaction that extends its episode beyond what was seen when it was closed.
`decided_seq` is the number of the last change of an alert that was no doing of its episode.
"""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations.step import Migration
from ringfence.stores.migrations.step_3 import NOW_MS

KEPT_MOVES: Final = 500_000
NEXT_CHANGE: Final = "ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0) + 1"
_CHANGED: Final = (
    "episode_end_ms", "events", "matches", "score", "severity", "money_micros", "money_per_hour_micros", "status",
    "suppressed_by", "decided_by", "decided_at_ms", "note", "decided_seq",
)  # fmt: skip
_OLD, _NEW = (", ".join(f"{side}.{name}" for name in _CHANGED) for side in ("OLD", "NEW"))

STEP: Final = Migration(
    5,
    "add",
    (
        "ALTER TABLE alert ADD COLUMN disposition TEXT",
        "ALTER TABLE alert ADD COLUMN disposition_reason TEXT",
        "ALTER TABLE alert ADD COLUMN assignee TEXT",
        "ALTER TABLE alert ADD COLUMN watched INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE alert ADD COLUMN reviewed INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE alert ADD COLUMN seen_end_ms INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE alert ADD COLUMN seen_matches INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE alert ADD COLUMN decided_seq INTEGER NOT NULL DEFAULT 0",
        """UPDATE alert SET disposition = iif(status = 'confirmed', 'fraud', 'not_fraud'), reviewed = 1
            WHERE status IN ('confirmed', 'dismissed')""",
        "DROP TRIGGER alert_changed",
        f"""CREATE TRIGGER alert_changed AFTER UPDATE ON alert WHEN ({_OLD}) IS NOT ({_NEW})
            BEGIN INSERT INTO change (at_ms, kind, tenant, subject)
            VALUES ({NOW_MS}, iif(NEW.shadow, 'shadow.changed', 'alert.changed'), NEW.tenant, NEW.alert_id); END""",  # noqa: S608 - constants
        # every column that a filter may name, in the order of the queue: a page reads this and never a whole alert
        """CREATE INDEX alert_by_loss ON alert (expected_loss_micros DESC, alert_id, shadow, status, tenant, fraud,
            severity, score, money_micros, assignee, detector, entity_kind, reviewed, watched, raised_at_ms,
            disposition, decided_seq, money_per_hour_micros, events, matches, episode_start_ms, episode_end_ms,
            revision, currency, decided_by, decided_at_ms, disposition_reason, suppressed_by, entity)""",
        """CREATE INDEX alert_by_time ON alert (raised_at_ms DESC, alert_id, shadow, status, tenant, fraud, severity,
            assignee, detector)""",
        "CREATE INDEX alert_facets ON alert (shadow, status, fraud, severity, detector, assignee, tenant)",
        """CREATE TABLE alert_moved (
            move_id INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL,
            expected_loss_micros INTEGER NOT NULL) STRICT""",
        "CREATE INDEX alert_moved_alert ON alert_moved (alert_id, move_id)",
        "CREATE INDEX alert_moved_loss ON alert_moved (expected_loss_micros DESC, alert_id, move_id)",
        f"""CREATE TRIGGER alert_moves AFTER UPDATE OF expected_loss_micros ON alert
            WHEN NEW.expected_loss_micros <> OLD.expected_loss_micros BEGIN
            INSERT INTO alert_moved (alert_id, expected_loss_micros) VALUES (OLD.alert_id, OLD.expected_loss_micros);
            DELETE FROM alert_moved WHERE move_id <= last_insert_rowid() - {KEPT_MOVES}; END""",  # noqa: S608 - constants
        """CREATE TABLE alert_woken (
            alert_id TEXT NOT NULL, at_ms INTEGER NOT NULL, status TEXT NOT NULL, reviewed INTEGER NOT NULL,
            decided_seq INTEGER NOT NULL, matches INTEGER NOT NULL) STRICT""",
        "CREATE INDEX alert_woken_alert ON alert_woken (alert_id)",
        f"""CREATE TRIGGER alert_wakes AFTER UPDATE OF episode_end_ms, matches ON alert
            WHEN NEW.watched AND NEW.status IN ('confirmed', 'dismissed')
                AND (NEW.episode_end_ms > NEW.seen_end_ms OR NEW.matches > NEW.seen_matches) BEGIN
            INSERT INTO alert_woken (alert_id, at_ms, status, reviewed, decided_seq, matches)
            VALUES (NEW.alert_id, {NOW_MS}, NEW.status, NEW.reviewed, NEW.decided_seq, NEW.matches);
            UPDATE alert SET status = 'open', reviewed = 0, decided_seq = {NEXT_CHANGE}
            WHERE alert_id = NEW.alert_id; END""",  # noqa: S608 - constants
        "ALTER TABLE suppression ADD COLUMN tenant TEXT",
        """CREATE TABLE job (
            number INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL UNIQUE, tenant TEXT, by TEXT NOT NULL,
            filter TEXT NOT NULL, change TEXT NOT NULL, state TEXT NOT NULL, created_at_ms INTEGER NOT NULL,
            finished_at_ms INTEGER, undo_until_ms INTEGER, undone_by TEXT) STRICT""",
        "CREATE INDEX job_unfinished ON job (number) WHERE state IN ('running', 'undoing')",
        """CREATE TABLE job_item (
            job INTEGER NOT NULL, item INTEGER NOT NULL, alert_id TEXT NOT NULL, state TEXT NOT NULL, why TEXT,
            seen_seq INTEGER NOT NULL, before TEXT, PRIMARY KEY (job, item)) STRICT, WITHOUT ROWID""",
        "CREATE INDEX job_item_state ON job_item (job, state, item)",
        """CREATE TABLE saved_view (
            view_id TEXT PRIMARY KEY, tenant TEXT, owner TEXT NOT NULL, name TEXT NOT NULL, filter TEXT NOT NULL,
            sort TEXT NOT NULL, shared INTEGER NOT NULL, created_at_ms INTEGER NOT NULL,
            changed_at_ms INTEGER NOT NULL, UNIQUE (owner, name)) STRICT""",
    ),
)
