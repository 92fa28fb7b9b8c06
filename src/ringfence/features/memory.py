"""The table that a kernel looks pairs up in: open addressing over an int64 array; and whether events are in order.

Plain loops; the array is grown outside. Entities are looked up in `events.tables`.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from ringfence.events.prefetch import prefetch
from ringfence.events.tables import NEAR
from ringfence.features.layout import NEVER

Ints = NDArray[np.int64]


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
def count_pairs(pairs: Ints, oldest: int) -> int:
    """Return how many pairs met at `oldest` or later."""
    count = 0
    for i in range(pairs.shape[0]):
        if pairs[i, 2] > oldest:
            count += 1
    return count


@numba.njit(nogil=True, cache=True)
def move_pairs(pairs: Ints, oldest: int, larger: Ints) -> None:
    """Put the pairs that met at `oldest` or later into an empty table that is large enough."""
    mask = larger.shape[0] - 1
    count = pairs.shape[0]
    for i in range(count):
        if i + NEAR < count and pairs[i + NEAR, 2] > oldest:
            home = (pairs[i + NEAR, 0] ^ (pairs[i + NEAR, 1] * 0x9E3779B1)) & mask
            prefetch(np.int64(larger.ctypes.data) + 24 * home)
        if pairs[i, 2] > oldest:
            at = (pairs[i, 0] ^ (pairs[i, 1] * 0x9E3779B1)) & mask
            while larger[at, 2] != 0:
                at = (at + 1) & mask
            for j in range(3):
                larger[at, j] = pairs[i, j]


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
