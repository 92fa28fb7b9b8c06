"""Webhooks: what they are told of which changes, and their secrets."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ringfence.connectors.safe_http import Resolve, SafeHttp, resolved
from ringfence.connectors.webhooks import new_secret
from ringfence.events.errors import FILE_DAMAGED, DependencyError
from ringfence.events.masking import shown_to
from ringfence.settings import Settings
from ringfence.stores.alert_queue import AlertQueue
from ringfence.stores.webhook_store import STATES
from ringfence.wiring.alerting.filtering import read_filter
from ringfence.wiring.secrets_of_home import FILE_NAME, Secret
from ringfence.wiring.streaming_changes import Item
from ringfence.wiring.workplace import Workplace

__all__ = [
    "KINDS", "MOST_WEBHOOKS", "ROTATION_MS", "STATES", "TEST", "Sealer",
    "body_of", "fitting", "matches", "message_id", "new_secret", "safe_http",
]  # fmt: skip

KINDS: Final = ("alert.raised", "alert.changed", "shadow.raised", "shadow.changed")
TEST: Final = "webhook.test"
ROTATION_MS: Final = 24 * 3_600_000  # that the secret before the last stays valid
MOST_WEBHOOKS: Final = 100  # of one tenant


def safe_http(settings: Settings, resolve: Resolve = resolved) -> SafeHttp:
    """Return what sends to addresses that people name, within what the settings allow."""
    return SafeHttp(settings.webhooks.allow_private, resolve)


class Sealer:
    """Keeps the secrets of webhooks: the database alone tells nobody what messages are signed with."""

    def __init__(self, secret: Secret) -> None:
        self._siv = AESSIV(secret.key("webhook secrets", 64))

    def seal(self, webhook_id: str, secret: str) -> bytes:
        """Return a secret as it is kept."""
        return self._siv.encrypt(secret.encode(), [webhook_id.encode()])

    def keys(self, webhook: dict[str, Any], now_ms: int) -> list[str]:
        """Return the secrets that are valid now, the newest first.

        Raises:
            DependencyError: they were sealed by the secret of another home folder (RF4017).
        """
        kept = [webhook["secret"]]
        if webhook["secret_before"] and now_ms < (webhook["before_until_ms"] or 0):
            kept.append(webhook["secret_before"])
        try:
            return [self._siv.decrypt(one, [webhook["webhook_id"].encode()]).decode() for one in kept]
        except InvalidTag:
            cure = f"Put the {FILE_NAME} back that belongs to this database, or make new secrets."
            raise DependencyError(FILE_DAMAGED, "the secrets of webhooks cannot be opened", cure=cure) from None


def matches(webhook: dict[str, Any], item: Item) -> bool:
    """Return whether a change came after a webhook, is its tenant's, and of what it asked for by name."""
    if item.seq <= webhook["from_seq"] or item.kind not in webhook["kinds"]:
        return False
    if webhook["tenant"] is not None and webhook["tenant"] != item.tenant:
        return False
    alert = item.document
    return all(
        not wanted or alert.get(name) in wanted
        for name, wanted in (("fraud", webhook["frauds"]), ("severity", webhook["severities"]))
    )


def fitting(place: Workplace, webhook: dict[str, Any], items: Sequence[Item], secret: Secret) -> list[Item]:
    """Return the changes that a webhook is told of, in order; its filter asks for the present state of alerts.

    Raises:
        WrittenFileError: the filter cannot be used any more (RF7020).
    """
    found = [item for item in items if matches(webhook, item)]
    if not webhook["filter"] or not found:
        return found
    where = read_filter(webhook["filter"], secret.entity, of_queue=False).where(None, tenant_too=False)
    fit = AlertQueue(place.database).among({item.subject for item in found}, where)
    return [item for item in found if item.subject in fit]


def message_id(webhook_id: str, cause: str) -> str:
    """Return the name of a message: of its cause, so that it is the same however often it is made."""
    return "msg_" + blake2b(f"{webhook_id}\n{cause}".encode(), digest_size=16).hexdigest()


def body_of(kind: str, at_ms: int, data: dict[str, Any], secret: Secret, *, reveals: bool) -> bytes:
    """Return the body of a message: what happened, when, and the present state of what it speaks of."""
    at = dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    shown = shown_to(data, secret.reference, reveals=reveals)
    return json.dumps({"type": kind, "timestamp": at, "data": shown}, separators=(",", ":")).encode()
