"""The tables that a kernel looks entities and pairs up in: open addressing over int64 arrays.

Keys are 64-bit hashes of the entity's text: among 10 million entities two share one with a probability of 3 in a
million. Plain loops; the arrays are grown outside.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from ringfence.features.layout import NEVER
from ringfence.features.prefetch import prefetch

Ints = NDArray[np.int64]

FAR = 16  # places ahead: whose index is asked for
NEAR = 8  # places ahead: whose index has come, and says what else will be wanted


@numba.njit(nogil=True, cache=True)
def hash_texts(offsets: Ints, chars: NDArray[np.uint8], out: Ints) -> None:
    """Hash texts of Arrow offsets and bytes to 64 bits.

    FNV-1a (Fowler, Noll, Vo 1991) with the finaliser of MurmurHash3 (Appleby 2011), which spreads the low bits.
    """
    for i in range(out.shape[0]):
        h = np.uint64(14695981039346656037)
        for j in range(offsets[i], offsets[i + 1]):
            h = (h ^ np.uint64(chars[j])) * np.uint64(1099511628211)
        out[i] = np.int64(_finish(h))


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
    """Write the entity number of each wanted key; new keys get the next one. Return the numbers in use.

    index: entity number + 1 by hash, 0 for free, a power of two long; keys: the key of each entity.
    """
    mask = index.shape[0] - 1
    count = wanted.shape[0]
    for i in range(count):
        if i + FAR < count:
            prefetch(np.int64(index.ctypes.data) + 8 * (wanted[i + FAR] & mask))
        if i + NEAR < count:
            prefetch(np.int64(keys.ctypes.data) + 8 * (index[wanted[i + NEAR] & mask] - 1))
        key = wanted[i]
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


@numba.njit(nogil=True, cache=True)
def exchange(pairs: Ints, used: int, keys: Ints, partners: Ints, times: Ints, before: Ints) -> int:
    """Write when each pair was met before (NEVER if not), and remember that it is met now. Return the pairs in use.

    pairs: (capacity, 3) of key, partner, time + 1, where time + 1 = 0 marks a free place; a partner of 0 is none.
    """
    mask = pairs.shape[0] - 1
    count = keys.shape[0]
    for i in range(count):
        if i + NEAR < count:
            prefetch(np.int64(pairs.ctypes.data) + 24 * ((keys[i + NEAR] ^ (partners[i + NEAR] * 0x9E3779B1)) & mask))
        partner = partners[i]
        if partner == 0:
            before[i] = NEVER
            continue
        key = keys[i]
        at = (key ^ (partner * 0x9E3779B1)) & mask
        while True:
            if pairs[at, 2] == 0:
                pairs[at, 0] = key
                pairs[at, 1] = partner
                pairs[at, 2] = times[i] + 1
                before[i] = NEVER
                used += 1
                break
            if pairs[at, 0] == key and pairs[at, 1] == partner:
                before[i] = pairs[at, 2] - 1
                pairs[at, 2] = times[i] + 1
                break
            at = (at + 1) & mask
    return used


@numba.njit(nogil=True, cache=True)
def insert_pairs(pairs: Ints, kept: Ints) -> None:
    """Put pairs into an empty table that is large enough."""
    mask = pairs.shape[0] - 1
    for i in range(kept.shape[0]):
        at = (kept[i, 0] ^ (kept[i, 1] * 0x9E3779B1)) & mask
        while pairs[at, 2] != 0:
            at = (at + 1) & mask
        pairs[at] = kept[i]


@numba.njit(nogil=True, cache=True)
def are_ordered(at: Ints, ids: NDArray[np.uint64], role: NDArray[np.int8]) -> bool:
    """Return whether events are in the order of (time, id, role)."""
    for i in range(1, at.shape[0]):
        if at[i - 1] < at[i]:
            continue
        before = (at[i - 1], ids[i - 1, 0], ids[i - 1, 1], role[i - 1])
        if before > (at[i], ids[i, 0], ids[i, 1], role[i]):
            return False
    return True


@numba.njit(nogil=True, cache=True)
def are_ascending(numbers: Ints) -> bool:
    """Return whether each number is one more than the one before."""
    for i in range(1, numbers.shape[0]):  # noqa: SIM110 - a kernel is a plain loop
        if numbers[i] != numbers[i - 1] + 1:
            return False
    return True
