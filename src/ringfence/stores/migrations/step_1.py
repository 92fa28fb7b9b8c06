"""The first schema: checkpoints, alerts, suspense, suppressions."""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations.step import Migration

STEP: Final = Migration(
    1,
    "add",
    (
        """CREATE TABLE checkpoint (
            number INTEGER PRIMARY KEY, watermarks TEXT NOT NULL, versions TEXT NOT NULL) STRICT""",
        """CREATE TABLE state_file (
            name TEXT PRIMARY KEY, digest TEXT NOT NULL, checkpoint INTEGER NOT NULL) STRICT""",
        """CREATE TABLE position (
            source TEXT NOT NULL, file TEXT NOT NULL, position TEXT NOT NULL,
            PRIMARY KEY (source, file)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE counter (
            source TEXT PRIMARY KEY, received INTEGER NOT NULL, accepted INTEGER NOT NULL,
            duplicate INTEGER NOT NULL, rejected INTEGER NOT NULL, late INTEGER NOT NULL,
            shed INTEGER NOT NULL) STRICT""",
        """CREATE TABLE history_file (
            name TEXT PRIMARY KEY, day INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT NULL,
            from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, checkpoint INTEGER NOT NULL) STRICT""",
        """CREATE INDEX history_file_day ON history_file (day)""",
        """CREATE TABLE alert (
            alert_id TEXT PRIMARY KEY, tenant TEXT, detector TEXT NOT NULL, revision INTEGER NOT NULL,
            fraud TEXT NOT NULL, entity_kind TEXT NOT NULL, entity TEXT NOT NULL,
            episode_start_ms INTEGER NOT NULL, episode_end_ms INTEGER NOT NULL, raised_at_ms INTEGER NOT
            NULL, events INTEGER NOT NULL, matches INTEGER NOT NULL, score REAL NOT NULL, severity TEXT
            NOT NULL, money_micros INTEGER NOT NULL, money_per_hour_micros INTEGER NOT NULL, currency
            TEXT, expected_loss_micros INTEGER NOT NULL, shadow INTEGER NOT NULL, event_ids TEXT NOT NULL,
            reasons TEXT NOT NULL, status TEXT NOT NULL, suppressed_by TEXT,
            decided_by TEXT, decided_at_ms INTEGER, note TEXT) STRICT""",
        """CREATE INDEX alert_queue ON alert (expected_loss_micros DESC, alert_id)""",
        """CREATE INDEX alert_entity ON alert (entity)""",
        """CREATE TABLE outbox (
            outbox_id INTEGER PRIMARY KEY, sink TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
            checkpoint INTEGER NOT NULL, UNIQUE (sink, key)) STRICT""",
        """CREATE TABLE suspense (
            suspense_id TEXT PRIMARY KEY, source TEXT NOT NULL, place TEXT NOT NULL, raw BLOB NOT NULL,
            raw_bytes INTEGER NOT NULL, code TEXT NOT NULL, "column" TEXT, message TEXT NOT NULL,
            checkpoint INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 1,
            state TEXT NOT NULL DEFAULT 'new', edited BLOB, changed_by TEXT, changed_at_ms INTEGER) STRICT""",
        """CREATE INDEX suspense_source ON suspense (source, code)""",
        """CREATE TABLE suppression (
            suppression_id TEXT PRIMARY KEY, entity_kind TEXT NOT NULL, entity TEXT NOT NULL,
            target TEXT NOT NULL, owner TEXT NOT NULL, reason TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL, ends_at_ms INTEGER NOT NULL,
            ended_by TEXT, ended_at_ms INTEGER) STRICT""",
    ),
)
