"""API keys in a table: what a program shows instead of a password. Only a digest of the secret part is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from ringfence.stores.database import Database

_ADD: Final = """INSERT INTO api_key
        (key_id, name, digest, permissions, tenant, owner, created_at_ms, expires_at_ms)
    VALUES (:key_id, :name, :digest, :permissions, :tenant, :owner, :created_at_ms, :expires_at_ms)"""
_BY_ID: Final = "SELECT * FROM api_key WHERE key_id = ?"
_LIST: Final = "SELECT * FROM api_key WHERE ? IS NULL OR tenant = ? ORDER BY created_at_ms, key_id"
_REVOKE: Final = "UPDATE api_key SET revoked_at_ms = ? WHERE key_id = ? AND revoked_at_ms IS NULL"


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret: it has 256 random bits, so a plain hash cannot be turned back."""
    return sha256(secret.encode()).digest()


class KeyStore:
    """Keeps API keys, revoked ones too. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        key_id: str,
        secret: str,
        *,
        name: str,
        permissions: Iterable[str],
        tenant: str | None,
        owner: str,
        at_ms: int,
        expires_at_ms: int | None,
    ) -> None:
        """Keep a key: the digest of its secret, and what it may do."""
        row = {
            "key_id": key_id,
            "name": name,
            "digest": digest_of(secret),
            "permissions": json.dumps(sorted(permissions)),
            "tenant": tenant,
            "owner": owner,
            "created_at_ms": at_ms,
            "expires_at_ms": expires_at_ms,
        }
        self._database.change(_ADD, row)

    def get(self, key_id: str) -> dict[str, Any] | None:
        """Return a key with its digest; None if there is none."""
        row = self._database.row(_BY_ID, (key_id,))
        return _key(dict(row)) if row else None

    def list(self, tenant: str | None = None) -> list[dict[str, Any]]:
        """Return the keys of a tenant, or all, oldest first, without their digests."""
        found = (_key(dict(row)) for row in self._database.rows(_LIST, (tenant, tenant)))
        return [{name: value for name, value in key.items() if name != "digest"} for key in found]

    def revoke(self, key_id: str, at_ms: int) -> bool:
        """End a key; return whether it was in force."""
        return self._database.change(_REVOKE, (at_ms, key_id)) == 1


def _key(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"permissions": json.loads(row["permissions"])}
