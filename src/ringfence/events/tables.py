"""Entity keys: texts hashed to 64 bits, and the tables that look them up: open addressing over int64 arrays.

Among 10 million entities two share a key with a probability of 3 in a million. Plain loops; the arrays are grown
outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.events.prefetch import prefetch

Ints = NDArray[np.int64]

FAR = 16  # places ahead: whose index is asked for
NEAR = 8  # places ahead: whose index has come, and says what else will be wanted


def hash_column(texts: pl.Series) -> Ints:
    """Hash a text column to 64 bits, never 0 for a text and always 0 for null."""
    out = np.zeros(len(texts), np.int64)
    if texts.null_count() == len(texts):
        return out
    arrow = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, chars = arrow.buffers()
    places = np.frombuffer(offsets, np.int64)[arrow.offset : arrow.offset + len(texts) + 1]
    letters = np.frombuffer(chars, np.uint8) if chars is not None and chars.size else np.zeros(1, np.uint8)
    hash_texts(places, letters, out)
    if texts.null_count():
        out[texts.is_null().to_numpy()] = 0
    return out


def hash_few(texts: Sequence[str | None]) -> list[int]:
    """Return what `hash_column` does, for the few texts of one event."""
    parts = [(text or "").encode() for text in texts]
    letters = np.frombuffer(b"".join(parts) or b"\0", np.uint8)
    offsets = np.array([0, *accumulate(map(len, parts))], np.int64)
    out = np.empty(len(parts), np.int64)
    _hash_few(offsets, letters, out)
    return [0 if text is None else key for text, key in zip(texts, out.tolist(), strict=True)]


# Compiled functions that are asked about one event keep the interpreter's lock: there is more to wait for in getting it
# back than to do without it.


@numba.njit(cache=True)
def _hash_few(offsets: Ints, chars: NDArray[np.uint8], out: Ints) -> None:
    hash_texts(offsets, chars, out)


@numba.njit(cache=True)
def combine_one(left: int, right: int) -> int:
    """Hash two keys to one, as `combine` does."""
    h = np.uint64(left) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(right)
    return np.int64(_finish(h))  # type: ignore[return-value]


@numba.njit(cache=True)
def find(index: Ints, keys: Ints, key: int) -> int:
    """Return the entity number of a key in the tables of `find_or_add`; -1 where it is not there, or 0."""
    mask = index.shape[0] - 1
    at = key & mask
    while key != 0:
        slot = index[at] - 1
        if slot < 0 or keys[slot] == key:
            return int(slot)
        at = (at + 1) & mask
    return -1


@numba.njit(nogil=True, cache=True)
def hash_texts(offsets: Ints, chars: NDArray[np.uint8], out: Ints) -> None:
    """Hash texts of Arrow offsets and bytes to 64 bits, never 0.

    FNV-1a (Fowler, Noll, Vo 1991) with the finaliser of MurmurHash3 (Appleby 2011), which spreads the low bits.
    """
    for i in range(out.shape[0]):
        h = np.uint64(14695981039346656037)
        for j in range(offsets[i], offsets[i + 1]):
            h = (h ^ np.uint64(chars[j])) * np.uint64(1099511628211)
        key = np.int64(_finish(h))
        out[i] = key if key != 0 else 1


@numba.njit(nogil=True, cache=True, inline="always")
def _finish(h: np.uint64) -> np.uint64:
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@numba.njit(nogil=True, cache=True)
def combine(left: Ints, right: Ints, out: Ints) -> None:
    """Hash two keys to one."""
    for i in range(out.shape[0]):
        h = np.uint64(left[i]) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(right[i])
        out[i] = np.int64(_finish(h))


@numba.njit(nogil=True, cache=True)
def find_or_add(index: Ints, keys: Ints, used: int, wanted: Ints, slots: Ints) -> int:
    """Write the entity number of each wanted key, -1 for key 0; new keys get the next one. Return the numbers in use.

    index: entity number + 1 by hash, 0 for free, a power of two long and never full; keys: the key of each entity.
    """
    mask = index.shape[0] - 1
    count = wanted.shape[0]
    for i in range(count):
        if i + FAR < count:
            prefetch(np.int64(index.ctypes.data) + 8 * (wanted[i + FAR] & mask))
        if i + NEAR < count:
            prefetch(np.int64(keys.ctypes.data) + 8 * (index[wanted[i + NEAR] & mask] - 1))
        key = wanted[i]
        if key == 0:
            slots[i] = -1
            continue
        at = key & mask
        while True:
            slot = index[at] - 1
            if slot < 0:
                slot = used
                used += 1
                index[at] = slot + 1
                keys[slot] = key
                break
            if keys[slot] == key:
                break
            at = (at + 1) & mask
        slots[i] = slot
    return used
