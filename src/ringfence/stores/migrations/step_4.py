"""People, sessions and what proves who they are."""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations.step import Migration

STEP: Final = Migration(
    4,
    "add",
    (
        """CREATE TABLE person (
            person_id TEXT PRIMARY KEY, name TEXT NOT NULL, folded TEXT NOT NULL UNIQUE, role TEXT NOT NULL,
            tenant TEXT, password TEXT, needs_totp INTEGER NOT NULL, totp BLOB, totp_pending BLOB,
            totp_step INTEGER, issuer TEXT, subject TEXT, created_by TEXT NOT NULL, created_at_ms INTEGER NOT NULL,
            signed_in_at_ms INTEGER, disabled_at_ms INTEGER, UNIQUE (issuer, subject)) STRICT""",
        """CREATE TABLE recovery_code (
            person_id TEXT NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (person_id, digest)) STRICT, WITHOUT ROWID""",
        """CREATE TABLE link (
            digest BLOB PRIMARY KEY, person_id TEXT, created_at_ms INTEGER NOT NULL,
            expires_at_ms INTEGER NOT NULL) STRICT""",
        """CREATE TABLE session (
            digest BLOB PRIMARY KEY, session_id TEXT NOT NULL UNIQUE, person_id TEXT NOT NULL, via TEXT NOT NULL,
            address TEXT NOT NULL, agent TEXT NOT NULL, created_at_ms INTEGER NOT NULL,
            seen_at_ms INTEGER NOT NULL) STRICT""",
        "CREATE INDEX session_of_person ON session (person_id, created_at_ms)",
        """CREATE TABLE sign_in (
            digest BLOB PRIMARY KEY, browser BLOB NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL,
            back_to TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT""",
    ),
)
