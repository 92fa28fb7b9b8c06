"""Which event ids were met within the horizon: an exact set of 128-bit names in an open-addressing table."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Names = NDArray[np.uint64]  # (n, 2)
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
FIRST_SIZE = 4096


@numba.njit(nogil=True, cache=True)
def _mark(table: Names, times: Ints, used: int, names: Names, at: Ints, repeat: Flags) -> int:
    """Add names that are not in the table; mark those that are; return the places in use. Time 0 is free."""
    mask = np.uint64(table.shape[0] - 1)
    for i in range(names.shape[0]):
        high, low = names[i, 0], names[i, 1]
        place = (high ^ (low * np.uint64(0x9E3779B97F4A7C15))) & mask
        repeat[i] = False
        while times[place] != 0:
            if table[place, 0] == high and table[place, 1] == low:
                repeat[i] = True
                break
            place = (place + np.uint64(1)) & mask
        if not repeat[i]:
            table[place, 0] = high
            table[place, 1] = low
            times[place] = at[i] if at[i] != 0 else 1
            used += 1
    return used


@numba.njit(nogil=True, cache=True)
def _find(table: Names, times: Ints, names: Names, found: Flags) -> None:
    """Mark the names that are in the table."""
    mask = np.uint64(table.shape[0] - 1)
    for i in range(names.shape[0]):
        high, low = names[i, 0], names[i, 1]
        place = (high ^ (low * np.uint64(0x9E3779B97F4A7C15))) & mask
        found[i] = False
        while times[place] != 0 and not found[i]:
            found[i] = table[place, 0] == high and table[place, 1] == low
            place = (place + np.uint64(1)) & mask


class Seen:
    """Remembers ids for `horizon_ms` of event time; older ones may be forgotten at any moment."""

    def __init__(self, horizon_ms: int) -> None:
        self.horizon_ms = horizon_ms
        self.used = 0
        self.names: Names = np.zeros((FIRST_SIZE, 2), np.uint64)
        self.times: Ints = np.zeros(FIRST_SIZE, np.int64)

    def mark(self, names: Names, at: Ints, watermark: int) -> Flags:
        """Remember these ids; return which of them are repeats, of earlier ones or within the batch."""
        if (self.used + len(names)) * 2 > len(self.times):
            kept, times = self.alive(watermark)
            size = FIRST_SIZE
            while (len(kept) + len(names)) * 3 > size:
                size *= 2
            self._fill(kept, times, size)
        repeat = np.empty(len(names), np.bool_)
        self.used = _mark(self.names, self.times, self.used, names, at, repeat)
        return repeat

    def holds(self, names: Names) -> Flags:
        """Return which of these ids are remembered."""
        found = np.empty(len(names), np.bool_)
        _find(self.names, self.times, names, found)
        return found

    def alive(self, watermark: int) -> tuple[Names, Ints]:
        """Return the ids, and their times, that are within the horizon."""
        kept = (self.times != 0) & (self.times >= watermark - self.horizon_ms)
        return self.names[kept], self.times[kept]

    def _fill(self, names: Names, times: Ints, size: int) -> None:
        self.names, self.times, self.used = np.zeros((size, 2), np.uint64), np.zeros(size, np.int64), 0
        self.used = _mark(self.names, self.times, 0, names, times, np.empty(len(names), np.bool_))

    def to_bytes(self, watermark: int) -> bytes:
        """Return the ids within the horizon, sorted, so that equal memories give equal bytes."""
        names, times = self.alive(watermark)
        order = np.lexsort((names[:, 1], names[:, 0]))
        return np.column_stack([names[order].view(np.int64), times[order]]).tobytes()

    def restore(self, raw: bytes) -> None:
        """Take over what `to_bytes` gave."""
        table = np.frombuffer(raw, np.int64).reshape(-1, 3)
        size = FIRST_SIZE
        while len(table) * 3 > size:
            size *= 2
        self._fill(np.ascontiguousarray(table[:, :2]).view(np.uint64), np.ascontiguousarray(table[:, 2]), size)
