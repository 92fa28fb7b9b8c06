"""One-time links: for the first administrator, for somebody who is invited, and for a password that is forgotten."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any, Final, NamedTuple

from ringfence.events.errors import NO_SUCH_NAME, UsageError
from ringfence.stores.people_store import PeopleStore

VALID_MS: Final = 24 * 3_600_000


class NewLink(NamedTuple):
    """The secret part of a link, shown once, and when it ends."""

    token: str
    expires_at_ms: int


def make_link(people: PeopleStore, person_id: str | None, now_ms: int) -> NewLink:
    """Keep a new link of a person, or of the first one (None); their links before it end."""
    token = secrets.token_urlsafe(32)
    people.add_link(_digest(token), person_id, now_ms, now_ms + VALID_MS)
    return NewLink(token, now_ms + VALID_MS)


def link_in_force(people: PeopleStore, token: str, now_ms: int) -> dict[str, Any]:
    """Return the link that a token belongs to.

    Raises:
        UsageError: it is not known, was used or has ended (RF1006).
    """
    found = people.link(_digest(token), now_ms)
    if found is None:
        raise UsageError(NO_SUCH_NAME, "this link is not known, was used or has ended", cure="Ask for a new one.")
    return found


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
