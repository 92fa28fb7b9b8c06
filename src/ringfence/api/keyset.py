"""Cursors: where a page of a list ended, sealed, so that nobody can make one up or use it for another question."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from hmac import compare_digest
from typing import Any, Final

from ringfence.api.problems import ApiError
from ringfence.events.errors import BAD_CURSOR
from ringfence.wiring.house import House

_SEAL: Final = 16  # bytes
MOST: Final = 2_000  # characters


class Keyset:
    """The cursors of one question: its route, who asks, and what was asked."""

    def __init__(self, house: House, *question: object) -> None:
        self._key = house.secret.key("keyset")
        self._question = json.dumps(question, default=str).encode()

    def after(self, *place: Any) -> str:
        """Return the cursor of the page after a place."""
        said = json.dumps(place, separators=(",", ":")).encode()
        return urlsafe_b64encode(self._seal(said) + said).decode().rstrip("=")

    def place(self, cursor: str | None) -> list[Any] | None:
        """Return the place that a cursor stands for; None where there is none.

        Raises:
            ApiError: it is no cursor of this question (RF7013).
        """
        if cursor is None:
            return None
        try:
            content = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)) if len(cursor) <= MOST else b""
        except (ValueError, UnicodeEncodeError):
            content = b""
        seal, said = content[:_SEAL], content[_SEAL:]
        if not compare_digest(seal, self._seal(said)):
            raise ApiError(BAD_CURSOR, "this is no cursor of this list")
        found: list[Any] = json.loads(said)
        return found

    def _seal(self, said: bytes) -> bytes:
        return blake2b(self._question + b"\n" + said, key=self._key, digest_size=_SEAL).digest()
