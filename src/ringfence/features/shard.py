"""A shard: what is known of the entities that hash to it, in all families.

It takes pieces in any order, holds them until every partition's watermark has passed them, and processes them in the
order of (event time, event id).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ringfence.events.tables import find_or_add
from ringfence.features.codegen import Kernel, load
from ringfence.features.define import LONGEST
from ringfence.features.inputs import LAYOUTS
from ringfence.features.layout import AT, BOOK, BOOK_AT, LOG, LOG_HEADER, LOGGED, NEVER, SEEN, VALUES, Layout
from ringfence.features.memory import count_pairs, exchange, move_pairs
from ringfence.features.pieces import Part, Piece, in_order, join, take

Ints = NDArray[np.int64]
FIRST_ENTITIES = 256
FIRST_ROWS = 16
NO_BOOK = -1
FIRST_PAIRS = 1024


class Memory:
    """The entities and pairs of one family in one shard."""

    def __init__(self, plan: Layout) -> None:
        self.plan = plan
        self.log_width = LOG_HEADER + LOG * plan.input_columns
        self.used = 0
        self.keys: Ints = np.zeros(FIRST_ENTITIES, np.int64)
        self.logs: Ints = np.zeros((FIRST_ENTITIES, self.log_width), np.int64)
        self.index: Ints = np.zeros(2 * FIRST_ENTITIES, np.int64)
        self.used_cells: Ints = np.array([0, NO_BOOK, 0], np.int64)  # rows, first free book, books
        self.books: Ints = np.zeros((FIRST_ROWS, (BOOK - LOG) * plan.input_columns), np.int64)
        self.rows: Ints = np.zeros((FIRST_ROWS, plan.width), np.int64)
        self.pairs_used = 0
        self.pairs: Ints = np.zeros((FIRST_PAIRS, 3), np.int64)

    def update(self, kernel: Kernel, piece: Piece, asked: NDArray[np.uint8]) -> Part:
        """Take events in order; return the asked feature columns of those that have a ticket."""
        plan, count = self.plan, len(piece.keys)
        self._make_room(piece)
        places = np.full((2, count), -1, np.int64)
        self.used = find_or_add(self.index, self.keys, self.used, piece.keys, places[0])
        inputs = piece.inputs.copy()
        for place in range(len(plan.partners)):
            column = VALUES + len(plan.values) + place
            self.pairs_used = exchange(
                self.pairs,
                self.pairs_used,
                piece.keys,
                piece.inputs[:, column],
                inputs[:, AT],
                inputs[:, column],
            )
        emitted = np.flatnonzero(piece.tickets >= 0)
        places[1, emitted] = np.arange(len(emitted))
        # columns an odd number of cache lines apart: a power of two would make them push each other out
        stride = (len(emitted) // 16) * 16 + 24
        out = np.empty((len(plan.outputs), stride), np.int64)
        done = 0
        cells = self.used_cells
        while (done := kernel(self.logs, self.books, self.rows, cells, places, inputs, out, asked, done)) < count:
            for array, used in ((self.rows, int(cells[0])), (self.books, int(cells[2]))):
                if used == len(array):  # in place: the system moves pages, nothing is copied
                    array.resize((used * 9 // 8 + FIRST_ROWS, array.shape[1]), refcheck=False)
        return Part(piece.family, piece.tickets[emitted], out[:, : len(emitted)], asked)

    def _make_room(self, piece: Piece) -> None:
        now, entities = int(piece.inputs[0, AT]), len(piece.keys)
        if self.used + entities > len(self.keys):
            self._make_room_for_entities(entities, now)
        first = VALUES + len(self.plan.values)
        meetings = int(np.count_nonzero(piece.inputs[:, first:]))
        if (self.pairs_used + meetings) * 5 > len(self.pairs) * 3:
            self.clear_pairs(now, meetings)

    def _make_room_for_entities(self, more: int, now: int) -> None:
        alive, size = self.alive(now), len(self.keys)
        while size < len(alive) + more or size < 2 * len(alive):
            size *= 2
        if len(alive) < 0.75 * self.used:
            self.fill(self.keys[alive], self.logs[alive], self.books, self.rows, size)
            return
        while size < self.used + more:
            size *= 2
        self.keys.resize(size, refcheck=False)
        self.logs.resize((size, self.log_width), refcheck=False)
        self.index = np.zeros(2 * size, np.int64)
        own = self.keys[: self.used].copy()
        find_or_add(self.index, self.keys, 0, own, np.empty(len(own), np.int64))

    def alive(self, now: int) -> Ints:
        """Return the entities that are not idle beyond the longest window."""
        seen = self.logs[: self.used, SEEN]
        return np.flatnonzero(seen // LONGEST.pane_ms > now // LONGEST.pane_ms - LONGEST.panes)

    def alive_pairs(self, now: int) -> Ints:
        """Return the pairs that met within the longest window."""
        kept: Ints = self.pairs[self.pairs[:, 2] > _oldest(now)]
        return kept

    def clear_pairs(self, now: int, more: int) -> None:
        """Drop the pairs that did not meet within the longest window, and make room for more."""
        kept, size = count_pairs(self.pairs, _oldest(now)), FIRST_PAIRS
        while (kept + more) * 5 > size * 3 or size < 2 * kept:
            size *= 2
        larger: Ints = np.zeros((size, 3), np.int64)
        move_pairs(self.pairs, _oldest(now), larger)
        self.pairs, self.pairs_used = larger, kept

    def fill(self, keys: Ints, logs: Ints, books: Ints, rows: Ints, size: int) -> None:
        """Hold these entities in a table with room for `size`; books and rows are packed in the entities' order."""
        count = len(keys)
        self.keys = np.zeros(size, np.int64)
        self.index = np.zeros(2 * size, np.int64)
        self.used = find_or_add(self.index, self.keys, 0, keys, np.empty(count, np.int64))
        self.logs = np.zeros((size, self.log_width), np.int64)
        self.logs[:count] = logs
        booked = np.flatnonzero(logs[:, LOGGED] > LOG)
        self.books = _packed(books, logs[booked, BOOK_AT])
        self.logs[booked, BOOK_AT] = np.arange(len(booked))
        busy = np.flatnonzero(logs[:, LOGGED] < 0)
        self.rows = _packed(rows, -1 - logs[busy, LOGGED])
        self.logs[busy, LOGGED] = -1 - np.arange(len(busy))
        self.used_cells[:] = len(busy), NO_BOOK, len(booked)

    def fill_pairs(self, pairs: Ints) -> None:
        """Hold these pairs."""
        self.pairs = pairs
        self.clear_pairs(NEVER, 0)

    @property
    def bytes(self) -> int:
        """Memory taken."""
        return (
            self.rows.nbytes
            + self.books.nbytes
            + self.logs.nbytes
            + self.keys.nbytes
            + self.index.nbytes
            + self.pairs.nbytes
        )


@dataclass(slots=True)
class Shard:
    """The memory of some entities in all families, and the pieces that wait for their watermark.

    `partitions` is how many source partitions send pieces: nothing is released before all of them have.
    """

    kernels: Sequence[Kernel]
    partitions: int = 1
    memories: list[Memory] = field(default_factory=lambda: [Memory(plan) for plan in LAYOUTS])
    watermarks: dict[int, int] = field(default_factory=dict)
    waiting: list[Piece] = field(default_factory=list)
    asked: list[NDArray[np.uint8]] = field(default_factory=lambda: [np.ones(len(p.outputs), np.uint8) for p in LAYOUTS])

    def ask(self, names: Collection[str]) -> None:
        """Write out these features only from now on; all are kept all the same."""
        self.asked = [np.array([f.name in names for f in plan.outputs], np.uint8) for plan in LAYOUTS]

    @property
    def watermark(self) -> int:
        """No partition will send older events."""
        if len(self.watermarks) < self.partitions:
            return NEVER
        return min(self.watermarks.values())

    def process(self, pieces: Iterable[Piece]) -> list[Part]:
        """Take pieces; return the parts of all events older than the watermark, each event once."""
        for piece in pieces:
            self.watermarks[piece.partition] = max(piece.watermark, self.watermarks.get(piece.partition, NEVER))
            if len(piece.keys):
                self.waiting.append(piece)
        return [
            self.memories[piece.family].update(self.kernels[piece.family], piece, self.asked[piece.family])
            for piece in self._release()
        ]

    def _release(self) -> list[Piece]:
        watermark = self.watermark
        due, still = [], []
        for family in range(len(LAYOUTS)):
            own = [p for p in self.waiting if p.family == family]
            if not own:
                continue
            whole = in_order(join(own))
            passed = int(np.searchsorted(whole.inputs[:, AT], watermark, side="left"))
            if passed:
                due.append(whole if passed == len(whole.keys) else take(whole, np.arange(passed)))
            if passed < len(whole.keys):
                still.append(take(whole, np.arange(passed, len(whole.keys))))
        self.waiting = still
        return due

    @property
    def bytes(self) -> int:
        """Memory taken by entities and pairs."""
        return sum(m.bytes for m in self.memories)


def kernels(folder: Path) -> list[Kernel]:
    """Load the kernel of every family; sources and compiled code are kept in the folder."""
    return [load(plan, folder) for plan in LAYOUTS]


def _oldest(now: int) -> int:
    """Return the least time that is within the longest window now (never below 0: a table's free places are 0)."""
    return max((now // LONGEST.pane_ms - LONGEST.panes + 1) * LONGEST.pane_ms, 0)


def _packed(rows: Ints, wanted: Ints) -> Ints:
    """Return the wanted rows, in that order, with some room after them."""
    packed = np.zeros((max(FIRST_ROWS, len(wanted) * 17 // 16), rows.shape[1]), np.int64)
    packed[: len(wanted)] = rows[wanted]
    return packed


def room(wanted: int, least: int) -> int:
    """Return the power of two that holds what is wanted, and not less than `least`."""
    return max(least, 1 << (wanted - 1).bit_length()) if wanted else least
