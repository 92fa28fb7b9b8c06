"""Names made from causes: the same cause gives the same name, on every machine and in every replay.

All are BLAKE2b (RFC 7693) of length-prefixed parts, 16 bytes: a collision among 10^12 names has a probability
below 10^-14.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

ID_BYTES = 16


def digest(*parts: str | bytes | int) -> bytes:
    """Return the 16-byte name of a cause. Parts are kept apart: ("ab", "c") and ("a", "bc") differ."""
    state = blake2b(digest_size=ID_BYTES)
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode()
        state.update(len(raw).to_bytes(8, "little"))
        state.update(raw)
    return state.digest()


def record_ids(source: str, records: Sequence[bytes]) -> list[bytes]:
    """Name records that carry no unique id of their own by their source and their bytes.

    Equal records of one source get equal names: the second is a duplicate.
    """
    prefix = blake2b(digest_size=ID_BYTES)
    raw = source.encode()
    prefix.update(len(raw).to_bytes(8, "little") + raw)
    names = []
    for record in records:
        state = prefix.copy()
        state.update(len(record).to_bytes(8, "little"))
        state.update(record)
        names.append(state.digest())
    return names
