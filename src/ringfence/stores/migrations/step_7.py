"""Rules and lists with their versions, proposals that wait for a second person, counters by day.

What was counted before there were days lies on `NO_DAY`: the days of a source add up to its totals from the beginning.
"""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations.step import Migration

NO_DAY: Final = -1

STEP: Final = Migration(
    7,
    "add",
    (
        """CREATE TABLE rule_version (
            rule_id TEXT NOT NULL, version INTEGER NOT NULL, at_ms INTEGER NOT NULL, by TEXT NOT NULL,
            approved_by TEXT, reason TEXT NOT NULL, act TEXT NOT NULL, revision INTEGER NOT NULL, status TEXT NOT NULL,
            text TEXT, PRIMARY KEY (rule_id, version)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE rule_proposal (
            number INTEGER PRIMARY KEY AUTOINCREMENT, proposal_id TEXT NOT NULL UNIQUE, rule_id TEXT NOT NULL,
            act TEXT NOT NULL, text TEXT, seen TEXT NOT NULL, by TEXT NOT NULL, at_ms INTEGER NOT NULL,
            reason TEXT NOT NULL, state TEXT NOT NULL, decided_by TEXT, decided_at_ms INTEGER,
            decision TEXT) STRICT""",
        "CREATE INDEX rule_proposal_waiting ON rule_proposal (rule_id) WHERE state = 'waiting'",
        """CREATE TABLE list_version (
            name TEXT NOT NULL, version INTEGER NOT NULL, at_ms INTEGER NOT NULL, by TEXT NOT NULL,
            reason TEXT NOT NULL, act TEXT NOT NULL, added INTEGER NOT NULL, removed INTEGER NOT NULL,
            changes BLOB NOT NULL, PRIMARY KEY (name, version)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE counter_day (
            source TEXT NOT NULL, day INTEGER NOT NULL, received INTEGER NOT NULL, accepted INTEGER NOT NULL,
            duplicate INTEGER NOT NULL, rejected INTEGER NOT NULL, late INTEGER NOT NULL, shed INTEGER NOT NULL,
            PRIMARY KEY (source, day)) STRICT, WITHOUT ROWID""",
        f"""INSERT INTO counter_day (source, day, received, accepted, duplicate, rejected, late, shed)
            SELECT source, {NO_DAY}, received, accepted, duplicate, rejected, late, shed FROM counter""",  # noqa: S608 - constants
        "ALTER TABLE suspense ADD COLUMN received_day INTEGER",
        "CREATE INDEX suspense_state ON suspense (state)",
        "CREATE INDEX suspense_day ON suspense (source, received_day)",
    ),
)
