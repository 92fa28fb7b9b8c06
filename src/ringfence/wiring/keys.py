"""API keys made: 256 random bits that are shown once."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from typing import Any, Final

from ringfence.events.clock import Clock
from ringfence.stores.key_store import digest_of
from ringfence.wiring.workplace import Workplace

PREFIX: Final = "rfk_"


def make_key(
    place: Workplace,
    clock: Clock,
    *,
    name: str,
    permissions: Iterable[str],
    tenant: str | None,
    owner: str,
    expires_at_ms: int | None = None,
) -> str:
    """Keep a new API key and return it: it is never to be seen again."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    place.keys.add(
        key_id,
        secret,
        name=name,
        permissions=permissions,
        tenant=tenant,
        owner=owner,
        at_ms=clock.now_ms(),
        expires_at_ms=expires_at_ms,
    )
    return f"{PREFIX}{key_id}_{secret}"


def key_in_force(place: Workplace, token: str, now_ms: int) -> dict[str, Any] | None:
    """Return the key that a token is, or None where it is none, is not known, has ended or was revoked."""
    if not token.startswith(PREFIX):
        return None
    key_id, _, secret = token.removeprefix(PREFIX).partition("_")
    key = place.keys.get(key_id)
    if key is None or not hmac.compare_digest(key["digest"], digest_of(secret)):
        return None
    expires = key["expires_at_ms"]
    is_over = key["revoked_at_ms"] is not None or (expires is not None and expires <= now_ms)
    return None if is_over else key
