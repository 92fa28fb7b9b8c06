"""Sign-in with a password and, where it is turned on, a code; and the sessions that come of it.

A session is 256 random bits in a cookie, kept as a digest. It ends twelve hours after it was last used, a week after
it began, or when it is ended. Its id is new at each sign-in.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ringfence.stores.people_store import PeopleStore
from ringfence.wiring.access import totp
from ringfence.wiring.access.people import people_of, sessions_of
from ringfence.wiring.secrets_of_home import Secret
from ringfence.wiring.workplace import Workplace

IDLE_MS: Final = 12 * 3_600_000
ABSOLUTE_MS: Final = 7 * 24 * 3_600_000
SEEN_EVERY_MS: Final = 60_000  # a session in use is not written down more often
_MOST_AGENT: Final = 200  # characters
_NONCE: Final = 12


class Browser(NamedTuple):
    """Where a sign-in comes from, for its owner to know it again."""

    address: str
    agent: str


class NewSession(NamedTuple):
    """What a browser is given, and the name of the session, which is no secret."""

    cookie: str
    session_id: str


def open_session(place: Workplace, person_id: str, via: str, browser: Browser, now_ms: int) -> NewSession:
    """Open a session of a person; sessions that have ended by time are forgotten."""
    cookie, session_id = secrets.token_urlsafe(32), secrets.token_hex(8)
    sessions = sessions_of(place)
    sessions.forget(now_ms - IDLE_MS, now_ms - ABSOLUTE_MS)
    sessions.add(
        {
            "digest": _digest(cookie),
            "session_id": session_id,
            "person_id": person_id,
            "via": via,
            "address": browser.address,
            "agent": browser.agent[:_MOST_AGENT],
            "at_ms": now_ms,
        }
    )
    people_of(place).signed_in(person_id, now_ms)
    return NewSession(cookie, session_id)


def session_in_force(place: Workplace, cookie: str, now_ms: int) -> dict[str, Any] | None:
    """Return the session of a cookie with its person; None where it has ended or never was."""
    return sessions_of(place).find(_digest(cookie), now_ms - IDLE_MS, now_ms - ABSOLUTE_MS)


def is_to_be_noted(session: Mapping[str, Any], now_ms: int) -> bool:
    """Return whether it is to be written down that a session is in use."""
    return bool(now_ms - session["seen_at_ms"] >= SEEN_EVERY_MS)


def sessions_in_force(place: Workplace, person_id: str, now_ms: int) -> list[dict[str, Any]]:
    """Return the sessions of a person, the newest first, each with when it ends if it is not used."""
    found = sessions_of(place).list(person_id, now_ms - IDLE_MS, now_ms - ABSOLUTE_MS)
    return [
        one | {"expires_at_ms": min(one["seen_at_ms"] + IDLE_MS, one["created_at_ms"] + ABSOLUTE_MS)} for one in found
    ]


def request_token(secret: Secret, cookie: str) -> str:
    """Return what a page of ours shows besides the cookie, and a page of others cannot know."""
    return hmac.digest(secret.key("forged requests"), cookie.encode(), sha256).hex()


class SecondFactor:
    """The TOTP secrets of people, sealed so that the database alone tells nobody a code."""

    def __init__(self, secret: Secret) -> None:
        self._cipher = AESGCM(secret.key("totp secrets"))

    def seal(self, person_id: str, secret: bytes) -> bytes:
        """Return a secret as it is kept."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, person_id.encode())

    def open(self, person_id: str, sealed: bytes) -> bytes:
        """Return a secret that was sealed."""
        return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], person_id.encode())

    def passes(self, people: PeopleStore, person: Mapping[str, Any], code: str, now_ms: int) -> bool:
        """Return whether a code, of an app or for recovery, is good now; a good one is used up."""
        person_id = person["person_id"]
        code = code.strip()
        if code.isascii() and code.isdecimal():
            step = totp.step_of(self.open(person_id, person["totp"]), code, now_ms)
            return step is not None and people.use_step(person_id, step)
        return people.use_code(person_id, totp.recovery_digest(code))

    def begin(self, people: PeopleStore, person_id: str) -> bytes:
        """Keep a new secret that waits to be confirmed, and return it."""
        secret = totp.new_secret()
        people.begin_totp(person_id, self.seal(person_id, secret))
        return secret

    def confirm(self, people: PeopleStore, person: Mapping[str, Any], code: str, now_ms: int) -> list[str] | None:
        """Put the secret that waits in force and return recovery codes; None where the code is none of it."""
        if person["totp_pending"] is None:
            return None
        step = totp.step_of(self.open(person["person_id"], person["totp_pending"]), code.strip(), now_ms)
        if step is None:
            return None
        codes = totp.new_recovery_codes()
        people.confirm_totp(person["person_id"], step, map(totp.recovery_digest, codes))
        return codes


def _digest(cookie: str) -> bytes:
    return sha256(cookie.encode()).digest()
