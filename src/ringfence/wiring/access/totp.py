"""Codes of an authenticator app (RFC 6238), and codes for the day on which its phone is lost.

SHA-1, six digits, 30 s: what every app understands. A code of the step before or after the present one counts too, as
clocks differ; whoever keeps the person keeps the last step that was used, so that no code counts twice.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from hashlib import sha1, sha256
from typing import Final
from urllib.parse import quote

STEP_S: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20  # as many as SHA-1 gives (RFC 4226, section 4)
RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 10  # 80 bits: a digest of it cannot be turned back
_DRIFT: Final = 1  # steps


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """Return the code of a time step (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), sha1)
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, code: str, now_ms: int) -> int | None:
    """Return the time step that a code belongs to, if it is near; None if it is no code of now."""
    now = now_ms // (STEP_S * 1000)
    steps = range(now - _DRIFT, now + _DRIFT + 1)
    found = [step for step in steps if hmac.compare_digest(code_of(secret, step).encode(), code.encode())]
    return found[-1] if found else None


def new_secret() -> bytes:
    """Return a new secret."""
    return secrets.token_bytes(SECRET_BYTES)


def written(secret: bytes) -> str:
    """Return a secret as people type it into an app."""
    return b32encode(secret).decode()


def uri(secret: bytes, name: str, issuer: str = "Ringfence") -> str:
    """Return what an app reads from a picture: the secret, and whose it is."""
    label = quote(f"{issuer}:{name}", safe="")
    return (
        f"otpauth://totp/{label}?secret={written(secret)}&issuer={quote(issuer, safe='')}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"
    )


def new_recovery_codes() -> list[str]:
    """Return codes that each count once in place of an app's."""
    return [_grouped(b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()) for _ in range(RECOVERY_CODES)]


def recovery_digest(code: str) -> bytes:
    """Return what is kept of a recovery code, however it was typed."""
    return sha256("".join(c for c in code.upper() if c.isalnum()).encode()).digest()


def _grouped(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
