"""Webhooks and their deliveries.

A secret is kept encrypted. `change_read` has one row: the change up to which deliveries were written.
"""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations.step import Migration

STEP: Final = Migration(
    8,
    "add",
    (
        """CREATE TABLE webhook (
            webhook_id TEXT PRIMARY KEY, tenant TEXT, url TEXT NOT NULL, description TEXT NOT NULL,
            kinds TEXT NOT NULL, frauds TEXT NOT NULL, severities TEXT NOT NULL, filter TEXT NOT NULL,
            reveals INTEGER NOT NULL, enabled INTEGER NOT NULL, disabled_because TEXT, created_by TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL, from_seq INTEGER NOT NULL, secret BLOB NOT NULL, secret_before BLOB,
            before_until_ms INTEGER, failures INTEGER NOT NULL, paused_until_ms INTEGER NOT NULL) STRICT""",
        """CREATE TABLE delivery (
            delivery_id INTEGER PRIMARY KEY AUTOINCREMENT, webhook_id TEXT NOT NULL, message_id TEXT NOT NULL,
            seq INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, body BLOB NOT NULL, state TEXT NOT NULL,
            created_at_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, since_ms INTEGER NOT NULL,
            next_at_ms INTEGER NOT NULL, done_at_ms INTEGER, UNIQUE (webhook_id, message_id)) STRICT""",
        "CREATE INDEX delivery_due ON delivery (webhook_id, delivery_id) WHERE state = 'waiting'",
        "CREATE INDEX delivery_waiting ON delivery (webhook_id, subject) WHERE state = 'waiting'",
        "CREATE INDEX delivery_of ON delivery (webhook_id, state, delivery_id)",
        "CREATE INDEX delivery_done ON delivery (done_at_ms) WHERE done_at_ms IS NOT NULL",
        """CREATE TABLE delivery_attempt (
            delivery_id INTEGER NOT NULL, attempt INTEGER NOT NULL, at_ms INTEGER NOT NULL, ms INTEGER NOT NULL,
            status INTEGER, error TEXT, PRIMARY KEY (delivery_id, attempt)) STRICT, WITHOUT ROWID""",
        "CREATE TABLE change_read (reader TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    ),
)
