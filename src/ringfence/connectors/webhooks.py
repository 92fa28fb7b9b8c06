"""Webhooks out, by the Standard Webhooks scheme.

Delivery guarantees: at least once. A message keeps its `webhook-id` however often it is sent: a receiver that keeps
the ids that it has seen handles each once.

References:
    standard-webhooks (2023), Specification 1.0: symmetric signatures (v1), HMAC-SHA256.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ringfence.connectors.safe_http import SafeHttp
from ringfence.events.clock import Clock
from ringfence.events.errors import RingfenceError

SECRET_BYTES: Final = 32
_PREFIX: Final = "whsec_"


def new_secret() -> str:
    """Return a secret to sign with, as its receiver is told it."""
    return _PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, at_s: int, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 over `id.timestamp.body`."""
    key = b64decode(secret.removeprefix(_PREFIX))
    signed = hmac.digest(key, f"{message_id}.{at_s}.".encode() + body, sha256)
    return f"v1,{b64encode(signed).decode()}"


def headers_of(message_id: str, at_s: int, body: bytes, keys: Iterable[str], agent: str) -> dict[str, str]:
    """Return the headers of a message, signed with each secret that is valid."""
    return {
        "Content-Type": "application/json",
        "User-Agent": agent,
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(signature(key, message_id, at_s, body) for key in keys),
    }


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to send."""

    number: int
    message_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Sending:
    """What came of sending it: a status, or why there is none. Nothing of what the receiver said is kept."""

    number: int
    at_ms: int
    ms: int
    status: int | None
    error: str | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300


async def send_all(
    http: SafeHttp, url: str, keys: Sequence[str], messages: Iterable[Message], clock: Clock, agent: str
) -> AsyncGenerator[Sending, None]:
    """Send messages to one receiver, one after the other; give what came of each, and stop after the first failure."""
    async with http.connections() as transport:
        for message in messages:
            at_ms = clock.now_ms()
            headers = headers_of(message.message_id, at_ms // 1000, message.body, keys, agent)
            try:
                reply = await http.send(transport, "POST", url, headers, message.body, None)
            except RingfenceError as error:
                yield Sending(
                    message.number, at_ms, max(clock.now_ms() - at_ms, 0), None, f"{error.code}: {error.what}"
                )
                return
            sending = Sending(message.number, at_ms, reply.ms, reply.status)
            yield sending
            if not sending.is_taken:
                return
