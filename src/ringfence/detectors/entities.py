"""Who a detector remembers: entities by a 64-bit hash of their text, in arrays that grow, with the idle forgotten.

Among 10 million entities two share a hash with a probability of 3 in a million.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numba
import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
FIRST = 1024
NEVER = -(2**62)


@dataclass(slots=True)
class Entities:
    """The entities of one kind, each with a row of integers and a row of floats.

    Column 0 of the integers is when the entity was last seen. Kernels treat an entity that was idle for longer than
    `idle_ms` as new, so when it is dropped makes no difference.
    """

    integers_each: int
    floats_each: int
    idle_ms: int
    now_ms: int = NEVER
    used: int = 0
    keys: Ints = field(default_factory=lambda: np.zeros(FIRST, np.int64))
    index: Ints = field(default_factory=lambda: np.zeros(2 * FIRST, np.int64))
    integers: Ints = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    floats: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def __post_init__(self) -> None:
        if self.integers.shape[1] != self.integers_each:
            self.integers = self._no_integers(FIRST)
            self.floats = np.zeros((FIRST, self.floats_each), np.float32)

    def slots(self, texts: pl.Series, at_ms: Ints) -> Ints:
        """Return the row of each entity, -1 where the text is null; new ones get the next row.

        `at_ms` are the times of the events, in order. Only who was idle before the first of them is dropped.
        """
        keys = hashed(texts)
        self.now_ms = max(self.now_ms, int(at_ms[0]))
        if self.used + len(keys) > len(self.keys):
            self._make_room(len(keys))
        self.now_ms = max(self.now_ms, int(at_ms[-1]))
        found = np.empty(len(keys), np.int64)
        self.used = find_or_add(self.index, self.keys, self.used, keys, found)
        return found

    def alive(self) -> Ints:
        """Return the rows that are not idle, in the order of their keys."""
        kept = np.flatnonzero(self.integers[: self.used, 0] >= self.now_ms - self.idle_ms)
        return kept[np.argsort(self.keys[kept])]

    def to_arrays(self) -> tuple[Ints, Ints, Floats]:
        """Return keys, integers and floats of the entities alive, in the order of their keys."""
        kept = self.alive()
        return self.keys[kept], self.integers[kept], self.floats[kept]

    def fill(self, keys: Ints, integers: Ints, floats: Floats, room: int = 0) -> None:
        """Hold exactly these entities, with room for as many more."""
        size = FIRST
        while size < len(keys) + room:
            size *= 2
        self.keys = np.zeros(size, np.int64)
        self.index = np.zeros(2 * size, np.int64)
        self.used = find_or_add(self.index, self.keys, 0, keys, np.empty(len(keys), np.int64))
        self.integers = self._no_integers(size)
        self.integers[: len(keys)] = integers
        self.floats = np.zeros((size, self.floats_each), np.float32)
        self.floats[: len(keys)] = floats

    def _make_room(self, more: int) -> None:
        keys, integers, floats = self.to_arrays()
        self.fill(keys, integers, floats, max(more, len(keys)))

    def _no_integers(self, size: int) -> Ints:
        rows = np.zeros((size, self.integers_each), np.int64)
        rows[:, 0] = NEVER
        return rows


def hashed(texts: pl.Series) -> Ints:
    """Return 64-bit hashes of texts: 0 for null, and never 0 for a text."""
    arrow = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, chars = arrow.buffers()
    out = np.zeros(len(texts), np.int64)
    if len(texts) == 0:
        return out
    places = np.frombuffer(offsets, np.int64)[arrow.offset : arrow.offset + len(texts) + 1]
    letters = np.frombuffer(chars, np.uint8) if chars is not None and chars.size else np.zeros(1, np.uint8)
    hash_texts(places, letters, out)
    out[out == 0] = 1
    if texts.null_count():
        out[texts.is_null().to_numpy()] = 0
    return out


@numba.njit(nogil=True, cache=True)
def hash_texts(places: Ints, letters: NDArray[np.uint8], out: Ints) -> None:
    """Hash texts of Arrow offsets and bytes.

    FNV-1a (Fowler, Noll, Vo 1991), then the finaliser of MurmurHash3 (Appleby 2011), which spreads the low bits.
    """
    for i in range(out.shape[0]):
        h = np.uint64(14695981039346656037)
        for j in range(places[i], places[i + 1]):
            h = (h ^ np.uint64(letters[j])) * np.uint64(1099511628211)
        h ^= h >> np.uint64(33)
        h *= np.uint64(0xFF51AFD7ED558CCD)
        h ^= h >> np.uint64(33)
        h *= np.uint64(0xC4CEB9FE1A85EC53)
        out[i] = np.int64(h ^ (h >> np.uint64(33)))


@numba.njit(nogil=True, cache=True)
def find_or_add(index: Ints, keys: Ints, used: int, wanted: Ints, slots: Ints) -> int:
    """Write the row of each wanted key (-1 for key 0); return the rows in use. Open addressing, linear probing.

    index: row + 1 by hash, 0 for free, a power of two long and never full; keys: the key of each row.
    """
    mask = index.shape[0] - 1
    for i in range(wanted.shape[0]):
        key = wanted[i]
        slots[i] = -1
        at = key & mask
        while key != 0:
            row = index[at] - 1
            if row < 0:
                keys[used] = key
                index[at] = used + 1
                slots[i] = used
                used += 1
                break
            if keys[row] == key:
                slots[i] = row
                break
            at = (at + 1) & mask
    return used
