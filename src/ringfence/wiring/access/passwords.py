"""Passwords: argon2id, a bound on how many are checked at a time, and the same work for names that are unknown."""

from __future__ import annotations

import secrets
import unicodedata
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ringfence.events.errors import BUSY, WEAK_PASSWORD, DependencyError, UsageError

LEAST: Final = 12  # characters
MOST: Final = 256
_LEAST_KINDS: Final = 5  # different characters
_MEMORY_KIB: Final = 32 << 10
_PASSES: Final = 3  # with the memory above: 60 ms of a core of 2.5 GHz
_AT_A_TIME: Final = 2
_WAITING: Final = 8  # at most: who waits keeps a thread
_WAIT_S: Final = 5.0


class Passwords:
    """Hashes passwords and checks them."""

    def __init__(self, memory_kib: int = _MEMORY_KIB, passes: int = _PASSES) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._turns = _Turns()
        self._nobodys = ""  # the hash of a password that nobody has

    def hash(self, password: str) -> str:
        """Return what is kept of a password.

        Raises:
            DependencyError: too many are being checked (RF7016).
        """
        with self._turns:
            return self._hasher.hash(_plain(password))

    def agree(self, encoded: str | None, password: str) -> bool:
        """Return whether a password is the one that was kept; with nothing kept, the same work is done for nothing.

        Raises:
            DependencyError: too many are being checked (RF7016).
        """
        with self._turns:
            if not self._nobodys:
                self._nobodys = self._hasher.hash(secrets.token_urlsafe())
            try:
                self._hasher.verify(encoded or self._nobodys, _plain(password)[: MOST * 4])
            except (VerificationError, InvalidHashError):
                return False
        return encoded is not None

    def is_dated(self, encoded: str) -> bool:
        """Return whether a hash was made with other costs than are usual now."""
        return self._hasher.check_needs_rehash(encoded)


class _Turns:
    """Lets few in at a time, and few wait."""

    def __init__(self) -> None:
        self._waiting = BoundedSemaphore(_WAITING)
        self._working = BoundedSemaphore(_AT_A_TIME)

    def __enter__(self) -> None:
        if not self._waiting.acquire(blocking=False):
            raise DependencyError(BUSY, "too many passwords are being checked")
        try:
            if not self._working.acquire(timeout=_WAIT_S):
                raise DependencyError(BUSY, "too many passwords are being checked")
        finally:
            self._waiting.release()

    def __exit__(self, *_: object) -> None:
        self._working.release()


def check_new(password: str, name: str) -> None:
    """Let a new password pass only if it is not among the first that somebody would try.

    Raises:
        UsageError: it is too short, too long, too plain, or the name (RF7028).
    """
    plain, name = _plain(password), _plain(name).casefold()
    if not LEAST <= len(plain) <= MOST:
        raise UsageError(WEAK_PASSWORD, f"a password of {len(plain)} characters", expected=f"{LEAST} to {MOST}")
    if len(set(plain)) < _LEAST_KINDS:
        raise UsageError(WEAK_PASSWORD, "the password repeats a few characters")
    folded = plain.casefold()
    rest = folded.replace(name, "").replace(name.partition("@")[0], "")
    if len(rest) < LEAST // 2 and rest != folded:
        raise UsageError(WEAK_PASSWORD, "the password is the name, or little more")
    if "ringfence" in folded and len(folded) < len("ringfence") + LEAST // 2:
        raise UsageError(WEAK_PASSWORD, "the password is the product's name, or little more")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
