"""Snapshots: the memory of a shard as bytes, and another number of shards for the same memory.

Snapshots are canonical: the same events give the same bytes, whenever idle entities were last cleared away.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from ringfence.events.errors import STATE_MISMATCH, DependencyError
from ringfence.events.tables import combine
from ringfence.features.codegen import Kernel, source
from ringfence.features.inputs import LAYOUTS
from ringfence.features.layout import BOOK_AT, LOG, LOGGED
from ringfence.features.pieces import shard_of
from ringfence.features.shard import FIRST_ENTITIES, Memory, Shard, room

Ints = NDArray[np.int64]


def fingerprint() -> str:
    """Name the definitions that a snapshot was written by."""
    return blake2b("".join(source(plan) for plan in LAYOUTS).encode(), digest_size=16).hexdigest()


def to_bytes(shard: Shard) -> bytearray:
    """Return the shard's memory, the same bytes for the same events; waiting pieces must be empty.

    Layout: a line of JSON (fingerprint, watermarks, counts), then int64 arrays by family, sorted by key.
    """
    if shard.waiting:
        raise ValueError("a snapshot holds no waiting pieces: keep them in the source, before its position")
    plans = [_Selection.of(memory, shard.watermark) for memory in shard.memories]
    line = _header(shard, [plan.counts for plan in plans])
    raw = bytearray(len(line) + sum(plan.bytes for plan in plans))
    raw[: len(line)] = line
    place = len(line)
    for plan in plans:
        place = plan.write(raw, place)
    return raw


def as_it_lies(shard: Shard) -> list[bytes | memoryview]:
    """Return the shard's memory as `from_bytes` reads it, in the order in which it happens to lie, without a copy.

    For checkpoints, which are many; `to_bytes` is for comparing. The pieces are views: the shard must not process
    anything before they are used.
    """
    if shard.waiting:
        raise ValueError("a snapshot holds no waiting pieces: keep them in the source, before its position")
    arrays, counts = [], []
    for memory in shard.memories:
        busy, _, booked = map(int, memory.used_cells)
        counts.append((memory.used, booked, busy, len(memory.pairs)))
        used = memory.used
        arrays += [memory.keys[:used], memory.logs[:used], memory.books[:booked], memory.rows[:busy], memory.pairs]
    return [_header(shard, counts), *(array.data.cast("B") for array in arrays if len(array))]


def _header(shard: Shard, counts: Sequence[tuple[int, int, int, int]]) -> bytes:
    header = {"definitions": fingerprint(), "watermarks": sorted(shard.watermarks.items()), "counts": counts}
    return json.dumps(header).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class _Selection:
    """What of a memory goes into a snapshot, in canonical order."""

    memory: Memory
    entities: Ints
    logs: Ints  # renumbered: books and rows are in the entities' order
    books: Ints
    rows: Ints
    pairs: Ints

    @classmethod
    def of(cls, memory: Memory, now: int) -> _Selection:
        alive = memory.alive(now)
        alive = alive[np.argsort(memory.keys[alive])]
        logs = memory.logs[alive]
        booked = np.flatnonzero(logs[:, LOGGED] > LOG)
        busy = np.flatnonzero(logs[:, LOGGED] < 0)
        books, rows = logs[booked, BOOK_AT], -1 - logs[busy, LOGGED]
        logs[booked, BOOK_AT] = np.arange(len(booked))
        logs[busy, LOGGED] = -1 - np.arange(len(busy))
        pairs = memory.alive_pairs(now)
        return cls(memory, alive, logs, books, rows, pairs[_pair_order(pairs)])

    @property
    def counts(self) -> tuple[int, int, int, int]:
        return len(self.entities), len(self.books), len(self.rows), len(self.pairs)

    @property
    def bytes(self) -> int:
        return 8 * sum(count * columns for count, columns in _shapes(self.memory, self.counts))

    def write(self, raw: bytearray, place: int) -> int:
        """Copy the arrays to their place, each once; return where the next one goes."""
        memory = self.memory
        arrays = (
            (memory.keys.reshape(-1, 1), self.entities),
            (self.logs, None),
            (memory.books, self.books),
            (memory.rows, self.rows),
            (self.pairs, None),
        )
        for (source_array, wanted), (count, columns) in zip(arrays, _shapes(memory, self.counts), strict=True):
            target = np.frombuffer(raw, np.int64, count * columns, place).reshape(-1, columns)
            if wanted is None:
                target[:] = source_array
            else:
                np.take(source_array, wanted, axis=0, out=target, mode="clip")
            place += target.nbytes
        return place


def _pair_order(pairs: Ints) -> Ints:
    """Return the order of pairs by a hash of both: one sort instead of two, and as good an order as any."""
    mixed = np.empty(len(pairs), np.int64)
    combine(np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]), mixed)
    return np.argsort(mixed)


def _shapes(memory: Memory, counts: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return rows and columns of the five arrays of a memory in a snapshot."""
    entities, booked, busy, pairs = counts
    return (
        (entities, 1),
        (entities, memory.log_width),
        (booked, memory.books.shape[1]),
        (busy, memory.plan.width),
        (pairs, 3),
    )


def from_bytes(raw: bytes | bytearray, kernels: Sequence[Kernel], partitions: int = 1) -> Shard:
    """Return the shard that a snapshot holds. Raises `DependencyError` if other definitions wrote it."""
    end = raw.index(b"\n")
    header = json.loads(raw[:end])
    if header["definitions"] != fingerprint():
        raise DependencyError(STATE_MISMATCH, "the snapshot was written by other feature definitions")
    shard = Shard(kernels, partitions, watermarks=dict(map(tuple, header["watermarks"])))
    place = end + 1
    for memory, counts in zip(shard.memories, header["counts"], strict=True):
        arrays = []
        for count, columns in _shapes(memory, counts):
            size = count * columns
            arrays.append(np.frombuffer(raw, np.int64, size, place).reshape(-1, columns))
            place += size * 8
        keys, logs, books, rows, met = arrays
        memory.fill(keys.ravel(), logs, books, rows, room(2 * len(logs), FIRST_ENTITIES))
        memory.fill_pairs(met)
    return shard


def reshard(shards: Sequence[Shard], count: int) -> list[Shard]:
    """Spread the memory of shards over another number of shards."""
    if any(s.waiting for s in shards):
        raise ValueError("pieces wait in a shard: process them first")
    result = [Shard(shards[0].kernels, shards[0].partitions) for _ in range(count)]
    for family in range(len(LAYOUTS)):
        memories = [s.memories[family] for s in shards]
        keys = np.concatenate([m.keys[: m.used] for m in memories])
        logs, books, rows = _stack(memories)
        pairs = np.concatenate([m.pairs[m.pairs[:, 2] != 0] for m in memories])
        homes, pair_homes = shard_of(keys, count), shard_of(np.ascontiguousarray(pairs[:, 0]), count)
        for number, shard in enumerate(result):
            own, own_pairs = homes == number, pairs[pair_homes == number]
            memory = shard.memories[family]
            memory.fill(keys[own], logs[own], books, rows, room(2 * int(own.sum()), FIRST_ENTITIES))
            memory.fill_pairs(own_pairs)
    for shard in result:
        for source_shard in shards:
            shard.watermarks.update(source_shard.watermarks)
    return result


def _stack(memories: Sequence[Memory]) -> tuple[Ints, Ints, Ints]:
    """Return the logs, books and rows of memories as one; the logs point into the stack."""
    logs, books, rows = [], [], []
    first_book = first_row = 0
    for memory in memories:
        own = memory.logs[: memory.used].copy()
        own[own[:, LOGGED] < 0, LOGGED] -= first_row
        own[own[:, LOGGED] > LOG, BOOK_AT] += first_book
        logs.append(own)
        books.append(memory.books[: int(memory.used_cells[2])])
        rows.append(memory.rows[: int(memory.used_cells[0])])
        first_book += len(books[-1])
        first_row += len(rows[-1])
    return np.concatenate(logs), np.concatenate(books), np.concatenate(rows)
