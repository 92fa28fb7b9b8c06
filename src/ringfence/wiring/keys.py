"""API keys made: 256 random bits that are shown once."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import blake2b
from time import monotonic
from typing import Any, Final

from ringfence.events.clock import Clock
from ringfence.stores.key_store import digest_of
from ringfence.wiring.workplace import Workplace

PREFIX: Final = "rfk_"
KEPT_S: Final = 2.0  # that a key is taken without another look
MOST_KEPT: Final = 1_000


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


class KeyCache:
    """Remembers for a moment who showed which key, for requests that cannot wait for the store.

    A key that was revoked is taken for so long (`KEPT_S`) where it was used just before.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._known: OrderedDict[bytes, tuple[float, Any]] = OrderedDict()

    def get(self, shown: bytes) -> Any:
        """Return whose key it is; None where that is not remembered."""
        until, who = self._known.get(blake2b(shown, digest_size=16).digest(), (0.0, None))
        return who if self._now() < until else None

    def put(self, shown: bytes, who: Any) -> None:
        """Remember whose key it is."""
        digest = blake2b(shown, digest_size=16).digest()
        self._known[digest] = (self._now() + KEPT_S, who)
        self._known.move_to_end(digest)
        while len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)


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
