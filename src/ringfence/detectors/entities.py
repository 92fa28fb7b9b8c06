"""Who a detector remembers: entities by the key of their text, in arrays that grow, with the idle forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.events.tables import find, find_or_add, hash_column

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
FIRST = 1024
NEVER = -(2**62)
_KEYS: Final = "key of "  # before the name of the text column


@dataclass(slots=True)
class Entities:
    """The entities of one kind, each with a row of integers and a row of floats.

    `guard` is to be held while they change: whoever holds it may look at them from another thread.

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
    guard: AbstractContextManager[object] = field(default_factory=nullcontext, compare=False)

    def __post_init__(self) -> None:
        if self.integers.shape[1] != self.integers_each:
            self.integers = self._no_integers(FIRST)
            self.floats = np.zeros((FIRST, self.floats_each), np.float32)

    def slots(self, keys: Ints, at_ms: Ints) -> Ints:
        """Return the row of each entity, -1 for key 0; new ones get the next row.

        `at_ms` are the times of the events, in order. Only who was idle before the first of them is dropped.
        """
        self.now_ms = max(self.now_ms, int(at_ms[0]))
        if self.used + len(keys) > len(self.keys):
            self._make_room(len(keys))
        self.now_ms = max(self.now_ms, int(at_ms[-1]))
        found = np.empty(len(keys), np.int64)
        self.used = find_or_add(self.index, self.keys, self.used, keys, found)
        return found

    def copy_of(self, key: int) -> tuple[Ints, Floats]:
        """Return the integers and the floats of one entity, a row each: those of a new one where it is not known."""
        slot = find(self.index, self.keys, key)
        if slot < 0:
            return self._no_integers(1), np.zeros((1, self.floats_each), np.float32)
        return self.integers[slot : slot + 1].copy(), self.floats[slot : slot + 1].copy()

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


def keys_of(rows: pl.DataFrame, column: str) -> Ints:
    """Return the keys of a text column, 0 where it is null: those of `with_keys` where it was called, or else made."""
    name = _KEYS + column
    return rows[name].to_numpy() if name in rows.columns else hash_column(rows[column])


def with_keys(rows: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Return the rows with the keys of these text columns, so that each is hashed once for all detectors."""
    return rows.hstack([pl.Series(_KEYS + name, hash_column(rows[name])) for name in columns])
