"""Cases: alerts that are looked at together, what people wrote and kept beside them, and what woke a watched one.

A watched case is opened again by triggers, in the transaction that raises or extends the alert: whoever writes it, and
however often the same state is written again after a crash, the case is opened once.
"""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations.step import Migration
from ringfence.stores.migrations.step_3 import NOW_MS

_REOPEN: Final = f"""UPDATE fraud_case SET status = 'open', changed_at_ms = {NOW_MS}
            WHERE status = 'watch' AND case_id IN
                (SELECT case_id FROM case_wake WHERE wake_id > ifnull(fraud_case.watched_from, 0)
                    AND alert_id = NEW.alert_id)"""  # noqa: S608 - constants

STEP: Final = Migration(
    6,
    "add",
    (
        """CREATE TABLE fraud_case (
            number INTEGER PRIMARY KEY AUTOINCREMENT, case_id TEXT NOT NULL UNIQUE, tenant TEXT, title TEXT NOT NULL,
            status TEXT NOT NULL, assignee TEXT, opened_by TEXT NOT NULL, opened_at_ms INTEGER NOT NULL,
            changed_at_ms INTEGER NOT NULL, merged_into TEXT, split_from TEXT, watched_from INTEGER) STRICT""",
        """CREATE INDEX fraud_case_status ON fraud_case (status, number)""",
        """CREATE INDEX fraud_case_merged ON fraud_case (merged_into) WHERE merged_into IS NOT NULL""",
        """CREATE TABLE case_alert (
            alert_id TEXT PRIMARY KEY, case_id TEXT NOT NULL, added_by TEXT NOT NULL, added_at_ms INTEGER NOT NULL,
            seen_end_ms INTEGER NOT NULL, seen_matches INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
        """CREATE INDEX case_alert_case ON case_alert (case_id)""",
        """CREATE TABLE case_comment (
            comment_id INTEGER PRIMARY KEY AUTOINCREMENT, case_id TEXT NOT NULL, by TEXT NOT NULL,
            at_ms INTEGER NOT NULL, text TEXT NOT NULL, mentions TEXT NOT NULL) STRICT""",
        """CREATE INDEX case_comment_case ON case_comment (case_id)""",
        """CREATE TABLE case_file (
            case_id TEXT NOT NULL, file_id TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL,
            folder TEXT NOT NULL, by TEXT NOT NULL, at_ms INTEGER NOT NULL,
            PRIMARY KEY (case_id, file_id)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE case_check (
            case_id TEXT NOT NULL, item TEXT NOT NULL, done_by TEXT NOT NULL, done_at_ms INTEGER NOT NULL,
            PRIMARY KEY (case_id, item)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE case_wake (
            wake_id INTEGER PRIMARY KEY AUTOINCREMENT, case_id TEXT NOT NULL, at_ms INTEGER NOT NULL,
            alert_id TEXT NOT NULL, why TEXT NOT NULL) STRICT""",
        """CREATE INDEX case_wake_case ON case_wake (case_id)""",
        """CREATE INDEX case_wake_alert ON case_wake (alert_id)""",
        """CREATE INDEX audit_subject ON audit (subject)""",
        f"""CREATE TRIGGER case_woken_by_extended AFTER UPDATE OF episode_end_ms, matches ON alert
            WHEN (NEW.episode_end_ms > OLD.episode_end_ms OR NEW.matches > OLD.matches)
                AND EXISTS (SELECT 1 FROM fraud_case WHERE status = 'watch')
            BEGIN
            INSERT INTO case_wake (case_id, at_ms, alert_id, why)
            SELECT c.case_id, {NOW_MS}, NEW.alert_id, 'extended' FROM case_alert a JOIN fraud_case c USING (case_id)
            WHERE a.alert_id = NEW.alert_id AND c.status = 'watch'
                AND (NEW.episode_end_ms > a.seen_end_ms OR NEW.matches > a.seen_matches);
            {_REOPEN}; END""",  # noqa: S608 - constants
        f"""CREATE TRIGGER case_woken_by_raised AFTER INSERT ON alert
            WHEN NOT NEW.shadow AND NEW.status = 'open' AND EXISTS (SELECT 1 FROM fraud_case WHERE status = 'watch')
            BEGIN
            INSERT INTO case_wake (case_id, at_ms, alert_id, why)
            SELECT DISTINCT c.case_id, {NOW_MS}, NEW.alert_id, 'raised'
            FROM fraud_case c JOIN case_alert a USING (case_id) JOIN alert known USING (alert_id)
            WHERE c.status = 'watch' AND known.entity = NEW.entity AND known.entity_kind = NEW.entity_kind
                AND known.tenant IS NEW.tenant;
            {_REOPEN}; END""",  # noqa: S608 - constants
    ),
)
